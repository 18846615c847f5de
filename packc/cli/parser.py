"""parser: commands, options and their help. It imports nothing of packc but completion."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from packc import __version__
from packc.cli import completion
from packc.doctor import CHANGES

DESCRIPTION = "Compile one declarative pack spec into Kubernetes manifests for every cloud."

EXAMPLES = """\
examples:
  packc build packs/calico                      every cloud that the pack lists, into dist/
  packc build packs/calico --cloud azure --feature etcd-tls --values site.yaml -o out/
  packc render packs/calico --cloud aws | kubectl apply -f -
  packc explain packs/calico --cloud aws DaemonSet/calico-node
  packc show packs/calico                       parameters, clouds and features
  packc schema > pack.schema.json               for editors

exit codes: 0 done; 1 the pack or its values are wrong; 2 usage; 70 a bug of packc; 130 Ctrl-C
"""

BUILD_EXAMPLES = """\
examples:
  packc build packs/calico
  packc build packs/calico packs/other --cloud aws --cloud azure
  packc build packs/calico --set calico.encapsulationMode=CrossSubnet
  packc build packs/calico --cloud azure --feature etcd-tls --values site.yaml -o out/
  packc build packs/calico --format helm        one chart for every cloud, feature and value

Values come from, later wins: the parameter's default, the cloud, --values in their order, --set.
Each variant goes to OUT/<pack>/<version>/<variant>/: manifests.yaml, NOTES.md and build.json.
Another format goes to OUT/<pack>/<version>/<format>/; what is set becomes its default.
"""

EXPLAIN_EXAMPLES = """\
examples:
  packc explain packs/calico --cloud aws                           which objects there are
  packc explain packs/calico --cloud aws DaemonSet/calico-node     the line behind each field
  packc explain packs/calico --cloud aws ConfigMap/calico-config /data/veth_mtu
  packc explain packs/calico --cloud aws ConfigMap/calico-config data.veth_mtu

A path names members and list items, as in /spec/containers/[name=main]/image, or is dotted.
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

DIFF_EXAMPLES = """\
examples:
  packc diff packs/calico --cloud aws --cloud azure             two variants
  packc diff packs/calico --cloud aws --right-set calico.mtu=1440
  packc diff packs/calico --git main                            a revision and the working tree
  packc diff packs/calico --git v1..v2 --output markdown        two revisions, for a pull request
  packc diff packs/calico forks/calico                          two pack folders
  packc diff dist/old dist/new                                  two output trees
  packc diff dist packs/calico --exit-code                      a tree, and what a build gives now

exit codes: 0 done; 1 an error; with --exit-code 0 the same, 1 different, 3 an error
"""

CHECK_EXAMPLES = """\
examples:
  packc check packs/calico
  packc check packs/calico --kubernetes 1.34..1.36 --verbose
  packc check packs/calico --output sarif > packc.checks.sarif
  packc check packs/* --output github --fail-on warning
  packc check packs/calico --shuffle

Every variant is checked: clouds, sets of features, and the values that decide what is built. What
--cloud, --feature, --without-feature, --values and --set give stays as it is in all of them.
"""

LINT_PALETTE_EXAMPLES = """\
examples:
  packc lint-palette dist/calico/3.32.1/palette
  packc lint-palette pack-central/packs --fail-on warning
  packc lint-palette packs/my-pack-1.0.0 --output json | jq '.packs[].findings'

A folder is a pack when it holds a pack.json, else the packs below it are meant.
"""

DOCS_EXAMPLES = """\
examples:
  packc docs packs/calico -o docs/packs           writes docs/packs/calico.md
  packc docs packs/* -o docs/packs --check        is every page up to date?

The page is made from the pack's spec, its prose, and all variants that it has.
"""

