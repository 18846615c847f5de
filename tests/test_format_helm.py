"""The chart that packc emits, rendered by helm, is what packc renders: combination by combination.

All combinations that packc accepts are compared. Of those that it refuses a part is tried, with
PACKC_LONG or in CI, where PACKC_REQUIRE_TOOLS is set, all of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from attrs import frozen

from packc import yamlio
from packc.build import Build
from packc.diagnostics import PackcError
from packc.emit import emit
from packc.formats.archive import tar_gz
from packc.formats.derive import Derived, derive
from packc.formats.helm import chart_files
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
    prepared = prepare(str(pack), Selection(), Host())
    derived = derive(build_of(prepared))
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
    files = [
        OutputFile(f"calico/{name}", text.encode())
        for name, text in chart_files(calico_chart.derived)
    ]
    package = tmp_path / "calico-3.32.1.tgz"
    package.write_bytes(tar_gz(files))

    packaged = template(package, {"cloud": "aws"})

    assert packaged.stdout == template(calico_chart.folder, {"cloud": "aws"}).stdout
    assert package.read_bytes() == tar_gz(files)


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


def rendered_notes(chart: Chart, folder: Path, values: Mapping[str, Any]) -> str:
    """Return NOTES.txt as helm renders it; `helm template` renders it but does not print it."""
    (folder / "templates").mkdir(parents=True)
    for name in ("Chart.yaml", "values.yaml", "templates/_helpers.tpl"):
        (folder / name).write_text((chart.folder / name).read_text())
    notes = (chart.folder / "templates" / "NOTES.txt").read_text()
    text = (
        f'{{{{ define "notes" }}}}{notes}{{{{ end }}}}notes: {{{{ include "notes" . | quote }}}}\n'
    )
    (folder / "templates" / "notes.yaml").write_text(text)
    run = template(folder, values)
    assert run.returncode == 0, run.stderr
    return str(objects_of(run.stdout)[0]["notes"])


@pytest.mark.parametrize("mode", ["Always", "CrossSubnet", "Never"])
@pytest.mark.parametrize("cloud", ["aws", "azure", "vmware"])
def test_notes_are_those_of_packc(
    calico_chart: Chart, tmp_path: Path, cloud: str, mode: str
) -> None:
    """With features too, one note is computed from values, and left out: the sizes of blocks."""
    values = {"calico.encapsulationMode": mode}

    text = rendered_notes(calico_chart, tmp_path / "x", {"cloud": cloud, **nested(values)})

    wanted = [note.text for note in calico_chart.build.compile(cloud, (), values).notes]
    assert [note for note in wanted if note not in text] == []
    certain = text.partition(", if your values make it one:")[0]
    assert certain.count("WARNING: ") + certain.count("NOTE: ") <= len(wanted)


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
data:
  template: |
    {{- range .Values.x }}
      {{ . }} }} {{{ {{{{

    {{ end -}}
  "{{ key }}": "{"
  comment: "{{/* no comment */}}"
  quotes: '`"\\'
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
description: "Text that a template would take for its own: {{ fail }}"
clouds: [aws]
parameters:
- {name: x.on, type: boolean, description: "A {{ switch }}", default: false}
- {name: x.word, type: string, description: A word., default: w}
objects:
- {files: base/hostile.yaml}
bindings:
- {parameter: x.word, object: ConfigMap/hostile, path: /data/comment}
patches: [patches/on.yaml]
notes:
- {text: "{{ note }} of `x.word`"}
"""

HOSTILE_PATCH = """\
patches:
- object: ConfigMap/hostile
  when: {parameters: {x.on: true}}
  operations:
  - {op: add, path: /data/between, value: "{{ a }}\\n\\nb\\n"}
  - {op: replace, path: /data/before, value: "{{- trim -}}"}
  - {op: add, path: /metadata/labels, value: {}}
  - {op: add, path: /metadata/finalizers, value: []}
"""


@pytest.mark.parametrize("on", [False, True])
def test_constant_text_that_looks_like_a_template_stays_as_it_is(tmp_path: Path, on: bool) -> None:
    files = {
        "pack.yaml": HOSTILE_SPEC,
        "base/hostile.yaml": HOSTILE,
        "patches/on.yaml": HOSTILE_PATCH,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    chart = chart_of(tmp_path, tmp_path / "chart")
    values = {"x.on": on, "x.word": "{{ word }}"}

    run = template(chart.folder, chart_values("aws", (), values))

    wanted = emit(chart.build.compile("aws", (), values).objects)
    assert run.returncode == 0, run.stderr
    assert emit(objects_of(run.stdout)) == wanted
    assert "{{ note }}" in rendered_notes(chart, tmp_path / "notes", chart_values("aws", (), {}))


def test_what_is_set_for_the_build_is_the_default_of_the_chart(small: Path, tmp_path: Path) -> None:
    request = Request(sets=("small.size=7", "small.word=hidden"))
    prepared = prepare(str(small), Selection(request=request), Host())

    files = dict(chart_files(derive(build_of(prepared))))

    assert "  size: 7\n" in files["values.yaml"]
    assert not [name for name, text in files.items() if "hidden" in text]


def test_one_cloud_is_the_default_cloud(small: Path) -> None:
    prepared = prepare(str(small), Selection(clouds=("azure",)), Host())

    files = dict(chart_files(derive(build_of(prepared))))

    assert "\ncloud: azure\n" in files["values.yaml"]
