"""references: what objects name must be there: in the variant, or built into every cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import define, field

from packc.checks.observation import Observation, Thing, at, entries, members, texts
from packc.checks.pods import Container, Pod, pods_of
from packc.diagnostics import did_you_mean
from packc.model import Identity
from packc.patching.jsondata import is_map
from packc.patching.pointer import Pointer

RBAC: Final = "rbac.authorization.k8s.io"
# Kinds that select pods by their labels; a network policy may well speak of pods of others.
SELECTING: Final = (
    ("", "ReplicationController"),
    ("", "Service"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("policy", "PodDisruptionBudget"),
)
OWNING: Final = ("DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet")
BUILT_IN: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("", "ServiceAccount"): frozenset({"default"}),
    ("", "ConfigMap"): frozenset({"kube-root-ca.crt"}),
    ("scheduling.k8s.io", "PriorityClass"): frozenset(
        {"system-cluster-critical", "system-node-critical"}
    ),
    (RBAC, "ClusterRole"): frozenset({"admin", "cluster-admin", "edit", "view"}),
}
BUILT_IN_KEYS: Final[Mapping[str, frozenset[str]]] = {"kube-root-ca.crt": frozenset({"ca.crt"})}
# The control plane fills Secrets of this type.
TOKEN_SECRET: Final = "kubernetes.io/service-account-token"
TOKEN_KEYS: Final = frozenset({"ca.crt", "namespace", "token"})
PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
HOOKS: Final = ("postStart", "preStop")


def reference_observations(things: Sequence[Thing]) -> Iterator[Observation]:
    """Yield every name in a variant that nothing answers to."""
    provided = _Provided({thing.identity: thing for thing in things})
    pods = list(pods_of(things))
    for identity, pod in pods:
        for observation in _pod(pod, identity, provided):
            yield observation.of(identity)
    for thing in things:
        for observation in (*_selector(thing, pods), *_roles(thing, provided)):
            yield observation.of(thing.identity)


@define
class _Provided:
    """What a variant provides to those who name it."""

    things: Mapping[Identity, Thing] = field(repr=False)

    def has(self, kind: tuple[str, str], namespace: str, name: str) -> bool:
        if name in BUILT_IN.get(kind, ()) or name.startswith(_SYSTEM.get(kind, "/")):
            return True
        return Identity(*kind, namespace, name) in self.things

    def names(self, kind: tuple[str, str], namespace: str) -> list[str]:
        return sorted(
            identity.name
            for identity in self.things
            if (identity.group, identity.kind) == kind and identity.namespace == namespace
        )

    def keys(self, kind: str, namespace: str, name: str) -> frozenset[str] | None:
        """Return the keys of a ConfigMap or Secret; None where they cannot be known."""
        thing = self.things.get(Identity("", kind, namespace, name))
        if thing is None:
            return BUILT_IN_KEYS.get(name)
        fields = ("data", "binaryData", "stringData")
        keys = {key for where in fields for key in members(thing.data, where)}
        if at(thing.data, "type") == TOKEN_SECRET:
            keys |= TOKEN_KEYS
        return frozenset(keys)


# The API server makes the roles of its own components, and their names begin so.
_SYSTEM: Final = {(RBAC, "ClusterRole"): "system:", (RBAC, "Role"): "system:"}


def _missing(
    kind: tuple[str, str],
    namespace: str,
    name: Any,
    path: Pointer,
    provided: _Provided,
    code: str = "PK431",
) -> Iterator[Observation]:
    """Yield that nothing provides the object of that name."""
    if not isinstance(name, str) or not name or provided.has(kind, namespace, name):
        return
    where = f" in {namespace}" if namespace else ""
    hint = did_you_mean(name, provided.names(kind, namespace))
    message = f"nothing provides the {kind[1]} '{name}'{where}"
    fallback = "add it to the pack, or say in `checks` who provides it"
    yield Observation(code, message, path, hint=hint or fallback)


# --- pods -------------------------------------------------------------------------------------


def _pod(pod: Pod, owner: Identity, provided: _Provided) -> Iterator[Observation]:
    namespace = owner.namespace
    for field_name in ("serviceAccountName", "serviceAccount"):
        path = (*pod.path, field_name)
        account = pod.spec.get(field_name)
        yield from _missing(("", "ServiceAccount"), namespace, account, path, provided)
    path = (*pod.path, "priorityClassName")
    priority = pod.spec.get("priorityClassName")
    yield from _missing(("scheduling.k8s.io", "PriorityClass"), "", priority, path, provided)
    for place, secret in entries(pod.spec, "imagePullSecrets"):
        path = (*pod.path, *place, "name")
        yield from _missing(("", "Secret"), namespace, secret.get("name"), path, provided)
    for place, volume in entries(pod.spec, "volumes"):
        yield from _volume(volume, (*pod.path, *place), namespace, provided)
    volumes = _volume_names(pod, owner, provided)
    for container in pod.containers:
        yield from _environment(container, namespace, provided)
        yield from _mounts(container, volumes)
        yield from _port_names(container)


def _volume(
    volume: Mapping[str, Any], path: Pointer, namespace: str, provided: _Provided
) -> Iterator[Observation]:
    yield from _source(
        at(volume, "configMap"), "ConfigMap", (*path, "configMap"), namespace, provided
    )
    yield from _source(at(volume, "secret"), "Secret", (*path, "secret"), namespace, provided)
    for place, source in entries(volume, "projected", "sources"):
        below = (*path, *place)
        for member, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            yield from _source(at(source, member), kind, (*below, member), namespace, provided)
    claim = at(volume, "persistentVolumeClaim", "claimName")
    place = (*path, "persistentVolumeClaim", "claimName")
    yield from _missing(("", "PersistentVolumeClaim"), namespace, claim, place, provided)


def _source(
    source: Any, kind: str, path: Pointer, namespace: str, provided: _Provided
) -> Iterator[Observation]:
    """Yield what a volume takes from a ConfigMap or Secret and is not there."""
    if not is_map(source) or source.get("optional") is True:
        return
    field_name = "secretName" if "secretName" in source else "name"
    name = source.get(field_name)
    missing = list(_missing(("", kind), namespace, name, (*path, field_name), provided))
    yield from missing
    if missing or not isinstance(name, str):
        return
    for place, item in entries(source, "items"):
        yield from _key(kind, namespace, name, item.get("key"), (*path, *place, "key"), provided)


def _key(
    kind: str, namespace: str, name: str, key: Any, path: Pointer, provided: _Provided
) -> Iterator[Observation]:
    keys = provided.keys(kind, namespace, name)
    if isinstance(key, str) and keys is not None and key not in keys:
        known = f"its keys are {', '.join(sorted(keys))}" if keys else "it has no keys"
        message = f"the {kind} '{name}' has no key '{key}'"
        yield Observation("PK432", message, path, hint=did_you_mean(key, keys) or known)


def _environment(
    container: Container, namespace: str, provided: _Provided
) -> Iterator[Observation]:
    for place, entry in entries(container.data, "env"):
        for member, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            path = (*container.path, *place, "valueFrom", member)
            yield from _key_reference(
                at(entry, "valueFrom", member), kind, path, namespace, provided
            )
    for place, entry in entries(container.data, "envFrom"):
        for member, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            path = (*container.path, *place, member)
            yield from _source(at(entry, member), kind, path, namespace, provided)


def _key_reference(
    reference: Any, kind: str, path: Pointer, namespace: str, provided: _Provided
) -> Iterator[Observation]:
    if not is_map(reference) or reference.get("optional") is True:
        return
    name = reference.get("name")
    missing = list(_missing(("", kind), namespace, name, (*path, "name"), provided))
    yield from missing
    if not missing and isinstance(name, str):
        yield from _key(kind, namespace, name, reference.get("key"), (*path, "key"), provided)


def _volume_names(pod: Pod, owner: Identity, provided: _Provided) -> set[str]:
    names = {str(volume.get("name")) for _, volume in entries(pod.spec, "volumes")}
    claims = entries(provided.things[owner].data, "spec", "volumeClaimTemplates")
    return names | {str(at(claim, "metadata", "name")) for _, claim in claims}


def _mounts(container: Container, volumes: set[str]) -> Iterator[Observation]:
    for field_name in ("volumeMounts", "volumeDevices"):
        for place, mount in entries(container.data, field_name):
            name = mount.get("name")
            if isinstance(name, str) and name not in volumes:
                message = f"container {container.name} mounts '{name}', no volume of the pod"
                path = (*container.path, *place, "name")
                hint = did_you_mean(name, volumes) or f"add the volume '{name}'"
                yield Observation("PK433", message, path, hint=hint)


def _port_names(container: Container) -> Iterator[Observation]:
    named = {str(port["name"]) for _, port in entries(container.data, "ports") if "name" in port}
    handlers = [(probe,) for probe in PROBES] + [("lifecycle", hook) for hook in HOOKS]
    for handler in handlers:
        for action in ("httpGet", "tcpSocket"):
            path = (*handler, action, "port")
            port = at(container.data, *path)
            if isinstance(port, str) and not port.isdigit() and port not in named:
                message = f"container {container.name} has no port named '{port}'"
                hint = did_you_mean(port, named) or _listed("its ports are", named)
                yield Observation("PK434", message, (*container.path, *path), hint=hint)


def _listed(text: str, names: Iterable[str]) -> str:
    return f"{text} {', '.join(sorted(names)) or 'without names'}"


# --- selectors and roles ----------------------------------------------------------------------


def _selector(thing: Thing, pods: Sequence[tuple[Identity, Pod]]) -> Iterator[Observation]:
    if thing.kind not in SELECTING:
        return
    path: tuple[str, ...] = ("spec", "selector")
    if thing.identity.kind not in ("Service", "ReplicationController"):
        path = (*path, "matchLabels")
    wanted = {key: value for _, key, value in texts(thing.data, *path)}
    if not wanted or at(thing.data, "spec", "selector", "matchExpressions"):
        return
    owns = thing.identity.kind in OWNING
    near = [
        pod
        for owner, pod in pods
        if owner.namespace == thing.identity.namespace and (not owns or owner == thing.identity)
    ]
    matched = [pod for pod in near if wanted.items() <= pod.labels.items()]
    if not matched:
        yield _matches_none(thing, near, wanted, path)
    elif thing.kind == ("", "Service"):
        yield from _target_ports(thing, matched)


def _matches_none(
    thing: Thing, near: Sequence[Pod], wanted: Mapping[str, str], path: Pointer
) -> Observation:
    """Return that a selector matches no pods, at the first label that none of them has."""
    odd = [item for item in wanted.items() if not any(item in pod.labels.items() for pod in near)]
    key, value = (odd or list(wanted.items()))[0]
    there = sorted({pod.labels[key] for pod in near if key in pod.labels})
    hint = did_you_mean(value, there) or (f"there is {key}: {', '.join(there)}" if there else None)
    whose = "its own pods" if thing.identity.kind in OWNING else "any pods of the variant"
    message = f"the selector {key}={value} does not match {whose}"
    return Observation("PK436", message, (*path, key), hint=hint or f"no pod has the label {key}")


def _target_ports(thing: Thing, pods: Sequence[Pod]) -> Iterator[Observation]:
    named = {
        str(port["name"])
        for pod in pods
        for container in pod.containers
        for _, port in entries(container.data, "ports")
        if "name" in port
    }
    for place, port in entries(thing.data, "spec", "ports"):
        target = port.get("targetPort")
        if isinstance(target, str) and not target.isdigit() and target not in named:
            hint = did_you_mean(target, named) or _listed("their ports are", named)
            message = f"no pod of the service has a port named '{target}'"
            yield Observation("PK434", message, (*place, "targetPort"), hint=hint)


def _roles(thing: Thing, provided: _Provided) -> Iterator[Observation]:
    if thing.kind not in ((RBAC, "ClusterRoleBinding"), (RBAC, "RoleBinding")):
        return
    kind, role = at(thing.data, "roleRef", "kind"), at(thing.data, "roleRef", "name")
    if kind in ("ClusterRole", "Role"):
        namespace = thing.identity.namespace if kind == "Role" else ""
        yield from _missing((RBAC, kind), namespace, role, ("roleRef", "name"), provided, "PK435")
    for place, subject in entries(thing.data, "subjects"):
        if subject.get("kind") == "ServiceAccount":
            account, path = ("", "ServiceAccount"), (*place, "name")
            namespace = str(subject.get("namespace") or thing.identity.namespace)
            yield from _missing(account, namespace, subject.get("name"), path, provided, "PK437")
