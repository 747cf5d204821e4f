"""What the manifests promise. A rule takes the rendered objects and yields its complaints; its docstring is its name."""

import re
import tomllib
from pathlib import Path


def of_kind(objects, kind):
    return [item for item in objects if item["kind"] == kind]


def one(objects, kind):
    (item,) = of_kind(objects, kind)
    return item


def pod(workload):
    return workload["spec"]["template"]["spec"]


def container(workload):
    (item,) = pod(workload)["containers"]
    return item


def workloads(objects):
    return of_kind(objects, "Deployment") + of_kind(objects, "Job")


def variables(workload, objects):
    """The environment that a workload's container gets."""
    literals = {variable["name"]: variable.get("value") for variable in container(workload)["env"]}
    return common_settings(objects) | literals


def files(workload, objects):
    return {name: value for name, value in variables(workload, objects).items() if name.endswith("_FILE")}


def common_settings(objects):
    pattern = re.compile("tenantry-[a-z0-9]{10}")
    (item,) = (item for item in of_kind(objects, "ConfigMap") if pattern.fullmatch(item["metadata"]["name"]))
    return item["data"]


def secrets_of(workload):
    """The name and the visible keys (None: all) of each Secret that a workload mounts."""
    for volume in pod(workload)["volumes"]:
        if secret := volume.get("secret"):
            items = secret.get("items")
            yield secret["secretName"], items and {item["key"] for item in items}


def confined(objects):
    """pods meet the restricted standard, without a token and on a read-only root"""
    for workload in workloads(objects):
        spec, item = pod(workload), container(workload)
        has = {
            "runAsNonRoot": spec["securityContext"].get("runAsNonRoot") is True,
            "a user that is not root": spec["securityContext"].get("runAsUser", 0) > 0,
            "seccomp RuntimeDefault": spec["securityContext"].get("seccompProfile") == {"type": "RuntimeDefault"},
            "no token": spec.get("automountServiceAccountToken") is False,
            "no service links": spec.get("enableServiceLinks") is False,
            "a read-only root": item["securityContext"].get("readOnlyRootFilesystem") is True,
            "no escalation": item["securityContext"].get("allowPrivilegeEscalation") is False,
            "no capabilities": item["securityContext"].get("capabilities") == {"drop": ["ALL"]},
            "requests": {"cpu", "memory"} <= item["resources"]["requests"].keys(),
            "a limit on memory": "memory" in item["resources"]["limits"],
        }
        yield from (f"{workload['kind']} lacks {name}" for name, held in has.items() if not held)


def probed(objects):
    """probes ask the admin plane"""
    item = container(one(objects, "Deployment"))
    ports = {port["name"]: port["containerPort"] for port in item["ports"]}
    if ports != {"tenant": 8080, "admin": 8081}:
        yield f"ports are {ports}"
    for probe, path in {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}.items():
        if item.get(probe, {}).get("httpGet") != {"path": path, "port": "admin"}:
            yield f"{probe} is {item.get(probe)}"


def secrets_in_files(objects):
    """secrets come as files, never as variables"""
    for workload in workloads(objects):
        for name, value in variables(workload, objects).items():
            if value is None or re.search(r"(PASSWORD|TOKEN|SECRET|KEY|RING)$", name):
                yield f"{workload['kind']}: {name}"


def files_mounted(objects):
    """every file that a setting names is in a volume"""
    for workload in workloads(objects):
        item = container(workload)
        folders = tuple(mount["mountPath"] + "/" for mount in item["volumeMounts"] if mount["readOnly"])
        for name, path in files(workload, objects).items():
            if not path.startswith(folders):
                yield f"{workload['kind']}: {name} is {path}"


def privileges_apart(objects):
    """the service mounts no privileged login, and the migration neither key ring nor token"""
    for name, _ in secrets_of(one(objects, "Deployment")):
        if not name.startswith("tenantry-service"):
            yield f"the Deployment mounts {name}"
    for name, keys in secrets_of(one(objects, "Job")):
        if name.startswith("tenantry-service") and keys != {"service-password"}:
            yield f"the Job mounts {keys or 'all'} of {name}"


def one_image(objects):
    """migration and service are of one image, and a named version of it"""
    images = {container(workload)["image"] for workload in workloads(objects)}
    if len(images) != 1 or any(not re.search(r":(?!latest$)[^/]+$", image) for image in images):
        yield f"images are {images}"


def ends_in_time(objects):
    """the pod's grace is longer than the service's shutdown"""
    shutdown = tomllib.loads(Path("config/default.toml").read_text())["shutdown"]
    needed = sum(int(shutdown[key].removesuffix("s")) for key in ("http_deadline", "registry_deadline"))
    grace = pod(one(objects, "Deployment"))["terminationGracePeriodSeconds"]
    if grace <= needed:
        yield f"{grace} s against {needed} s"


