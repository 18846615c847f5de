"""parser: the commands and their help. A command's arguments are imported only where it is used."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from packc import __version__

DESCRIPTION = "Compile one declarative pack spec into Kubernetes manifests for every cloud."

EXAMPLES = """\
examples:
  packc build packs/calico                      every cloud that the pack lists, into dist/
  packc build packs/calico --cloud azure --feature etcd-tls --values site.yaml -o out/
  packc render packs/calico --cloud aws | kubectl apply -f -
  packc explain packs/calico --cloud aws DaemonSet/calico-node
  packc show packs/calico                       parameters, clouds and features
  packc schema > pack.schema.json               for editors

exit codes: 0 done; 1 the pack or its values are wrong; 2 usage; 3 to 6 of publish, verify and pull;
70 a bug of packc; 130 Ctrl-C
"""

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "build": "compile packs into files",
        "render": "print one variant's manifests on standard output",
        "explain": "say where a field of one variant comes from",
        "show": "print a pack's parameters, clouds and features",
        "check": "find what is wrong with packs, without a cluster",
        "diff": "print how two packs, variants or outputs differ",
        "docs": "write the reference of packs in Markdown",
        "lint-palette": "find what is wrong with Palette packs, whoever made them",
        "package": "put what was built into an OCI layout, signed if wanted",
        "publish": "put a pack into a registry, signed if wanted, its tag last",
        "verify": "check that a published or packaged pack is whole, and who signed it",
        "pull": "verify a pack, and write its files into a folder",
        "doctor": "build a pack in changed surroundings, and watch hooks",
        "lock": "write down what packs are built with, and hold builds to it",
        "plugins": "print the plugins that are installed",
        "plugin": "write a plugin, and prove that it behaves",
        "cache": "say what the cache holds, and clear it",
        "schema": "print the JSON Schema of pack.yaml",
        "completion": "print the completion script of a shell",
    }
)
"""What each does: `packc.cli.options.<name>` adds its arguments, `packc.cli.<name>` runs it."""


class _Intermixed(argparse.ArgumentParser):
    """Takes options also before arguments that may be left out: PACK --cloud aws OBJECT."""

    _is_inside = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse options first, then the rest; argcomplete walks the words by itself."""
        if self._is_inside or self._has_commands() or "_ARGCOMPLETE" in os.environ:
            return super().parse_known_args(args, namespace)
        self._is_inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_inside = False

    def _has_commands(self) -> bool:
        return any(action.nargs == argparse.PARSER for action in self._actions)


def build_parser(arguments: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """Return the parser of these arguments, or of all there may be.

    It knows the one command that they begin with. Where they begin with an option it knows all of
    them, those that are named with their own arguments.
    """
    parser = argparse.ArgumentParser(
        prog="packc",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"packc {__version__}")
    known = COMMANDS
    if arguments and arguments[0] in COMMANDS:
        known = {arguments[0]: COMMANDS[arguments[0]]}
    add_commands(parser, known, COMMANDS if arguments is None else arguments)
    return parser


def add_commands(
    parser: Any, summaries: Mapping[str, str], named: Iterable[str], group: str = ""
) -> None:
    """Add commands with their summaries; those that are named get their arguments too.

    Those of a group, such as `plugin`, have modules named `plugin_<command>`.
    """
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Intermixed
    )
    for name, summary in summaries.items():
        if name not in named:
            commands.add_parser(name, help=summary)
            continue
        module = f"{group}_{name}".lstrip("_").replace("-", "_")
        options = import_module(f"packc.cli.options.{module}")
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=options.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.set_defaults(run=_runner(module))
        options.add(command)


def _runner(module: str) -> Callable[[argparse.Namespace], int]:
    """Return what runs a command; its module is imported only then."""

    def run(options: argparse.Namespace) -> int:
        return int(import_module(f"packc.cli.{module}").run(options))

    return run
