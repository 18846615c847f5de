"""catalogue: the cases, by name; each is made in a folder of its own when it is asked for."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import attrs

from bench import generate
from bench.cases import (
    COLD,
    PYTHON,
    UNCHANGED,
    WARM,
    Build,
    Case,
    Command,
    Outputs,
    Row,
    Work,
    floor_rows,
    helm_row,
    kustomize_row,
    packc_rows,
)
from bench.generate import CALICO_PATCH, CLOUD, GENERATED_PATCH, Patch
from bench.measure import BenchError
from bench.tools import ROOT, Tools

CALICO = ROOT / "packs" / "calico"
CLOUDS = ("aws", "azure", "vmware")
MODES = {"Always": "", "CrossSubnet": "encapsulation-mode-cross-subnet"}
"""The encapsulation modes of the six variants, and the component of each for kustomize."""
NAMES_OF_CALICO = (
    "projectcalico.org",
    "policy.networking.k8s.io",
    "calico-node",
    "calico-kube-controllers",
)
"""Every file of Calico has one of them, so that packs which change them have none in common."""
PACKS = 200
SMALL_PACK = 60
PART = 1000

Maker = Callable[[Tools, Path], Case]


@attrs.frozen
class Entry:
    """A case that can be made: how, and in which runs it takes part."""

    make: Maker
    quick: bool = False
    long: bool = False
    targets: Mapping[str, float] = attrs.field(factory=dict)
    """The ratios to reach, by row: issue 7, and section 6 of the facts where it names none."""


# --- Calico -----------------------------------------------------------------------------------


def _calico(
    name: str, title: str, clouds: Sequence[str], modes: Sequence[str], tools: Tools, place: Path
) -> Case:
    kustomize, chart = _derived(tools, place, "kustomize"), _derived(tools, place, "helm")
    pairs = [(mode, cloud) for mode in modes for cloud in clouds]
    overlays = {f"{mode}-{cloud}": [_overlay(kustomize, mode, cloud)] for mode, cloud in pairs}
    settings = {
        f"{mode}-{cloud}": (f"cloud={cloud}", f"calico.encapsulationMode={mode}")
        for mode, cloud in pairs
    }
    work = _calico_work(place, clouds, modes)
    rows = (
        *packc_rows(tools, place, work),
        kustomize_row(tools, place, overlays),
        helm_row(tools, place, chart / "calico", settings),
        *floor_rows(place, work.bases),
    )
    return Case(name, title, rows)


def _calico_work(place: Path, clouds: Sequence[str], modes: Sequence[str]) -> Work:
    values = place / "values.yaml"

    def change(number: int) -> None:
        # The default is 0, so that the outputs of the first round can be compared.
        values.write_text(f"calico.mtu: {number and 1280 + number}\n", encoding="utf-8")

    def outputs(out: Path) -> Outputs:
        return {
            f"{mode}-{cloud}": (_manifests(out / mode, CALICO, cloud),)
            for mode in modes
            for cloud in clouds
        }

    change(0)
    chosen = tuple(part for cloud in clouds for part in ("--cloud", cloud))
    builds = tuple(
        Build((str(CALICO), *chosen, "--set", f"calico.encapsulationMode={mode}"), mode)
        for mode in modes
    )
    changed = tuple(
        attrs.evolve(build, arguments=(*build.arguments, "--values", str(values)))
        for build in builds
    )
    return Work(builds, changed, change, outputs, (CALICO / "base",))


def _overlay(kustomize: Path, mode: str, cloud: str) -> Path:
    """Return the overlay of a cloud, or one of our own that adds the component of a mode to it."""
    component = MODES[mode]
    if not component:
        return kustomize / "overlays" / cloud
    folder = kustomize / "bench" / f"{mode}-{cloud}"
    folder.mkdir(parents=True)
    (folder / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        f"resources:\n- ../../overlays/{cloud}\n"
        f"components:\n- ../../components/{component}/{cloud}\n",
        encoding="utf-8",
    )
    return folder


def _derived(tools: Tools, place: Path, form: str) -> Path:
    """Return the folder of the Calico pack in another format, made once for a run."""
    kept = place.parent / "derived"
    folder = kept / "calico" / _version(CALICO) / form
    if not folder.is_dir():
        _packc(tools, "build", str(CALICO), "--format", form, "--quiet", "--out", str(kept))
    copy = place / "input" / form
    shutil.copytree(folder, copy)
    return copy


def _packc(tools: Tools, *arguments: str) -> str:
    done = subprocess.run((*tools.packc, *arguments), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"packc {arguments[0]} failed\n{done.stderr.strip()}")
    return done.stdout


def _version(pack: Path) -> str:
    lines = (pack / "pack.yaml").read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("version:"))


def _manifests(out: Path, pack: Path, cloud: str) -> Path:
    return out / pack.name / _version(pack) / cloud / "manifests.yaml"


# --- generated packs --------------------------------------------------------------------------


def generated(
    count: int, tools: Tools, place: Path, *, suffix: str = "", runs: int | None = None
) -> Case:
    """Return the case of one pack with `count` objects, beside one kustomization of them all."""
    pack, work = _generated_work(count, place)
    folder = place / "flat"
    files = sorted(path.name for path in (pack / "base").iterdir())
    generate.write_kustomization(folder, pack / "base", files, GENERATED_PATCH)
    kustomize = kustomize_row(tools, place, {"": [folder / "overlay"]})
    rows = (
        *packc_rows(tools, place, work),
        attrs.evolve(kustomize, most_runs=runs),
        *floor_rows(place, work.bases),
    )
    title = f"one pack of {count:,} objects"
    return Case(f"objects-{count}{suffix}", title, rows, objects=count)


def split(count: int, tools: Tools, place: Path) -> Case:
    """Return the same with a kustomization for each 1,000 objects, which suits kustomize better."""
    pack, work = _generated_work(count, place)
    folders = []
    for number, file in enumerate(sorted((pack / "base").iterdir())):
        folder = place / "split" / f"{number:03}"
        patch = GENERATED_PATCH if number == 0 else None
        generate.write_kustomization(folder, pack / "base", [file.name], patch)
        folders.append(folder / "overlay")
    rows = (
        *packc_rows(tools, place, work),
        kustomize_row(tools, place, {"": folders}),
        *floor_rows(place, work.bases),
    )
    title = f"one pack of {count:,} objects, {len(folders)} kustomizations of {PART:,}"
    return Case(f"objects-{count}", title, rows, objects=count, most_runs=5)


def alone(count: int, tools: Tools, place: Path) -> Case:
    """Return a case without kustomize, which would take hours."""
    _, work = _generated_work(count, place)
    rows = (*packc_rows(tools, place, work), *floor_rows(place, work.bases))
    title = f"one pack of {count:,} objects"
    return Case(f"objects-{count}", title, rows, baseline=None, objects=count, most_runs=3)


def _generated_work(count: int, place: Path) -> tuple[Path, Work]:
    pack = place / "packs" / f"bench-{count}"
    generate.write_base(pack / "base", generate.base_files(count))
    generate.write_pack(pack, GENERATED_PATCH)
    return pack, _packs_work([pack], place, GENERATED_PATCH)


def _packs_work(packs: Sequence[Path], place: Path, patch: Patch) -> Work:
    """Return the work of building packs in one process, and copies of them that may change."""
    copies = [place / "changed" / pack.name for pack in packs]
    for pack, copy in zip(packs, copies, strict=True):
        shutil.copytree(pack, copy)

    def change(number: int) -> None:
        for copy in copies:
            generate.write_patch(copy, patch, number)

    def outputs(out: Path) -> Outputs:
        only = len(packs) == 1
        return {
            "" if only else pack.name: (_manifests(out / "out", pack, CLOUD),) for pack in packs
        }

    return Work(
        (Build(tuple(map(str, packs))),),
        (Build(tuple(map(str, copies))),),
        change,
        outputs,
        tuple(pack / "base" for pack in packs),
    )


# --- many packs -------------------------------------------------------------------------------


def many(
    name: str,
    title: str,
    base: Callable[[int], Iterator[tuple[str, str]]],
    patch: Patch,
    tools: Tools,
    place: Path,
    count: int = PACKS,
) -> Case:
    """Return the case of many packs: packc in one process, kustomize on every core at once."""
    packs, folders = [], {}
    for number in range(count):
        pack = place / "packs" / f"bench-{number:03}"
        generate.write_base(pack / "base", base(number))
        generate.write_pack(pack, patch)
        folder = place / "overlays" / pack.name
        files = sorted(path.name for path in (pack / "base").iterdir())
        generate.write_kustomization(folder, pack / "base", files, patch)
        packs.append(pack)
        folders[pack.name] = [folder / "overlay"]
    work = _packs_work(packs, place, patch)
    rows = (
        *packc_rows(tools, place, work),
        kustomize_row(tools, place, folders, lanes=tools.cores),
        *floor_rows(place, work.bases),
    )
    return Case(name, title.format(count), rows, most_runs=3)


def shared_base(number: int) -> Iterator[tuple[str, str]]:
    """Yield the files of Calico: the same for every pack."""
    for file in sorted((CALICO / "base").rglob("*.yaml")):
        yield file.name, file.read_text(encoding="utf-8")


def own_base(number: int) -> Iterator[tuple[str, str]]:
    """Yield the files of Calico with names of the pack's own in each."""
    for file, text in shared_base(number):
        for name in NAMES_OF_CALICO:
            text = text.replace(name, f"n{number}-{name}")
        yield file, text


