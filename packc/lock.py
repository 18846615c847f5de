"""lock: the file packc.lock: what a pack was locked with, and how that differs from what is there.

It holds no time, no host and no folder. Nothing of a plugin is imported to compare it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from attrs import asdict, evolve, field, frozen

from packc import __version__, yamlio
from packc.answers import misfit
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.installed import package_digest
from packc.model import Distribution
from packc.pack import InputFile, Pack
from packc.plugins import FORMATS, Found, Host, discover, found_with_digest, one_of
from packc.yamlio import Document

LOCK_FILE = "packc.lock"
FORMAT = 1
KINDS: Final = MappingProxyType({"clouds": "cloud", "features": "feature", "formats": "format"})
MEMBERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "clouds": Mapping[str, Any],
        "edition": int,
        "features": Mapping[str, Any],
        "files": Mapping[str, str],
        "formats": Mapping[str, Any],
        "lock": int,
        "outputs": Mapping[str, Any],
        "packc": Any,
    }
)
MERGE_MARK: Final = re.compile(rb"^(<{7}|={7}|>{7})", re.MULTILINE)
PLUGIN_MEMBERS: Final = ("digest", "name", "version")

Installed = Mapping[str, tuple[Found, ...]]


@frozen
class LockedOutput:
    """A variant as it is built without any values: digests of the manifests and each object."""

    manifests: str
    objects: Mapping[str, str] = field(repr=False)


@frozen
class Lock:
    """What a pack was locked with. `plugins` holds those of each kind by name."""

    packc: Distribution
    edition: int
    files: Mapping[str, str]
    plugins: Mapping[str, Mapping[str, Distribution]]
    outputs: Mapping[str, LockedOutput] = field(factory=dict)

    def text(self) -> str:
        """Return the text of the file: JSON, sorted, a fact on each line."""
        data = {
            "lock": FORMAT,
            "edition": self.edition,
            "packc": {"version": self.packc.version, "digest": self.packc.digest},
            "files": dict(self.files),
            "outputs": {name: asdict(output) for name, output in self.outputs.items()},
            **{
                kind: {name: asdict(plugin) for name, plugin in self.plugins[kind].items()}
                for kind in KINDS
            },
        }
        return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@frozen
class Read:
    """A lock that was read, and the file's places."""

    lock: Lock
    document: Document = field(repr=False)


@frozen
class Difference:
    """One thing that is not as it is locked. None is what is not there."""

    what: str
    place: tuple[str, ...]
    locked: str | None
    found: str | None
    hint: str

    def __str__(self) -> str:
        """Return it in one line, with digests in short."""
        if self.locked is None:
            return f"{self.what} is new: {_short(self.found)}"
        if self.found is None:
            return f"{self.what} is removed: {_short(self.locked)}"
        return f"{self.what} has changed: {_short(self.locked)} -> {_short(self.found)}"


# --- reading ----------------------------------------------------------------------------------


def lock_name(pack: Pack) -> str:
    """Return how diagnostics name the lock of a pack."""
    return pack.place().file.removesuffix("pack.yaml") + LOCK_FILE


def read_lock(pack: Pack) -> Read:
    """Return the pack's lock. Raises PackcError: PK231 none, PK232 damaged, PK233 too new."""
    name = lock_name(pack)
    if not (pack.root / LOCK_FILE).exists():
        text = f"the pack {pack.spec.name} has no {LOCK_FILE}"
        hint = f"write it with `packc lock {pack.shown}`"
        raise PackcError(Diagnostic("PK231", text, Span(name), hint))
    content = yamlio.read_bytes(pack.root / LOCK_FILE, name)
    try:
        documents = yamlio.parse(content, name, marks=True).documents
    except PackcError as error:
        first = error.diagnostics[0]
        reason, place = first.message, first.span or Span(name)
        if mark := MERGE_MARK.search(content):
            place = Span(name, content.count(b"\n", 0, mark.start()) + 1)
            reason = "it holds the marks of a merge"
        raise PackcError(_damaged(reason, place, pack)) from None
    if len(documents) != 1 or not isinstance(documents[0].data, Mapping):
        raise PackcError(_damaged("it holds no map", Span(name), pack))
    (document,) = documents
    problem = _another_format(document, pack) or _misfit(document, pack)
    if problem is not None:
        raise PackcError(problem)
    return Read(_lock(yamlio.plain(document.data)), document)


