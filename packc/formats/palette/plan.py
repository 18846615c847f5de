"""plan: which Palette packs a build becomes: clouds that share one agree in their defaults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import evolve, field, frozen

from packc.build import Build
from packc.diagnostics import Diagnostic, PackcError
from packc.formats.derive import Derived, derive
from packc.formats.palette.access import PaletteAccess
from packc.formats.space import live
from packc.model import MISSING, Cloud, Source, SourceKind, Value
from packc.palette.findings import LOGO, VERSION
from packc.palette.vocabulary import PNG, SEMVER
from packc.resolve import allowed_on, default_on
from packc.spec import PaletteSpec, Parameter

RESERVED = ("cloud", "features")


@frozen(slots=False)
class Plan:
    """One Palette pack: its name, and the build for its clouds, in which their defaults are set."""

    name: str
    whole: Build = field(repr=False)
    build: Build = field(repr=False)
    palette: PaletteSpec = field(repr=False)
    logo: bytes = field(repr=False)

    @property
    def version(self) -> str:
        return self.build.spec.version

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def title(self) -> str:
        return self.palette.displayName or self.build.spec.title

    @property
    def stem(self) -> str:
        """Return the name of the manifest, below which the values stand."""
        return self.palette.manifest or self.build.spec.name

    @property
    def manifest_file(self) -> str:
        return f"manifests/{self.stem}.yaml"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the live parameters, with the values that work on one of the clouds at least."""
        return tuple(_narrowed(p, self.build.clouds.values()) for p in live(self.build))

    def cloud_types(self) -> Mapping[str, str]:
        """Return by what Palette calls it each cloud of the pack."""
        return {word: cloud for cloud in self.build.clouds for word in _words(self.palette, cloud)}

    def cloud_title(self, cloud: str) -> str:
        """Return what Palette calls a cloud; with several words, all of them."""
        return " or ".join(_words(self.palette, cloud))

    def in_palettes_words(self, text: str) -> str:
        """Return a text of packc or a plugin with the clouds called as in Palette."""
        for cloud in self.build.clouds:
            said = re.compile(rf"\b(on|cloud) {re.escape(cloud)}\b")
            text = said.sub(rf"\1 {self.cloud_title(cloud)}", text)
        return text

    def path(self, parameter: str) -> tuple[str, ...]:
        """Return where a parameter stands below the manifest."""
        return below(self.stem, parameter)

    @cached_property
    def derived(self) -> Derived:
        return derive(self.build)

    @cached_property
    def access(self) -> PaletteAccess:
        return PaletteAccess(self.build, self.path, self.cloud_types())


def below(stem: str, parameter: str) -> tuple[str, ...]:
    """Return the steps of a name without a first one that repeats the manifest's."""
    first, *rest = parameter.split(".")
    return tuple(rest) if rest and first == stem else (first, *rest)


def plans_of(build: Build) -> tuple[Plan, ...]:
    """Return the packs in the order of their first clouds.

    Raises PackcError: PK980 where the pack says nothing of Palette, PK981 for a cloud that Palette
    has no word for, PK982 for names that collide, PK984 for clouds that share a pack and differ,
    PK953 and PK973 for what cannot be published.
    """
    palette = build.spec.palette
    if palette is None:
        text = f"the pack {build.spec.name} does not say what it is in Palette"
        hint = "add `palette:` to pack.yaml, with `layer` and `cloudTypes`"
        raise PackcError(Diagnostic("PK980", text, build.spec.span, hint))
    problems = [*_problems(build, palette)]
    if problems:
        raise PackcError(*problems)
    logo = build.read(build.spec.logo) if build.spec.logo else b""
    if not logo.startswith(PNG):
        text = "a Palette pack needs a logo that is a PNG"
        raise PackcError(
            Diagnostic(LOGO, text, build.spec.span, "add a PNG, and name it in `logo:`")
        )
    return tuple(
        Plan(name, build, _part(build, clouds), palette, logo)
        for name, clouds in _groups(build, palette).items()
    )


