"""kubernetes: which fields an API server never changes, and which of them restart pods.

The fields are those that the API server's validation refuses to update (Kubernetes API reference
and the messages "field is immutable" and "updates to ... are forbidden"). Of fields that only
newer servers let change, as a StatefulSet's revisionHistoryLimit, the stricter answer is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen

from packc.model import Identity, Object
from packc.patching.jsondata import is_list, is_map

Names: TypeAlias = tuple[str, ...]
"""The member names of a path, without its steps into lists."""

TypeOf: TypeAlias = tuple[str, str]
"""Group and kind."""

TEMPLATE: Final[Names] = ("spec", "template")
ROLLED_OUT: Final = frozenset(
    {("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "StatefulSet")}
)
"""The kinds whose controller replaces running pods when the pod template changes."""

# Init containers run, and mutating webhooks are called, in the order of the list.
ORDER_MATTERS: Final = frozenset({"initContainers", "webhooks"})

DOCUMENTATION: Final = frozenset(
    {
        "app.kubernetes.io/managed-by",
        "app.kubernetes.io/version",
        "helm.sh/chart",
        "kubernetes.io/change-cause",
        "kubernetes.io/description",
    }
)
"""Labels and annotations that are there for people to read."""


@frozen
class Immutable:
    """Fields that only a new object can change: those below `fields`, but not those below `but`."""

    fields: tuple[str, ...]
    but: tuple[str, ...] = ()
    reason: str = "the field is immutable"

    @property
    def paths(self) -> Iterator[Names]:
        return (tuple(name.split("/")) for name in self.fields)

    @property
    def exceptions(self) -> Iterator[Names]:
        return (tuple(name.split("/")) for name in self.but)


_SELECTOR: Final = Immutable(("spec/selector",), reason="a workload's selector is immutable")
_ROLE: Final = Immutable(("roleRef",), reason="a binding's role is immutable")
_CRD: Final = "it is immutable, and with the definition all objects of its kind are deleted"

IMMUTABLE: Final[Mapping[TypeOf, Immutable]] = {
    ("", "PersistentVolume"): Immutable(
        ("spec",),
        (
            "spec/accessModes",
            "spec/capacity",
            "spec/claimRef",
            "spec/mountOptions",
            "spec/nodeAffinity",
            "spec/persistentVolumeReclaimPolicy",
            "spec/storageClassName",
            "spec/volumeAttributesClassName",
        ),
    ),
    ("", "PersistentVolumeClaim"): Immutable(
        ("spec",),
        ("spec/resources", "spec/volumeAttributesClassName"),
        "a claim is immutable, and deleting it may delete its data",
    ),
    ("", "Pod"): Immutable(
        ("spec",),
        (
            "spec/activeDeadlineSeconds",
            "spec/containers/image",
            "spec/initContainers/image",
            "spec/tolerations",
        ),
        "a pod is immutable but for its images",
    ),
    ("", "Secret"): Immutable(("type",)),
    ("", "Service"): Immutable(
        ("spec/clusterIP", "spec/clusterIPs", "spec/healthCheckNodePort", "spec/ipFamilies"),
        reason="the addresses of a Service are immutable",
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Immutable(
        ("spec/group", "spec/scope", "spec/names/kind", "spec/names/plural"), reason=_CRD
    ),
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "ReplicaSet"): _SELECTOR,
    ("apps", "StatefulSet"): Immutable(
        ("spec",),
        (
            "spec/minReadySeconds",
            "spec/ordinals",
            "spec/persistentVolumeClaimRetentionPolicy",
            "spec/replicas",
            "spec/template",
            "spec/updateStrategy",
        ),
        "of a StatefulSet, little more than replicas and template can change",
    ),
    ("batch", "Job"): Immutable(
        (
            "spec/backoffLimitPerIndex",
            "spec/completionMode",
            "spec/completions",
            "spec/managedBy",
            "spec/podFailurePolicy",
            "spec/selector",
            "spec/successPolicy",
            "spec/template",
        ),
        reason="a Job runs once as it was created",
    ),
    ("discovery.k8s.io", "EndpointSlice"): Immutable(("addressType",)),
    ("networking.k8s.io", "IngressClass"): Immutable(("spec/controller",)),
    ("node.k8s.io", "RuntimeClass"): Immutable(("handler",)),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _ROLE,
    ("rbac.authorization.k8s.io", "RoleBinding"): _ROLE,
    ("scheduling.k8s.io", "PriorityClass"): Immutable(("preemptionPolicy", "value")),
    ("storage.k8s.io", "CSIDriver"): Immutable(
        ("spec/attachRequired", "spec/volumeLifecycleModes")
    ),
    ("storage.k8s.io", "StorageClass"): Immutable(
        ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")
    ),
}

# A ConfigMap or Secret with `immutable: true` never changes again.
SEALED: Final = Immutable(
    ("binaryData", "data", "immutable", "stringData"), reason="the object says `immutable: true`"
)
SEALABLE: Final = frozenset({("", "ConfigMap"), ("", "Secret")})


def immutable_fields(identity: Identity, left: Object) -> Iterator[Immutable]:
    """Yield what an API server refuses to change of an object that it has as `left`."""
    kind = (identity.group, identity.kind)
    if kind in IMMUTABLE:
        yield IMMUTABLE[kind]
    if kind in SEALABLE and left.get("immutable") is True:
        yield SEALED


def waits_for_deletion(data: Object) -> bool:
    """Tell whether a workload leaves its pods alone until somebody deletes them."""
    spec = data.get("spec")
    strategy = spec.get("updateStrategy") if is_map(spec) else None
    return is_map(strategy) and strategy.get("type") == "OnDelete"


# --- who reads a ConfigMap or a Secret --------------------------------------------------------

_WITH_PODS: Final = frozenset({"", "apps", "batch"})
"""The groups whose objects hold a pod's spec."""

_REFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "ConfigMap": {"configMap": "name", "configMapKeyRef": "name", "configMapRef": "name"},
    "Secret": {"secret": "secretName", "secretKeyRef": "name", "secretRef": "name"},
}


def readers(identity: Identity, objects: Mapping[Identity, Object]) -> Iterator[Identity]:
    """Yield the workloads whose pods read a ConfigMap or Secret, in the order of the objects."""
    for other, data in objects.items():
        is_near = other.group in _WITH_PODS and other.namespace == identity.namespace
        if is_near and _refers(data.get("spec"), identity):
            yield other


def _refers(value: Any, identity: Identity) -> bool:
    if is_list(value):
        return any(_refers(item, identity) for item in value)
    if not is_map(value):
        return False
    return any(
        _names(value.get(reference), field, identity.name)
        for reference, field in _REFERENCES[identity.kind].items()
    ) or any(_refers(below, identity) for below in value.values())


def _names(reference: Any, field: str, name: str) -> bool:
    # A projected volume names a Secret by `name`, every other volume by `secretName`.
    return is_map(reference) and name in (reference.get(field), reference.get("name"))
