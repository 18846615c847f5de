"""emit: turn objects into text; the same objects always give the same bytes.

These are the rules of edition 1. They never change: docs/output.md states them with the reasons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from packc.diagnostics import Diagnostic, PackcError
from packc.model import Identity, Object
from packc.patching.pointer import format_pointer

SEPARATOR: Final = "---\n"
MAX_DEPTH: Final = 200

LEADING_KEYS: Final = (
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "key",
    "type",
    "spec",
)
"""The keys that come first in every map, in this order. The rest follows by code point."""

INSTALL_ORDER: Final = (
    ("", "Namespace"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("", "ResourceQuota"),
    ("", "LimitRange"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("", "ServiceAccount"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("", "ConfigMap"),
    ("", "Secret"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("", "Service"),
    ("", "Endpoints"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "ReplicaSet"),
    ("", "ReplicationController"),
    ("", "Pod"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("policy", "PodDisruptionBudget"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "Ingress"),
    ("apiregistration.k8s.io", "APIService"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
)
"""(group, kind) in the order of installation. All others follow, custom resources above all."""

Place = tuple[int, str, str, str, str]
TextOf = Callable[[Object], str]


def emit(objects: Iterable[Object], text_of: TextOf | None = None) -> str:
    """Return the objects as one YAML stream in install order; no objects give the empty string.

    `text_of` gives the text of an object where that is not always written anew. Raises PackcError
    with one diagnostic (PK501, PK502) for each object that cannot be written.
    """
    documents: list[tuple[Place, str]] = []
    refused: list[Diagnostic] = []
    write = text_of or emit_object
    for obj in objects:
        try:
            documents.append((_place(obj), write(obj)))
        except PackcError as error:
            refused.extend(error.diagnostics)
    if refused:
        raise PackcError(*refused)
    # Two objects of one identity are ordered by their text: the input's order never shows.
    return SEPARATOR.join(text for _, text in sorted(documents))


def emit_object(obj: Object) -> str:
    """Return one object as a YAML document without a separator; it ends with one newline."""
    try:
        return _document(obj)
    except _Refusal as refusal:
        raise PackcError(_diagnostic(obj, refusal)) from None


def install_order(objects: Iterable[Object]) -> list[Object]:
    """Return the objects by kind as INSTALL_ORDER has it, then by namespace and name."""
    return sorted(objects, key=_place)


def identity(obj: Object) -> Identity:
    """Return what tells the object from others; what is missing or no string is left empty."""
    return Identity(*_named(obj))


_RANKS: Final = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}


def _place(obj: Object) -> Place:
    group, kind, namespace, name = _named(obj)
    return (_RANKS.get((group, kind), len(_RANKS)), group, kind, namespace, name)


def _named(obj: Any) -> tuple[str, str, str, str]:
    """Return group, kind, namespace and name."""
    version, kind = _texts_at(obj, "apiVersion", "kind")
    metadata = obj.get("metadata") if isinstance(obj, (dict, Mapping)) else None
    group, slash, _ = version.partition("/")
    return (group if slash else "", kind, *_texts_at(metadata, "namespace", "name"))


def _texts_at(fields: Any, one: str, other: str) -> tuple[str, str]:
    """Return the texts of two fields."""
    # Nearly all are dicts, and to ask for a Mapping takes five times as long.
    if not isinstance(fields, (dict, Mapping)):
        return "", ""
    first, second = fields.get(one), fields.get(other)
    return first if isinstance(first, str) else "", second if isinstance(second, str) else ""


# --- maps and lists ---------------------------------------------------------------------------

_LEADING: Final = {key: rank for rank, key in enumerate(LEADING_KEYS)}
_KINDS: Final[dict[type, type]] = {
    kind: kind for kind in (str, dict, list, int, bool, float, type(None))
}


def _document(obj: Any) -> str:
    if not isinstance(obj, Mapping):
        raise _Refusal("PK501", _described(obj), "a map")
    if not obj:
        return "{}\n"
    out: list[str] = []
    _write(obj, False, "\n", "", 1, out)
    out.append("\n")
    return "".join(out)


def _write(node: Any, in_list: bool, indent: str, lead: str, depth: int, out: list[str]) -> None:
    """Append the text of a map or list that is not empty.

    `indent` is a newline and the spaces before each entry; the first entry has `lead` instead.
    """
    if depth > MAX_DEPTH:
        raise _Refusal("PK502", "deeper nesting", f"at most {MAX_DEPTH} levels of maps and lists")
    inner = indent + "  "
    steps: Iterable[Any] = range(len(node)) if in_list else _key_order(tuple(node))
    for step in steps:
        value = node[step]
        try:
            head = "-" if in_list else _KEYS.get(step) or _key(step, indent)
            kind = _KINDS.get(type(value)) or _kind(value)
            if kind is str:
                out.append(f"{lead}{head} {_STRINGS.get(value) or _string(value, inner)}")
            elif value and (kind is dict or kind is list):
                out.append(lead + head)
                child = indent if kind is list and not in_list else inner
                _write(value, kind is list, child, " " if in_list else child, depth + 1, out)
            else:
                out.append(f"{lead}{head} {_scalar(value)}")
        except _Refusal as refusal:
            refusal.steps.append(step)
            raise
        lead = indent


def _kind(value: Any) -> type:
    """Return the built-in type that a value of another type is written as."""
    match value:
        case str():
            return str
        case dict() | Mapping():
            return dict
        case int() | float():
            return float
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return list
    expected = "a map, list, string, number, boolean or null"
    raise _Refusal("PK501", _described(value), expected)


@lru_cache(maxsize=4096)
def _key_order(keys: tuple[Any, ...]) -> tuple[str, ...]:
    for key in keys:
        if not isinstance(key, str):
            raise _Refusal("PK501", f"a key of type {type(key).__name__}", "a string", "quote it")
    return tuple(sorted(keys, key=lambda key: (_LEADING.get(key, len(_LEADING)), key)))


# --- scalars ----------------------------------------------------------------------------------

# Each alternative is one character and excludes the others, and `*+` never goes back: linear time.
_PLAIN: Final = re.compile(r"""(?:[A-Za-z/]|_[A-Za-z])(?:[!-9;-~]|:(?=[!-~])|[ ](?=[!"$-~]))*+\Z""")
_RESERVED: Final = frozenset(
    {"y", "n", "yes", "no", "on", "off", "true", "false"}
    | {"null", "nil", "none", "nan", "inf", "infinity"}
)

# Control characters, what looks like nothing or turns the text around, and noncharacters.
_UNPRINTABLE: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff0-\uffff\U000e0000-\U000e0fff"
)
_NO_BLOCK: Final = re.compile(f"[{_UNPRINTABLE}]")
_ESCAPED: Final = re.compile(rf'["\\\t\n{_UNPRINTABLE}]')
_LINE_START: Final = re.compile(r"\n(?!\n|\Z)")
_SHORT_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}