def small_base(number: int) -> Iterator[tuple[str, str]]:
    """Yield a file of small objects, with another value in each pack."""
    for name, text in generate.base_files(SMALL_PACK):
        yield name, text.replace("value of", f"value {number} of")


# --- start ------------------------------------------------------------------------------------


def start(tools: Tools, place: Path) -> Case:
    """Return the commands that should not need longer than Python itself."""
    shown = {
        "packc --version": ("--version",),
        "packc --help": ("--help",),
        "packc show": ("show", str(CALICO)),
    }
    rows = tuple(
        Row(name, (Command((*tools.packc, *arguments), place / "start.txt"),))
        for name, arguments in shown.items()
    )
    return Case("start", "commands that build nothing", (*rows, *floor_rows(place)), PYTHON)


def _targets(cold: float, warm: float, unchanged: float | None = None) -> Mapping[str, float]:
    known = {COLD: cold, WARM: warm}
    return known if unchanged is None else {**known, UNCHANGED: unchanged}


def _many(name: str, title: str, base: Callable[[int], Iterator[tuple[str, str]]]) -> Maker:
    patch = GENERATED_PATCH if base is small_base else CALICO_PATCH
    return partial(many, name, title, base, patch)


def _calico_case(name: str, title: str, clouds: Sequence[str], modes: Sequence[str]) -> Maker:
    return partial(_calico, name, title, clouds, modes)


