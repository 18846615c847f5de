"""hookspecs: the questions that packc asks plugins. A plugin answers those it has an answer to.

Every hook takes frozen data and returns data. It depends on its arguments alone: no clock, no
environment, no network, no files. A plugin states fewer arguments where it needs fewer.

`API_LEVEL` grows by one with each release that adds a hook, an argument of one, or a name to
`packc.api`. A plugin that cannot do without what came with a level says so in its module, as in
`PACKC_API = 1`; an older packc then refuses it in one sentence (PK237). Without it any will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pluggy

from packc.model import Cloud, Feature, Finding, NewObject, Note, Object, Patch, Variant
from packc.spec import Parameter

if TYPE_CHECKING:  # few builds write a format
    from packc.build import Format

PROJECT = "packc"
API_LEVEL = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def packc_clouds() -> Sequence[Cloud]:  # type: ignore[empty-body]
    """Return the clouds that this plugin provides.

    Called once for each plugin that a build names as a cloud, before any other hook. One of them
    has the name of the plugin's entry point (else PK204). The order does not matter. Facts state
    what the cloud can do; they must not speak of any pack.
    """


@hookspec
def packc_features() -> Sequence[Feature]:  # type: ignore[empty-body]
    """Return the features that this plugin provides.

    Called once for each plugin that a pack lists as a feature, before any other hook. One of them
    has the name of the plugin's entry point (else PK204). The order does not matter.
    """


@hookspec
def packc_parameters() -> Sequence[Parameter]:  # type: ignore[empty-body]
    """Return the parameters that a feature adds to every pack that offers it.

    Called once for each plugin that a pack lists as a feature. The order is the one that people
    see. A name that the pack or another feature has already is PK126; a parameter that is not sound
    is PK206.
    """


@hookspec
def packc_objects(variant: Variant) -> Sequence[NewObject]:  # type: ignore[empty-body]
    """Return the whole objects that this plugin brings into one variant.

    Called once for each variant, for its cloud and its features only, after values are resolved and
    before any patches. The order does not matter. They are base objects from then on: bindings and
    patches of the pack and of every plugin apply to them. They must not hold the value of a
    parameter: that goes in with `packc_patches`, which names it. An object that is there already is
    PK221, what is no Kubernetes object PK222, what no manifest can hold PK223, and what is too deep
    or too large PK224.
    """


@hookspec
def packc_patches(variant: Variant) -> Sequence[Patch]:  # type: ignore[empty-body]
    """Return the patches that this plugin adds to one variant.

    Called once for each variant, for its cloud and its features only, after values are resolved.
    Patches of one plugin are applied in the order returned; the order between plugins cannot
    matter: two that write the same place differently are PK308. List items are named by key; a bare
    index is PK310. A patch that selects no object is PK302, an operation without effect PK306.
    """


@hookspec
def packc_notes(variant: Variant) -> Sequence[Note]:  # type: ignore[empty-body]
    """Return what the operator of one variant should know.

    Called once for each variant, for its cloud and its features only, after values are resolved.
    Notes keep the order returned, and stand in the order of the plugins' names. They must not hold
    a secret.
    """


@hookspec
def packc_check(  # type: ignore[empty-body]
    variant: Variant, objects: Sequence[Object], now: datetime
) -> Sequence[Finding]:
    """Return what is wrong with one variant, or doubtful.

    Called once for each variant, for its cloud and its features only, with the objects after all
    patches, in output order. `now` is the time in UTC, for certificates that expire; nothing that
    is emitted depends on it. An error stops the build. A code that does not begin with a prefix of
    the plugin's own is PK206.
    """


@hookspec
def packc_formats() -> Sequence[Format]:  # type: ignore[empty-body]
    """Return the formats that this plugin provides.

    Called once for each plugin that a build names with `--format`; its entry point stands in the
    group `packc.formats`. One of them has the name of the entry point (else PK204). What `emit` of
    a format raises is PK907, and so is a file outside the format's folder.
    """
