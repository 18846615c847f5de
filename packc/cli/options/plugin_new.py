"""plugin_new: the arguments of `packc plugin new`."""

from __future__ import annotations

from typing import Any

from packc.cli.options.shared import PEOPLE_OR_MACHINES, report
from packc.scaffold import Kind, License, Pipeline

EXAMPLES = """\
examples:
  packc plugin new gcp --kind cloud --title "Google Cloud"
  packc plugin new quotas --kind feature --license mit --author "Ada Moreno"
  packc plugin new inventory --kind format -o ~/work --ci gitlab

The project goes to DIR/packc-NAME/. It works as it is: install it, and its tests pass.
"""


def add(command: Any) -> None:
    command.add_argument(
        "name", metavar="NAME", help="what packs and --cloud, --feature or --format will call it"
    )
    command.add_argument(
        "--kind",
        required=True,
        choices=tuple(kind.value for kind in Kind),
        help="what the plugin provides",
    )
    command.add_argument("--title", help="the name for people (default: NAME, capitalised)")
    command.add_argument(
        "-o", "--out", default=".", metavar="DIR", help="where packc-NAME/ is made (default: .)"
    )
    command.add_argument(
        "--license",
        choices=tuple(license.value for license in License),
        default=License.APACHE.value,
        help="the licence of the project (default: apache-2.0)",
    )
    command.add_argument(
        "--author",
        metavar="TEXT",
        help="who holds the copyright (default: the authors of packc-NAME)",
    )
    command.add_argument(
        "--ci",
        choices=tuple(pipeline.value for pipeline in Pipeline),
        default=Pipeline.GITHUB.value,
        help="the service that runs the tests (default: github)",
    )
    report(command, PEOPLE_OR_MACHINES)
