"""The chart that packc emits, rendered by helm, is what packc renders: combination by combination.

All combinations that packc accepts are compared. Of those that it refuses a part is tried, with
PACKC_LONG or in CI, where PACKC_REQUIRE_TOOLS is set, all of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packc import yamlio
from packc.build import Build
from packc.diagnostics import PackcError
from packc.emit import emit
from packc.formats.archive import tar_gz
from packc.formats.derive import Derived, derive
from packc.formats.gotemplate import Printer
from packc.formats.helm import chart_files
from packc.formats.helm.access import HelmAccess
from packc.formats.holes import Hole, Text
from packc.formats.space import Combination, Mark
from packc.formatting import build_of
from packc.model import Object, OutputFile
from packc.pipeline import Selection, prepare
from packc.plugins import Host
from packc.values import Request

ROOT = Path(__file__).parent.parent
PART = 1 if os.environ.get("PACKC_LONG") or os.environ.get("PACKC_REQUIRE_TOOLS") else 16
"""One in so many of the combinations that are refused is tried."""

pytestmark = pytest.mark.tool("helm")


@frozen
class Chart:
    """A chart in a folder, with what it was derived from."""

    folder: Path
    derived: Derived

    @property
    def build(self) -> Build:
        return self.derived.space.build


def chart_of(pack: Path, folder: Path) -> Chart:
    return chart_in(derive(build_of(prepare(str(pack), Selection(), Host()))), folder)


def chart_in(derived: Derived, folder: Path) -> Chart:
    for name, text in chart_files(derived):
        file = folder / derived.space.build.spec.name / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Chart(folder / derived.space.build.spec.name, derived)


@pytest.fixture(scope="module")
def calico_chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    return chart_of(ROOT / "packs" / "calico", tmp_path_factory.mktemp("chart"))


def helm(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["helm", *map(str, arguments)], input=given, capture_output=True, text=True, timeout=120
    )


def template(chart: Path, values: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    given = re.sub(r"\\ud[89ab]..\\ud[c-f]..", _as_yaml, json.dumps(values))
    return helm("template", "release", chart, "--values", "-", given=given)


def _as_yaml(pair: re.Match[str]) -> str:
    """Return an escape of JSON as one of YAML, which has no surrogates."""
    return f"\\U{ord(json.loads(f'{chr(34)}{pair[0]}{chr(34)}')):08x}"


@lru_cache(maxsize=1000)
def parsed(document: str) -> Object | None:
    (found,) = yamlio.parse(document.encode(), "helm", marks=False).documents or (None,)
    return None if found is None else found.data


def objects_of(rendered: str) -> list[Object]:
    documents = rendered.removeprefix("---\n").split("\n---\n")
    found = (parsed(document.rstrip("\n") + "\n") for document in documents)
    return [data for data in found if data]


def each(check: Callable[[Any], str | None], cases: Sequence[Any]) -> tuple[list[str], int]:
    """Return what the check complains about, and how many cases there were."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [complaint for complaint in pool.map(check, cases) if complaint]
    return complaints, len(cases)


# --- values, made without the witnesses of packc ----------------------------------------------


