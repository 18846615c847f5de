"""spec: what pack.yaml and the patch files say, as typed data: the language of edition 1.

Every key carries its description here, once: `packc schema` and docs/pack-spec.md are made of it.
Annotations are evaluated: `structure` needs them in each run, and reading them from text is slow.
What plugins do not make goes without a repr: making methods is most of what importing this costs.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from attrs import NOTHING, field, frozen

from packc.diagnostics import Span
from packc.model import MISSING, Level

EDITION = 1

TypeName = Literal[
    "string", "boolean", "integer", "number", "enum", "cidr", "ip", "url", "file", "list", "map"
]
OperationName = Literal["add", "remove", "replace", "move", "copy", "test"]
Conversion = Literal["value", "string", "comma-list", "image-registry"]
LayerName = Literal["kernel", "os", "k8s", "cni", "csi", "addon"]
DependencyName = Literal["required", "optional", "notSupported", "upgrade"]
ImpactName = Literal["cosmetic", "restarts-pods", "recreates-object", "cuts-traffic"]
Scalar = str | int | float | bool
OneOrMany = str | tuple[str, ...]
ScalarOrMany = Scalar | tuple[Scalar, ...]


def key(
    description: str,
    *,
    default: Any = NOTHING,
    factory: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """Return the attrs field of one key; `name` is the key where Python reserves the word."""
    return field(
        default=default, factory=factory, metadata={"description": description, "name": name}
    )


def place() -> Any:
    """Return the field that holds where the mapping stands in its file; it is no key."""
    return field(default=None, eq=False, repr=False)


@frozen(kw_only=True)
class When:
    """A condition on the variant. All keys that are given must hold."""

    cloud: OneOrMany | None = key("The cloud is this one, or one of these.", default=None)
    feature: OneOrMany | None = key("This feature is on, or one of these is.", default=None)
    parameters: Mapping[str, ScalarOrMany] = key(
        "Each parameter named has this value, or one of these.", factory=dict
    )
    all: tuple["When", ...] = key("Every one of these conditions holds.", default=())
    any: tuple["When", ...] | None = key("At least one of these conditions holds.", default=None)
    not_: "When | None" = key("This condition does not hold.", default=None, name="not")
    span: Span | None = place()


@frozen(kw_only=True)
class EnumValue:
    """A value that an enum allows."""

    value: str = key("The value.")
    description: str = key("What choosing it means.", default="")
    span: Span | None = place()


@frozen(kw_only=True)
class Items:
    """A type and its limits: of the items of a list or the values of a map."""

    type: TypeName = key("The type; items are never list or map.")
    values: tuple[EnumValue, ...] = key("enum: the values that are allowed.", default=())
    minimum: int | float | None = key("integer, number: the least value.", default=None)
    maximum: int | float | None = key("integer, number: the greatest value.", default=None)
    pattern: str | None = key(
        "string: a regular expression that the whole text matches.", default=None
    )
    minLength: int | None = key("string: the least number of characters.", default=None)
    maxLength: int | None = key("string: the greatest number of characters.", default=None)
    family: Literal["ipv4", "ipv6"] | None = key("cidr, ip: the address family.", default=None)
    schemes: tuple[str, ...] = key("url: the schemes that are allowed.", default=())
    content: Literal["text", "pem"] | None = key(
        "file: what it must hold; text where nothing is said.", default=None
    )
    span: Span | None = place()


@frozen(kw_only=True)
class FromCloud:
    """Lets the cloud decide a parameter's default, and which of its values work there."""

    fact: str = key("The name of a fact that the cloud's plugin states.")
    values: Mapping[str, str] = key("For each alternative of the fact, the parameter's value.")
    span: Span | None = place()


@frozen(kw_only=True)
class Constraint:
    """A rule for a `cidr` parameter: exactly one of the three, with its reason."""

    reason: str = key("Why; part of the error that a user reads.")
    excludes: str | None = key("The network does not overlap this one.", default=None)
    holdsBlock: str | None = key(
        "The network holds a block whose prefix length is the value of this parameter.",
        default=None,
    )
    equals: str | None = key(
        "The network is the value of this parameter, where that is set.", default=None
    )
    span: Span | None = place()


@frozen(kw_only=True)
class Deprecated:
    """Marks a parameter that still works and has a better name."""

    replacement: str = key("The parameter to use instead; a value given here is passed on to it.")
    since: str = key("The pack version that deprecated it.")
    reason: str = key("Why, in one sentence.", default="")
    span: Span | None = place()