def _problems(build: Build, palette: PaletteSpec) -> Iterator[Diagnostic]:
    for cloud in build.clouds:
        if cloud not in palette.cloudTypes:
            text = f"the pack does not say what Palette calls the cloud {cloud}"
            hint = f"add it to `cloudTypes`, as in `{cloud}: aws`, or leave it out with --cloud"
            yield Diagnostic("PK981", text, palette.span, hint)
    if SEMVER.fullmatch(build.spec.version) is None:
        text = f"'{build.spec.version}' cannot be the version of a Palette pack"
        hint = "write three numbers, such as 1.5.0 or 1.5.0-rc.1"
        yield Diagnostic(VERSION, text, build.spec.span, hint)
    yield from _disagreements(build, palette)
    stem = palette.manifest or build.spec.name
    taken: dict[tuple[str, ...], str] = {(word,): f"`{word}`" for word in RESERVED}
    for parameter in live(build):
        path = below(stem, parameter.name)
        clash = next((taken[path[:n]] for n in range(1, len(path) + 1) if path[:n] in taken), None)
        clash = clash or next((n for p, n in taken.items() if p[: len(path)] == path), None)
        if clash is not None:
            text = f"'{parameter.name}' is manifests.{stem}.{'.'.join(path)}, where {clash} stands"
            hint = "give the parameter another name, or the manifest with `palette.manifest`"
            yield Diagnostic("PK982", text, parameter.span, hint)
        taken[path] = f"'{parameter.name}'"


def _disagreements(build: Build, palette: PaletteSpec) -> Iterator[Diagnostic]:
    """Yield the clouds that would share a pack though a parameter has another default there."""
    for name, (first, *others) in _groups(build, palette).items():
        for cloud in others:
            for parameter in _left_to_cloud(build):
                one, other = default_on(parameter, first), default_on(parameter, cloud)
                if one != other:
                    text = (
                        f"'{parameter.name}' is {one} on {first.name} and {other} on {cloud.name},"
                        f" which share the Palette pack {name}"
                    )
                    hint = f"give one of them a pack of its own: `names: {{{cloud.name}: ...}}`"
                    yield Diagnostic("PK984", text, palette.span, hint)


def _groups(build: Build, palette: PaletteSpec) -> dict[str, list[Cloud]]:
    """Return the clouds of each pack by its name."""
    groups: dict[str, list[Cloud]] = {}
    for cloud in build.clouds.values():
        name = palette.names.get(cloud.name, palette.name or build.spec.name)
        groups.setdefault(name, []).append(cloud)
    return groups


def _part(build: Build, clouds: Sequence[Cloud]) -> Build:
    """Return the build for some clouds, with what they decide as if somebody had set it."""
    defaults = {
        p.name: Value(p.name, default_on(p, clouds[0]), Source(SourceKind.CLOUD, clouds[0].name))
        for p in _left_to_cloud(build)
    }
    settings = {name: value for name, value in defaults.items() if value.value is not MISSING}
    return evolve(
        build,
        clouds={cloud.name: cloud for cloud in clouds},
        settings={**settings, **build.settings},
    )


def _left_to_cloud(build: Build) -> tuple[Parameter, ...]:
    return tuple(p for p in live(build) if p.fromCloud is not None and p.name not in build.settings)


def _narrowed(parameter: Parameter, clouds: Iterable[Cloud]) -> Parameter:
    if parameter.fromCloud is None:
        return parameter
    allowed = {value for cloud in clouds for value in allowed_on(parameter, cloud)}
    return evolve(parameter, values=tuple(v for v in parameter.values if v.value in allowed))


def _words(palette: PaletteSpec, cloud: str) -> tuple[str, ...]:
    words = palette.cloudTypes[cloud]
    return (words,) if isinstance(words, str) else words