def random_values(combination: Combination, derived: Derived, random: Random) -> dict[str, Any]:
    """Return a value for every open parameter of Calico, and the finite ones as combined."""
    stated = derived.space.at(combination)
    network = f"10.{random.randrange(256)}.{random.randrange(0, 256, 16)}.0/20"
    values = {
        "calico.calicoNetworkCIDR": network,
        "calico.blockSize": random.randint(20, 32),
        "calico.mtu": random.choice([0, 1, 1440, 65535]),
        "calico.imageRegistry": random.choice(
            ["quay.io/calico", "mirror.example.com:5000/a/b", "x", "1", "10.0.0.1:5000"]
        ),
        **{name: value for name, value in stated.items() if value is not Mark.OTHER},
    }
    if stated.get("kubernetes.podCIDR") is Mark.OTHER:
        values["kubernetes.podCIDR"] = network
    if "etcd-tls" in derived.space.features(combination):
        count = random.randint(1, 3)
        values["etcd.endpoints"] = [f"https://etcd-{n}.test:{2379 + n}" for n in range(count)]
    return values


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with dots in their names as maps in maps."""
    root: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = name.split(".")
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return root


def chart_values(cloud: str, features: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {"cloud": cloud, "features": dict.fromkeys(features, True), **nested(values)}


# --- the proof --------------------------------------------------------------------------------


def test_every_combination_renders_to_what_packc_renders(
    calico_chart: Chart, record_property: Callable[[str, object], None]
) -> None:
    derived, build = calico_chart.derived, calico_chart.build

    def compared(number: int) -> str | None:
        combination = derived.combinations[number]
        values = random_values(combination, derived, Random(number))
        cloud, features = derived.space.cloud(combination), derived.space.features(combination)
        run = template(calico_chart.folder, chart_values(cloud.name, features, values))
        wanted = emit(build.compile(cloud.name, features, values).objects)
        if run.returncode == 0 and emit(objects_of(run.stdout)) == wanted:
            return None
        return f"{combination} {values}: {run.stderr or 'other objects'}"

    complaints, count = each(compared, range(len(derived.combinations)))

    record_property("combinations compared", count)
    assert complaints == []
    assert count == 160


def test_what_packc_refuses_helm_refuses_with_a_reason(calico_chart: Chart) -> None:
    derived, build = calico_chart.derived, calico_chart.build
    refused = [c for c in derived.space.combinations() if c not in set(derived.combinations)]

    def compared(combination: Combination) -> str | None:
        values = random_values(combination, derived, Random(str(combination)))
        cloud, features = derived.space.cloud(combination), derived.space.features(combination)
        reasons = [reason.text for reason in derived.space.reasons(combination)]
        with pytest.raises(PackcError):
            build.compile(cloud.name, features, values)
        run = template(calico_chart.folder, chart_values(cloud.name, features, values))
        said = run.returncode != 0 and any(reason in run.stderr for reason in reasons)
        return None if said else f"{combination}: {run.stderr}"

    complaints, count = each(compared, refused[::PART])

    assert complaints == []
    assert len(refused) == 272
    assert count == len(range(0, 272, PART))


def test_the_cloud_decides_where_the_user_says_nothing(calico_chart: Chart) -> None:
    """The default values, with nothing set but the cloud."""
    found = {}
    for cloud in ("aws", "azure", "vmware"):
        run = helm("template", "release", calico_chart.folder, "--set", f"cloud={cloud}")
        wanted = emit(calico_chart.build.compile(cloud, (), {}).objects)
        found[cloud] = emit(objects_of(run.stdout)) == wanted

    assert found == {"aws": True, "azure": True, "vmware": True}


def test_the_package_is_rendered_like_the_folder(calico_chart: Chart, tmp_path: Path) -> None:
    package = package_of(calico_chart, tmp_path)

    packaged = template(package, {"cloud": "aws"})

    assert packaged.stdout == template(calico_chart.folder, {"cloud": "aws"}).stdout


def package_of(chart: Chart, folder: Path) -> Path:
    name = chart.build.spec.name
    files = [OutputFile(f"{name}/{n}", text.encode()) for n, text in chart_files(chart.derived)]
    package = folder / f"{name}.tgz"
    package.write_bytes(tar_gz(files))
    return package


def test_helm_package_packs_the_same_content(calico_chart: Chart, tmp_path: Path) -> None:
    """But for the time, the order and the way that Helm writes Chart.yaml in."""
    ours = members(package_of(calico_chart, tmp_path))

    run = helm("package", calico_chart.folder, "--destination", tmp_path)

    theirs = members(tmp_path / "calico-3.32.1.tgz")
    assert run.returncode == 0, run.stderr
    assert parsed(theirs.pop("calico/Chart.yaml")) == parsed(ours.pop("calico/Chart.yaml"))
    assert theirs == ours


def members(package: Path) -> dict[str, str]:
    with tarfile.open(package) as archive:
        found = {entry.name: archive.extractfile(entry) for entry in archive.getmembers()}
        return {name: file.read().decode() for name, file in found.items() if file}


def test_the_package_has_the_same_bytes_in_every_place_and_time(
    small: Path, tmp_path: Path
) -> None:
    places = [("UTC", 0o022), ("Pacific/Kiritimati", 0o077), ("America/New_York", 0o000)]
    found = set()

    for number, (zone, umask) in enumerate(places):
        folder = tmp_path / str(number)
        command = [
            "-m",
            "packc",
            "build",
            str(small),
            "--format",
            "helm",
            "-o",
            str(folder),
            "--quiet",
        ]
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": str(number)}
        subprocess.run(
            [sys.executable, *command], env=environment, umask=umask, check=True, timeout=120
        )
        (package,) = folder.rglob("*.tgz")
        found.add(package.read_bytes())

    assert len(found) == 1


# --- values that are refused ------------------------------------------------------------------

REFUSED = [
    ("", {}, "set cloud to one of aws, azure, vmware"),
    ("gcp", {}, "cloud"),
    ("aws", {"calico.mtu": -1}, "minimum"),
    ("aws", {"calico.mtu": "1440"}, "integer"),
    ("aws", {"calico.mtu": None}, "mtu"),
    ("aws", {"calico.mtuu": 1440}, "mtuu"),
    ("aws", {"calico.encapsulationMode": "always"}, "one of"),
    ("aws", {"calico.imageRegistry": "Quay.io/x\n"}, "pattern"),
    ("aws", {"calico.calicoNetworkCIDR": "10.0.0.1/16"}, "pattern"),
    ("aws", {"calico.calicoNetworkCIDR": "fd00::/48"}, "pattern"),
    ("aws", {"calico.calicoNetworkCIDR": "169.254.8.0/24"}, "not"),
    ("aws", {"calico.calicoNetworkCIDR": "168.0.0.0/6"}, "not"),
    ("aws", {"calico.calicoNetworkCIDR": "10.0.0.0/28"}, "smaller than one block"),
    ("aws", {"kubernetes.podCIDR": "10.0.0.0/16"}, "must agree"),
    ("aws", {"features.windows": True}, "windows"),
    ("aws", {"etcd.endpoints": []}, "minItems"),
    ("aws", {"etcd.endpoints": ["ftp://etcd.test"]}, "pattern"),
    ("aws", {"etcd.ca": "ca.pem"}, "ca"),
]


@pytest.mark.parametrize(("cloud", "values", "word"), REFUSED)
def test_a_wrong_value_is_refused(
    calico_chart: Chart, cloud: str, values: dict[str, Any], word: str
) -> None:
    run = template(calico_chart.folder, {"cloud": cloud, **nested(values)})

    assert run.returncode != 0
    assert word in run.stderr


def test_the_schema_is_one_and_takes_the_default_values(calico_chart: Chart) -> None:
    schema = json.loads((calico_chart.folder / "values.schema.json").read_text())
    text = (calico_chart.folder / "values.yaml").read_bytes()
    (document,) = yamlio.parse(text, "values.yaml", marks=False).documents

    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(document.data, schema, jsonschema.Draft7Validator)


def test_the_schema_knows_a_network_from_what_looks_like_one(calico_chart: Chart) -> None:
    """Every address in three places with every prefix: the pattern and Python agree."""
    schema = json.loads((calico_chart.folder / "values.schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema["definitions"]["ipv4Network"])
    addresses = ["0.0.0.0", "10.0.0.0", "10.128.0.0", "172.16.40.0", "192.168.1.255", "255.240.0.0"]
    texts = [f"{address}/{size}" for address in addresses for size in range(35)]

    wrong = [text for text in texts if validator.is_valid(text) != _is_network(text)]

    assert wrong == []


def _is_network(text: str) -> bool:
    try:
        return str(ip_network(text)) == text
    except ValueError:
        return False


# --- the chart as a chart ---------------------------------------------------------------------


def test_lint_is_clean(calico_chart: Chart) -> None:
    run = helm("lint", "--strict", calico_chart.folder)

    assert run.returncode == 0, run.stdout
    assert "1 chart(s) linted, 0 chart(s) failed" in run.stdout


def test_templates_read_like_those_of_a_person(calico_chart: Chart) -> None:
    """No double negation, no `if not` with an else, and no opposite right behind an `if`."""
    found = []
    for file in sorted((calico_chart.folder / "templates").iterdir()):
        text = file.read_text()
        opened = re.finditer(
            r"^( *)\{\{- if (?P<test>.*) \}\}\n(?P<body>(?:(?!\1\{\{- (?:else|end)).*\n)*)"
            r"\1\{\{- (?P<next>else|end) \}\}\n(?:\1\{\{- if (?P<behind>.*) \}\})?",
            text,
            re.MULTILINE,
        )
        for match in opened:
            negative = match["test"].startswith(("not ", "ne "))
            opposites = {f"not ({match['test']})", f"not {match['test']}"}
            if (negative and match["next"] == "else") or match["behind"] in opposites:
                found.append(f"{file.name}: {match[0]}")
        found += [f"{file.name}: not (not"] if "not (not" in text else []

    assert found == []


def notes_chart(chart: Chart, folder: Path) -> Path:
    """Return a chart whose one object is what helm makes of NOTES.txt.

    `helm template` prints no notes, and `helm install --dry-run` wants a cluster.
    """
    (folder / "templates").mkdir(parents=True)
    for name in ("Chart.yaml", "values.yaml"):
        (folder / name).write_text((chart.folder / name).read_text())
    for shared in chart.folder.glob("templates/*.tpl"):
        (folder / "templates" / shared.name).write_text(shared.read_text())
    notes = (chart.folder / "templates" / "NOTES.txt").read_text()
    text = (
        f'{{{{ define "notes" }}}}{notes}{{{{ end }}}}notes: {{{{ include "notes" . | quote }}}}\n'
    )
    (folder / "templates" / "notes.yaml").write_text(text)
    return folder


def rendered_notes(folder: Path, values: Mapping[str, Any]) -> str:
    run = template(folder, values)
    assert run.returncode == 0, run.stderr
    return str(objects_of(run.stdout)[0]["notes"])


@frozen
class Spoken:
    """What NOTES.txt says: the title, what is certain, and what may not concern the reader."""

    title: str
    certain: Counter[str]
    maybe: Counter[str]

    @classmethod
    def of(cls, text: str) -> Spoken:
        title, *paragraphs = text.rstrip("\n").split("\n\n")
        maybe = [
            p.replace(MAYBE, "", 1) for p in paragraphs if p.partition(": ")[0].endswith(MAYBE)
        ]
        certain = [p for p in paragraphs if not p.partition(": ")[0].endswith(MAYBE)]
        return cls(title, Counter(certain), Counter(maybe))


MAYBE = ", if your values make it one"
COMPUTED = "NOTE: With `strictAffinity` no node borrows addresses: "
"""How the one note begins that is computed from open values, and so in no chart."""


def possible_notes(cloud: str, features: Sequence[str], values: Mapping[str, Any]) -> set[str]:
    """Return how the notes begin that open values decide on, and NOTES.txt therefore qualifies."""
    return {
        *(["NOTE: An NSX segment adds a tunnel"] if cloud == "vmware" else []),
        *(
            ["WARNING: The etcd certificate is missing", "WARNING: etcd is reached over http"]
            if "etcd-tls" in features
            else []
        ),
        *(
            [f"WARNING: `calico.mtu` is {values['calico.mtu']}: "]
            if "windows-note" in features
            else []
        ),
    }


def test_notes_are_those_of_packc(calico_chart: Chart, tmp_path: Path) -> None:
    """What is certain is said by packc too; the rest is known, and qualified where it stands."""
    derived, build = calico_chart.derived, calico_chart.build
    folder = notes_chart(calico_chart, tmp_path / "notes")

    def compared(number: int) -> str | None:
        combination = derived.combinations[number]
        values = random_values(combination, derived, Random(f"notes {number}"))
        cloud, features = derived.space.cloud(combination).name, derived.space.features(combination)
        said = Spoken.of(rendered_notes(folder, chart_values(cloud, features, values)))
        notes = build.compile(cloud, features, values).notes
        wanted = Counter(f"{note.level.upper()}: {note.text}" for note in notes)
        possible = possible_notes(cloud, features, values)
        begins = [next((b for b in possible if text.startswith(b)), text) for text in said.maybe]
        must = Counter({text: 1 for text in wanted if not text.startswith((COMPUTED, *possible))})
        told = {text for text in wanted if text.startswith(tuple(possible) or "-")}
        right = (
            said.title == f"Calico 3.32.1 on {cloud}."
            and said.certain == must
            and sorted(begins) == sorted(possible)
            and set(said.maybe) >= told
            and max(said.maybe.values(), default=1) == 1
        )
        return None if right else f"{combination} {values}: {said} for {wanted}"

    complaints, count = each(compared, range(len(derived.combinations)))

    assert complaints == []
    assert count == 160


# --- a pack with a parameter of each type -----------------------------------------------------


def test_hostile_text_reaches_the_objects_unharmed(small: Path, tmp_path: Path) -> None:
    """Text that YAML, Go templates or shells would take for something else."""
    chart = chart_of(small, tmp_path)
    texts = ["{{ fail }}", "a: b", "- x", "'", '"', "\\", "yes", "1e3", "#", "é\u2028\n\t ", " "]

    complaints, _ = each(lambda text: _small_differs(chart, text), [*texts, *_random_texts()])

    assert complaints == []


@pytest.mark.parametrize("character", ["\x7f", "\x85", "\x9f", "\ufffe"])
def test_what_json_and_yaml_write_differently_is_refused(
    small: Path, tmp_path: Path, character: str
) -> None:
    chart = chart_of(small, tmp_path)

    run = template(chart.folder, {"cloud": "aws", "small": {"labels": {"x": character}}})

    assert run.returncode != 0
    assert "does not match pattern" in run.stderr


def _random_texts() -> Iterator[str]:
    random = Random("texts")
    alphabet = "ab {}\"'\\:#-\n\t%$&*!|>[],é\U0001f600\x7f\u00a0"
    for _ in range(12):
        yield "".join(random.choice(alphabet) for _ in range(random.randint(1, 12)))


def _small_differs(chart: Chart, text: str) -> str | None:
    printable = text.replace("\x7f", "")
    values = {
        "small.size": len(text) % 9,
        "small.fast": len(text) % 2 == 0,
        "small.names": [printable, "a"],
        "small.labels": {"x": printable, printable: "y"},
        "small.word": text,
    }
    run = template(chart.folder, chart_values("aws", (), values))
    wanted = emit(chart.build.compile("aws", (), values).objects)
    same = run.returncode == 0 and emit(objects_of(run.stdout)) == wanted
    return None if same else f"{text!r}: {run.stderr or run.stdout}"


HOSTILE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: hostile
  namespace: default
  labels: {}
data:
  template: |
    {{- range .Values.x }}
      {{ . }} }} {{{ {{{{

    {{ end -}}
  "{{ key }}": "{"
  comment: "{{/* no comment */}}"
  kind: k
  quotes: '`"\\'
  spaces: "a  \\n b \\n\\n"
  before: |
    keeps its line
  after: |-
    and ends without one
"""

