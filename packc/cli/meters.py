"""meters: what shows how far a build is: a bar on a terminal, elsewhere a line at times."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from packc.cli.built import print_done
from packc.cli.meter import Meter
from packc.cli.report import console, progress
from packc.render import plural

if TYPE_CHECKING:
    from argparse import Namespace

    from rich.progress import Progress

LINE_SECONDS = 10.0
BAR_SECONDS = 0.1


class Spinner(Meter):
    """On a terminal, for one pack: the step that is under way."""

    def __init__(self, total: int, *, show: Callable[[str], None]) -> None:
        super().__init__(total)
        self.show = show

    def step(self, text: str) -> None:
        self.show(text)


class Lines(Meter):
    """For a log: a line every some seconds; with `verbose` one for each pack."""

    def __init__(
        self, total: int, *, verbose: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(total)
        self.verbose = verbose
        self.clock = clock
        self.began = self.said = clock()

    def step(self, text: str) -> None:
        """Print the step of a single pack that takes long."""
        now = self.clock()
        if now - self.said >= LINE_SECONDS and self.total == 1:
            self.said = now
            print(f"packc: {text}", file=sys.stderr, flush=True)

    def done(self, pack: str, report: Mapping[str, Any]) -> None:
        super().done(pack, report)
        if self.verbose:
            print_done(self.packs, self.total, pack)

    def tick(self) -> None:
        now = self.clock()
        if now - self.said >= LINE_SECONDS and self.packs < self.total:
            self.said = now
            print(f"packc: {self.text(now - self.began)}", file=sys.stderr, flush=True)

    def text(self, seconds: float) -> str:
        """Return where things stand after so many seconds."""
        rate = self.packs / seconds
        text = f"{self.packs} of {plural(self.total, 'pack')}, {plural(self.variants, 'variant')}"
        if not self.packs:
            return text
        return f"{text}, {rate:.1f} packs/s, {_duration((self.total - self.packs) / rate)} left"


class Bar(Meter):
    """On a terminal, for several packs. It has no thread, so that workers can be forked."""

    def __init__(self, total: int, *, bar: Progress, task: Any) -> None:
        super().__init__(total)
        self.bar = bar
        self.task = task
        self.began = time.monotonic()
        self.shown = 0.0

    def done(self, pack: str, report: Mapping[str, Any]) -> None:
        super().done(pack, report)
        rate = self.packs / max(time.monotonic() - self.began, 0.001)
        so_far = f", {plural(self.variants, 'variant')}, {rate:.1f} packs/s"
        self.bar.update(self.task, completed=self.packs, so_far=so_far)

    def tick(self) -> None:
        now = time.monotonic()
        if now - self.shown >= BAR_SECONDS:
            self.shown = now
            self.bar.refresh()


@contextmanager
def shown(options: Namespace, total: int) -> Iterator[Meter]:
    """Yield the meter that fits where standard error goes."""
    if not sys.stderr.isatty():
        yield Lines(total, verbose=options.verbose)
    elif total == 1:
        with progress(options, "compiling") as show:
            yield Spinner(total, show=show)
    else:
        with _bar(options) as bar:
            task = bar.add_task("compiling", total=total, so_far="")
            yield Bar(total, bar=bar, task=task)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _bar(options: Namespace) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("packs{task.fields[so_far]},"),
        TimeLeft(),
        TextColumn("left"),
        console=console(options, sys.stderr),
        auto_refresh=False,
        transient=True,
    )
