"""shared: options that several commands have, and how they are said."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

from packc.cli import completion

PEOPLE_OR_MACHINES = {"text": "for people", "json": "for machines"}


def packs(command: Any, nargs: str | None = None) -> None:
    argument = command.add_argument(
        "packs" if nargs == "+" else "pack",
        nargs=nargs,
        metavar="PACK",
        help="a folder with a pack.yaml",
    )
    argument.completer = completion.packs


def repeated(command: Any, option: str, metavar: str, meaning: str, dest: str | None = None) -> Any:
    """Add an option that may be given several times, and return it; it gathers a list."""
    return command.add_argument(
        option, action="append", default=[], metavar=metavar, dest=dest, help=meaning
    )


def selection(command: Any) -> None:
    group = command.add_argument_group("variants")
    clouds = repeated(
        group,
        "--cloud",
        "NAME",
        "a cloud; repeat for several (default: all that the pack lists)",
        dest="clouds",
    )
    clouds.completer = completion.clouds
    features = repeated(
        group, "--feature", "NAME", "switch a feature on; repeat for several", dest="features"
    )
    features.completer = completion.features
    repeated(
        group,
        "--without-feature",
        "NAME",
        "switch a feature off that is on by default",
        dest="without",
    )
    group = command.add_argument_group("values")
    repeated(
        group, "--values", "FILE", "a YAML file with parameters; repeat for several, later wins"
    )
    sets = repeated(
        group,
        "--set",
        "NAME=VALUE",
        "one parameter; lists as a,b or JSON; wins over --values",
        dest="sets",
    )
    sets.completer = completion.parameters
    repeated(
        group,
        "--kubernetes-values",
        "FILE",
        "the Kubernetes layer's values.yaml, to check that the pack agrees with it",
    )
    hook_timeout(command)


def fail_on(command: Any) -> None:
    command.add_argument(
        "--fail-on",
        choices=("error", "warning", "note", "never"),
        default="error",
        help="exit with 1 for findings as grave as this (default: error)",
    )


def hook_timeout(command: Any) -> None:
    command.add_argument(
        "--hook-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long one hook of a plugin may take; 0 for no limit (default: 10)",
    )


def trust(command: Any) -> None:
    """Add the options that say which plugins may take part."""
    group = command.add_argument_group("trust")
    group.add_argument(
        "--locked",
        action="store_true",
        help="refuse what is not as packc.lock beside pack.yaml has it (see packc lock)",
    )
    refuse_plugin(group)


def refuse_plugin(command: Any) -> None:
    repeated(
        command,
        "--refuse-plugin",
        "NAME",
        "never load what has this name: a plugin, distribution or module; repeat for several",
        dest="refused",
    )


def no_cache(command: Any) -> None:
    command.add_argument(
        "--no-cache", action="store_true", help="neither use nor fill the cache (see packc cache)"
    )


def may_be_left_out() -> str | None:
    """Return the nargs of an argument that may be left out.

    An option before such an argument makes argparse, and so argcomplete, pass it over.
    """
    return None if "_ARGCOMPLETE" in os.environ else "?"


def report(command: Any, outputs: Mapping[str, str]) -> Any:
    """Add the options on what is printed, and return the group of those that choose the form.

    `outputs` says what each form is, the default first.
    """
    group = command.add_argument_group("report")
    choice = group.add_mutually_exclusive_group()
    default = next(iter(outputs))
    forms = "; ".join(f"{name}: {meaning}" for name, meaning in outputs.items())
    choice.add_argument(
        "--output", choices=tuple(outputs), default=default, help=f"{forms} (default: {default})"
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto: on a terminal without NO_COLOR (default: auto)",
    )
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    loudness.add_argument(
        "-v", "--verbose", action="store_true", help="print notes, and each value with its source"
    )
    return choice


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds")
    return seconds
