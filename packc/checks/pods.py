"""pods: the pods and pod templates in Kubernetes objects, and their containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from packc.checks.observation import Thing, at, entries, texts
from packc.inventory import CONTAINER_LISTS
from packc.model import Identity, Object
from packc.patching.jsondata import is_map
from packc.patching.pointer import Pointer

_TEMPLATE: Final = ("spec", "template")
TEMPLATES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): _TEMPLATE,
}
"""Where each kind keeps its pod template; a Pod is one itself."""


@frozen
class Container:
    """A container of a pod, with its path in the object."""

    path: Pointer
    kind: str
    data: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        return str(self.data.get("name", ""))

    @property
    def stays(self) -> bool:
        """Return whether it runs as long as the pod: no init container but a sidecar."""
        return self.kind == "containers" or self.data.get("restartPolicy") == "Always"


@frozen
class Pod:
    """A pod or pod template, with the path of its spec in the object."""

    path: Pointer
    labels: Mapping[str, str]
    spec: Mapping[str, Any] = field(repr=False)

    @property
    def containers(self) -> Iterator[Container]:
        for kind in CONTAINER_LISTS:
            for path, data in entries(self.spec, kind):
                yield Container((*self.path, *path), kind, data)


def group_and_kind(data: Object) -> tuple[str, str]:
    """Return the API group and the kind of an object."""
    group, slash, _ = str(data["apiVersion"]).rpartition("/")
    return (group if slash else "", str(data["kind"]))


def pod_of(data: Object) -> Pod | None:
    """Return the pod that an object is or makes; None where it makes none."""
    template_path = TEMPLATES.get(group_and_kind(data))
    if template_path is None:
        return None
    template = at(data, *template_path)
    spec = at(template, "spec")
    if not is_map(spec):
        return None
    labels = {key: value for _, key, value in texts(template, "metadata", "labels")}
    return Pod((*template_path, "spec"), labels, spec)


def pods_of(things: Sequence[Thing]) -> Iterator[tuple[Identity, Pod]]:
    """Yield the pods of a variant, each with the object that makes it."""
    for thing in things:
        pod = pod_of(thing.data)
        if pod is not None:
            yield thing.identity, pod