def selected(objects):
    """Services, budget and policy select the pods, and the two planes are two Services"""
    deployment = one(objects, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    planes = {}
    for service in of_kind(objects, "Service"):
        if not service["spec"]["selector"].items() <= labels:
            yield f"Service {service['metadata']['name']} selects something else"
        planes[service["metadata"]["name"]] = [port["targetPort"] for port in service["spec"]["ports"]]
    if planes != {"tenantry": ["tenant"], "tenantry-admin": ["admin"]}:
        yield f"Services lead to {planes}"
    for selector in (
        one(objects, "PodDisruptionBudget")["spec"]["selector"],
        one(objects, "NetworkPolicy")["spec"]["podSelector"],
    ):
        if not selector["matchLabels"].items() <= labels:
            yield f"{selector} selects something else"


def walled(objects):
    """the network policy names who may enter, and by which port"""
    policy = one(objects, "NetworkPolicy")["spec"]
    if set(policy["policyTypes"]) != {"Ingress", "Egress"}:
        yield f"policy types are {policy['policyTypes']}"
    for rule in policy["ingress"]:
        if not rule.get("from") or not rule.get("ports"):
            yield f"an open rule: {rule}"
    ports = sorted(port["port"] for rule in policy["ingress"] for port in rule["ports"])
    if ports != ["admin", "tenant"]:
        yield f"entrances are {ports}"


def published(objects):
    """what is published leads to the tenant plane alone, and by TLS"""
    for ingress in of_kind(objects, "Ingress"):
        hosts = {host for entry in ingress["spec"]["tls"] for host in entry["hosts"]}
        for rule in ingress["spec"]["rules"]:
            if rule["host"] not in hosts:
                yield f"{rule['host']} is without TLS"
            for path in rule["http"]["paths"]:
                if path["backend"]["service"] != {"name": "tenantry", "port": {"name": "tenant"}}:
                    yield f"the Ingress leads to {path['backend']}"
    gateways = {}
    for gateway in of_kind(objects, "Gateway"):
        for listener in gateway["spec"]["listeners"]:
            gateways[gateway["metadata"]["name"], listener["name"]] = listener["hostname"]
            if listener["protocol"] != "HTTPS" or not listener["tls"]["certificateRefs"]:
                yield f"listener {listener['name']} is without TLS"
    for route in of_kind(objects, "HTTPRoute"):
        spec = route["spec"]
        for parent in spec["parentRefs"]:
            if [gateways.get((parent["name"], parent["sectionName"]))] != spec["hostnames"]:
                yield f"no listener for {parent} and {spec['hostnames']}"
        for backend in (backend for rule in spec["rules"] for backend in rule["backendRefs"]):
            if backend != {"name": "tenantry", "port": 8080}:
                yield f"the HTTPRoute leads to {backend}"


def issuers_reached(objects):
    """pods may reach the key sets of the issuers that are configured by URL"""
    issuers = common_settings(objects).get("TENANTRY_TENANT_PLANE__JWT__ISSUERS", "")
    ports = {port["port"] for rule in one(objects, "NetworkPolicy")["spec"]["egress"] for port in rule["ports"]}
    if "jwks_url" in issuers and 443 not in ports:
        yield f"ports are {ports}"


def networks_named(objects):
    """the networks that the tenant plane trusts are said, and not everything"""
    networks = common_settings(objects).get("TENANTRY_TENANT_PLANE__TRUSTED_NETWORKS", "").split(",")
    if any(not network or network.endswith("/0") for network in networks):
        yield f"trusted networks are {networks}"


def references_kept(objects):
    """every Secret and ConfigMap that a pod names is there, and has the files that settings name"""
    data = {item["metadata"]["name"]: item["data"].keys() for item in objects if item["kind"] in ("Secret", "ConfigMap")}
    for workload in workloads(objects):
        volumes = [volume["configMap"]["name"] for volume in pod(workload)["volumes"] if "configMap" in volume]
        maps = [source["configMapRef"]["name"] for source in container(workload)["envFrom"]]
        named = [*secrets_of(workload), *((name, None) for name in volumes + maps)]
        yield from (f"{workload['kind']} names {name}" for name, _ in named if name not in data)
        mounted = {key for name, keys in named for key in keys or data.get(name, ())}
        for name, path in files(workload, objects).items():
            if Path(path).name not in mounted:
                yield f"{workload['kind']}: {name} is {path}"


ALL = [
    confined,
    probed,
    secrets_in_files,
    files_mounted,
    privileges_apart,
    one_image,
    ends_in_time,
    selected,
    walled,
    published,
    issuers_reached,
    networks_named,
]
# These hold where an overlay has brought what the base leaves open.
COMPLETE = [references_kept]
