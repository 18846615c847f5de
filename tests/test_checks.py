"""packc check on small packs with one defect each: its code, its line, its variants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from packc.checks import kubernetes
from packc.checks.findings import Report, Reported
from packc.checks.kubernetes import Range, spoken
from packc.checks.run import Question, check_pack
from packc.checks.variants import choices
from packc.cli import USAGE, main
from packc.diagnostics import Severity
from packc.pipeline import Selection, prepare
from packc.plugins import Host
from packc.values import Request

SPEC = """\
packc: 1
name: demo
version: "1.0"
title: Demo
description: A small pack.
clouds: [aws, azure]
objects:
- files: base.yaml
"""
APP = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: demo
  namespace: demo
spec:
  selector:
    matchLabels: {app: demo}
  template:
    metadata:
      labels: {app: demo}
    spec:
      containers:
      - name: main
        image: registry.example/demo:1.0
        env:
        - name: MODE
          value: slow
      volumes:
      - name: data
        emptyDir: {}
"""
SETTINGS = """\
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: demo
data:
  mode: slow
"""
QUIET = ("PK452", "PK453")
"""The codes of notes that every small pack has."""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for a pack; diagnostics name it `pack`."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pack"
    folder.mkdir()
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in {"pack.yaml": SPEC, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def checked(question: Question | None = None) -> Report:
    return check_pack("pack", question or Question(), Host(), lambda step: None)


def findings(report: Report) -> Iterator[Reported]:
    return (found for found in report.findings if found.diagnostic.code not in QUIET)


def places(report: Report) -> list[tuple[str, str]]:
    """Return the code and file:line of each finding."""
    spans = [(found.diagnostic.code, found.diagnostic.span) for found in findings(report)]
    return [(code, f"{span.file}:{span.line}" if span else "") for code, span in spans]


def line_of(text: str, part: str) -> int:
    """Return the number of the first line that holds a text."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


# --- one object, one defect -------------------------------------------------------------------

MISSPELT = (("value: slow", "valuee: slow"),)
POD_DEFECTS = [
    ("misspelt field", "value: slow", "valuee: slow", "PK401", "valuee"),
    ("field of the wrong place", "emptyDir: {}", "emptyDirectory: {}", "PK401", "emptyDirectory"),
    ("number where text is meant", "value: slow", "value: 3", "PK402", "value: 3"),
    ("truth where text is meant", "{app: demo}", "{app: true}", "PK402", "app: true"),
    (
        "text where a number is meant",
        "spec:\n  sel",
        "spec:\n  replicas: two\n  sel",
        "PK402",
        "two",
    ),
    ("missing field", "- name: MODE\n          ", "- ", "PK403", "- value: slow"),
    (
        "no such volume",
        "env:",
        "volumeMounts:\n        - {name: dat, mountPath: /d}\n        env:",
        "PK433",
        "dat,",
    ),
    ("image without a tag", "demo:1.0", "demo", "PK451", "image:"),
    (
        "image with a port and no tag",
        "registry.example/demo:1.0",
        "registry.example:5000/demo",
        "PK451",
        "image:",
    ),
    ("image with the tag latest", "demo:1.0", "demo:latest", "PK451", "image:"),
    (
        "variable twice",
        "value: slow",
        "value: slow\n        - name: MODE\n          value: fast",
        "PK455",
        "- name: MODE\n          value: fast",
    ),
    (
        "volume twice",
        "emptyDir: {}",
        "emptyDir: {}\n      - emptyDir: {}\n        name: data # again",
        "PK455",
        "name: data # again",
    ),
    (
        "privileged",
        "env:",
        "securityContext:\n          privileged: true\n        env:",
        "PK454",
        "privileged",
    ),
    (
        "network of the host",
        "containers:",
        "hostNetwork: true\n      containers:",
        "PK454",
        "hostNetwork",
    ),
    ("path of the host", "emptyDir: {}", "hostPath:\n          path: /etc", "PK454", "path: /etc"),
    (
        "capability",
        "env:",
        "securityContext:\n          capabilities:\n            add: [NET_ADMIN]\n        env:",
        "PK454",
        "NET_ADMIN",
    ),
    ("name with capitals", "- name: main", "- name: Main", "PK443", "Main"),
    (
        "port name too long",
        "env:",
        "ports:\n        - name: a-port-name-too-long\n          containerPort: 1\n        env:",
        "PK443",
        "a-port-name",
    ),
    (
        "label value with a space",
        "labels: {app: demo}",
        "labels: {app: demo, tier: front end}",
        "PK442",
        "front end",
    ),
    (
        "label key with two slashes",
        "labels: {app: demo}",
        "labels: {app: demo, a/b/c: d}",
        "PK442",
        "a/b/c",
    ),
    (
        "account that nothing provides",
        "containers:",
        "serviceAccountName: demo\n      containers:",
        "PK431",
        "serviceAccountName",
    ),
    (
        "priority that nothing provides",
        "containers:",
        "priorityClassName: high\n      containers:",
        "PK431",
        "priorityClassName",
    ),
    (
        "no such Secret",
        "emptyDir: {}",
        "secret:\n          secretName: keys",
        "PK431",
        "secretName",
    ),
    (
        "no such ConfigMap",
        "emptyDir: {}",
        "configMap:\n          name: settinks",
        "PK431",
        "settinks",
    ),
    (
        "no such key in a volume",
        "emptyDir: {}",
        "configMap:\n          name: settings\n          items: [{key: mod, path: mode}]",
        "PK432",
        "key: mod",
    ),
    (
        "no such key in a variable",
        "value: slow",
        "valueFrom:\n            configMapKeyRef: {name: settings, key: mod}",
        "PK432",
        "key: mod",
    ),
    (
        "no such port of a probe",
        "env:",
        "livenessProbe:\n          httpGet: {port: web}\n        env:",
        "PK434",
        "port: web",
    ),
    (
        "template without the label",
        "labels: {app: demo}",
        "labels: {app: demmo}",
        "PK436",
        "matchLabels",
    ),
    ("API version of a later day", "apps/v1", "apps/v2", "PK404", "apps/v2"),
    ("kind that nobody has", "kind: Deployment", "kind: Deploymnt", "PK404", "Deploymnt"),
]


@pytest.mark.parametrize(
    ("old", "new", "code", "culprit"),
    [pytest.param(*case[1:], id=case[0]) for case in POD_DEFECTS],
)
def test_a_defect_of_a_workload_is_reported_once_at_its_line(
    pack: Path, old: str, new: str, code: str, culprit: str
) -> None:
    text = APP.replace(old, new, 1) + SETTINGS
    write(pack, {"base.yaml": text})
    line = text[: text.index(culprit)].count("\n") + 1

    report = checked()

    assert places(report) == [(code, f"pack/base.yaml:{line}")]
    (found,) = findings(report)
    assert found.variants == ("aws", "azure")
    assert str(found.object).endswith("/demo/demo")


def test_a_sound_workload_has_no_findings(pack: Path) -> None:
    write(pack, {"base.yaml": APP + SETTINGS})

    assert places(checked()) == []


OBJECT_DEFECTS = [
    (
        "service that selects nothing",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: demo\n  namespace: demo\nspec:\n"
        "  selector:\n    app: other\n  ports: [{port: 80}]\n",
        "PK436",
        "app: other",
    ),
    (
        "port of a service that no container has",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: demo\n  namespace: demo\nspec:\n"
        "  selector:\n    app: demo\n  ports:\n  - port: 80\n    targetPort: web\n",
        "PK434",
        "targetPort",
    ),
    (
        "budget that selects nothing",
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\n"
        "metadata: {name: demo, namespace: demo}\nspec:\n  maxUnavailable: 1\n  selector:\n"
        "    matchLabels:\n      app: dmo\n",
        "PK436",
        "app: dmo",
    ),
    (
        "binding to a role that is not there",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
        "metadata: {name: demo, namespace: demo}\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n"
        "  kind: Role\n  name: reader\n",
        "PK435",
        "name: reader",
    ),
    (
        "binding to an account that is not there",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n"
        "metadata: {name: demo}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
        "subjects:\n- kind: ServiceAccount\n  name: robot\n  namespace: demo\n",
        "PK437",
        "name: robot",
    ),
    (
        "removed API version",
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: demo, namespace: demo}\n",
        "PK411",
        "batch/v1beta1",
    ),
    (
        "deprecated API version",
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: demo, namespace: demo}\n",
        "PK412",
        "apiVersion: v1\nkind: Endpoints",
    ),
    (
        "resource whose CRD is elsewhere",
        "apiVersion: monitoring.example/v1\nkind: Monitor\nmetadata: {name: demo}\n",
        "PK405",
        "kind: Monitor",
    ),
    (
        "name with an underscore",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: demo_1\n",
        "PK441",
        "demo_1",
    ),
    (
        "key with a slash",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata:\n  a/b: c\n",
        "PK443",
        "a/b",
    ),
    (
        "quantity with a space",
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: demo}\nspec:\n  hard:\n"
        "    cpu: 10 cores\n",
        "PK402",
        "10 cores",
    ),
    (
        "Secret that is no base64",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: demo}\ndata:\n  key: plain text\n",
        "PK402",
        "plain text",
    ),
]


@pytest.mark.parametrize(
    ("text", "code", "culprit"), [pytest.param(*case[1:], id=case[0]) for case in OBJECT_DEFECTS]
)
def test_a_defect_of_an_object_is_reported_once_at_its_line(
    pack: Path, text: str, code: str, culprit: str
) -> None:
    text = f"{APP}---\n{text}"
    write(pack, {"base.yaml": text})
    line = text[: text.index(culprit)].count("\n") + 1

    assert places(checked()) == [(code, f"pack/base.yaml:{line}")]


SOUND = [
    "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: demo}\nspec:\n"
    "  selector: {app: demo}\n  ports: [{port: 80, targetPort: 8080}, {port: 81, name: b}]\n",
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n"
    "  type: ExternalName\n  externalName: a.example\n",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: 'a:b'}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:node'}\n"
    "subjects:\n- {kind: ServiceAccount, name: default, namespace: other}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n"
    "  priorityClassName: system-node-critical\n  serviceAccountName: default\n"
    "  containers:\n  - name: a\n    image: a@sha256:" + "0" * 64 + "\n"
    "    envFrom:\n    - configMapRef: {name: elsewhere, optional: true}\n"
    "    ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]\n"
    "    resources: {limits: {memory: 1.5Gi, cpu: 0.5}}\n"
    "  volumes:\n  - name: a\n    projected:\n      sources:\n"
    "      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}\n",
    "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: '* * * * *'\n"
    "  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n"
    "          containers: [{name: a, image: 'a:1'}]\n",
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  serviceName: a\n"
    "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b, c: d}}\n"
    "    spec:\n"
    "      containers: [{name: a, image: 'a:1', volumeMounts: [{name: claim, mountPath: /a}]}]\n"
    "  volumeClaimTemplates:\n  - metadata: {name: claim}\n    spec:\n"
    "      accessModes: [ReadWriteOnce]\n      resources: {requests: {storage: 1Gi}}\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nimmutable: null\ndata: null\n",
]


@pytest.mark.parametrize("text", SOUND)
def test_what_is_sound_has_no_findings(pack: Path, text: str) -> None:
    write(pack, {"base.yaml": f"{APP}---\n{text}"})

    assert places(checked()) == []


def test_a_note_says_what_a_container_does_not_state(pack: Path) -> None:
    write(pack, {"base.yaml": APP})

    notes = [(f.diagnostic.code, f.diagnostic.severity) for f in checked().findings]

    assert notes == [("PK452", Severity.NOTE)] * 2 + [("PK453", Severity.NOTE)] * 2


# --- custom resources -------------------------------------------------------------------------

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.demo.example
spec:
  group: demo.example
  scope: Namespaced
  names: {kind: Thing, listKind: ThingList, plural: things, singular: thing}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 9}
              colour: {type: string, enum: [red, green]}
              port: {x-kubernetes-int-or-string: true}
              tags:
                type: array
                x-kubernetes-list-type: set
                items: {type: string, pattern: '^[a-z]+$'}
              either:
                type: object
                properties: {a: {type: string}, b: {type: string}}
                oneOf: [{required: [a]}, {required: [b]}]
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              words: {type: object, additionalProperties: {type: string}}
"""
THING = """\
---
apiVersion: demo.example/v1
kind: Thing
metadata:
  name: demo
spec:
  size: 3
  colour: red
  port: 80
  tags: [a, b]
  either: {a: x}
  free: {anything: [1, 2]}
  words: {one: two}
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "culprit"),
    [
        ("size: 3", "size: 10", "PK402", "size: 10"),
        ("size: 3", "size: 3.5", "PK402", "size: 3.5"),
        ("  size: 3\n", "", "PK403", "colour: red"),
        ("colour: red", "color: red", "PK401", "color"),
        ("colour: red", "colour: rde", "PK402", "rde"),
        ("port: 80", "port: true", "PK402", "port: true"),
        ("[a, b]", "[a, a]", "PK402", "[a, a]"),
        ("[a, b]", "[a, B]", "PK402", "[a, B]"),
        ("{a: x}", "{a: x, b: w}", "PK402", "{a: x, b"),
        ("{a: x}", "{}", "PK402", "either: {}"),
        ("{one: two}", "{one: 2}", "PK402", "one: 2"),
        ("  name: demo\n", "  name: demo\n  labelz: {}\n", "PK401", "labelz"),
        ("demo.example/v1", "demo.example/v2", "PK404", "demo.example/v2"),
    ],
)
def test_a_custom_resource_is_checked_against_its_crd(
    pack: Path, old: str, new: str, code: str, culprit: str
) -> None:
    head, changed = CRD, THING.replace(old, new, 1)
    write(pack, {"base.yaml": head + changed})
    line = head.count("\n") + changed[: changed.index(culprit)].count("\n") + 1

    assert places(checked()) == [(code, f"pack/base.yaml:{line}")]


def test_a_custom_resource_that_fits_its_crd_has_no_findings(pack: Path) -> None:
    write(pack, {"base.yaml": CRD + THING})

    assert places(checked()) == []


LOGIC = "{properties: {a: {type: string}}}"
OUTSIDE = "{properties: {c: {maxLength: 1}}}"


@pytest.mark.parametrize(
    ("old", "new", "code", "culprit"),
    [
        ("size: {type: integer, ", "size: {", "PK421", "size:"),
        ("type: integer", "type: int", "PK421", "size:"),
        ("Properties: {type: string}", "Properties: false", "PK421", "words:"),
        ("items: {type: string, pattern: '^[a-z]+$'}", "nullable: true", "PK421", "tags:"),
        (
            "items: {type: string",
            f"uniqueItems: true\n{' ' * 16}items: {{type: string",
            "PK421",
            "uniqueItems",
        ),
        ("{required: [a]}", LOGIC, "PK421", "oneOf:"),
        ("{required: [a]}", OUTSIDE, "PK421", "oneOf:"),
        ("colour: {", "colour: {$ref: x, ", "PK421", "colour:"),
        ("colour: {", "colour: {default: blue, ", "PK421", "colour:"),
        ("list-type: set", "list-type: map", "PK421", "list-type:"),
        ("storage: true", "storage: false", "PK422", "- name: v1"),
        ("served: true", "served: false", "PK422", "- name: v1"),
        ("name: things.", "name: thing.", "PK422", "name: thing."),
        ("  group", "  preserveUnknownFields: true\n  group", "PK422", "preserveU"),
    ],
)
def test_a_crd_follows_the_rules(pack: Path, old: str, new: str, code: str, culprit: str) -> None:
    text = CRD.replace(old, new, 1)
    write(pack, {"base.yaml": text})

    assert places(checked()) == [(code, f"pack/base.yaml:{line_of(text, culprit)}")]


# --- causes -----------------------------------------------------------------------------------


def test_a_finding_that_a_patch_caused_is_at_the_patch(pack: Path) -> None:
    patch = dedent(
        """\
        patches:
        - object: Deployment/demo
          when: {cloud: azure}
          operations:
          - op: add
            path: /spec/template/spec/containers/[name=main]/env/-
            value: {name: LEVEL, value: low}
          - op: replace
            path: /spec/template/spec/containers/[name=main]/image
            value: registry.example/demo
        """
    )
    write(
        pack,
        {"pack.yaml": f"{SPEC}patches: [patch.yaml]\n", "base.yaml": APP, "patch.yaml": patch},
    )

    report = checked()

    assert places(report) == [("PK451", "pack/patch.yaml:10")]
    assert [found.variants for found in findings(report)] == [("azure",)]


def test_a_finding_in_the_base_is_found_again_behind_items_that_a_patch_removed(pack: Path) -> None:
    text = APP.replace(
        "- name: MODE\n          value: slow",
        "- name: FIRST\n          value: a\n        - name: MODE\n          value: 3",
    )
    patch = dedent(
        """\
        patches:
        - object: Deployment/demo
          operations:
          - op: remove
            path: /spec/template/spec/containers/[name=main]/env/[name=FIRST]
        """
    )
    write(
        pack,
        {"pack.yaml": f"{SPEC}patches: [patch.yaml]\n", "base.yaml": text, "patch.yaml": patch},
    )

    assert places(checked()) == [("PK402", f"pack/base.yaml:{line_of(text, 'value: 3')}")]


def test_a_field_that_a_patch_removed_is_missing_at_the_patch(pack: Path) -> None:
    patch = dedent(
        """\
        patches:
        - object: Deployment/demo
          operations:
          - op: remove
            path: /spec/selector
        """
    )
    write(
        pack,
        {"pack.yaml": f"{SPEC}patches: [patch.yaml]\n", "base.yaml": APP, "patch.yaml": patch},
    )

    assert places(checked()) == [("PK403", "pack/patch.yaml:4")]


PARAMETER = """\
parameters:
- name: demo.mode
  type: integer
  description: How fast.
  default: 3
bindings:
- parameter: demo.mode
  object: Deployment/demo
  path: /spec/template/spec/containers/[name=main]/env/[name=MODE]/value
"""


def test_a_finding_that_a_parameter_caused_is_at_the_binding_and_names_it(pack: Path) -> None:
    write(pack, {"pack.yaml": SPEC + PARAMETER, "base.yaml": APP})
    line = line_of(SPEC + PARAMETER, "path: /spec")

    (found,) = findings(checked())

    assert found.diagnostic.code == "PK402"
    assert str(found.diagnostic.span) == f"pack/pack.yaml:{line}:9"
    assert "demo.mode" in found.diagnostic.related[0].message


def test_the_value_of_a_secret_parameter_is_not_shown(
    pack: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    secret = PARAMETER.replace("default: 3", "default: 31337\n  secret: true")
    write(pack, {"pack.yaml": SPEC + secret, "base.yaml": APP})

    for output in ("text", "json", "sarif", "github"):
        assert main(["check", "pack", "--output", output]) == 1

    captured = capsysbinary.readouterr()
    assert b"PK402" in captured.out + captured.err
    assert b"31337" not in captured.out + captured.err


def test_no_message_names_the_value_of_a_secret_parameter(
    pack: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    spec = PARAMETER.replace("default: 3", "default: hunter2\n  secret: true")
    spec = spec.replace("integer", "string").split("  path:")[0]
    path = "  path: /spec/template/spec/serviceAccountName\n"
    text = APP.replace("containers:", "serviceAccountName: default\n      containers:")
    write(pack, {"pack.yaml": SPEC + spec + path, "base.yaml": text})

    for output in ("text", "json", "sarif", "github"):
        assert main(["check", "pack", "--output", output]) == 1

    captured = capsysbinary.readouterr()
    assert b"PK431" in captured.out + captured.err
    assert b"hunter2" not in captured.out + captured.err


def test_the_values_of_a_secret_object_are_not_shown(
    pack: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: hunter 2}\n"
    write(pack, {"base.yaml": secret})

    for output in ("text", "json", "sarif", "github"):
        assert main(["check", "pack", "--output", output]) == 1

    captured = capsysbinary.readouterr()
    assert b"hunter" not in captured.out + captured.err


# --- releases ---------------------------------------------------------------------------------


def test_a_field_that_only_later_releases_know_is_reported_with_the_earlier_ones(
    pack: Path,
) -> None:
    text = APP.replace("containers:", "hostnameOverride: a\n      containers:")
    write(pack, {"base.yaml": text})

    (found,) = findings(checked(Question(kubernetes=Range(30, 37))))
    later = checked(Question(kubernetes=Range(37, 37)))

    assert found.diagnostic.code == "PK401"
    assert found.diagnostic.message.endswith(" in Kubernetes 1.30 to 1.33")
    assert places(later) == []


def test_a_kind_that_only_later_releases_have_is_reported(pack: Path) -> None:
    text = dedent(
        """\
        apiVersion: resource.k8s.io/v1
        kind: DeviceClass
        metadata: {name: a}
        spec: {}
        """
    )
    write(pack, {"base.yaml": text})

    (found,) = findings(checked())

    assert found.diagnostic.code == "PK411"
    assert "Kubernetes 1.30 to 1.33" in found.diagnostic.message


def test_a_release_without_schemas_is_an_error(pack: Path) -> None:
    write(pack, {"base.yaml": APP})

    report = checked(Question(kubernetes=Range(36, 99)))

    assert [f.diagnostic.code for f in findings(report)] == ["PK406"]
    assert report.fails("error")
    assert report.unchecked == ("schemas of Kubernetes 1.38 to 1.99",)


def test_without_the_schemas_nothing_counts_as_checked_against_them(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(pack, {"base.yaml": APP.replace("value: slow", "valuee: slow")})
    monkeypatch.setattr(kubernetes, "PACKAGE", "a_package_that_nobody_has")
    kubernetes._root.cache_clear()
    try:
        report = checked()
    finally:
        kubernetes._root.cache_clear()

    (found,) = findings(report)
    assert found.diagnostic.code == "PK406"
    assert found.diagnostic.severity is Severity.WARNING
    assert found.diagnostic.hint == "pip install 'packc[check]'"
    assert report.unchecked == ("schemas of Kubernetes 1.30 to 1.37",)
    assert report.fails("warning")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.30..1.37", Range(30, 37)), ("1.34", Range(34, 34)), ("1.34..1.34", Range(34, 34))],
)
def test_a_range_is_read(text: str, expected: Range) -> None:
    assert Range.parse(text) == expected


@pytest.mark.parametrize("text", ["", "1.x", "1.37..1.30", "2.1", "1.30-1.37", "1.30..", "1.9999"])
def test_what_is_no_range_is_a_usage_error(pack: Path, text: str) -> None:
    write(pack, {"base.yaml": APP})

    assert main(["check", "pack", "--kubernetes", text]) == USAGE


def test_releases_are_spoken_in_runs() -> None:
    assert spoken([37, 30, 32, 31, 34, 35]) == "1.30 to 1.32, 1.34 to 1.35, 1.37"


# --- variants ---------------------------------------------------------------------------------

CHOICES = """\
parameters:
- name: a
  type: boolean
  description: On or off.
  default: false
- name: b
  type: enum
  description: One of three.
  values: [{value: red}, {value: green}, {value: blue}]
  default: red
- name: c
  type: integer
  description: A number that a condition names.
  default: 1
notes:
- text: Seven.
  when: {parameters: {c: 7}}
- text: On and green.
  when: {parameters: {a: true, b: green}}
- text: Blue.
  when: {parameters: {b: blue}}
"""


def test_variants_come_by_their_distance_from_the_defaults(pack: Path) -> None:
    write(pack, {"pack.yaml": SPEC + CHOICES, "base.yaml": APP})
    prepared = prepare("pack", Selection(("aws",)), Host())

    found = choices(prepared, frozenset())

    names = [choice.name for choice in found.taken]
    assert len(names) == 2 * 3 * 2
    assert names[:5] == ["aws", "aws (a=true)", "aws (b=green)", "aws (b=blue)", "aws (c=7)"]
    assert names[-1] == "aws (a=true, b=blue, c=7)"
    assert len(set(names)) == len(names)
    assert found.left_out == 0


def test_what_is_beyond_the_limit_is_said(pack: Path) -> None:
    write(pack, {"pack.yaml": SPEC + CHOICES, "base.yaml": APP})

    report = checked(Question(max_variants=5))

    assert len(report.variants) == 5
    assert report.unchecked == ("19 variants beyond the limit",)
    assert [f.diagnostic.code for f in findings(report)] == ["PK472"]


def test_what_the_user_sets_stays_as_it_is(pack: Path) -> None:
    write(pack, {"pack.yaml": SPEC + CHOICES, "base.yaml": APP})
    selection = Selection(("azure",), request=Request(sets=("b=blue", "a=true")))

    report = checked(Question(selection))

    assert report.variants == ("azure", "azure (c=7)")


def test_a_feature_doubles_the_variants_unless_it_is_chosen(pack: Path) -> None:
    spec = SPEC + "features: [{name: windows-note}]\n"
    write(pack, {"pack.yaml": spec, "base.yaml": APP})

    assert checked().variants == ("aws", "azure", "aws+windows-note", "azure+windows-note")
    with_it = Selection(features=("windows-note",))
    assert checked(Question(with_it)).variants == ("aws+windows-note", "azure+windows-note")
    without = Selection(without=("windows-note",))
    assert checked(Question(without)).variants == ("aws", "azure")


def test_a_huge_pack_is_checked_up_to_the_limit(pack: Path) -> None:
    parameters = "".join(
        f"- {{name: p{n}, type: boolean, description: A switch., default: false}}\n"
        for n in range(200)
    )
    write(pack, {"pack.yaml": f"{SPEC}parameters:\n{parameters}", "base.yaml": APP})

    report = checked(Question(max_variants=50))

    assert len(report.variants) == 50
    assert "beyond the limit" in report.unchecked[0]


def test_a_combination_that_the_pack_refuses_is_counted_and_no_finding(pack: Path) -> None:
    refusal = dedent(
        """\
        refusals:
        - when: {parameters: {a: true, b: green}}
          parameter: a
          reason: they do not go together
          hint: choose one
        """
    )
    write(pack, {"pack.yaml": SPEC + CHOICES + refusal, "base.yaml": APP})

    report = checked()

    assert report.refused == 4
    assert len(report.variants) == 20
    assert "PK136" not in {found.diagnostic.code for found in report.findings}


def test_a_variant_that_cannot_be_patched_is_reported_and_the_others_are_checked(
    pack: Path,
) -> None:
    patch = dedent(
        """\
        patches:
        - object: Deployment/demo
          when: {cloud: azure}
          operations:
          - {op: remove, path: /spec/nothing}
        """
    )
    text = APP.replace("demo:1.0", "demo")
    write(
        pack,
        {"pack.yaml": f"{SPEC}patches: [patch.yaml]\n", "base.yaml": text, "patch.yaml": patch},
    )

    report = checked()

    found = {f.diagnostic.code: f.variants for f in findings(report)}
    assert found == {"PK304": ("azure",), "PK451": ("aws",)}
    assert report.unchecked == ("variants that cannot be built: azure",)


def test_a_pack_that_cannot_be_loaded_gives_its_reasons(pack: Path) -> None:
    write(pack, {"pack.yaml": SPEC.replace("title", "titl"), "base.yaml": APP})

    assert {found.diagnostic.code for found in checked().findings} == {"PK110", "PK112"}


# --- rules of the pack ------------------------------------------------------------------------


def rules(severity: str, extra: str = "") -> str:
    return f"{SPEC}checks:\n- code: PK451\n  severity: {severity}\n  reason: a mirror\n{extra}"


def test_a_pack_sets_a_severity_with_its_reason(pack: Path) -> None:
    write(pack, {"pack.yaml": rules("error"), "base.yaml": APP.replace("demo:1.0", "demo")})

    (found,) = findings(checked())

    assert found.diagnostic.severity is Severity.ERROR
    assert found.reason == "a mirror"


def test_a_pack_ignores_a_finding_and_the_report_still_knows_it(pack: Path) -> None:
    write(pack, {"pack.yaml": rules("ignore"), "base.yaml": APP.replace("demo:1.0", "demo")})

    report = checked()

    assert places(report) == []
    assert [found.diagnostic.code for found in report.silenced] == ["PK451"]


@pytest.mark.parametrize("name", ["Deployment/demo", "Deployment.apps/demo/demo"])
def test_a_rule_may_be_for_one_object(pack: Path, name: str) -> None:
    text = APP.replace("demo:1.0", "demo")
    other = text.replace("name: demo\n  namespace", "name: other\n  namespace")
    spec = rules("ignore", f"  object: {name}\n")
    write(pack, {"pack.yaml": spec, "base.yaml": f"{text}---\n{other}"})

    report = checked()

    assert [str(found.object) for found in findings(report)] == ["Deployment.apps/demo/other"]


def test_a_rule_that_meets_no_finding_is_reported(pack: Path) -> None:
    write(pack, {"pack.yaml": rules("ignore"), "base.yaml": APP})

    assert places(checked()) == [("PK465", f"pack/pack.yaml:{line_of(rules(''), '- code')}")]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{code: PK999, severity: ignore, reason: a}", "PK113"),
        ("{code: PK101, severity: ignore, reason: a}", "PK113"),
        ("{code: PK451, severity: loud, reason: a}", "PK113"),
        ("{code: PK451, severity: ignore, reason: ' '}", "PK113"),
        ("{code: PK451, severity: ignore}", "PK112"),
        ("{code: PK451, severity: ignore, reason: a, until: 1}", "PK110"),
    ],
)
def test_a_rule_that_means_nothing_is_an_error(pack: Path, rule: str, code: str) -> None:
    write(pack, {"pack.yaml": f"{SPEC}checks:\n- {rule}\n", "base.yaml": APP})

    assert [found.diagnostic.code for found in checked().findings] == [code]


# --- hygiene ----------------------------------------------------------------------------------


def test_a_parameter_that_changes_nothing_is_reported(pack: Path) -> None:
    idle = dedent(
        """\
        parameters:
        - {name: a, type: boolean, description: Idle., default: false}
        - {name: b, type: string, description: Idle., default: red}
        - {name: c, type: cidr, description: Idle., default: 10.0.0.0/8}
        - {name: d, type: list, description: Idle., items: {type: integer}, default: []}
        """
    )
    write(pack, {"pack.yaml": SPEC + idle, "base.yaml": APP})
    first = line_of(SPEC + idle, "name: a")

    found = places(checked())

    assert found == [("PK461", f"pack/pack.yaml:{first + n}") for n in range(4)]


def test_a_parameter_that_only_decides_what_is_refused_is_no_idle_one(pack: Path) -> None:
    spec = SPEC + dedent(
        """\
        parameters:
        - {name: a, type: cidr, description: Bound., default: 10.0.0.0/8,
           constraints: [{equals: b, reason: both agree}]}
        - {name: b, type: cidr, description: Compared.}
        bindings:
        - parameter: a
          object: Deployment/demo
          path: /spec/template/spec/containers/[name=main]/env/[name=MODE]/value
        """
    )
    write(pack, {"pack.yaml": spec, "base.yaml": APP})

    assert places(checked()) == []


def test_a_file_that_nothing_refers_to_is_reported(pack: Path) -> None:
    files = {
        "base.yaml": APP,
        "docs/usage.md": "See ![the picture](picture.png) and [more](../more.md#part).\n",
        "docs/picture.png": "",
        "more.md": "",
        "README.md": "",
        ".gitignore": "",
        ".hidden/file": "",
        "old/base.yaml": APP,
    }
    write(pack, {"pack.yaml": f"{SPEC}docs: [docs/usage.md]\n", **files})

    assert places(checked()) == [("PK463", "pack/old/base.yaml:1")]


def test_nothing_is_said_of_use_where_only_some_variants_were_checked(pack: Path) -> None:
    spec = SPEC.replace("- files: base.yaml", "- {files: base.yaml, when: {cloud: azure}}")
    write(pack, {"pack.yaml": spec, "base.yaml": APP})

    assert places(checked(Question(Selection(("aws",))))) == []


# --- the command ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fail_on", "code"), [("error", 0), ("warning", 1), ("note", 1), ("never", 0)]
)
def test_the_exit_code_follows_fail_on(
    pack: Path, fail_on: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write(pack, {"base.yaml": APP.replace("demo:1.0", "demo:latest")})

    assert main(["check", "pack", "--fail-on", fail_on]) == code
    captured = capsys.readouterr()
    assert "pack/base.yaml:15:16: warning[PK451]" in captured.err
    assert captured.out == "demo 1.0: 2 variants, Kubernetes 1.30 to 1.37: 1 warning, 4 notes\n"


def test_one_report_covers_several_packs(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(pack, {"base.yaml": APP})

    assert main(["check", "pack", "no-such-pack"]) == 1
    captured = capsys.readouterr()
    assert "PK127" in captured.err
    assert captured.out.count("\n") == 2