# YAML lets a reader give up on an implicit key after 1,024 characters.
_LONGEST_KEY: Final = 1000


# The same few words come back thousands of times. What is remembered depends on them alone.
_KEYS: Final[dict[str, str]] = {}
_STRINGS: Final[dict[str, str]] = {}
_KEPT_ENTRIES: Final = 20_000
_KEPT_LENGTH: Final = 64


def _key(key: str, indent: str) -> str:
    text = _one_line(str.__str__(key))  # the text itself, even of a member of an enum
    if len(text.encode()) > _LONGEST_KEY:
        return f"? {text}{indent}:"
    return _keep(_KEYS, key, text + ":")


def _string(text: str, indent: str) -> str:
    text = str.__str__(text)
    if "\n" not in text:
        return _keep(_STRINGS, text, _one_line(text))
    return _block(text, indent) if _fits_block(text) else _one_line(text)


def _keep(memo: dict[str, str], text: str, rendered: str) -> str:
    if len(text) <= _KEPT_LENGTH:
        if len(memo) >= _KEPT_ENTRIES:
            memo.clear()
        memo[text] = rendered
    return rendered


def _one_line(text: str) -> str:
    if _PLAIN.match(text) and text.lower() not in _RESERVED:
        return text
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise _Refusal("PK501", f"the lone surrogate U+{code:04X}", "text that UTF-8 can hold")
    return _SHORT_ESCAPES.get(character) or (
        f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
    )


def _fits_block(text: str) -> bool:
    """Say whether a literal block gives the text back without an indentation indicator.

    A text with empty lines at its end stays out: trimming the file would change it unseen.
    """
    return not (
        text[0] in " \t\n"
        or text[-1] in " \t"
        or " \n" in text
        or "\t\n" in text
        or text.endswith("\n\n")
        or _NO_BLOCK.search(text)
    )


def _block(text: str, indent: str) -> str:
    """Return a literal block; empty lines stay empty, so that no line ends in a space."""
    mark, body = ("|", text[:-1]) if text.endswith("\n") else ("|-", text)
    return mark + indent + _LINE_START.sub(indent, body)


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return _integer(value)
        case float():
            return _number(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def _integer(value: int) -> str:
    if not -(2**63) <= value < 2**63:
        raise _Refusal(
            "PK501",
            "an integer of more than 64 bits",
            "an integer from -2^63 to 2^63-1",
            "kubectl would round it: write it as a string if the API takes one",
        )
    return int.__repr__(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise _Refusal("PK501", f"the number {float.__repr__(value)}", "a finite number")
    text = float.__repr__(value)
    # YAML 1.1 readers take 1e+16 for a string, 1.0e+16 for a number.
    return text if "." in text else text.replace("e", ".0e")


# --- what cannot be written -------------------------------------------------------------------

_LONGEST_SHOWN: Final = 200


class _Refusal(Exception):
    """Something that cannot be written. Each level adds its step on the way out."""

    def __init__(self, code: str, found: str, expected: str, hint: str | None = None) -> None:
        super().__init__(found)
        self.code = code
        self.found = found
        self.expected = expected
        self.hint = hint
        self.steps: list[Any] = []


def _diagnostic(obj: Object, refusal: _Refusal) -> Diagnostic:
    pointer = format_pointer(tuple(reversed(refusal.steps)))
    name = str(identity(obj)) or "an object without a name"
    place = f": the value at '{_shown(pointer)}'" if pointer else ""
    return Diagnostic(
        code=refusal.code,
        message=f"cannot write {_shown(name)}{place}",
        hint=refusal.hint,
        found=refusal.found,
        expected=refusal.expected,
    )


def _described(value: object) -> str:
    return f"a value of type {type(value).__name__}"


def _shown(text: str) -> str:
    """Return at most 200 characters of the text, all of them fit for a terminal."""
    short = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)