CATALOGUE: Mapping[str, Entry] = {
    "calico-one": Entry(
        _calico_case("calico-one", "Calico for one cloud", CLOUDS[:1], ["Always"]),
        quick=True,
        targets=_targets(0.45, 0.15, 0.08),
    ),
    "calico-all": Entry(
        _calico_case("calico-all", "Calico for its three clouds", CLOUDS, ["Always"]), quick=True
    ),
    "calico-six": Entry(
        _calico_case(
            "calico-six", "Calico for three clouds in two modes", CLOUDS, ["Always", "CrossSubnet"]
        ),
        targets=_targets(0.12, 0.04, 0.03),
    ),
    "objects-100": Entry(partial(generated, 100), quick=True),
    "objects-1000": Entry(
        partial(generated, 1000), quick=True, targets=_targets(0.13, 0.04, 0.012)
    ),
    "objects-2000": Entry(partial(generated, 2000, runs=4)),
    "objects-10000": Entry(partial(split, 10_000), targets=_targets(0.10, 0.02)),
    "objects-10000-flat": Entry(
        partial(generated, 10_000, suffix="-flat", runs=1),
        long=True,
        targets=_targets(0.005, 0.001),
    ),
    "objects-50000": Entry(partial(alone, 50_000)),
    "packs-shared": Entry(
        _many("packs-shared", "{} packs with one base", shared_base), targets=_targets(0.03, 0.01)
    ),
    "packs-own": Entry(
        _many("packs-own", "{} packs with bases of their own", own_base),
        targets=_targets(0.12, 0.02),
    ),
    "packs-small": Entry(_many("packs-small", "{} small packs", small_base)),
    "start": Entry(start, quick=True),
}


def chosen(only: Sequence[str], *, quick: bool, long: bool) -> dict[str, Entry]:
    """Return the cases that a run is to have: those named, or all that suit it."""
    for name in only:
        if CATALOGUE[name].long and not long:
            raise BenchError(f"{name} takes many minutes: add --long to run it")
    if only:
        return {name: CATALOGUE[name] for name in only}
    return {
        name: entry
        for name, entry in CATALOGUE.items()
        if (entry.quick or not quick) and (long or not entry.long)
    }