def _damaged(reason: str, span: Span, pack: Pack) -> Diagnostic:
    hint = f"restore it, or delete it and run `packc lock {pack.shown}`"
    return Diagnostic("PK232", f"the lock is damaged: {reason}", span, hint)


def _another_format(document: Document, pack: Pack) -> Diagnostic | None:
    version = document.data.get("lock")
    if type(version) is int and version < 1:
        return _damaged(f"there is no format {version}", document.locate(("lock",)), pack)
    if type(version) is int and version > FORMAT:
        text = f"the lock has format {version}, and this packc knows {FORMAT}"
        hint = "use the packc that wrote it, or a newer one"
        return Diagnostic("PK233", text, document.locate(("lock",)), hint)
    return None


def _misfit(document: Document, pack: Pack) -> Diagnostic | None:
    """Return an error for the first member that is not what a lock holds."""
    for path, members in _shapes(document.data):
        value: Any = document.data
        for step in path:
            value = value[step]
        reason = _not_of(value, members, ".".join(path))
        if reason is not None:
            return _damaged(reason, document.locate(path), pack)
    return None


def _shapes(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    yield (), MEMBERS
    yield ("packc",), {"digest": str, "version": str}
    for kind in KINDS:
        for name in data[kind]:
            yield (kind, name), dict.fromkeys(PLUGIN_MEMBERS, str)
    for name in data["outputs"]:
        yield ("outputs", name), {"manifests": str, "objects": Mapping[str, str]}


def _not_of(value: Any, members: Mapping[str, Any], place: str) -> str | None:
    """Return why a value is no map with these members; None where it is one."""
    if not isinstance(value, Mapping):
        return f"'{place}' is no map"
    for name in sorted({*members, *value}):
        where = f"{place}.{name}".lstrip(".")
        if name not in value:
            return f"'{where}' is missing"
        if name not in members:
            return f"'{where}' is unknown"
        if misfit(value[name], members[name]) is not None:
            return f"'{where}' is not what it should be"
    return None


def _lock(data: Mapping[str, Any]) -> Lock:
    return Lock(
        packc=Distribution("packc", **data["packc"]),
        edition=data["edition"],
        files=data["files"],
        plugins={
            kind: {name: Distribution(**plugin) for name, plugin in data[kind].items()}
            for kind in KINDS
        },
        outputs={name: LockedOutput(**output) for name, output in data["outputs"].items()},
    )


# --- what is there ----------------------------------------------------------------------------


def files_of(pack: Pack) -> dict[str, str]:
    """Return the digests of the files that a build of the pack, in whatever format, reads."""
    read = {entry.name: entry.digest for entry in pack.inputs}
    for name in (*pack.spec.docs, *((pack.spec.logo,) if pack.spec.logo else ())):
        read.setdefault(name, InputFile.of(name, _content(pack, name)).digest)
    return {name: f"sha256:{digest}" for name, digest in sorted(read.items())}


def _content(pack: Pack, name: str) -> bytes:
    return yamlio.read_bytes(pack.root / name, lock_name(pack).removesuffix(LOCK_FILE) + name)


def this_packc() -> Distribution:
    """Return the packc that runs."""
    return Distribution("packc", __version__, f"sha256:{package_digest('packc')}")


def installed_of(host: Host) -> Mapping[str, Installed]:
    """Return what is installed of each kind."""
    return {"clouds": host.installed, "features": host.installed, "formats": discover(FORMATS)}


def plugin_as_locked(installed: Installed, name: str, span: Span | None = None) -> Distribution:
    """Return what a lock says of an installed plugin; raise PK201 or PK202 where there is none."""
    distribution = found_with_digest(one_of(installed, name, span))
    return evolve(distribution, digest=f"sha256:{distribution.digest}")


# --- comparing --------------------------------------------------------------------------------


def lock_input(pack: Pack) -> InputFile:
    """Return the lock as an input of a build that is held to it."""
    return InputFile.of(LOCK_FILE, _content(pack, LOCK_FILE))


def check_lock(pack: Pack, host: Host, clouds: Sequence[str]) -> None:
    """Raise PackcError with every difference between the pack's lock and what is there.

    `clouds` and the host's formats are what the command line asks for: the lock names them (else
    PK235).
    """
    read = read_lock(pack)
    now, problems = inputs_now(pack, read.lock.plugins, installed_of(host))
    found = [
        *problems,
        *_unnamed(pack, read, clouds, host.formats),
        *(
            diagnostic_of(difference, read)
            for difference in differences(read.lock, now, pack, outputs=False)
        ),
    ]
    if found:
        raise PackcError(*found)


def inputs_now(
    pack: Pack, named: Mapping[str, Iterable[str]], installed: Mapping[str, Installed]
) -> tuple[Lock, list[Diagnostic]]:
    """Return all that a lock holds but for outputs, as it is now, and why some of it is not there.

    `named` holds the plugins of each kind. Nothing of them is imported.
    """
    plugins, problems = _found_plugins(named, installed)
    return Lock(this_packc(), pack.spec.packc, files_of(pack), plugins), problems


def _found_plugins(
    named: Mapping[str, Iterable[str]], installed: Mapping[str, Installed]
) -> tuple[dict[str, dict[str, Distribution]], list[Diagnostic]]:
    """Return the plugins of these names as they are installed, and why others are not there."""
    plugins: dict[str, dict[str, Distribution]] = {kind: {} for kind in KINDS}
    problems: list[Diagnostic] = []
    for kind in KINDS:
        for name in sorted(named[kind]):
            try:
                plugins[kind][name] = plugin_as_locked(installed[kind], name)
            except PackcError as error:
                # One that is not installed is a difference, and told as such.
                problems.extend(each for each in error.diagnostics if each.code != "PK202")
    return plugins, problems


def _unnamed(
    pack: Pack, read: Read, clouds: Sequence[str], formats: Sequence[str]
) -> Iterator[Diagnostic]:
    """Yield what the pack or the command line asks for, and the lock does not name."""
    asked = {
        "clouds": (*pack.spec.clouds, *clouds),
        "features": [use.name for use in pack.spec.features],
        "formats": formats,
    }
    for kind, noun in KINDS.items():
        for name in dict.fromkeys(asked[kind]):
            if name not in read.lock.plugins[kind]:
                text = f"the lock does not name the {noun} '{name}'"
                hint = f"add it with `packc lock {_naming(pack, kind, name)}`"
                yield Diagnostic("PK235", text, read.document.locate((kind,)), hint)


def _naming(pack: Pack, kind: str, name: str) -> str:
    """Return the arguments of `packc lock` that add a plugin; what the pack lists needs no name."""
    if kind == "features" or (kind == "clouds" and name in pack.spec.clouds):
        return f"--upgrade {pack.shown}"
    return f"{pack.shown} --{KINDS[kind]} {name}"


def differences(locked: Lock, now: Lock, pack: Pack, *, outputs: bool = True) -> list[Difference]:
    """Return what differs, in the order of the file; without `outputs` those are not compared."""
    accept = f"accept it with `packc lock --upgrade {pack.shown}`"
    found = [
        *_of_packc(locked, now, accept),
        *_of_files(locked.files, now.files, pack, accept),
        *(
            difference
            for kind in KINDS
            for difference in _of_plugins(kind, locked.plugins[kind], now.plugins[kind], accept)
        ),
    ]
    if outputs:
        found += _of_outputs(locked.outputs, now.outputs, accept)
    return found


def diagnostic_of(difference: Difference, read: Read) -> Diagnostic:
    """Return a difference as an error at its line of the lock."""
    return Diagnostic(
        "PK234",
        f"{difference.what} differs from the lock",
        read.document.locate_key(difference.place),
        difference.hint,
        found=difference.found or "nothing",
        expected=difference.locked or "nothing",
    )


def _of_packc(locked: Lock, now: Lock, accept: str) -> Iterator[Difference]:
    if locked.packc != now.packc:
        hint = f"use packc {locked.packc.version} as it was, or {accept}"
        yield Difference("packc", ("packc",), _said(locked.packc), _said(now.packc), hint)
    if locked.edition != now.edition:
        hint = f"restore pack.yaml, or {accept}"
        yield Difference("the edition", ("edition",), str(locked.edition), str(now.edition), hint)


def _of_files(
    locked: Mapping[str, str], now: Mapping[str, str], pack: Pack, accept: str
) -> Iterator[Difference]:
    for name, before, after in _pairs(locked, now):
        hint = f"restore it, or {accept}"
        if before and after and (ends := _line_ends(pack, name, before)):
            hint = f"{ends}: write '* -text' into .gitattributes and check it out again"
        yield Difference(f"the file '{name}'", ("files", name), before, after, hint)


def _line_ends(pack: Pack, name: str, locked: str) -> str | None:
    """Return how lines end, where that is all that differs from the content that is locked."""
    content = _content(pack, name)
    plain = content.replace(b"\r\n", b"\n")
    for other, reason in (
        (plain, "only its line ends differ: CRLF now, LF when it was locked"),
        (plain.replace(b"\n", b"\r\n"), "only its line ends differ: LF now, CRLF when locked"),
    ):
        if f"sha256:{InputFile.of(name, other).digest}" == locked:
            return reason
    return None


def _of_plugins(
    kind: str, locked: Mapping[str, Distribution], now: Mapping[str, Distribution], accept: str
) -> Iterator[Difference]:
    for name, before, after in _pairs(locked, now):
        wanted = f"{before.name} {before.version}" if before else ""
        hint = f"install {wanted}, or {accept}"
        if before and after and (before.name, before.version) == (after.name, after.version):
            hint = (
                f"its files differ though the version does not: install {wanted} anew, or {accept}"
            )
        what = f"the {KINDS[kind]} '{name}'"
        yield Difference(what, (kind, name), _said(before), _said(after), hint)


def _of_outputs(
    locked: Mapping[str, LockedOutput], now: Mapping[str, LockedOutput], accept: str
) -> Iterator[Difference]:
    for variant, before, after in _pairs(locked, now):
        what = f"the output of '{variant}'"
        old, new = (None if each is None else each.manifests for each in (before, after))
        if before is None or after is None:
            yield Difference(what, ("outputs", variant), old, new, accept)
            continue
        objects = list(_pairs(before.objects, after.objects))
        if not objects:
            yield Difference(what, ("outputs", variant), old, new, accept)
        for identity, old, new in objects:
            place = ("outputs", variant, "objects", identity)
            yield Difference(f"{what}: {identity}", place, old, new, accept)


def _pairs(
    locked: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[str, Any | None, Any | None]]:
    """Yield the names whose values differ, sorted, with both values."""
    for name in sorted({*locked, *now}):
        if locked.get(name) != now.get(name):
            yield name, locked.get(name), now.get(name)


def _said(plugin: Distribution | None) -> str | None:
    return None if plugin is None else f"{plugin.name} {plugin.version}, {plugin.digest}"


def _short(text: str | None) -> str:
    before, mark, digest = (text or "").partition("sha256:")
    return f"{before}{mark}{digest[:12]}"