HOSTILE_SPEC = """\
packc: 1
name: hostile
version: 1.0.0
title: Hostile {{ title }}
description: "Text that a template would take for its own: {{ fail }} ` % \\a \\ufeff"
clouds: [aws, azure]
parameters:
- {name: x.on, type: boolean, description: "{{ on }}\\n# and\\n\\nb: \\a\\ufeff", default: false}
- {name: x.word, type: string, description: "A `word` {{", default: "{{ w }}` % \\" '\\n}}"}
- name: x.kind
  type: enum
  description: "}}"
  values:
  - {value: "{{ a }}", description: "{{ b"}
  - {value: "`\\"%v\\n}}", description: "}}\\nx"}
  - {value: "\U0001f600\\x7f"}
  - {value: "{"}
  default: "{{ a }}"
objects:
- {files: base/hostile.yaml}
bindings:
- {parameter: x.word, object: ConfigMap/hostile, path: "/data/{{ key }}"}
- {parameter: x.kind, object: ConfigMap/hostile, path: /data/kind}
patches: [patches/on.yaml]
refusals:
- when: {parameters: {x.kind: "{"}, cloud: azure}
  parameter: x.kind
  reason: "no {{ x }} `\\"% \\n here"
notes:
- {text: "{{ note }} of `x.word` {"}
- {text: "first `\\" %s\\nsecond {{{", level: warning}
- {text: "on {{ a {{", when: {parameters: {x.kind: "`\\"%v\\n}}"}}}
"""

