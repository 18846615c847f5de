"""model: the words of packc as frozen data; every pass takes these and gives these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from attrs import Factory, field, frozen

from packc.atomic import MARKER as MARKER
from packc.diagnostics import Severity, Span

Object = Mapping[str, Any]
"""A Kubernetes object: the one place where data is loose. Variants share it, so nobody edits it."""


class Missing:
    """The type of MISSING, the absent value; None is a value of its own."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final[Any] = Missing()


# --- where things come from -------------------------------------------------------------------


@frozen
class Distribution:
    """What an installed plugin came in: its distribution's name, version and content digest."""

    name: str
    version: str
    digest: str = ""


@frozen
class Origin:
    """Who writes: a file of the pack, or a hook of a plugin.

    `writer` is the name that `overrides` uses and that conflicts are told apart by: the path of a
    pack file in the pack ("patches/etcd.yaml", "pack.yaml"), or the plugin's name ("azure").
    """

    writer: str
    hook: str | None = None
    distribution: Distribution | None = None

    def __str__(self) -> str:
        if self.distribution is None:
            return self.writer
        return f"plugin {self.writer} ({self.distribution.name} {self.distribution.version})"


BINDINGS: Final = "pack.yaml"
"""The writer of every binding."""


class SourceKind(StrEnum):
    """Where a parameter's value came from, weakest first."""

    DEFAULT = "default"
    CLOUD = "cloud"
    VALUES = "values"
    SET = "set"


@frozen
class Source:
    """Where a value came from. `span` is the place in pack.yaml or the values file, if it has one.

    `name` says more: the cloud, the values file's own name, or the option on the command line.
    """

    kind: SourceKind
    name: str = ""
    span: Span | None = None

    def __str__(self) -> str:
        match self.kind:
            case SourceKind.DEFAULT:
                return "default"
            case SourceKind.CLOUD:
                return f"cloud {self.name}"
            case SourceKind.VALUES:
                return f"{self.name}:{self.span.line}" if self.span else self.name
            case SourceKind.SET:
                return self.name


@frozen
class FileContent:
    """What a parameter of type `file` holds: the path as it was given and the text of the file.

    The text stays out of `repr`, so that no log and no error can show it by accident.
    """

    path: str
    text: str = field(repr=False)


@frozen
class Value:
    """What a parameter is set to, and where that came from. A secret is never shown."""

    parameter: str
    value: Any = field(repr=False)
    source: Source
    secret: bool = False


# --- what plugins provide ---------------------------------------------------------------------


@frozen
class Fact:
    """What a cloud can do in one respect, such as which encapsulations its network carries.

    `supports` lists what works there, `default` is one of them, and `refuses` gives for each
    alternative that does not work the reason, which ends up in the error that a user reads.
    """

    name: str
    supports: tuple[str, ...]
    default: str
    refuses: Mapping[str, str] = field(factory=dict)


@frozen
class Cloud:
    """A cloud that a plugin provides. `name` is the entry point's name, `title` is for people."""

    name: str
    title: str
    description: str = ""
    facts: tuple[Fact, ...] = ()

    def fact(self, name: str) -> Fact | None:
        """Return the fact of that name, or None when this cloud does not state it."""
        return next((fact for fact in self.facts if fact.name == name), None)


@frozen
class Feature:
    """A feature that a plugin provides.

    `settings` names what a pack tells the feature about its own objects (`with:` in pack.yaml),
    each with a description; a pack gives all of them.
    """

    name: str
    title: str
    description: str = ""
    settings: Mapping[str, str] = field(factory=dict)


class Level(StrEnum):
    """How loud a note is: information, or a warning that the operator has to weigh."""

    NOTE = "note"
    WARNING = "warning"


@frozen
class Note:
    """Something that the operator of a variant should know. It never changes an object.

    `text` is one or a few sentences of Markdown, and holds no secret. packc sets `origin`.
    """

    text: str
    level: Level = Level.NOTE
    origin: Origin | None = None


