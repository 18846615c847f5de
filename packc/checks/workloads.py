"""workloads: what pods run and ask for: images, probes, resources, rights, duplicates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from packc.checks.observation import Observation, at, entries, members
from packc.checks.pods import Container, Pod, group_and_kind, pod_of
from packc.model import Object
from packc.patching.jsondata import is_list
from packc.patching.pointer import Pointer

HOST_SETTINGS: Final = ("hostNetwork", "hostPID", "hostIPC")
# Pods of these kinds end by themselves, so nobody waits for them to be ready.
ENDING_KINDS: Final = (("batch", "Job"), ("batch", "CronJob"))
_DIGEST: Final = re.compile(r"@[a-z0-9+._-]+:[0-9a-fA-F]{32,}")


def workload_observations(data: Object) -> Iterator[Observation]:
    """Yield what is doubtful about the pods that an object makes."""
    pod = pod_of(data)
    if pod is None:
        return
    yield from _host(pod)
    yield from _pod_duplicates(pod)
    ends = group_and_kind(data) in ENDING_KINDS
    for container in pod.containers:
        yield from _image(container)
        yield from _container_rights(container)
        yield from _container_duplicates(container)
        if container.kind != "ephemeralContainers":
            yield from _resources(container)
        if container.kind == "containers" and not ends:
            yield from _probes(container)


# --- images, probes, resources ----------------------------------------------------------------


def _image(container: Container) -> Iterator[Observation]:
    image = container.data.get("image")
    if not isinstance(image, str) or _DIGEST.search(image):
        return
    path = (*container.path, "image")
    tag = image.rpartition("/")[2].partition(":")[2]
    hint = "name a version, or better a digest: what the name means must not change"
    if not tag:
        message = f"the image of container {container.name} has neither tag nor digest"
        yield Observation("PK451", message, path, hint=hint, found=repr(image))
    elif tag == "latest":
        message = f"the image of container {container.name} has the tag latest"
        yield Observation("PK451", message, path, hint=hint, found=repr(image))


def _probes(container: Container) -> Iterator[Observation]:
    for probe, use in (
        ("readinessProbe", "it counts as ready at once"),
        ("livenessProbe", "nothing restarts it when it hangs"),
    ):
        if probe not in container.data:
            message = f"container {container.name} has no {probe}: {use}"
            hint = "add it where the program can answer"
            yield Observation("PK452", message, container.path, hint=hint)


def _resources(container: Container) -> Iterator[Observation]:
    for kind in ("requests", "limits"):
        stated = members(container.data, "resources", kind)
        lacking = [name for name in ("cpu", "memory") if name not in stated]
        # A limit of CPU slows down without need; only that of memory protects the node.
        if kind == "limits":
            lacking = [name for name in lacking if name == "memory"]
        if lacking:
            message = f"container {container.name} {_states_no(kind)} {_AND[kind].join(lacking)}"
            path = (*container.path, "resources") if "resources" in container.data else ()
            hint = "state what it needs, so that nodes can plan"
            yield Observation("PK453", message, path or container.path, hint=hint)


_AND: Final = {"requests": " and no ", "limits": " and of "}


def _states_no(kind: str) -> str:
    return "requests no" if kind == "requests" else "has no limit of"


# --- rights on the host -----------------------------------------------------------------------


def _host(pod: Pod) -> Iterator[Observation]:
    for name in HOST_SETTINGS:
        if pod.spec.get(name) is True:
            yield _right(f"the pod asks for {name}", (*pod.path, name))
    for path, volume in entries(pod.spec, "volumes"):
        host_path = at(volume, "hostPath", "path")
        if isinstance(host_path, str):
            message = f"the pod asks for the host's path {host_path}"
            yield _right(message, (*pod.path, *path, "hostPath", "path"))


def _right(message: str, path: Pointer) -> Observation:
    return Observation("PK454", message, path, hint="weigh whether the host can be trusted with it")


def _container_rights(container: Container) -> Iterator[Observation]:
    security = (*container.path, "securityContext")
    context = at(container.data, "securityContext")
    for name in ("privileged", "allowPrivilegeEscalation"):
        if at(context, name) is True:
            message = f"container {container.name} asks for {name}"
            yield _right(message, (*security, name))
    added = at(context, "capabilities", "add")
    for index, name in enumerate(added if is_list(added) else ()):
        message = f"container {container.name} asks for the capability {name}"
        yield _right(message, (*security, "capabilities", "add", index))
    for path, port in entries(container.data, "ports"):
        if port.get("hostPort"):
            message = f"container {container.name} takes the host's port {port['hostPort']}"
            yield _right(message, (*container.path, *path, "hostPort"))


# --- duplicates -------------------------------------------------------------------------------


def _pod_duplicates(pod: Pod) -> Iterator[Observation]:
    volumes = [((*pod.path, *path), volume) for path, volume in entries(pod.spec, "volumes")]
    yield from _duplicates(volumes, lambda v: v.get("name"), "name", "volume")
    containers = [(container.path, container.data) for container in pod.containers]
    yield from _duplicates(containers, lambda c: c.get("name"), "name", "container")
    ports = [
        ((*container.path, *path), port)
        for container in pod.containers
        if container.stays
        for path, port in entries(container.data, "ports")
    ]
    yield from _duplicates(ports, lambda p: p.get("name"), "name", "port")
    yield from _duplicates(ports, _host_port, "hostPort", "host port")


def _container_duplicates(container: Container) -> Iterator[Observation]:
    of = f"of container {container.name}"
    for field, key, what in (
        ("env", lambda item: item.get("name"), "variable"),
        ("volumeMounts", lambda item: item.get("mountPath"), "mount"),
        ("volumeDevices", lambda item: item.get("devicePath"), "device"),
        ("ports", _container_port, "port"),
    ):
        items = [((*container.path, *path), item) for path, item in entries(container.data, field)]
        yield from _duplicates(items, key, _KEY_FIELDS[field], f"{what} {of}")


_KEY_FIELDS: Final = {
    "env": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
}


def _container_port(port: Mapping[str, Any]) -> str | None:
    number = port.get("containerPort")
    return f"{number}/{port.get('protocol', 'TCP')}" if number is not None else None


def _host_port(port: Mapping[str, Any]) -> str | None:
    number = port.get("hostPort")
    if not number:
        return None
    return f"{port.get('hostIP', '')}:{number}/{port.get('protocol', 'TCP')}".lstrip(":")


def _duplicates(
    items: list[tuple[Pointer, Mapping[str, Any]]],
    key: Callable[[Mapping[str, Any]], Any],
    field: str,
    what: str,
) -> Iterator[Observation]:
    seen: set[str] = set()
    for path, item in items:
        name = key(item)
        if not isinstance(name, str):
            continue
        if name in seen:
            message, hint = f"a second {what}: {name}", "remove one of the two"
            yield Observation("PK455", message, (*path, field), hint=hint)
        seen.add(name)
