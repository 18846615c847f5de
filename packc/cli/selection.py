"""selection: the options that say which variants, with which values."""

from __future__ import annotations

from argparse import Namespace

from packc.diagnostics import Diagnostic, PackcError
from packc.model import Cloud
from packc.pipeline import Prepared, Selection
from packc.plugins import Host
from packc.values import Request


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
    """Return the host of the plugins that are installed, with the time limit of the options."""
    return Host(seconds=options.hook_timeout)


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
