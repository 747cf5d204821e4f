"""Asks the binary whether it understands the settings that the manifests and compose.yaml give it."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

import yaml

import rules

# What docker/Dockerfile sets.
IMAGE = {
    "TENANTRY_PROFILE": "production",
    "TENANTRY_TENANT_PLANE__LISTEN": "0.0.0.0:8080",
    "TENANTRY_ADMIN_PLANE__LISTEN": "0.0.0.0:8081",
}


def manifests(objects):
    for workload in rules.workloads(objects):
        yield f"base: {workload['kind']}", rules.variables(workload, objects)


def compose():
    services = yaml.safe_load(Path("docker/compose.yaml").read_text())["services"]
    for name in ("migrate", "tenantry"):
        # ${NAME:-default} is what the default says.
        variables = services[name]["environment"].items()
        yield f"compose: {name}", {key: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value)) for key, value in variables}


def complaints(binary, variables, files):
    """The problems that `tenantry config check` finds in an environment whose files are those of a folder."""
    environment = {
        name: str(files / Path(value).name) if name.endswith("_FILE") else value for name, value in variables.items()
    }
    command = [binary, "config", "check", "--json"]
    answer = subprocess.run(command, env=IMAGE | environment, capture_output=True, text=True, timeout=60)
    try:
        problems = json.loads(answer.stdout)["problems"]
    except json.JSONDecodeError:
        problems = [{"key": None, "message": answer.stdout + answer.stderr}]
    # The check is for the service, which needs the key ring; a migration does not.
    migrates = "TENANTRY_CONTROL_STORE__BOOTSTRAP_USER" in variables
    return [problem["message"] for problem in problems if not (migrates and problem["key"] == "keys.ring_file")]


def checks(binary, objects):
    """A check for each container that is configured somewhere."""
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch)
        subprocess.run(["docker/secrets.sh", files], check=True, stdout=subprocess.DEVNULL, timeout=60)
        # Only its form is looked at.
        (files / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        for name, variables in [*manifests(objects), *compose()]:
            yield f"{name}: the binary understands the settings", complaints(binary, variables, files)
