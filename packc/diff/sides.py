"""sides: what the user names (packs, revisions, output trees, variants) becomes pairs of sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve, field, frozen

from packc.diagnostics import Diagnostic, PackcError
from packc.diff.objects import Snapshot
from packc.diff.packs import Compiler
from packc.diff.revisions import checked_out, parse_range
from packc.diff.side import Pairing, Setting, Side, by_cloud, by_variant, by_version, paired
from packc.diff.trees import Output, is_tree, read_outputs
from packc.load import SPEC_FILE, load
from packc.model import MARKER
from packc.pack import Pack
from packc.pipeline import Selection
from packc.values import Request


@frozen
class Question:
    """What is to be compared: the places, what each side selects, and a range of revisions.

    `clouds` are those of the command line, in its order: with one pack and no revisions, the first
    of two is the left side and the second the right one.
    """

    places: tuple[str, ...]
    clouds: tuple[str, ...] = ()
    left: Selection = field(factory=Selection)
    right: Selection = field(factory=Selection)
    revisions: str | None = None


@contextmanager
def pairing(question: Question, compiler: Compiler) -> Iterator[Pairing]:
    """Yield the sides that a question is about; what they were extracted to goes afterwards.

    Raises PackcError: PK701 to PK705, and whatever is wrong with a pack or its values.
    """
    match question.places:
        case [place] if question.revisions is not None:
            with _revisions(place, question, compiler) as pairs:
                yield pairs
        case [place]:
            yield _variants(place, question, compiler)
        case [left, right] if question.revisions is None:
            yield _places(left, right, question, compiler)
        case _:
            raise PackcError(_too_much())


def _too_much() -> Diagnostic:
    return Diagnostic(
        "PK703",
        "--git compares revisions of one pack, and two places are named",
        hint="leave one of them out, or leave out --git",
    )


# --- one pack ---------------------------------------------------------------------------------


def _variants(place: str, question: Question, compiler: Compiler) -> Pairing:
    if _kind(place) == "tree":
        raise PackcError(_nothing_to_compare_with(place))
    pack = load(Path(place), place)
    clouds = question.clouds
    if len(clouds) > 2:
        raise PackcError(_too_many_clouds(clouds))
    left, right = question.left, question.right
    if len(clouds) == 2:
        left, right = evolve(left, clouds=clouds[:1]), evolve(right, clouds=clouds[1:])
    if left == right:
        raise PackcError(_same(place, pack))
    return _compiled(pack, pack, left, right, compiler)


@contextmanager
def _revisions(place: str, question: Question, compiler: Compiler) -> Iterator[Pairing]:
    folder = Path(place)
    span = parse_range(question.revisions or "", folder)
    with checked_out(folder, place, span.left) as before:
        left = load(before, f"{span.left}:{place}")
        if span.right is None:
            yield _compiled(left, load(folder, place), question.left, question.right, compiler)
            return
        with checked_out(folder, place, span.right) as after:
            right = load(after, f"{span.right}:{place}")
            yield _compiled(left, right, question.left, question.right, compiler)


def _compiled(
    left: Pack, right: Pack, selection: Selection, other: Selection, compiler: Compiler
) -> Pairing:
    before = compiler.selected(left, selection)
    return paired(before, compiler.selected(right, other), by_cloud)


# --- two places -------------------------------------------------------------------------------


def _places(left: str, right: str, question: Question, compiler: Compiler) -> Pairing:
    match _kind(left), _kind(right):
        case "pack", "pack":
            packs = load(Path(left), left), load(Path(right), right)
            return _compiled(*packs, question.left, question.right, compiler)
        case "tree", "tree":
            _refuse_selection(question.left, question.right)
            built = _built(left, question, compiler)
            return paired(built, _built(right, question, compiler), by_version, by_variant)
        case "tree", _:
            return Pairing(tuple(_rebuilt(right, left, question, question.right, compiler)))
        case _:
            found = _rebuilt(left, right, question, question.left, compiler)
            return Pairing(tuple((now, built) for built, now in found))


def _kind(place: str) -> str:
    path = Path(place)
    try:
        if (path / SPEC_FILE).is_file():
            return "pack"
        if is_tree(path):
            return "tree"
        found = "a folder without either" if path.is_dir() else "no folder and no file"
    except (OSError, ValueError):
        found = "a name that no file can have"
    raise PackcError(_neither(place, found))


def _rebuilt(
    folder: str, tree: str, question: Question, selection: Selection, compiler: Compiler
) -> Iterator[tuple[Side, Side]]:
    """Yield each output of a pack, and what a build of its variant gives now."""
    pack = load(Path(folder), folder)
    outputs = _of_pack(pack, tree, _outputs(tree, question, compiler))
    for output in outputs:
        yield side_of_output(output), _now(pack, output, selection, compiler)


def _now(pack: Pack, output: Output, selection: Selection, compiler: Compiler) -> Side:
    if output.record is not None:
        _refuse_selection(evolve(selection, clouds=(), request=Request()))
        return compiler.recorded(pack, output.record, selection.request)
    sides = compiler.selected(pack, selection)
    if len(sides) != 1:
        raise PackcError(_no_record(output, sides))
    return sides[0]


def _of_pack(pack: Pack, tree: str, outputs: Sequence[Output]) -> list[Output]:
    """Return the outputs of a pack: those of its version, or those of the one other version."""
    own = [o for o in outputs if o.record is None or o.record.pack == pack.spec.name]
    same = [o for o in own if o.record is None or o.record.version == pack.spec.version]
    versions = sorted({o.record.version for o in own if o.record is not None})
    if not own:
        raise PackcError(_no_output(pack, tree))
    if not same and len(versions) > 1:
        raise PackcError(_several_versions(tree, versions))
    return same or own


def _outputs(tree: str, question: Question, compiler: Compiler) -> list[Output]:
    found = read_outputs(Path(tree), tree, compiler.findings)
    wanted = question.clouds
    return [o for o in found if not wanted or o.record is None or o.record.cloud in wanted]


def _built(tree: str, question: Question, compiler: Compiler) -> list[Side]:
    return [side_of_output(output) for output in _outputs(tree, question, compiler)]


def side_of_output(output: Output) -> Side:
    """Return an output, as it was read, as a side."""
    snapshot, record = Snapshot.of(output.objects), output.record
    if record is None:
        return Side(output.place, "", "", "", "", snapshot)
    settings = {
        name: Setting(value, str(source)) for name, (value, source) in record.parameters.items()
    }
    return Side(
        output.place,
        record.pack,
        record.version,
        record.variant,
        record.cloud,
        snapshot,
        settings,
    )


# --- what cannot be compared ------------------------------------------------------------------


def _refuse_selection(*selections: Selection) -> None:
    """Refuse options that would be without effect: an output tree is what it is."""
    if any(evolve(selection, clouds=()) != Selection() for selection in selections):
        hint = "leave out the options on features and values, or compare packs"
        message = "the features and values of an output tree are those that it was built with"
        raise PackcError(Diagnostic("PK703", message, hint=hint))


def _neither(place: str, found: str) -> Diagnostic:
    hint = "name a pack, the output folder of a build, or a file of manifests"
    message = f"'{place}' is neither a pack nor an output tree: no {SPEC_FILE}, no {MARKER}"
    return Diagnostic("PK701", message, found=found, hint=hint)


def _nothing_to_compare_with(place: str) -> Diagnostic:
    hint = "name the pack or another output tree as well"
    return Diagnostic("PK703", f"nothing to compare the output tree '{place}' with", hint=hint)


def _too_many_clouds(clouds: tuple[str, ...]) -> Diagnostic:
    hint = "name two: the first is the left side, the second the right one"
    return Diagnostic("PK703", f"found {len(clouds)} clouds, expected two", hint=hint)


def _same(place: str, pack: Pack) -> Diagnostic:
    two = " ".join(f"--cloud {name}" for name in pack.spec.clouds[:2])
    ways = [f"name two clouds ({two})"] if len(pack.spec.clouds) > 1 else []
    ways += ["set one side apart (--right-set NAME=VALUE)", "use --git"]
    hint = f"{', '.join(ways[:-1])}, or {ways[-1]}"
    return Diagnostic("PK703", f"both sides are the same: '{place}'", hint=hint)


def _no_record(output: Output, sides: Sequence[Side]) -> Diagnostic:
    message = f"'{output.place}' has no {MARKER} that says which variant it is"
    found = f"{len(sides)} variants of the pack"
    return Diagnostic("PK703", message, found=found, hint="name one with --cloud and --feature")


def _no_output(pack: Pack, tree: str) -> Diagnostic:
    message = f"'{tree}' holds no output of the pack {pack.spec.name}"
    hint = "name the tree that the pack was built into, and clouds that are in it"
    return Diagnostic("PK703", message, hint=hint)


def _several_versions(tree: str, versions: list[str]) -> Diagnostic:
    message = f"'{tree}' holds several versions of the pack, and none is the pack's own"
    hint = "name the folder of one version"
    return Diagnostic("PK703", message, found=", ".join(versions), hint=hint)
