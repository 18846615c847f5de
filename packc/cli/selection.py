"""selection: the options that say which variants, with which values."""

from __future__ import annotations

from argparse import Namespace

from packc.pipeline import Selection
from packc.plugins import Host
from packc.settings import Request


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