HOSTILE_PATCH = """\
patches:
- object: ConfigMap/hostile
  when: {parameters: {x.on: true}}
  operations:
  - {op: add, path: /data/between, value: "{{ a }}\\n\\nb\\n"}
  - {op: add, path: /data/many, value: "a \\n\\nb\\n\\n"}
  - {op: replace, path: /data/before, value: "{{- trim -}}"}
  - {op: add, path: /metadata/finalizers, value: []}
"""


@pytest.fixture
def hostile_chart(tmp_path: Path) -> Chart:
    files = {
        "pack.yaml": HOSTILE_SPEC,
        "base/hostile.yaml": HOSTILE,
        "patches/on.yaml": HOSTILE_PATCH,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return chart_of(tmp_path, tmp_path / "chart")


def test_constant_text_that_looks_like_a_template_stays_as_it_is(
    hostile_chart: Chart, tmp_path: Path
) -> None:
    """In base objects, patches, enums, defaults and notes."""
    derived, build = hostile_chart.derived, hostile_chart.build
    folder = notes_chart(hostile_chart, tmp_path / "notes")

    def compared(combination: Combination) -> str | None:
        cloud, stated = derived.space.cloud(combination).name, derived.space.at(combination)
        built = build.compile(cloud, (), stated)
        run = template(hostile_chart.folder, chart_values(cloud, (), stated))
        said = Spoken.of(rendered_notes(folder, chart_values(cloud, (), stated)))
        notes = Counter(f"{note.level.upper()}: {note.text}" for note in built.notes)
        same = run.returncode == 0 and emit(objects_of(run.stdout)) == emit(built.objects)
        return None if same and said.certain == notes else f"{combination}: {run} {said}"

    complaints, count = each(compared, derived.combinations)

    assert complaints == []
    assert count == 14


def test_a_hole_beside_brackets_is_one(hostile_chart: Chart, tmp_path: Path) -> None:
    """In a note of a plugin, say: text before an action must not lend it a bracket."""
    parameters = {parameter.name: parameter for parameter in hostile_chart.build.parameters}
    printer = Printer(HelmAccess(hostile_chart.build), parameters)
    text = Text(("a { b {{{", Hole("x.word", "string"), "}", Hole("x.word", "string"), "{\n"))
    (hostile_chart.folder / "templates" / "NOTES.txt").write_text(printer.text(text))
    folder = notes_chart(hostile_chart, tmp_path / "notes")

    notes = rendered_notes(folder, chart_values("aws", (), {"x.word": "{{ w"}))

    assert notes == "a { b {{{{{ w}{{ w{\n"


def test_a_reason_that_looks_like_a_template_is_said_as_it_is(hostile_chart: Chart) -> None:
    run = template(hostile_chart.folder, chart_values("azure", (), {"x.kind": "{"}))

    assert run.returncode != 0
    assert 'no {{ x }} `"% \n here' in run.stderr


def test_a_chart_with_hostile_text_has_no_lint(hostile_chart: Chart) -> None:
    run = helm("lint", "--strict", "--set", "cloud=aws", hostile_chart.folder)

    assert run.returncode == 0, run.stdout


# --- maps, which Helm merges and packc replaces -----------------------------------------------

MAP_SPEC = """\
packc: 1
name: maps
version: 1.0.0
title: Maps
description: A ConfigMap.
clouds: [aws]
parameters:
- name: x.labels
  type: map
  description: Some labels.
  default: {a: b, "{{ c }}": "`%v\\"\\n}}"}
  items: {type: string}
- {name: x.limits, type: map, description: Some limits., default: {a: 1}, items: {type: integer}}
- {name: x.notes, type: map, description: Some notes., items: {type: string}}
objects:
- {files: base/objects.yaml}
bindings:
- {parameter: x.labels, object: ConfigMap/maps, path: /metadata/labels}
- {parameter: x.limits, object: ConfigMap/maps, path: /limits}
- {parameter: x.notes, object: ConfigMap/maps, path: /metadata/annotations}
"""

MAP_OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: maps, namespace: default, labels: {}, annotations: {z: z}}
limits: {}
"""


def map_pack(folder: Path) -> Path:
    (folder / "base").mkdir(parents=True)
    (folder / "pack.yaml").write_text(MAP_SPEC)
    (folder / "base" / "objects.yaml").write_text(MAP_OBJECTS)
    return folder


@pytest.fixture
def map_chart(tmp_path: Path) -> Chart:
    return chart_of(map_pack(tmp_path / "maps"), tmp_path / "chart")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"x.labels": {}},
        {"x.labels": {"other": "key"}, "x.limits": {"b": 2, "c": 9007199254740991}},
        {"x.labels": {"a": "c"}, "x.notes": {}},
        {"x.limits": {}, "x.notes": {"a": ""}},
    ],
)
def test_a_map_replaces_its_default(map_chart: Chart, values: dict[str, Any]) -> None:
    run = template(map_chart.folder, chart_values("aws", (), values))

    wanted = map_chart.build.compile("aws", (), values).objects
    assert run.returncode == 0, run.stderr
    assert emit(objects_of(run.stdout)) == emit(wanted)


@pytest.mark.parametrize("wrong", [None, 3, "a", ["a"], {"a": 1}, {"a": {"b": "c"}}])
def test_the_schema_checks_a_map_whose_default_is_commented_out(
    map_chart: Chart, wrong: object
) -> None:
    run = template(map_chart.folder, chart_values("aws", (), {"x.labels": wrong}))

    assert run.returncode != 0
    assert "values don't meet the specifications of the schema" in run.stderr


def test_the_default_of_a_map_can_be_uncommented(map_chart: Chart) -> None:
    """What stands commented out is the default itself."""
    text = (map_chart.folder / "values.yaml").read_text()
    commented = text[text.index("  # labels:") :].partition("\n\n")[0].replace("# ", "")

    (document,) = yamlio.parse(f"x:\n{commented}\n".encode(), "x", marks=False).documents

    assert document.data["x"]["labels"] == {"a": "b", "{{ c }}": '`%v"\n}}'}


def test_a_map_that_is_set_for_the_build_is_the_default_of_the_chart(tmp_path: Path) -> None:
    pack = map_pack(tmp_path / "maps")
    request = Request(sets=("x.notes=only=one",))
    prepared = prepare(str(pack), Selection(request=request), Host())
    chart = chart_in(derive(build_of(prepared)), tmp_path / "chart")

    unset, other = (
        objects_of(template(chart.folder, chart_values("aws", (), values)).stdout)
        for values in ({}, {"x.notes": {"a": "b"}})
    )

    assert unset[0]["metadata"]["annotations"] == {"only": "one"}
    assert other[0]["metadata"]["annotations"] == {"a": "b"}


def test_what_is_set_for_the_build_is_the_default_of_the_chart(small: Path, tmp_path: Path) -> None:
    request = Request(sets=("small.size=7", "small.word=hidden"))
    prepared = prepare(str(small), Selection(request=request), Host())

    files = dict(chart_files(derive(build_of(prepared))))

    assert "  size: 7\n" in files["values.yaml"]
    assert not [name for name, text in files.items() if "hidden" in text]


# --- IPv6 -------------------------------------------------------------------------------------

ADDRESS_SPEC = """\
packc: 1
name: addresses
version: 1.0.0
title: Addresses
description: A ConfigMap.
clouds: [aws]
parameters:
- {name: x.address, type: ip, family: ipv6, description: An address., default: "fd00::1"}
- {name: x.network, type: cidr, family: ipv6, description: A network., default: "fd00::/48"}
- {name: x.url, type: url, description: A server., default: "https://a.example"}
objects:
- {files: base/objects.yaml}
bindings:
- {parameter: x.address, object: ConfigMap/addresses, path: /data/address}
- {parameter: x.network, object: ConfigMap/addresses, path: /data/network}
- {parameter: x.url, object: ConfigMap/addresses, path: /data/url}
"""

ADDRESS_OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: addresses, namespace: default}
data: {address: a, network: n, url: u}
"""