DOCTOR_EXAMPLES = """\
examples:
  packc doctor packs/calico
  packc doctor packs/calico --feature etcd-tls --values site.yaml
  packc doctor packs/calico --only clock --only time-zone

A plain build is compared with builds after one change each; hooks are watched in the plain one.
The exit code is 1 when anything moves, or when a hook does more than compute.
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


PEOPLE_OR_MACHINES = {"text": "for people", "json": "for machines"}


class _Intermixed(argparse.ArgumentParser):
    """Takes options also before arguments that may be left out: PACK --cloud aws OBJECT."""

    _is_inside = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse options first, then the rest; argcomplete walks the words by itself."""
        if self._is_inside or "_ARGCOMPLETE" in os.environ:
            return super().parse_known_args(args, namespace)
        self._is_inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_inside = False


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
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Intermixed
    )
    _build(commands)
    _render(commands)
    _explain(commands)
    _show(commands)
    _check(commands)
    _diff(commands)
    _docs(commands)
    _lint_palette(commands)
    _doctor(commands)
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
    formats = command.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="NAME",
        dest="formats",
        help="manifests, helm, kustomize, one of a plugin, or all; repeat for several"
        " (default: manifests)",
    )
    formats.completer = completion.formats
    command.add_argument(
        "--source-map",
        action="store_true",
        help="also write source-map.json: where every field comes from",
    )
    _report(command, PEOPLE_OR_MACHINES)


def _render(commands: Any) -> None:
    command = _command(
        commands, "render", "print one variant's manifests on standard output", RENDER_EXAMPLES
    )
    _packs(command)
    _selection(command)
    forms = _report(
        command,
        {
            "yaml": "the manifests",
            "json": "the manifests as one List",
            "patches": "plain RFC 6902 from the base files to the manifests",
        },
    )
    forms.add_argument(
        "--annotate",
        action="store_true",
        help="YAML with comments that say where each value comes from, for reading",
    )


def _explain(commands: Any) -> None:
    command = _command(
        commands, "explain", "say where a field of one variant comes from", EXPLAIN_EXAMPLES
    )
    _packs(command)
    objects = command.add_argument(
        "object",
        nargs=_may_be_left_out(),
        metavar="OBJECT",
        help="Kind/name or Kind/namespace/name (default: list the objects)",
    )
    objects.completer = completion.objects
    paths = command.add_argument(
        "path",
        nargs=_may_be_left_out(),
        metavar="PATH",
        help="a field, or all below it (default: the object)",
    )
    paths.completer = completion.paths
    _selection(command)
    _report(command, PEOPLE_OR_MACHINES)


def _show(commands: Any) -> None:
    command = _command(
        commands, "show", "print a pack's parameters, clouds and features", SHOW_EXAMPLES
    )
    _packs(command)
    _report(command, PEOPLE_OR_MACHINES)
    _hook_timeout(command)


def _check(commands: Any) -> None:
    command = _command(
        commands, "check", "find what is wrong with packs, without a cluster", CHECK_EXAMPLES
    )
    _packs(command, nargs="+")
    command.add_argument(
        "--kubernetes",
        type=_releases,
        default="1.30..1.37",
        metavar="RELEASES",
        help="the releases to check for, such as 1.34 or 1.30..1.37 (default: 1.30..1.37)",
    )
    _fail_on(command)
    command.add_argument(
        "--max-variants",
        type=_count,
        default=1000,
        metavar="NUMBER",
        help="check at most so many variants of a pack (default: 1000)",
    )
    command.add_argument(
        "--shuffle",
        action="store_true",
        help="also build every variant in many orders of plugins and patches: the same bytes?",
    )
    _selection(command)
    _report(
        command,
        {
            "text": "for people",
            "json": "for machines",
            "sarif": "SARIF 2.1.0, for code scanning",
            "github": "annotations of a GitHub workflow",
        },
    )


