"""check: objects to diagnostics; objects are handed out as views, so nothing can change them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from packc.diagnostics import Diagnostic, Span
from packc.frozen import freeze
from packc.model import Finding, Object, SourceKind
from packc.plugins import Host, Plugin
from packc.supervision import span_of
from packc.values import Resolved

CODE = re.compile(r"(?!PK\d)[A-Z][A-Z0-9]*\d{2,}")


def check(
    resolved: Resolved,
    objects: Sequence[Object],
    plugins: Sequence[Plugin],
    host: Host,
    now: datetime,
) -> tuple[Diagnostic, ...]:
    """Return what the variant's plugins find, each finding at the value that caused it."""
    views = tuple(freeze(data) for data in objects)
    return tuple(
        _diagnostic(finding, plugin, resolved)
        for plugin in plugins
        for finding in _ask(plugin, host, resolved, views, now)
    )


def _ask(
    plugin: Plugin, host: Host, resolved: Resolved, views: tuple[Object, ...], now: datetime
) -> Iterator[Finding]:
    arguments = {"variant": resolved.variant, "objects": views, "now": now}
    yield from host.ask(plugin, "packc_check", Finding, **arguments)


def _diagnostic(finding: Finding, plugin: Plugin, resolved: Resolved) -> Diagnostic:
    if not CODE.fullmatch(finding.code):
        hint = "its author: use a prefix of your own and digits, such as ETCD101"
        text = f"packc_check of {plugin} returned the code '{finding.code}'"
        return Diagnostic("PK206", text, hint=hint)
    value = resolved.values.get(finding.parameter or "")
    span: Span | None = value.source.span if value else None
    if span is None and (value is None or value.source.kind is SourceKind.DEFAULT):
        span = span_of(plugin.module.packc_check)
    return Diagnostic(
        finding.code,
        finding.message,
        span,
        finding.hint,
        finding.severity,
        quote=value is None or not value.secret,
    )