@pytest.fixture
def address_chart(tmp_path: Path) -> Chart:
    (tmp_path / "addresses" / "base").mkdir(parents=True)
    (tmp_path / "addresses" / "pack.yaml").write_text(ADDRESS_SPEC)
    (tmp_path / "addresses" / "base" / "objects.yaml").write_text(ADDRESS_OBJECTS)
    return chart_of(tmp_path / "addresses", tmp_path / "chart")


def test_an_ipv6_address_as_packc_writes_it_is_one_for_the_chart(address_chart: Chart) -> None:
    random = Random("ipv6")
    groups = [0, 0, 0, 1, 0xA0, 0xFFFF]
    numbers = [[random.choice(groups) for _ in range(8)] for _ in range(1000)]
    addresses = [str(ip_address(b"".join(g.to_bytes(2) for g in some))) for some in numbers]
    networks = [str(ip_network(f"{a}/{random.randrange(129)}", strict=False)) for a in addresses]

    wrong = [a for a in addresses if not _takes(address_chart, "address", a)]
    wrong += [n for n in networks if not _takes(address_chart, "network", n)]

    assert wrong == []


NO_ADDRESSES = """\
FD00::1 fd00:0::1 fd00::0:1 0fd0::1 fd00:::1 fd00::1::2 fd00::1/64 fd00::g 10.0.0.1 : 1:2:3:4:5:6:7
1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7::"""


