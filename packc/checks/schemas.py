"""schemas: objects against Kubernetes' schemas, and custom resources against the pack's CRDs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import define, evolve, field, frozen

from packc.checks import kubernetes
from packc.checks.kubernetes import Kind, Range, Release, belongs_to_kubernetes, spoken
from packc.checks.observation import Observation, members
from packc.checks.validator import Validator
from packc.checks.versions import fate_of
from packc.diagnostics import did_you_mean
from packc.model import Object

META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
ENVELOPE = ("apiVersion", "kind", "metadata")


@frozen
class Custom:
    """The custom kinds of a variant: the schemas of its CRDs by apiVersion and kind."""

    schemas: Mapping[Kind, Mapping[str, Any]] = field(factory=dict, repr=False)

    def knows(self, data: Object) -> bool:
        """Return whether a CRD of the pack defines the object's kind, in whatever version."""
        return any(_same_kind(data, kind) for kind in self.schemas)


@define(eq=False)
class Schemas:
    """Checks objects against every release of a range whose schemas are installed."""

    kubernetes: Range
    _answers: dict[Any, tuple[Observation, ...]] = field(factory=dict, repr=False)

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """Return the releases of the range that can be checked; none without the package."""
        numbers = kubernetes.installed()
        return tuple(kubernetes.release(n) for n in self.kubernetes.releases if n in numbers)

    def check(self, data: Object, key: object, custom: Custom) -> tuple[Observation, ...]:
        """Return what is wrong with an object; `key` stands for its content.

        A kind that no schema describes is PK405, or PK404 where Kubernetes would have to know it.
        """
        if custom.knows(data):
            schema = custom.schemas.get((data["apiVersion"], data["kind"]))
            return self._once((key, id(schema)), lambda: self._custom(data, schema, custom))
        return self._once(key, lambda: self._own(data))

    def knows(self, data: Object) -> bool:
        """Return whether a release of the range has the object's kind in its version."""
        return any((data["apiVersion"], data["kind"]) in one.kinds for one in self.releases)

    def _once(self, key: Any, answer: Any) -> tuple[Observation, ...]:
        if key not in self._answers:
            self._answers[key] = tuple(answer())
        return self._answers[key]

    # --- Kubernetes' own kinds ----------------------------------------------------------------

    def _own(self, data: Object) -> Iterator[Observation]:
        if not self.releases:
            return
        kind = (data["apiVersion"], data["kind"])
        having = [release for release in self.releases if kind in release.kinds]
        if not having:
            yield from self._unknown(data)
            return
        if len(having) < len(self.releases) and fate_of(data) is None:
            yield self._missing_in_some(data, having)
        yield from self._merged(data, having)

    def _unknown(self, data: Object) -> Iterator[Observation]:
        if fate_of(data) is not None:
            return  # a dropped API version has a finding of its own
        api_version, kind = data["apiVersion"], data["kind"]
        if not belongs_to_kubernetes(api_version):
            message = f"not checked: the pack carries no CRD of {api_version} {kind}"
            hint = "add the CRD to the pack, or say in `checks` why it is elsewhere"
            yield Observation("PK405", message, ("kind",), hint=hint)
            return
        known = {k for release in self.releases for k in release.kinds}
        versions = sorted(version for version, name in known if name == kind)
        if versions:
            hint = f"{kind} is in {', '.join(versions)}"
            message = f"there is no {kind} in {api_version} in Kubernetes {self.kubernetes}"
            yield Observation("PK404", message, ("apiVersion",), hint=hint)
        else:
            close = did_you_mean(kind, {name for _, name in known})
            message = f"there is no kind '{kind}' in Kubernetes {self.kubernetes}"
            hint = close or "correct kind and apiVersion"
            yield Observation("PK404", message, ("kind",), hint=hint)

    def _missing_in_some(self, data: Object, having: Sequence[Release]) -> Observation:
        numbers = {release.number for release in having}
        lacking = [release.number for release in self.releases if release.number not in numbers]
        what = f"{data['apiVersion']} {data['kind']}"
        everywhere = [
            version
            for version, kind in self.releases[-1].kinds
            if _same_kind(data, (version, kind))
            and all((version, kind) in release.kinds for release in self.releases)
        ]
        hint = f"use {everywhere[0]}" if everywhere else "narrow the range with --kubernetes"
        message = f"there is no {what} in Kubernetes {spoken(lacking)}"
        return Observation("PK411", message, ("apiVersion",), hint=hint)

    def _merged(self, data: Object, having: Sequence[Release]) -> Iterator[Observation]:
        """Yield each problem once, with the releases that have it unless all of them do."""
        kind = (data["apiVersion"], data["kind"])
        by_digest: dict[str, list[Release]] = {}
        for release in having:
            by_digest.setdefault(release.digest(release.kinds[kind]), []).append(release)
        where: dict[Observation, list[int]] = {}
        for alike in by_digest.values():
            validator = Validator(alike[0].definitions)
            validator.check(alike[0].definitions[alike[0].kinds[kind]], data)
            for problem in _distinct(validator.found, where):
                where.setdefault(problem, []).extend(release.number for release in alike)
        for problem, numbers in where.items():
            if len(numbers) == len(having):
                yield problem
            else:
                text = f"{problem.message} in Kubernetes {spoken(numbers)}"
                yield evolve(problem, message=text)

    # --- custom resources ---------------------------------------------------------------------

    def _custom(
        self, data: Object, schema: Mapping[str, Any] | None, custom: Custom
    ) -> Iterator[Observation]:
        if schema is None:
            served = sorted(kind[0] for kind in custom.schemas if _same_kind(data, kind))
            message = f"the CRD of {data['kind']} serves no {data['apiVersion']}"
            hint = f"it serves {', '.join(served)}"
            yield Observation("PK404", message, ("apiVersion",), hint=hint)
            return
        validator = Validator(closed=True)
        envelope: dict[str, Any] = {name: {} for name in ENVELOPE}
        fields = {**members(schema, "properties"), **envelope}
        validator.check({**schema, "properties": fields}, data)
        yield from validator.found
        if self.releases:
            definitions = self.releases[-1].definitions
            meta = Validator(definitions)
            meta.check(definitions[META], data["metadata"], ("metadata",))
            yield from meta.found


def _same_kind(data: Object, kind: Kind) -> bool:
    group = str(data["apiVersion"]).rpartition("/")[0]
    return kind[1] == data["kind"] and kind[0].rpartition("/")[0] == group


def _distinct(
    found: Iterable[Observation], known: Mapping[Observation, Any]
) -> Iterator[Observation]:
    """Yield the observations; one whose hint alone differs by release is the one known already."""
    twins = {evolve(other, hint=None): other for other in known}
    for problem in dict.fromkeys(found):
        yield twins.get(evolve(problem, hint=None), problem)
