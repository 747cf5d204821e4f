"""Prints how many assertions and tests of a run of Bruno passed, and how many failed, of its JSON report."""

import json
import sys

with open(sys.argv[1]) as report:
    summaries = [run["summary"] for run in json.load(report)]


def count(*names):
    return sum(summary[name] for summary in summaries for name in names)


# A request that was not answered has no assertions: it counts as one that failed.
failed = count("failedAssertions", "failedTests", "errorRequests")
print(f"bruno: {count('passedAssertions', 'passedTests')} passed, {failed} failed")
