"""names: names, labels, annotations and keys that the API server would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from packc.checks.observation import Observation, entries, members, texts
from packc.checks.pods import TEMPLATES, group_and_kind, pod_of
from packc.model import Object
from packc.patching.pointer import Pointer

MAX_ANNOTATIONS: Final = 256 * 1024

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PART: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = re.compile(rf"(?=.{{1,253}}\Z){_PART}(\.{_PART})*", re.DOTALL)
_QUALIFIED: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_DATA_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_PORT: Final = re.compile(r"(?=.{1,15}\Z)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?")

LABEL_RULE: Final = "at most 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends"
SUBDOMAIN_RULE: Final = "a DNS name: a-z, 0-9, '-' and '.', at most 253 characters"
QUALIFIED_RULE: Final = (
    "at most 63 characters of letters, digits, '-', '_' and '.', a letter or digit at both ends"
)

# Kinds whose name becomes one label of a DNS name.
LABEL_KINDS: Final = (("", "Namespace"), ("", "Service"))
# Names of RBAC objects are segments of a path: system:node is one of them.
PATH_KINDS: Final = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
# The controller adds a suffix of eleven characters to the names of a CronJob's Jobs.
MAX_CRON_JOB: Final = 52


def name_observations(data: Object) -> Iterator[Observation]:
    """Yield every name of an object that breaks the rules of its place."""
    yield from _object_name(data)
    yield from _metadata(data, ("metadata",))
    template = TEMPLATES.get(group_and_kind(data))
    if template:
        yield from _metadata(data, (*template, "metadata"))
    for selector in SELECTORS:
        yield from _labels(data, selector)
    yield from _data_keys(data)
    yield from _pod_names(data)
    for path, port in entries(data, "spec", "ports"):
        if group_and_kind(data) == ("", "Service"):
            yield from _named(port, path, _LABEL, LABEL_RULE, "port")


SELECTORS: Final[tuple[tuple[str, ...], ...]] = (
    ("spec", "selector"),
    ("spec", "selector", "matchLabels"),
    ("spec", "podSelector", "matchLabels"),
    ("spec", "template", "spec", "nodeSelector"),
)


def _object_name(data: Object) -> Iterator[Observation]:
    group, kind = group_and_kind(data)
    name, namespace = data["metadata"]["name"], data["metadata"].get("namespace")
    path = ("metadata", "name")
    if kind in PATH_KINDS and group == "rbac.authorization.k8s.io":
        if name in (".", "..") or "/" in name or "%" in name:
            yield _bad("name", name, path, "a segment of a path: no '/', no '%'")
    elif (group, kind) in LABEL_KINDS:
        if not _LABEL.fullmatch(name):
            yield _bad("name", name, path, LABEL_RULE)
    elif not _SUBDOMAIN.fullmatch(name):
        yield _bad("name", name, path, SUBDOMAIN_RULE)
    elif kind == "CronJob" and len(name) > MAX_CRON_JOB:
        yield _bad("name", name, path, f"at most {MAX_CRON_JOB} characters")
    if namespace is not None and not _LABEL.fullmatch(namespace):
        yield _bad("namespace", namespace, ("metadata", "namespace"), LABEL_RULE)


def _metadata(data: Object, path: tuple[str, ...]) -> Iterator[Observation]:
    yield from _labels(data, (*path, "labels"))
    total = 0
    for place, key, value in texts(data, *path, "annotations"):
        total += len(key.encode()) + len(value.encode())
        if not _is_qualified(key):
            yield _bad("annotation", key, place, _key_rule(key), "PK442", at_key=True)
    if total > MAX_ANNOTATIONS:
        text = f"the annotations hold {total:,} bytes, expected at most {MAX_ANNOTATIONS:,}"
        hint = "keep large data in a ConfigMap"
        yield Observation("PK442", text, (*path, "annotations"), hint=hint)


def _labels(data: Object, path: tuple[str, ...]) -> Iterator[Observation]:
    for place, key, value in texts(data, *path):
        if not _is_qualified(key):
            yield _bad("label", key, place, _key_rule(key), "PK442", at_key=True)
        if value and not _QUALIFIED.fullmatch(value):
            yield _bad("label value", value, place, QUALIFIED_RULE, "PK442")


def _is_qualified(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return (not slash or _SUBDOMAIN.fullmatch(prefix) is not None) and (
        _QUALIFIED.fullmatch(name) is not None
    )


def _key_rule(key: str) -> str:
    return f"{'a DNS name, a slash, then ' if '/' in key else ''}{QUALIFIED_RULE}"


def _data_keys(data: Object) -> Iterator[Observation]:
    if group_and_kind(data) not in (("", "ConfigMap"), ("", "Secret")):
        return
    for field in ("data", "binaryData", "stringData"):
        for key in members(data, field):
            if not _DATA_KEY.fullmatch(key) or key in (".", ".."):
                rule = "letters, digits, '-', '_' and '.', at most 253 characters"
                yield _bad("key", key, (field, key), rule, "PK443", at_key=True)


def _pod_names(data: Object) -> Iterator[Observation]:
    pod = pod_of(data)
    if pod is None:
        return
    for path, volume in entries(pod.spec, "volumes"):
        yield from _named(volume, (*pod.path, *path), _LABEL, LABEL_RULE, "volume")
    for container in pod.containers:
        yield from _named(container.data, container.path, _LABEL, LABEL_RULE, "container")
        for path, port in entries(container.data, "ports"):
            rule = "at most 15 characters of a-z, 0-9 and '-', with a letter among them"
            yield from _named(port, (*container.path, *path), _PORT, rule, "port")
        for path, variable in entries(container.data, "env"):
            name = variable.get("name")
            if isinstance(name, str) and (not name or "=" in name or not name.isprintable()):
                place = (*container.path, *path, "name")
                yield _bad("variable", name, place, "printable text without '='", "PK443")


def _named(
    item: Mapping[str, Any], path: Pointer, rule: re.Pattern[str], text: str, what: str
) -> Iterator[Observation]:
    name = item.get("name")
    if isinstance(name, str) and not rule.fullmatch(name):
        yield _bad(f"{what} name", name, (*path, "name"), text, "PK443")


def _bad(
    what: str,
    text: str,
    path: Pointer,
    rule: str,
    code: str = "PK441",
    *,
    at_key: bool = False,
) -> Observation:
    shown = text if len(text) <= 80 else f"{text[:80]}… ({len(text)} characters)"
    return Observation(
        code,
        f"the {what} is one that Kubernetes refuses",
        path,
        at_key,
        hint="choose one of that form",
        found=repr(shown),
        expected=rule,
    )
