"""parser: commands, options and their help. It imports nothing of packc but completion."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from packc import __version__
from packc.cli import completion

DESCRIPTION = "Compile one declarative pack spec into Kubernetes manifests for every cloud."

EXAMPLES = """\
examples:
  packc build packs/calico                      every cloud that the pack lists, into dist/
  packc build packs/calico --cloud azure --feature etcd-tls --values site.yaml -o out/
  packc render packs/calico --cloud aws | kubectl apply -f -
  packc show packs/calico                       parameters, clouds and features
  packc schema > pack.schema.json               for editors
"""

BUILD_EXAMPLES = """\
examples:
  packc build packs/calico
  packc build packs/calico packs/other --cloud aws --cloud azure
  packc build packs/calico --set calico.encapsulationMode=CrossSubnet
  packc build packs/calico --cloud azure --feature etcd-tls --values site.yaml -o out/

Values come from, later wins: the parameter's default, the cloud, --values in their order, --set.
Each variant goes to OUT/<pack>/<version>/<variant>/: manifests.yaml, NOTES.md and build.json.
"""

RENDER_EXAMPLES = """\
examples:
  packc render packs/calico --cloud aws | kubectl apply -f -
  packc render packs/calico --cloud azure --output json | jq '.items[].kind'
  packc render packs/calico --cloud azure --output patches
"""

SHOW_EXAMPLES = """\
examples:
  packc show packs/calico
  packc show packs/calico --output json | jq '.parameters[].name'
"""

PLUGINS_EXAMPLES = """\
examples:
  packc plugins                      what is installed
  packc plugins packs/calico         and what of it takes part in this pack
"""

SCHEMA_EXAMPLES = """\
examples:
  packc schema > pack.schema.json
  packc schema patches > patches.schema.json
Then begin pack.yaml with: # yaml-language-server: $schema=pack.schema.json
"""

COMPLETION_EXAMPLES = """\
examples:
  bash:  eval "$(packc completion bash)"               in ~/.bashrc
  zsh:   eval "$(packc completion zsh)"                in ~/.zshrc
  fish:  packc completion fish | source                in ~/.config/fish/config.fish
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="packc",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"packc {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _build(commands)
    _render(commands)
    _show(commands)
    _plugins(commands)
    _schema(commands)
    _completion(commands)
    return parser


def _build(commands: Any) -> None:
    command = _command(commands, "build", "compile packs into files", BUILD_EXAMPLES)
    _packs(command, nargs="+")
    _selection(command)
    command.add_argument(
        "-o", "--out", default="dist", metavar="DIR", help="where to write (default: dist)"
    )
    _report(command, ("text", "json"))


def _render(commands: Any) -> None:
    command = _command(
        commands, "render", "print one variant's manifests on standard output", RENDER_EXAMPLES
    )
    _packs(command)
    _selection(command)
    _report(command, ("yaml", "json", "patches"))


def _show(commands: Any) -> None:
    command = _command(
        commands, "show", "print a pack's parameters, clouds and features", SHOW_EXAMPLES
    )
    _packs(command)
    _report(command, ("text", "json"))
    _hook_timeout(command)


def _plugins(commands: Any) -> None:
    command = _command(commands, "plugins", "print the plugins that are installed", PLUGINS_EXAMPLES)
    _packs(command, nargs="?")
    _report(command, ("text", "json"))
    _hook_timeout(command)


def _schema(commands: Any) -> None:
    command = _command(commands, "schema", "print the JSON Schema of pack.yaml", SCHEMA_EXAMPLES)
    command.add_argument(
        "file",
        nargs="?",
        choices=("pack", "patches"),
        default="pack",
        help="of which file: pack.yaml or a patch file (default: pack)",
    )


def _completion(commands: Any) -> None:
    command = _command(
        commands, "completion", "print the completion script of a shell", COMPLETION_EXAMPLES
    )
    command.add_argument("shell", choices=("bash", "zsh", "fish"))


def _command(commands: Any, name: str, summary: str, examples: str) -> Any:
    command = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=_runner(name))
    return command


def _runner(name: str) -> Callable[[argparse.Namespace], int]:
    """Return what runs a command; its module is imported only then."""

    def run(options: argparse.Namespace) -> int:
        return int(import_module(f"packc.cli.{name}").run(options))

    return run


def _packs(command: Any, nargs: str | None = None) -> None:
    argument = command.add_argument(
        "packs" if nargs == "+" else "pack",
        nargs=nargs,
        metavar="PACK",
        help="a folder with a pack.yaml",
    )
    argument.completer = completion.packs


def _selection(command: Any) -> None:
    group = command.add_argument_group("variants")
    clouds = group.add_argument(
        "--cloud",
        action="append",
        default=[],
        metavar="NAME",
        dest="clouds",
        help="a cloud; repeat for several (default: all that the pack lists)",
    )
    clouds.completer = completion.plugins
    features = group.add_argument(
        "--feature",
        action="append",
        default=[],
        metavar="NAME",
        dest="features",
        help="switch a feature on; repeat for several",
    )
    features.completer = completion.features
    group.add_argument(
        "--without-feature",
        action="append",
        default=[],
        metavar="NAME",
        dest="without",
        help="switch a feature off that is on by default",
    )
    group = command.add_argument_group("values")
    group.add_argument(
        "--values",
        action="append",
        default=[],
        metavar="FILE",
        help="a YAML file with parameters; repeat for several, later wins",
    )
    sets = group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="sets",
        help="one parameter; lists as a,b or JSON; wins over --values",
    )
    sets.completer = completion.parameters
    group.add_argument(
        "--kubernetes-values",
        action="append",
        default=[],
        metavar="FILE",
        help="the Kubernetes layer's values.yaml, to check that the pack agrees with it",
    )
    _hook_timeout(command)


def _hook_timeout(command: Any) -> None:
    command.add_argument(
        "--hook-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long one hook of a plugin may take; 0 for no limit (default: 10)",
    )


def _report(command: Any, outputs: tuple[str, ...]) -> None:
    group = command.add_argument_group("report")
    group.add_argument(
        "--output", choices=outputs, default=outputs[0], help=f"default: {outputs[0]}"
    )
    group.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    loudness.add_argument(
        "-v", "--verbose", action="store_true", help="print notes, and each value with its source"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86_400:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds")
    return seconds
