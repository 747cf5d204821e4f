"""Renders the manifests, and checks each rendering. The argument is a `tenantry` to ask, if there is one."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml

import rules
import settings

# The oldest and the newest release that the manifests have to be valid for.
RELEASES = ["1.29", "1.37"]
ROOT = Path("deploy/kubernetes")
COMPONENTS = ["ingress", "gateway", "jwks"]
# Its objects are custom resources, which Kubernetes' own schemas do not have: the rules look at them.
GATEWAY_API = "gateway.networking.k8s.io/v1"


def render(folder):
    """What `kubectl kustomize` makes of a folder, as a list of objects."""
    command = ["kubectl", "kustomize", str(folder)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return list(yaml.safe_load_all(output))


def reads_folders_as_resources():
    """Whether kubectl's kustomize is of version 2.1 or later; Debian 12's is older and can do the base alone."""
    command = ["kubectl", "version", "--client", "--output=json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return "kustomizeVersion" in json.loads(output)


def render_example():
    """The example with secrets made for the occasion."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = shutil.copytree(ROOT, Path(scratch) / "kubernetes")
        secrets = copy / "example/secrets"
        subprocess.run(["docker/secrets.sh", secrets], check=True, stdout=subprocess.DEVNULL, timeout=60)
        (secrets / "ca.crt").write_text("a certificate\n")
        return render(copy / "example")


def render_component(name):
    """The base with this component."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = shutil.copytree(ROOT, Path(scratch) / "kubernetes")
        overlay = copy / "overlay"
        overlay.mkdir()
        text = {"resources": ["../base"], "components": [f"../{name}"]}
        (overlay / "kustomization.yaml").write_text(yaml.safe_dump(text))
        return render(overlay)


def valid(objects, release):
    """Complaints of the schemas of one release."""
    for item in objects:
        if item["apiVersion"] == GATEWAY_API:
            continue
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                kubernetes_validate.validate(item, release, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{item['kind']}/{item['metadata']['name']}: {error.message}"


def checks(binary):
    """Every check: its name, and the complaints that it ends with."""
    renderings = {"base": render(ROOT / "base")}
    if reads_folders_as_resources():
        renderings["example"] = render_example()
        renderings |= {name: render_component(name) for name in COMPONENTS}
    else:
        print("skipped: this kubectl is too old to render the example")
    for name, objects in renderings.items():
        for release in RELEASES:
            yield f"{name}: valid for Kubernetes {release}", valid(objects, release)
        for rule in rules.ALL + (rules.COMPLETE if name == "example" else []):
            yield f"{name}: {rule.__doc__}", rule(objects)
    if binary:
        yield from settings.checks(binary, renderings)
    else:
        print("skipped: no binary to ask whether it understands the settings")


def main():
    passed = failed = 0
    for name, complaints in checks(*sys.argv[1:] or [None]):
        try:
            complaints = list(complaints)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            complaints = [f"the objects are not of the expected shape: {error!r}"]
        print("FAILED " if complaints else "ok     ", name)
        for complaint in complaints:
            print("       ", complaint)
        passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"kubernetes: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
