"""locking: make the lock of a pack: its files, its plugins, and what is built of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from attrs import evolve, frozen

from packc.diagnostics import Diagnostic, PackcError, Span
from packc.emit import emit
from packc.load import load
from packc.lock import (
    KINDS,
    LOCK_FILE,
    Installed,
    Lock,
    LockedOutput,
    files_of,
    installed_of,
    plugin_as_locked,
    this_packc,
)
from packc.model import Cloud, Distribution
from packc.pack import Pack
from packc.pipeline import Compiled, Prepared, Progress, Selection, compile_variant, prepare, traced
from packc.plugins import Host
from packc.record import sha256

NEEDS_VALUES = frozenset(("PK133", "PK134", "PK135", "PK136"))
"""What a variant says that is not built without a user's values."""
FILE_MODE = 0o644


@frozen
class Wanted:
    """What a lock names besides what the pack lists: clouds and formats."""

    clouds: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()

    @classmethod
    def of(cls, lock: Lock) -> Wanted:
        """Return what a lock names."""
        return cls(tuple(lock.plugins["clouds"]), tuple(lock.plugins["formats"]))

    def __or__(self, other: Wanted) -> Wanted:
        return Wanted(self.clouds + other.clouds, self.formats + other.formats)

    def installed(self, installed: Mapping[str, Installed]) -> Wanted:
        """Return those of them that are installed."""
        clouds = (name for name in self.clouds if name in installed["clouds"])
        formats = (name for name in self.formats if name in installed["formats"])
        return Wanted(tuple(clouds), tuple(formats))

    def named(self, pack: Pack) -> dict[str, dict[str, Span | None]]:
        """Return the plugins of each kind with those that the pack lists, and where it does."""
        spec = pack.spec
        clouds = {name: pack.place("clouds", index) for index, name in enumerate(spec.clouds)}
        features = {
            use.name: pack.place("features", index, "name")
            for index, use in enumerate(spec.features)
        }
        return {
            "clouds": {**dict.fromkeys(self.clouds), **clouds},
            "features": {**features},
            "formats": dict.fromkeys(self.formats),
        }


def make_lock(folder: str, wanted: Wanted, host: Host, step: Progress) -> Lock:
    """Return the lock of a pack as everything is now.

    Raises PackcError where the pack cannot be built, or a plugin that it names is not installed.
    """
    pack = load(Path(folder), folder)
    plugins = _plugins(pack, wanted, installed_of(host))
    clouds = tuple(plugins["clouds"])
    prepared = prepare(folder, Selection(clouds=clouds), host)
    outputs = {}
    for compiled in _variants(prepared):
        step(f"{folder} {compiled.name}")
        outputs[compiled.name] = _output(compiled)
    return Lock(this_packc(), pack.spec.packc, files_of(pack), plugins, outputs)


def _plugins(
    pack: Pack, wanted: Wanted, installed: Mapping[str, Installed]
) -> dict[str, dict[str, Distribution]]:
    named = wanted.named(pack)
    return {
        kind: {
            name: plugin_as_locked(installed[kind], name, named[kind][name])
            for name in sorted(named[kind])
        }
        for kind in KINDS
    }


def _variants(prepared: Prepared) -> Iterator[Compiled]:
    """Yield each cloud with the features that are on, and with each one switched.

    Those that take a user's values are left out.
    """
    for cloud in prepared.active.clouds.values():
        for chosen in _feature_sets(prepared):
            active = evolve(prepared.active, chosen=chosen)
            with suppress(_NeedsValuesError):
                yield _compiled(evolve(prepared, active=active), cloud)


def _feature_sets(prepared: Prepared) -> Iterator[tuple[str, ...]]:
    usual = frozenset(prepared.active.chosen)
    yield tuple(sorted(usual))
    for name in sorted(prepared.active.features):
        yield tuple(sorted(usual ^ {name}))


class _NeedsValuesError(Exception):
    """A variant is not built without a user's values."""


def _compiled(prepared: Prepared, cloud: Cloud) -> Compiled:
    try:
        return compile_variant(prepared, cloud)
    except PackcError as error:
        if all(each.code in NEEDS_VALUES for each in error.diagnostics):
            raise _NeedsValuesError from error
        raise


def _output(compiled: Compiled) -> LockedOutput:
    objects = zip(traced(compiled), compiled.objects, strict=True)
    return LockedOutput(
        sha256(compiled.manifests.encode()),
        {str(entry.identity): sha256(emit((data,)).encode()) for entry, data in objects},
    )


def write_lock(folder: Path, shown: str, lock: Lock) -> None:
    """Write the lock into the folder of its pack, whole or not at all; raise PK503 otherwise."""
    try:
        _replace(folder / LOCK_FILE, lock.text().encode())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "check the permissions of the folder; the previous lock is untouched"
        raise PackcError(
            Diagnostic("PK503", f"cannot write '{shown}': {reason}", hint=hint)
        ) from error


def _replace(file: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".packc-", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, FILE_MODE)
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
