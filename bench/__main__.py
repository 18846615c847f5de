"""python -m bench: measure packc beside kustomize and helm, and write the page about it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import page, results
from bench.catalogue import CATALOGUE, Entry, chosen
from bench.measure import BenchError, Launcher, measured
from bench.profiles import timings, write_profiles
from bench.results import Figures
from bench.same import check
from bench.tools import ROOT, Tools, environment, installed, machine

RUNS = 15
QUICK_RUNS = 3
EXAMPLES = """\
examples:
  python -m bench                         every case, into bench/results/full.json: takes long
  python -m bench --quick                 small cases, three runs each
  python -m bench --only calico-one --runs 25
  python -m bench --long --only objects-10000-flat
  python -m bench --quick --out /tmp/figures
  python -m bench page                    docs/performance.md again, from bench/results/full.json

With --only, other cases stay in the file if they are from the same machine and tools.
Needs kubectl or kustomize on the PATH; helm is measured where it is installed.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.action == "page":
            _write_page(options.out)
        else:
            _run(options)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure packc beside kustomize and helm, on the same work, in turns.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "action", nargs="?", choices=("run", "page"), default="run", help="default: run"
    )
    parser.add_argument("--quick", action="store_true", help="small cases, three runs each")
    parser.add_argument("--long", action="store_true", help="also cases of many minutes")
    parser.add_argument(
        "--only",
        action="append",
        choices=tuple(CATALOGUE),
        default=[],
        metavar="CASE",
        help=f"this case; repeat for several: {', '.join(CATALOGUE)}",
    )
    parser.add_argument("--runs", type=_count, metavar="N", help=f"rounds (default: {RUNS})")
    parser.add_argument(
        "--out",
        type=Path,
        default=results.RESULTS,
        metavar="DIR",
        help="where figures and profiles go (default: bench/results)",
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 1")
    return int(text)


def _run(options: argparse.Namespace) -> None:
    tools = installed()
    if tools.kustomize is None:
        raise BenchError("found neither kubectl nor kustomize on the PATH: install one of them")
    entries = chosen(options.only, quick=options.quick, long=options.long)
    runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    name = "quick" if options.quick else "full"
    file, facts = options.out / f"{name}.json", machine(tools)
    with tempfile.TemporaryDirectory(prefix="packc-bench-") as folder:
        scratch = Path(folder)
        new: Figures = {"machine": facts, "passes": timings(tools, scratch)}
        known = results.read(file) if options.only else None
        with Launcher(environment(scratch / "home"), scratch) as launcher:
            for entry_name, entry in entries.items():
                found = _case_figures(entry_name, entry, tools, scratch, launcher, runs)
                # Written after each case, so that a run that is stopped keeps what it has.
                known = results.merged(known, {**new, "cases": [found]}, CATALOGUE)
                results.write(file, known)
        write_profiles(tools, scratch, options.out / "profiles")
    print(f"figures: {file}")


def _case_figures(
    name: str, entry: Entry, tools: Tools, scratch: Path, launcher: Launcher, runs: int
) -> Figures:
    print(f"{name}: preparing", flush=True)
    place = scratch / name
    place.mkdir()
    case = entry.make(tools, place)
    runs = min(runs, case.most_runs or runs)
    print(f"{name}: {case.title}, {runs} runs", flush=True)
    samples = measured(case, launcher, runs, lambda: check(case))
    found = results.case_figures(case, samples, entry.targets)
    _print_case(found)
    return found


def _print_case(found: Figures) -> None:
    for row in found["rows"]:
        if "missing" in row:
            print(f"  {row['name']:<20} not measured: {row['missing']}")
            continue
        ratio = row.get("ratio")
        shown = f"{ratio['median']:.3f} of {found['baseline']}" if ratio else ""
        print(f"  {row['name']:<20} {row['seconds']['median'] * 1000:9.1f} ms  {shown}")


def _write_page(out: Path) -> None:
    file = out / "full.json"
    figures = results.read(file)
    if figures is None:
        raise BenchError(f"found no {file}: run python -m bench first")
    for path, text in page.written(figures).items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
