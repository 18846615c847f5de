"""plugin_certify: `packc plugin certify`: a plugin held against the rules for plugins."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from packc.cli.report import print_diagnostics, print_json
from packc.diagnostics import Diagnostic, PackcError, Span
from packc.testing.certificate import read_certificate, statement
from packc.testing.certify import Report, certify
from packc.testing.report import as_json, as_junit, lines
from packc.testing.rules import RULES
from packc.testing.subject import find_subject


def run(options: Namespace) -> int:
    """Certify the plugin; the exit code is 1 when a rule is broken."""
    if options.list:
        _print_rules(options)
        return 0
    if options.name is None:
        print("packc plugin certify: the plugin's NAME is missing", file=sys.stderr)
        return 2
    try:
        if options.verify is not None:
            return _verify(options)
        wheel = _wheel(options)
        report = certify(
            options.name,
            options.packs,
            only=options.rules,
            skip=options.skips,
            seconds=options.hook_timeout,
        )
        _print(report, options)
        if options.certificate is not None and wheel is not None and report.has_passed:
            _write(Path(options.certificate), statement(report, wheel))
    except PackcError as error:
        print_diagnostics(error.diagnostics, options)
        return 1
    return 0 if report.has_passed else 1


def _verify(options: Namespace) -> int:
    """Say whether a certificate is about the files that are installed."""
    certificate = read_certificate(Path(options.verify))
    subject = find_subject(options.name)
    if not certificate.is_about(subject.found):
        text = f"the certificate is not about the installed files of {subject}"
        hint = f"install {certificate.wheel}, or certify what is installed"
        raise PackcError(Diagnostic("PK244", text, Span(options.verify), hint))
    if not options.quiet:
        count = len(certificate.rules) - len(certificate.skipped)
        print(f"{subject} kept {count} rules under packc {certificate.packc}: {certificate.wheel}")
    return 0


def _wheel(options: Namespace) -> Path | None:
    """Return the wheel; raise PK243 where a certificate would not say what it is about."""
    if options.certificate is not None and options.wheel is None:
        hint = "build the wheel, install it, and name it with --wheel"
        text = "a certificate is bound to the digest of a wheel, and no wheel is given"
        raise PackcError(Diagnostic("PK243", text, hint=hint))
    return None if options.wheel is None else Path(options.wheel)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        text = f"'{path}' cannot be written: {reason}"
        hint = "name a file in a folder that is there"
        raise PackcError(Diagnostic("PK243", text, hint=hint)) from error


def _print_rules(options: Namespace) -> None:
    if options.output == "json":
        print_json([{"name": r.name, "what": r.what, "page": r.page} for r in RULES.values()])
        return
    width = max(map(len, RULES))
    for rule in RULES.values():
        print(f"{rule.name:<{width}}  {rule.what}")


def _print(report: Report, options: Namespace) -> None:
    match options.output:
        case "json":
            print_json(as_json(report))
        case "junit":
            sys.stdout.write(as_junit(report))
        case _:
            if not options.quiet:
                print("\n".join(lines(report)))
            found = [each for result in report.results for each in result.diagnostics]
            print_diagnostics(found, options)
