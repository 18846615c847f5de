"""selection: the options that say which variants, with which values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from packc.cache.documents import Documents
from packc.cache.store import opened
from packc.diagnostics import Diagnostic, PackcError
from packc.model import Cloud
from packc.pipeline import Prepared, Selection
from packc.plugins import ALL, FORMATS, MANIFESTS, Host, discover
from packc.values import Request

if TYPE_CHECKING:
    from argparse import Namespace


def selection_of(options: Namespace) -> Selection:
    """Return what the options select."""
    return Selection(
        clouds=tuple(options.clouds),
        features=tuple(options.features),
        without=tuple(options.without),
        request=Request(
            tuple(options.values), tuple(options.sets), tuple(options.kubernetes_values)
        ),
    )


def host_of(options: Namespace) -> Host:
    """Return the host of the plugins that are installed, as the options restrict it."""
    given = vars(options)
    return Host(
        seconds=options.hook_timeout,
        refused=frozenset(given.get("refused", ())),
        is_locked=given.get("locked", False),
        formats=named_formats(given.get("formats", ())),
    )


def documents() -> Documents:
    """Return what parses the files of packs, and spares what it has parsed before."""
    return Documents(opened())


def named_formats(names: Sequence[str]) -> tuple[str, ...]:
    """Return the formats that plugins provide, of those that an option names."""
    every = discover(FORMATS) if ALL in names else ()
    return tuple(n for n in dict.fromkeys((*names, *every)) if n not in (MANIFESTS, ALL))


def the_cloud(prepared: Prepared, deed: str) -> Cloud:
    """Return the cloud of the one variant that a command takes; `deed` is what it does with it.

    Raises PackcError (PK213) where several are selected.
    """
    clouds = prepared.active.clouds
    if len(clouds) != 1:
        text = f"{deed} one variant, and {len(clouds)} clouds are asked for"
        hint = f"add --cloud {' or --cloud '.join(clouds)}"
        raise PackcError(Diagnostic("PK213", text, hint=hint))
    return next(iter(clouds.values()))
