"""plugin_certify: `packc plugin certify`: a plugin held against the rules for plugins."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from packc.cli.report import print_diagnostics, print_json
from packc.diagnostics import Diagnostic, PackcError
from packc.testing.attest import statement
from packc.testing.certificate import verify
from packc.testing.certify import Report, certify, find_rule
from packc.testing.report import as_json, as_junit, lines
from packc.testing.rule import Rule
from packc.testing.rules import RULES
from packc.testing.subject import find_subject
from packc.testing.wheel import wheel_digest


def run(options: Namespace) -> int:
    """Certify the plugin; the exit code is 1 when a rule is broken."""
    if options.list:
        _print_rules(options)
        return 0
    if options.name is None and options.explain is None:
        print("packc plugin certify: the plugin's NAME is missing", file=sys.stderr)
        return 2
    try:
        if options.explain is not None:
            return _explain(options)
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


def _explain(options: Namespace) -> int:
    """Say what a rule demands, why, and how to mend what breaks it."""
    rule = find_rule(options.explain)
    if options.output == "json":
        print_json(_as_json(rule))
    else:
        sys.stdout.write(rule.text)
    return 0


def _verify(options: Namespace) -> int:
    """Say whether a certificate is about what is installed, and about the wheel."""
    subject = find_subject(options.name)
    wheel = None if options.wheel is None else Path(options.wheel)
    certificate = verify(Path(options.verify), subject, wheel)
    if not options.quiet:
        count = len(certificate.rules) - len(certificate.skipped)
        print(f"{subject} kept {count} rules under packc {certificate.packc}: {certificate.wheel}")
        if wheel is None:
            print("not compared with a wheel: name it with --wheel")
        print("not signed by packc: it is worth what you know of where it comes from")
    return 0


def _wheel(options: Namespace) -> Path | None:
    """Return the wheel; raise PK243 where there can be no certificate, before anything is tried."""
    wheel = None if options.wheel is None else Path(options.wheel)
    if options.certificate is None:
        return wheel
    if wheel is None:
        hint = "build the wheel, install it, and name it with --wheel"
        text = "a certificate is bound to the digest of a wheel, and no wheel is given"
        raise PackcError(Diagnostic("PK243", text, hint=hint))
    if options.rules or options.skips:
        text = "a certificate is about all rules, and some are left out"
        hint = "leave out --rule and --skip, or --certificate"
        raise PackcError(Diagnostic("PK243", text, hint=hint))
    wheel_digest(find_subject(options.name), wheel)
    return wheel


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
        print_json([_as_json(rule) for rule in RULES.values()])
        return
    width = max(map(len, RULES))
    for rule in RULES.values():
        print(f"{rule.name:<{width}}  {rule.what}")


def _as_json(rule: Rule) -> dict[str, str]:
    return {"name": rule.name, "what": rule.what, "why": rule.why, "mend": rule.mend}


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