def _diff(commands: Any) -> None:
    command = _command(
        commands, "diff", "print how two packs, variants or outputs differ", DIFF_EXAMPLES
    )
    meaning = "a pack, an output tree, or a file of manifests"
    for name, metavar, nargs in (("pack", "LEFT", None), ("other", "RIGHT", "?")):
        place = command.add_argument(name, nargs=nargs, metavar=metavar, help=meaning)
        place.completer = completion.packs
    command.add_argument(
        "--git",
        metavar="REV[..REV]",
        help="compare LEFT as a revision has it with the working tree, or two revisions of it",
    )
    command.add_argument(
        "--exit-code", action="store_true", help="exit with 1 when something differs"
    )
    _selection(command)
    for side in ("left", "right"):
        _one_sided(command, side)
    _report(
        command,
        {"text": "for people", "markdown": "for a pull request", "json": "for machines"},
    )


def _one_sided(command: Any, side: str) -> None:
    """Add the options that hold for one side of a comparison only."""
    group = command.add_argument_group(f"the {side} side alone")
    for option, name, metavar, meaning in (
        ("feature", "features", "NAME", "switch a feature on"),
        ("without-feature", "without", "NAME", "switch a feature off"),
        ("values", "values", "FILE", "a YAML file with parameters"),
        ("set", "sets", "NAME=VALUE", "one parameter"),
    ):
        argument = group.add_argument(
            f"--{side}-{option}",
            action="append",
            default=[],
            metavar=metavar,
            dest=f"{side}_{name}",
            help=f"{meaning}; repeat for several",
        )
        argument.completer = {
            "features": completion.features,
            "without": completion.features,
            "sets": completion.parameters,
        }.get(name)


def _lint_palette(commands: Any) -> None:
    command = _command(
        commands,
        "lint-palette",
        "find what is wrong with Palette packs, whoever made them",
        LINT_PALETTE_EXAMPLES,
    )
    command.add_argument(
        "folders", nargs="+", metavar="DIR", help="a Palette pack, or a folder with some in it"
    )
    _fail_on(command)
    _report(command, PEOPLE_OR_MACHINES)


def _docs(commands: Any) -> None:
    command = _command(commands, "docs", "write the reference of packs in Markdown", DOCS_EXAMPLES)
    _packs(command, nargs="+")
    command.add_argument(
        "-o",
        "--out",
        default="docs/packs",
        metavar="DIR",
        help="where to write <pack>.md (default: docs/packs)",
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 when a page is not up to date",
    )
    _hook_timeout(command)
    _report(command, {"text": "for people"})


def _doctor(commands: Any) -> None:
    command = _command(
        commands, "doctor", "build a pack in changed surroundings, and watch hooks", DOCTOR_EXAMPLES
    )
    _packs(command)
    command.add_argument(
        "--only",
        action="append",
        choices=tuple(CHANGES),
        default=[],
        metavar="CHANGE",
        help=f"make this change only; repeat for several: {', '.join(CHANGES)}",
    )
    _selection(command)
    _report(command, PEOPLE_OR_MACHINES)


def _plugins(commands: Any) -> None:
    command = _command(
        commands, "plugins", "print the plugins that are installed", PLUGINS_EXAMPLES
    )
    _packs(command, nargs="?")
    _report(command, PEOPLE_OR_MACHINES)
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
        return int(import_module(f"packc.cli.{name.replace('-', '_')}").run(options))

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
    clouds.completer = completion.clouds
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


def _fail_on(command: Any) -> None:
    command.add_argument(
        "--fail-on",
        choices=("error", "warning", "note", "never"),
        default="error",
        help="exit with 1 for findings as grave as this (default: error)",
    )


def _hook_timeout(command: Any) -> None:
    command.add_argument(
        "--hook-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long one hook of a plugin may take; 0 for no limit (default: 10)",
    )


def _may_be_left_out() -> str | None:
    """Return the nargs of an argument that may be left out.

    An option before such an argument makes argparse, and so argcomplete, pass it over.
    """
    return None if "_ARGCOMPLETE" in os.environ else "?"


def _report(command: Any, outputs: Mapping[str, str]) -> Any:
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


def _releases(text: str) -> Any:
    from packc.checks.kubernetes import Range  # needed for this option only

    try:
        return Range.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not (text.isdecimal() and 0 < len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f"'{text}' is no number of variants")
    return int(text)
