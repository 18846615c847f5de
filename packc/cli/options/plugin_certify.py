"""plugin_certify: the arguments of `packc plugin certify`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import hook_timeout, report

EXAMPLES = """\
examples:
  packc plugin certify gcp --pack tests/pack
  packc plugin certify gcp --pack tests/pack --output junit > certify.xml
  packc plugin certify gcp --pack tests/pack --certificate packc-gcp.certificate.json \\
    --wheel dist/packc_gcp-1.0.0-py3-none-any.whl
  packc plugin certify gcp --verify packc-gcp.certificate.json \\
    --wheel dist/packc_gcp-1.0.0-py3-none-any.whl
  packc plugin certify --list
  packc plugin certify --explain deterministic

The packs are those of --pack, those below packs/ of the current folder, and a small one of the kit.
A certificate is not signed: sign the file, for example with `cosign sign-blob`.
Exit codes: 0 no rule is broken; 1 one is; 2 usage.
"""


def add(command: Any) -> None:
    command.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="the plugin: the name of its entry point, its module or its distribution",
    )
    command.add_argument("--list", action="store_true", help="print the rules, and do nothing else")
    command.add_argument(
        "--explain", metavar="RULE", help="print what a rule demands, why, and how to mend"
    )
    for option, dest, metavar, text in (
        ("--pack", "packs", "DIR", "a pack to try it with; repeat for several"),
        ("--rule", "rules", "RULE", "hold this rule only; repeat for several"),
        ("--skip", "skips", "RULE", "leave this rule out; repeat for several"),
    ):
        command.add_argument(
            option, action="append", default=[], dest=dest, metavar=metavar, help=text
        )
    group = command.add_argument_group("certificate")
    group.add_argument(
        "--certificate", metavar="FILE", help="write an in-toto statement when no rule is broken"
    )
    group.add_argument("--wheel", metavar="FILE", help="the wheel that it is about")
    group.add_argument(
        "--verify",
        metavar="FILE",
        help="make no experiment; is FILE about what is installed, and about the wheel if given?",
    )
    hook_timeout(command)
    command.set_defaults(hook_timeout=5.0)
    report(command, {"text": "for people", "json": "for machines", "junit": "JUnit XML, for CI"})
