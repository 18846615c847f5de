"""places: from a place in an emitted object back to the line that caused it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from attrs import evolve, field, frozen

from packc.checks.observation import SEVERITIES, Observation
from packc.codes import CODES
from packc.diagnostics import Diagnostic, Related, Span
from packc.model import MISSING, BaseObject, Identity, PatchedObject, Write
from packc.patching.pointer import Pointer
from packc.spec import Parameter

OF_SECRET: Final = "the value is that of a secret parameter, so it is not shown"


@frozen
class Cause:
    """What put a value where it is: a write, or the base at a path of its own."""

    write: Write | None
    path: Pointer


def cause(
    patched: PatchedObject, path: Pointer, passes: Callable[[Write], bool] = lambda _: False
) -> Cause:
    """Return the last write that set or removed what is at a path; else its path in the base.

    Writes are followed backwards, so that a list item is found again under the index that it had
    before others came or went. A write that `passes` did not cause it: what was there before did.
    """
    here = path
    for write in reversed(patched.writes):
        place = _steps(write.pointer)
        depth = len(place)
        if write.path and not isinstance(write.path[-1], str) and _moves(write):
            index, parent = int(place[-1]), place[:-1]
            if len(here) < depth or _words(here[: depth - 1]) != parent:
                continue
            own = int(here[depth - 1])
            if write.before is MISSING and own == index:
                return Cause(write, here)
            shift = -1 if write.before is MISSING else 1
            if own > index or (own == index and shift == 1):
                here = (*here[: depth - 1], own + shift, *here[depth:])
        elif _words(here[:depth]) == place and not passes(write):
            return Cause(write, here)
    return Cause(None, here)


def _keeps_tag(write: Write) -> bool:
    """Return whether a write changes nothing of an image but its registry."""
    before, after = write.before, write.after
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    return before.rpartition("/")[2] == after.rpartition("/")[2]


def _moves(write: Write) -> bool:
    """Return whether a write of a list item moves the items behind it."""
    return write.before is MISSING or write.after is MISSING


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(s.replace("~1", "/").replace("~0", "~") for s in pointer.split("/")[1:])


def _words(path: Pointer) -> tuple[str, ...]:
    return tuple(str(step) for step in path)


@frozen
class Places:
    """Puts observations of one variant at the lines that caused them.

    `parameters` are the variant's by name; `plugin_lines` says where each plugin's hook begins, and
    `operations` finds places inside the operations of the pack's files.
    """

    objects: Mapping[Identity, PatchedObject] = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    plugin_lines: Mapping[str, Span] = field(repr=False)
    operations: Mapping[Span, Callable[[tuple[str | int, ...]], Span]] = field(repr=False)

    def diagnostic(self, observation: Observation) -> Diagnostic:
        """Return the observation as a diagnostic at its cause; no secret value is in it."""
        identity = observation.identity
        assert identity is not None
        patched = self.objects[identity]
        is_tag = observation.code == "PK451"
        found = cause(patched, observation.path, _keeps_tag if is_tag else lambda _: False)
        diagnostic = Diagnostic(
            observation.code,
            f"{identity}: {observation.message}",
            self._span(patched, found, observation.at_key),
            observation.hint,
            SEVERITIES[observation.code],
            observation.found,
            observation.expected,
            self._related(found.write) if found.write else _brought(patched.base),
        )
        if identity.kind == "Secret":
            diagnostic = evolve(diagnostic, found=None, quote=False)
        if found.write is not None and self._is_secret(found.write):
            # Messages and hints may name the value, such as that of a Secret that is not there.
            message = f"{identity}: {CODES[observation.code].meaning}"
            diagnostic = evolve(
                diagnostic, message=message, hint=OF_SECRET, found=None, quote=False
            )
        return diagnostic

    def _span(self, patched: PatchedObject, found: Cause, at_key: bool) -> Span | None:
        if found.write is None:
            locate = patched.base.locate_key if at_key else patched.base.locate
            return locate(found.path)
        operation = found.write.operation
        if operation.span is None:
            return self.plugin_lines.get(found.write.origin.writer)
        find = self.operations.get(operation.span)
        if find is None or operation.op not in ("add", "replace"):
            return operation.span
        inside = found.path[len(_steps(found.write.pointer)) :]
        return find(("parameter",) if operation.parameter else ("value", *inside))

    def _related(self, write: Write) -> tuple[Related, ...]:
        related = []
        if write.origin.hook is not None:
            related.append(
                Related(f"written by {write.origin} in {write.origin.hook}: {write.operation.path}")
            )
        parameter = self.parameters.get(write.operation.parameter or "")
        if parameter is not None:
            text = f"the value is that of the parameter '{parameter.name}'"
            related.append(Related(text, parameter.span))
        return tuple(related)

    def _is_secret(self, write: Write) -> bool:
        parameter = self.parameters.get(write.operation.parameter or "")
        return parameter is not None and parameter.secret


def _brought(base: BaseObject) -> tuple[Related, ...]:
    if base.origin is None:
        return ()
    return (Related(f"brought by {base.origin} in {base.origin.hook}"),)