@frozen(kw_only=True)
class Parameter(Items):
    """A typed, documented input of a pack."""

    name: str = key("The name: words with dots between them, such as calico.mtu.")
    description: str = key("What it does, for the person who sets it.")
    default: Any = key("The value where nobody sets one.", default=MISSING)
    required: bool = key("A build without a value is an error.", default=False)
    secret: bool = key("The value is never shown.", default=False)
    items: Items | None = key("list: the type of an item; map: of a value.", default=None)
    minItems: int | None = key("list, map: the least number of items.", default=None)
    maxItems: int | None = key("list, map: the greatest number of items.", default=None)
    fromCloud: FromCloud | None = key(
        "enum: the cloud decides the default and what is allowed.", default=None
    )
    fromKubernetes: str | None = key(
        "A dotted path in the values of the Kubernetes layer (--kubernetes-values) that sets it.",
        default=None,
    )
    constraints: tuple[Constraint, ...] = key("cidr: further rules.", default=())
    deprecated: Deprecated | None = key("Marks the parameter as deprecated.", default=None)


@frozen(kw_only=True, repr=False)
class FeatureUse:
    """A feature that the pack offers."""

    name: str = key("The feature: the name of the entry point of its plugin.")
    default: bool = key("Builds have it unless they say otherwise.", default=False)
    with_: Mapping[str, str] = key(
        "What the feature has to know of this pack: a value for each of its settings.",
        factory=dict,
        name="with",
    )
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class Objects:
    """Files with base objects."""

    files: str = key("A file of the pack, or several by a pattern such as base/crds/*.yaml.")
    when: When | None = key("The variants that have them; all where nothing is said.", default=None)
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class Binding:
    """Puts a parameter's value into a field of an object."""

    parameter: str = key("The parameter.")
    object: str = key("The object: Kind/name or Kind/namespace/name.")
    path: str = key("The field: a JSON Pointer, with list items named by key; it must be there.")
    as_: Conversion = key("How the value becomes the field's value.", default="value", name="as")
    when: When | None = key("The variants that it holds for.", default=None)
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class Refusal:
    """A combination that must not be built."""

    when: When = key("The combination.")
    reason: str = key("Why; part of the error that a user reads.")
    parameter: str = key("The parameter that the error points at.")
    hint: str | None = key("The way out.", default=None)
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class NoteText:
    """Something that the operator should know."""

    text: str = key("The note; Markdown.")
    level: Level = key("note or warning.", default=Level.NOTE)
    when: When | None = key("The variants that it belongs to.", default=None)
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class ImpactSpec:
    """What changing a field of an object does in a cluster, beyond what Kubernetes itself does."""

    object: str = key("The object: Kind/name or Kind/namespace/name.")
    path: str = key("The field, with all below it: a JSON Pointer, with list items named by key.")
    class_: ImpactName = key("What a change does.", name="class")
    reason: str = key("Why, for the person who reads the comparison.")
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class CheckRule:
    """What the pack makes of a finding of `packc check`."""

    code: str = key("The code of the finding: PK4 and two digits, or that of a plugin.")
    severity: Literal["ignore", "note", "warning", "error"] = key(
        "How much it matters in this pack; ignore leaves it out of the report."
    )
    reason: str = key("Why; shown beside the finding.")
    object: str | None = key(
        "The object: Kind/name or Kind/namespace/name; all where nothing is said.", default=None
    )
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class PalettePreset:
    """Values that Palette's form offers together, as one of the alternatives of a group."""

    name: str = key("The name of the preset: unique in the pack, without `,` and `:`.")
    displayName: str = key("The name that the form shows.")
    group: str = key("The alternatives of one group exclude each other.")
    parameters: Mapping[str, Scalar] = key("The value of each parameter that it sets.")
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class PaletteDependency:
    """Another pack of the cluster profile that this one counts on or clashes with."""

    packName: str = key("The name of the other pack.")
    layer: LayerName = key("Its layer.")
    type: DependencyName = key("What the other pack is to this one.")
    minVersion: str | None = key(
        "Its least version; unbounded where nothing is said.", default=None
    )
    maxVersion: str | None = key("Its greatest version.", default=None)
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class PaletteSpec:
    """What Palette has to know of the pack beyond what it installs: `--format palette`."""

    layer: LayerName = key("The layer of a cluster profile that it belongs to.")
    cloudTypes: Mapping[str, OneOrMany] = key(
        "What Palette calls each cloud of the pack; several words for one cloud add cloud types."
    )
    name: str | None = key("The name of the Palette pack; the pack's if left out.", default=None)
    names: Mapping[str, str] = key(
        "For clouds with other defaults than the rest, the name of a Palette pack of their own.",
        factory=dict,
    )
    displayName: str | None = key("The name that people see; the title if left out.", default=None)
    addonType: str | None = key("For the layer addon: its category.", default=None)
    manifest: str | None = key(
        "The name of the manifest: values stand below manifests.<it>, without a first word of"
        " theirs that is the same; the pack's name if left out.",
        default=None,
    )
    namespace: str | None = key("The namespace that Palette installs into.", default=None)
    annotations: Mapping[str, str] = key("Annotations of pack.json.", factory=dict)
    dependencies: tuple[PaletteDependency, ...] = key(
        "Other packs that it counts on or clashes with.", default=()
    )
    presets: tuple[PalettePreset, ...] = key(
        "Presets for parameters; features have theirs without being named.", default=()
    )
    prerequisites: tuple[str, ...] = key("What must be there first; Markdown.", default=())
    upgrade: tuple[str, ...] = key("What an upgrade has to mind; Markdown.", default=())
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class PackSpec:
    """A pack: everything that pack.yaml says."""

    packc: int = key("The edition of the language and of the emit rules: 1.")
    name: str = key("The pack's name: a DNS label.")
    version: str = key("The pack's version: that of what it installs.")
    title: str = key("The name for people.")
    description: str = key("What it installs, in a sentence or two.")
    homepage: str | None = key("Where to read about what it installs.", default=None)
    logo: str | None = key("The picture of the pack, a file in it.", default=None)
    docs: tuple[str, ...] = key("Files with prose about the pack, in reading order.", default=())
    clouds: tuple[str, ...] = key("The clouds that the author builds the pack for.")
    features: tuple[FeatureUse, ...] = key("The features that it offers.", default=())
    parameters: tuple[Parameter, ...] = key("Its inputs.", default=())
    objects: tuple[Objects, ...] = key("Its base objects.")
    bindings: tuple[Binding, ...] = key("Where parameters stand in objects.", default=())
    patches: tuple[str, ...] = key("Files with patches.", default=())
    refusals: tuple[Refusal, ...] = key("Combinations that must not be built.", default=())
    notes: tuple[NoteText, ...] = key("What the operator should know.", default=())
    impacts: tuple[ImpactSpec, ...] = key(
        "What changing a field does in a cluster; `packc diff` says so.", default=()
    )
    checks: tuple[CheckRule, ...] = key(
        "What the pack makes of findings of `packc check`.", default=()
    )
    palette: PaletteSpec | None = key(
        "What `packc build --format palette` writes beside the objects.", default=None
    )
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class OperationSpec:
    """One RFC 6902 operation; a path may name list items by key: /env/[name=IP]/value."""

    op: OperationName = key("The operation.")
    path: str = key("Where: a JSON Pointer with keyed steps.")
    value: Any = key("add, replace, test: the value.", default=MISSING)
    parameter: str | None = key(
        "add, replace: the parameter whose value it is; in place of `value`.", default=None
    )
    as_: Conversion = key(
        "How the parameter's value becomes the field's value.", default="value", name="as"
    )
    from_: str | None = key("move, copy: where the value comes from.", default=None, name="from")
    optional: str | None = key("The reason why the target may be absent.", default=None)
    overrides: str | None = key(
        "The patch file or plugin whose write this one replaces on purpose.", default=None
    )
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class PatchSpec:
    """Operations on one object, and the variants that they belong to."""

    object: str = key("The object: Kind/name or Kind/namespace/name.")
    operations: tuple[OperationSpec, ...] = key("The operations, in order.")
    description: str = key("Why the patch exists, in a sentence.", default="")
    when: When | None = key("The variants that it belongs to.", default=None)
    optional: str | None = key("The reason why the object may be absent.", default=None)
    span: Span | None = place()


@frozen(kw_only=True, repr=False)
class PatchFile:
    """A file of patches: one concern."""

    patches: tuple[PatchSpec, ...] = key("The patches.")
    span: Span | None = place()