@pytest.mark.parametrize("text", NO_ADDRESSES.split())
def test_an_address_that_is_none_or_written_otherwise_is_refused(
    address_chart: Chart, text: str
) -> None:
    with pytest.raises(PackcError):
        address_chart.build.compile("aws", (), {"x.address": text})

    assert not _takes(address_chart, "address", text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("address", "fd00:0:0:0:0:0:0:1"),
        ("address", "1:0:0:0:2::3"),
        ("network", "fd00::1/64"),
    ],
)
def test_what_only_packc_knows_about_ipv6_reaches_the_objects_as_it_is(
    address_chart: Chart, name: str, text: str
) -> None:
    """The limits that docs/helm.md states."""
    with pytest.raises(PackcError):
        address_chart.build.compile("aws", (), {f"x.{name}": text})

    run = template(address_chart.folder, chart_values("aws", (), {f"x.{name}": text}))

    assert objects_of(run.stdout)[0]["data"][name] == text


PORTS = (
    "https://a.b:99999 https://a.b:65536 http://a.b:70000/x http://[fd00::1]:65540 http://a:b:80"
)


@pytest.mark.parametrize("text", PORTS.split())
def test_a_url_with_a_port_that_is_none_is_refused(address_chart: Chart, text: str) -> None:
    with pytest.raises(PackcError):
        address_chart.build.compile("aws", (), {"x.url": text})

    assert not _takes(address_chart, "url", text)


@given(port=st.integers(1, 65535), host=st.sampled_from(("a.b", "[fd00::1]", "10.0.0.1", "A")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_url_with_a_port_is_one_for_the_chart(address_chart: Chart, port: int, host: str) -> None:
    assert _takes(address_chart, "url", f"https://{host}:{port}/x")


def _takes(chart: Chart, name: str, text: str) -> bool:
    schema = json.loads((chart.folder / "values.schema.json").read_text())
    own = {"address": "fd00::1", "network": "fd00::/48", "url": "https://a.example"}
    values = {"cloud": "aws", "features": {}, "x": own | {name: text}}
    return jsonschema.Draft7Validator(schema).is_valid(values)


def test_one_cloud_is_the_default_cloud(small: Path) -> None:
    prepared = prepare(str(small), Selection(clouds=("azure",)), Host())

    files = dict(chart_files(derive(build_of(prepared))))

    assert "\ncloud: azure\n" in files["values.yaml"]