@frozen
class Finding:
    """What a plugin's check has to say.

    `parameter` names the parameter that caused it, which gives the finding its place. `code` starts
    with the plugin's own prefix, in capitals, followed by digits: ETCD101. `message` is in lower
    case and without a full stop, what was found before what was expected; `hint` is a way out.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    parameter: str | None = None
    hint: str | None = None


@frozen
class Operation:
    """One RFC 6902 operation; a path may also name a list item by key: /env/[name=IP]/value.

    `parameter` names the parameter that the value came from. `optional` and `overrides` are the two
    ways out of strictness: the reason why the target may be absent, and the writer whose write
    this one replaces on purpose. `secret` is set by packc where the parameter is one.
    """

    op: str
    path: str
    value: Any = MISSING
    source: str | None = None
    parameter: str | None = None
    optional: str | None = None
    overrides: str | None = None
    span: Span | None = field(default=None, eq=False)
    secret: bool = False


@frozen
class Patch:
    """Operations on one selected object.

    `object` is Kind/name or Kind/namespace/name; Kind.group/name where two groups share a kind.
    `optional` is the reason why the object may be absent.
    """

    object: str
    operations: tuple[Operation, ...]
    description: str = ""
    optional: str | None = None
    origin: Origin | None = None
    span: Span | None = field(default=None, eq=False)


@frozen
class NewObject:
    """A whole Kubernetes object that a plugin brings into a variant.

    `data` is the object as plain data; packc takes a copy of it. `description` says what it is for.
    """

    data: Object = field(repr=False)
    description: str = ""
    span: Span | None = field(default=None, eq=False)


@frozen
class Variant:
    """One cloud, a set of features and resolved values: what a hook is asked about.

    `features` is sorted. `values` maps each parameter's name to its value, frozen all the way down.
    `settings` maps each feature to what the pack's `with:` told it.
    """

    pack: str
    version: str
    cloud: Cloud
    features: tuple[str, ...]
    values: Mapping[str, Any] = field(factory=dict, repr=False)
    settings: Mapping[str, Mapping[str, str]] = field(factory=dict)

    @property
    def name(self) -> str:
        """Return the variant's folder name: the cloud, then each feature behind a plus sign."""
        return "+".join((self.cloud.name, *self.features))


# --- objects and their trace ------------------------------------------------------------------


@frozen
class Identity:
    """What tells one object from another; group instead of version, as the API server does it."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return "/".join(part for part in (kind, self.namespace, self.name) if part)


@frozen
class BaseObject:
    """An object as its author wrote it; `locate` finds the place of a path in its file.

    `locate_key` finds the key at the end of a path instead of its value. `origin` is None where the
    object stands in a file of the pack; else a plugin brings it, `file` names its module, and
    `reason` is what the plugin says that it is for.
    """

    data: Object = field(repr=False)
    identity: Identity
    file: str
    locate: Callable[[tuple[str | int, ...]], Span] = field(repr=False, eq=False)
    locate_key: Callable[[tuple[str | int, ...]], Span] = field(
        default=Factory(lambda base: base.locate, takes_self=True), repr=False, eq=False
    )
    origin: Origin | None = None
    reason: str = ""


@frozen
class Write:
    """One operation as it was applied: the trace of a variant is a list of these.

    `path` is how the place is named for ever (list items by key where they have one); `pointer` is
    the plain RFC 6901 pointer at that moment. `before` and `after` are MISSING where nothing is.
    `reason` is the description of the patch.
    """

    origin: Origin
    operation: Operation
    path: tuple[Any, ...]
    pointer: str
    before: Any = field(repr=False)
    after: Any = field(repr=False)
    reason: str = ""


@frozen
class PatchedObject:
    """An object after patches: `data` is the base's own where no patch touched it."""

    base: BaseObject = field(repr=False)
    data: Object = field(repr=False)
    writes: tuple[Write, ...] = ()

    @property
    def identity(self) -> Identity:
        return self.base.identity


# --- output ----------------------------------------------------------------------------------


@frozen
class OutputFile:
    """A file of a variant. A private one holds key material and is readable by its owner only.

    `name` is a path with slashes inside the folder that it is written to.
    """

    name: str
    content: bytes
    private: bool = False
