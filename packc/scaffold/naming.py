"""naming: which name a new plugin can have, and what its parts are called after it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping

from attrs import frozen

from packc.diagnostics import Diagnostic, PackcError

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_NAME, MAX_TITLE, MAX_AUTHOR = 40, 60, 100
PREFIX = "packc-"

# YAML 1.1 reads these as truth values or null, so that a pack could not list them unquoted.
YAML_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})
FORMAT_WORDS = frozenset({"all", "manifests"})


@frozen
class Names:
    """What the parts of a project are called. `name` is the entry point's, `title` for people."""

    name: str
    title: str

    @property
    def project(self) -> str:
        """Return the name of the distribution and of its folder."""
        return f"{PREFIX}{self.name}"

    @property
    def module(self) -> str:
        return self.project.replace("-", "_")

    @property
    def identifier(self) -> str:
        """Return the name as a part of Python names, such as google_cloud."""
        return self.name.replace("-", "_")

    @property
    def camel(self) -> str:
        """Return the name as a part of names of classes, such as GoogleCloud."""
        return "".join(word.capitalize() for word in self.name.split("-"))


def names_of(name: str, title: str | None, installed: Mapping[str, str]) -> Names:
    """Return the names in a project for a plugin of that name.

    `installed` says for each name that is taken which distribution takes it. Raises PackcError:
    PK251 the name does not fit, PK252 it is reserved, PK253 it is taken, PK255 the title is not
    plain text.
    """
    if len(name) > MAX_NAME or not NAME.fullmatch(name) or name.split("-")[0] == "packc":
        raise PackcError(_unfit(name))
    reason = _reserved(name)
    if reason is not None:
        text = f"'{name}' cannot name a plugin: {reason}"
        raise PackcError(Diagnostic("PK252", text, hint=f"choose another, such as 'my-{name}'"))
    if name in installed:
        text = f"the name '{name}' is taken by {installed[name]}, which is installed"
        hint = f"choose another, such as 'my-{name}': packc refuses two plugins of one name"
        raise PackcError(Diagnostic("PK253", text, hint=hint))
    return Names(name, plain(title if title is not None else _titled(name), "title", MAX_TITLE))


def _titled(name: str) -> str:
    return name.replace("-", " ").title()


def plain(text: str, what: str, most: int = MAX_AUTHOR) -> str:
    """Return a text that stands in Python, TOML, YAML and Markdown alike, or raise PK255."""
    stripped = text.strip()
    if not stripped or len(stripped) > most:
        problem = f"the {what} has {len(stripped)} characters"
        raise PackcError(Diagnostic("PK255", problem, hint=f"give it 1 to {most} characters"))
    odd = next((c for c in stripped if not c.isprintable() or c in '"\\{}`'), None)
    if odd is not None:
        problem = f"the {what} holds the character {odd!a}"
        hint = "it becomes part of Python and TOML files: leave out quotes, braces and backslashes"
        raise PackcError(Diagnostic("PK255", problem, hint=hint))
    return stripped


def _unfit(name: str) -> Diagnostic:
    """Return the error for a name in another style, with the same in ours where that is clear."""
    text = f"'{name[: 2 * MAX_NAME]}' cannot name a plugin"
    mended = re.sub(r"[ _.-]+", "-", name.lower()).removeprefix("packc").strip("-")
    if len(mended) <= MAX_NAME and NAME.fullmatch(mended):
        return Diagnostic("PK251", text, hint=f"did you mean '{mended}'?")
    hint = (
        f"use a-z, 0-9 and single '-', a letter first, at most {MAX_NAME} characters;"
        " 'packc-' is put before it"
    )
    return Diagnostic("PK251", text, hint=hint)


def _reserved(name: str) -> str | None:
    """Return why nothing can have that name, or None."""
    if name in YAML_WORDS:
        return "YAML reads it as a truth value or as null where a pack lists it"
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name in FORMAT_WORDS:
        return f"--format {name} has a meaning already"
    return None
