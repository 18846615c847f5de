"""settings: what the user set, from values files and the command line, with places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve

from packc import yamlio
from packc.diagnostics import (
    Diagnostic,
    Findings,
    PackcError,
    Related,
    Severity,
    Span,
    did_you_mean,
)
from packc.model import FileContent, Source, SourceKind, Value
from packc.pack import InputFile
from packc.parameters import from_text, value_findings
from packc.spec import Parameter
from packc.values import Request, Settings
from packc.yamlio import Document

MAX_FILE_SIZE = 1024 * 1024
PRIVATE = "-----BEGIN"


def read_settings(
    request: Request, parameters: Sequence[Parameter], off: Mapping[str, str]
) -> Settings:
    """Return what the request sets; files are read here.

    `off` maps each parameter of a feature that is off to that feature: setting one has no effect,
    which is said. Raises PackcError with everything that names no parameter or cannot be read.
    """
    reader = _SettingsReader({p.name: p for p in parameters})
    for name in request.kubernetes_values:
        reader.kubernetes_values(name)
    for name in request.values_files:
        reader.values_file(name)
    for text in request.sets:
        reader.set(text)
    reader.report_off(off)
    reader.follow_deprecated()
    if reader.findings.failed:
        reader.check_values(off)  # which `resolve` does where all names are known
    reader.findings.raise_if_failed()
    values = {name: value for name, value in reader.values.items() if name not in off}
    return Settings(values, tuple(reader.inputs), tuple(reader.findings.items))


class _SettingsReader:
    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.parameters = parameters
        self.values: dict[str, Value] = {}
        self.inputs: list[InputFile] = []
        self.findings = Findings()

    def values_file(self, name: str) -> None:
        document = self._document(name)
        if document is not None:
            self._walk(document.data, (), document, name)

    def kubernetes_values(self, name: str) -> None:
        """Take what parameters ask for (`fromKubernetes`); the file holds much else besides."""
        before = len(self.findings.items)
        document = self._document(name)
        if document is None and len(self.findings.items) > before:
            return
        for parameter in self.parameters.values():
            if parameter.fromKubernetes is None:
                continue
            path = tuple(parameter.fromKubernetes.split("."))
            found = _lookup(document.data, path) if document else None
            if document is None or found is None:
                self._report_absent(parameter, name)
            else:
                source = Source(SourceKind.VALUES, _own(name), document.locate(path))
                self._take(parameter, found, source)

    def _report_absent(self, parameter: Parameter, name: str) -> None:
        text = f"no '{parameter.fromKubernetes}' here, so '{parameter.name}' is not set by it"
        hint = "give the values of the Kubernetes layer, or leave --kubernetes-values out"
        self.findings.add(
            Diagnostic("PK139", text, Span(name), hint, Severity.WARNING, quote=False)
        )

    def set(self, text: str) -> None:
        name, equals, value = text.partition("=")
        if not equals:
            hint = "write --set NAME=VALUE"
            self.findings.add(Diagnostic("PK130", f"--set '{name}' has no '='", hint=hint))
        elif name not in self.parameters:
            self._unknown(name, None, f"--set {name}: ")
        else:
            parameter = self.parameters[name]
            source = Source(SourceKind.SET, f"--set {name}")
            self._take(parameter, from_text(parameter, value), source)

    def report_off(self, off: Mapping[str, str]) -> None:
        for name in sorted(set(self.values) & set(off)):
            text = f"'{name}' has no effect: it belongs to the feature {off[name]}, which is off"
            self._note("PK139", text, self.values[name], f"add --feature {off[name]}")

    def check_values(self, off: Mapping[str, str]) -> None:
        """Report the values that do not fit as well, so that one run says all."""
        for name, value in self.values.items():
            if name not in off:
                self.findings.extend(value_findings(self.parameters[name], value))

    def follow_deprecated(self) -> None:
        """Pass values given under a deprecated name on to the name that replaces it."""
        for name in [n for n in self.values if self.parameters[n].deprecated]:
            deprecated = self.parameters[name].deprecated
            assert deprecated is not None
            value = self.values[name]
            reason = f": {deprecated.reason}" if deprecated.reason else ""
            text = f"'{name}' is deprecated since {deprecated.since}{reason}"
            self._note("PK137", text, value, f"use '{deprecated.replacement}'")
            if deprecated.replacement in self.values:
                hint = f"remove '{name}'"
                text = f"'{name}' and '{deprecated.replacement}', which replaces it, are both set"
                self.findings.add(Diagnostic("PK137", text, value.source.span, hint))
            else:
                del self.values[name]
                self.values[deprecated.replacement] = evolve(
                    value, parameter=deprecated.replacement
                )

    def _note(self, code: str, text: str, value: Value, hint: str) -> None:
        self.findings.add(
            Diagnostic(
                code, text, value.source.span, hint, Severity.WARNING, quote=not value.secret
            )
        )

    def _document(self, name: str) -> Document | None:
        try:
            content = yamlio.read_bytes(Path(name), name)
            parsed = yamlio.parse(content, name, marks=True)
        except PackcError as error:
            self.findings.extend(_discreet(d) for d in error.diagnostics)
            return None
        self.inputs.append(InputFile.of(_own(name), content))
        self.findings.extend(_discreet(d) for d in parsed.diagnostics)
        documents = [d for d in parsed.documents if d.data is not None]
        if len(documents) > 1:
            place = documents[1].span
            text, hint = "found a second document, expected one", "move it to a file of its own"
            self.findings.add(Diagnostic("PK138", text, place, hint, quote=False))
        if not documents:
            return None
        if not isinstance(documents[0].data, dict):
            hint = "write parameters as keys: 'name: value'"
            text = f"found {_kind(documents[0].data)}, expected a map of parameters"
            self.findings.add(Diagnostic("PK138", text, documents[0].span, hint, quote=False))
            return None
        return documents[0]

    def _walk(self, data: Any, path: tuple[str, ...], document: Document, name: str) -> None:
        """Take every parameter below; dots in keys and nested maps mean the same."""
        for key, value in data.items():
            here = (*path, key)
            dotted = ".".join(here)
            if dotted in self.parameters:
                source = Source(SourceKind.VALUES, _own(name), document.locate(here))
                self._take(self.parameters[dotted], value, source, Path(name).parent)
            elif isinstance(value, dict) and self._is_prefix(dotted):
                self._walk(value, here, document, name)
            else:
                self._unknown(dotted, document.locate_key(here))

    def _is_prefix(self, dotted: str) -> bool:
        return any(name.startswith(f"{dotted}.") for name in self.parameters)

    def _unknown(self, name: str, span: Span | None, prefix: str = "") -> None:
        hint = did_you_mean(name, self.parameters) or "`packc show` lists the parameters"
        text = f"{prefix}there is no parameter '{name}'"
        self.findings.add(Diagnostic("PK130", text, span, hint, quote=False))

    def _take(
        self, parameter: Parameter, value: Any, source: Source, folder: Path | None = None
    ) -> None:
        value = yamlio.plain(value)
        if parameter.type == "file":
            value = self._file(parameter, value, source, folder or Path())
            if value is None:
                return
        previous = self.values.get(parameter.name)
        if previous is not None and previous.source.kind is source.kind is SourceKind.SET:
            text = f"--set {parameter.name} is given twice; the last one counts"
            hint = "remove one"
            self.findings.add(Diagnostic("PK139", text, hint=hint, severity=Severity.WARNING))
        self._report_two_spellings(previous, source)
        self.values[parameter.name] = Value(parameter.name, value, source, parameter.secret)

    def _report_two_spellings(self, previous: Value | None, source: Source) -> None:
        """Report a parameter that one file sets both nested and with dots."""
        first = previous.source.span if previous else None
        if previous is None or first is None or source.span is None:
            return
        if first.file == source.span.file:
            text = f"'{previous.parameter}' is set twice in one file"
            related = (Related("the first is here", first),)
            self.findings.add(
                Diagnostic("PK104", text, source.span, "remove one", related=related, quote=False)
            )

    def _file(
        self, parameter: Parameter, value: Any, source: Source, folder: Path
    ) -> FileContent | None:
        """Return the content of the file that the value names; None where that cannot be."""
        if not isinstance(value, str) or "\n" in value or PRIVATE in value or "\0" in value:
            hint = "write the content to a file and name that; a path is relative to this file"
            text = f"found {_kind(value)}, expected the path of a file"
            self._bad_file(parameter, source, text, hint)
            return None
        # Someone may have given the secret itself where its file's name belongs.
        shown = "the file" if parameter.secret else f"'{value}'"
        try:
            content = yamlio.read_bytes(folder / value, value, limit=MAX_FILE_SIZE)
            text = content.decode()
        except PackcError as error:
            (reason,) = error.diagnostics
            text = reason.message if parameter.secret else f"'{value}': {reason.message}"
            self._bad_file(parameter, source, text, reason.hint)
        except UnicodeDecodeError:
            hint = "a PEM file is text: convert a DER file with openssl"
            self._bad_file(parameter, source, f"{shown} is not UTF-8 text", hint)
        else:
            # A secret's digest would be a clue to it, so it is no recorded input.
            if not parameter.secret:
                self.inputs.append(InputFile.of(_own(value), content))
            return FileContent(value, text)
        return None

    def _bad_file(self, parameter: Parameter, source: Source, text: str, hint: str | None) -> None:
        prefix = f"{parameter.name}: " if source.span else f"{source.name}: "
        self.findings.add(Diagnostic("PK138", prefix + text, source.span, hint, quote=False))


def _discreet(diagnostic: Diagnostic) -> Diagnostic:
    """Return a diagnostic about a values file without text of the file: it may hold a secret."""
    message = _WITHOUT_TEXT.get(diagnostic.code, diagnostic.message)
    hint = None if diagnostic.code in _WITHOUT_TEXT else diagnostic.hint
    return evolve(diagnostic, message=message, hint=hint, quote=False)


_WITHOUT_TEXT = {
    "PK104": "a key is set twice in one map",
    "PK106": "a value or tag that kubectl does not read",
    "PK108": "a value that other readers of YAML take differently; quote it",
}


def _kind(data: Any) -> str:
    """Return what a value is without any text of it: it may be a secret."""
    match data:
        case dict():
            return "a map"
        case list():
            return "a list"
        case str() if "\n" in data:
            return "several lines of text"
        case _:
            return "a single value"


def _lookup(data: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _own(name: str) -> str:
    """Return a file's own name: where the user keeps it must not reach the output."""
    return Path(name).name
