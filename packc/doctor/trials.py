"""trials: what the doctor changes, one thing at a time, and how each change is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from packc.doctor import CHANGES

PLAIN_ENVIRONMENT: Final[Mapping[str, str]] = {
    "HOSTNAME": "plain-host",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "LOGNAME": "plain-user",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "USER": "plain-user",
}
PLAIN_SHIMS: Final = ("usual-umask", "listing")

# Two strings in a set trade places under every other seed: five more leave 1 chance in 32.
_SEEDS: Final = ("1", "2", "3", "4", "5")
_ASCII: Final = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
_COMMA_LOCALES: Final = ("de_DE", "es_ES", "fr_FR", "it_IT", "nl_NL", "pt_BR")
_SECONDS: Final = 30


@frozen
class Run:
    """One build, by what is different from a plain one.

    `copy` names the copy of the pack, `order` that in which plugins are loaded and asked.
    """

    environment: Mapping[str, str] = field(factory=dict)
    shims: tuple[str, ...] = ()
    copy: str = "plain"
    order: tuple[str, ...] = ()
    is_watched: bool = False


@frozen
class Trial:
    """A change and the builds that try it. `limit` says what of it cannot be tried here."""

    change: str
    runs: tuple[Run, ...]
    limit: str | None = None


PLAIN: Final = Run(is_watched=True)


def trials(only: Sequence[str], plugins: Sequence[str], scratch: Path) -> list[Trial]:
    """Return the trials of these changes, of all where none is named.

    The first tries a second process and nothing else: what differs there says nothing of a change.
    """
    wanted = [name for name in CHANGES if not only or name in only or name == "process"]
    return [_trial(name, plugins, scratch) for name in wanted]


def _trial(name: str, plugins: Sequence[str], scratch: Path) -> Trial:
    match name:
        case "process":
            return Trial(name, (Run(shims=("addresses",)),))
        case "hash-seed":
            return Trial(name, tuple(Run({"PYTHONHASHSEED": seed}) for seed in _SEEDS))
        case "time-zone":
            return Trial(name, (Run({"TZ": "<+1345>-13:45"}),))  # needs no time zone database
        case "locale":
            return _locale(scratch)
        case "user":
            return _user(scratch)
        case "host":
            return Trial(name, (Run({"HOSTNAME": "doctor-host"}, ("host",)),))
        case "folder":
            return Trial(name, (Run(copy="elsewhere"),))
        case "file-order":
            return Trial(name, (Run(shims=("listing-backwards",), copy="backwards"),))
        case "at-once":
            return Trial(name, (Run(), Run()))
        case "plugin-order":
            return Trial(name, (Run(order=tuple(sorted(plugins, reverse=True))),))
        case _:
            return Trial(name, (Run(shims=(name,)),))


def _user(scratch: Path) -> Trial:
    environment = {"HOME": str(scratch / "plain"), "LOGNAME": "doctor", "USER": "doctor"}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Trial("user", (Run(environment, ("real-user",)), Run(environment, ("nobody",))))
    limit = "its name and home only: becoming another user takes root"
    return Trial("user", (Run(environment),), limit)


def _locale(scratch: Path) -> Trial:
    comma = _installed_comma_locale() or _made_comma_locale(scratch / "locales")
    if comma is None:
        limit = "ASCII only: there is no locale with a decimal comma here"
        return Trial("locale", (Run(_ASCII),), limit)
    return Trial("locale", (Run(_ASCII), Run(comma)))


def _installed_comma_locale() -> dict[str, str] | None:
    for name in _output("locale", "-a").split():
        if name.startswith(_COMMA_LOCALES) and name.lower().endswith((".utf8", ".utf-8")):
            return {"LANG": name, "LC_ALL": name}
    return None


def _made_comma_locale(folder: Path) -> dict[str, str] | None:
    """Compile a locale for this one examination, where the system has the parts for it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "de_DE.UTF-8"
    _output("localedef", "--no-warnings=ascii", "-i", "de_DE", "-f", "UTF-8", str(folder / name))
    if not (folder / name / "LC_NUMERIC").is_file():
        return None
    return {"LANG": name, "LC_ALL": name, "LOCPATH": str(folder)}


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")
