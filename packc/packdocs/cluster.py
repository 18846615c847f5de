"""cluster: what objects are and ask for, as rows: images, rights, and what reaches the node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packc.build import Built
from packc.checks.observation import at, entries
from packc.checks.pods import Container, pod_of
from packc.packdocs.words import code
from packc.patching.jsondata import is_list

Cells = tuple[str, ...]
ROLES = ("ClusterRole", "Role")
BINDINGS = ("ClusterRoleBinding", "RoleBinding")
HOST = {"hostNetwork": "host network", "hostPID": "host processes", "hostIPC": "host IPC"}


def objects(built: Built) -> Iterator[Cells]:
    """Yield kind, API version, namespace and name of each object."""
    for entry in built.patched:
        version = str(entry.data["apiVersion"])
        namespace = code(entry.identity.namespace) if entry.identity.namespace else "none"
        yield entry.identity.kind, code(version), namespace, code(entry.identity.name)


def images(built: Built) -> Iterator[Cells]:
    """Yield the image, workload and containers of each image that a workload pulls."""
    for owner, _, containers in _pods(built):
        by_image: dict[str, list[str]] = {}
        for container in containers:
            by_image.setdefault(str(container.data.get("image", "")), []).append(container.name)
        for image, names in sorted(by_image.items()):
            yield code(image), owner, ", ".join(map(code, names))


def rules(built: Built) -> Iterator[Cells]:
    """Yield role, API groups, resources, names and verbs of each rule."""
    for data in built.objects:
        if data["kind"] in ROLES:
            for _, rule in entries(data, "rules"):
                yield (
                    f"{data['kind']} {code(data['metadata']['name'])}",
                    _listed(rule, "apiGroups", empty="core") or "none",
                    _listed(rule, "resources") or _listed(rule, "nonResourceURLs"),
                    _listed(rule, "resourceNames") or "all",
                    _listed(rule, "verbs"),
                )


def subjects(built: Built) -> Iterator[Cells]:
    """Yield each role that is bound, and to whom."""
    for data in built.objects:
        if data["kind"] in BINDINGS:
            role = f"{at(data, 'roleRef', 'kind')} {code(at(data, 'roleRef', 'name'))}"
            place = at(data, "metadata", "namespace")
            for _, subject in entries(data, "subjects"):
                who = f"{subject.get('kind')} {code(_place(subject))}"
                yield role, who, code(place) if place else "the whole cluster"


def privileges(built: Built) -> Iterator[Cells]:
    """Yield workload, container and privilege for everything that a pod may do beyond its own."""
    for owner, spec, containers in _pods(built):
        for key, text in HOST.items():
            if spec.get(key) is True:
                yield owner, "all", text
        for container in containers:
            for text in _privileges_of(container.data):
                yield owner, code(container.name), text


def host_paths(built: Built) -> Iterator[Cells]:
    """Yield workload, path on the host, type and mounts of each volume that is the host's."""
    for owner, spec, containers in _pods(built):
        known = list(containers)
        for _, volume in entries(spec, "volumes"):
            path = at(volume, "hostPath", "path")
            if path is not None:
                kind = at(volume, "hostPath", "type") or "any"
                mounts = ", ".join(_mounts(volume.get("name"), known)) or "nothing"
                yield owner, code(path), str(kind), mounts


def api_versions(built: Built) -> Iterator[Cells]:
    """Yield each API version with its kinds."""
    kinds: dict[str, Counter[str]] = {}
    for data in built.objects:
        kinds.setdefault(str(data["apiVersion"]), Counter())[str(data["kind"])] += 1
    for version in sorted(kinds):
        yield code(version), ", ".join(sorted(kinds[version]))


def _pods(built: Built) -> Iterator[tuple[str, Mapping[str, Any], Sequence[Container]]]:
    for data in built.objects:
        pod = pod_of(data)
        if pod is not None:
            yield f"{data['kind']} {code(data['metadata']['name'])}", pod.spec, [*pod.containers]


def _privileges_of(container: Mapping[str, Any]) -> Iterator[str]:
    if at(container, "securityContext", "privileged") is True:
        yield "privileged"
    added = at(container, "securityContext", "capabilities", "add")
    if is_list(added) and added:
        yield f"capabilities {', '.join(map(str, added))}"
    if at(container, "securityContext", "runAsUser") == 0:
        yield "user 0"
    for _, port in entries(container, "ports"):
        if port.get("hostPort"):
            yield f"host port {port['hostPort']}"


def _mounts(volume: Any, containers: Sequence[Container]) -> Iterator[str]:
    for container in containers:
        for _, mount in entries(container.data, "volumeMounts"):
            if mount.get("name") == volume:
                mode = "read only" if mount.get("readOnly") is True else "read and write"
                yield f"{code(container.name)} ({mode})"


def _listed(rule: Mapping[str, Any], key: str, empty: str = "") -> str:
    return ", ".join(code(item) if item else empty for item in rule.get(key) or ())


def _place(subject: Mapping[str, Any]) -> str:
    return "/".join(str(subject[key]) for key in ("namespace", "name") if subject.get(key))
