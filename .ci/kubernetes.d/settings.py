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


def manifests(renderings):
    for name, objects in renderings.items():
        for workload in rules.workloads(objects):
            yield f"{name}: {workload['kind']}", rules.variables(workload, objects)


def services(file):
    """The environment of each service of ours in a file of compose."""
    for name, service in yaml.safe_load(Path(file).read_text())["services"].items():
        if name in ("migrate", "tenantry"):
            # ${NAME:-default} is what the default says.
            variables = service["environment"].items()
            yield name, {key: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", str(value)) for key, value in variables}


def compose():
    alone = dict(services("docker/compose.yaml"))
    yield from ((f"compose: {name}", variables) for name, variables in alone.items())
    for name, variables in services("docker/compose.tls.yaml"):
        yield f"compose with TLS: {name}", alone[name] | variables


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


def make_certificate(folder):
    """A certificate and its key, as docker/compose.tls.yaml says to make them."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-keyout", folder / "tls.key", "-out", folder / "tls.crt"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def checks(binary, renderings):
    """A check for each container that is configured somewhere."""
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch)
        subprocess.run(["docker/secrets.sh", files], check=True, stdout=subprocess.DEVNULL, timeout=60)
        # Only its form is looked at.
        (files / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        make_certificate(files)
        for name, variables in [*manifests(renderings), *compose()]:
            yield f"{name}: the binary understands the settings", complaints(binary, variables, files)
