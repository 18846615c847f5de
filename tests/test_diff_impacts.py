"""What a change does in a cluster, by Kubernetes' own rules and by what a pack says."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from packc.diff.impacts import Impact, ImpactClass, Rule, Scene, impacts
from packc.diff.kubernetes import IMMUTABLE
from packc.diff.objects import Snapshot, object_changes
from packc.diff.rules import pack_rules
from packc.emit import identity
from packc.load import load
from packc.model import Object
from packc.patching.pointer import parse
from packc.pipeline import Selection, compile_variant, prepare
from packc.plugins import Host
from packc.values import Request

COSMETIC, IN_PLACE, CREATES, RESTARTS, RECREATES, DELETES, CUTS = ImpactClass


def thing(kind: str, fields: Mapping[str, Any], group: str = "", name: str = "x") -> Object:
    version = f"{group}/v1" if group else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}


def found(
    left: list[Object], right: list[Object], rules: tuple[Rule, ...] = ()
) -> list[tuple[Impact, ...]]:
    """Return the impacts of each change."""
    before, after = Snapshot.of(left), Snapshot.of(right)
    return [
        impacts(change, Scene(entry.identity, before, after, rules))
        for entry in object_changes(before, after)
        for change in entry.changes
    ]


def classes(left: Object, right: Object, *rules: Rule) -> list[ImpactClass]:
    """Return the classes of the one change between two objects, the loudest first."""
    (impact,) = found([left], [right], rules)
    return [one.kind for one in impact]


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return the fields of an object with a value at a path of names."""
    name, _, below = path.partition("/")
    return {name: nested(below, value) if below else value}


# --- immutable fields -------------------------------------------------------------------------

FIELDS = [
    pytest.param(kind, field, id="/".join((*filter(None, kind), field)))
    for kind, rule in IMMUTABLE.items()
    for field in rule.fields
]
EXCEPTIONS = [
    pytest.param(kind, field, id="/".join((*filter(None, kind), field)))
    for kind, rule in IMMUTABLE.items()
    for field in rule.but
]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_an_immutable_field_recreates_the_object(kind: tuple[str, str], field: str) -> None:
    left = thing(kind[1], nested(field, {"old": 1}), kind[0])
    right = thing(kind[1], nested(field, {"old": 2}), kind[0])

    assert classes(left, right)[0] is RECREATES


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_so_does_bringing_it_with_all_around_it(kind: tuple[str, str], field: str) -> None:
    left = thing(kind[1], {}, kind[0])
    right = thing(kind[1], nested(field, {"new": 2}), kind[0])

    assert classes(left, right)[0] is RECREATES


@pytest.mark.parametrize(("kind", "field"), EXCEPTIONS)
def test_an_exception_does_not(kind: tuple[str, str], field: str) -> None:
    left = thing(kind[1], nested(field, {"old": 1}), kind[0])
    right = thing(kind[1], nested(field, {"old": 2}), kind[0])

    assert RECREATES not in classes(left, right)


@pytest.mark.parametrize(
    ("kind", "field"), [*product(("ConfigMap", "Secret"), ("data", "stringData", "binaryData"))]
)
def test_an_object_that_says_immutable_is_recreated(kind: str, field: str) -> None:
    sealed = thing(kind, {"immutable": True, field: {"a": "1"}})
    changed = thing(kind, {"immutable": True, field: {"a": "2"}})
    open_object = thing(kind, {field: {"a": "1"}})
    open_changed = thing(kind, {field: {"a": "2"}})

    assert classes(sealed, changed)[0] is RECREATES
    assert RECREATES not in classes(open_object, open_changed)


# --- pods -------------------------------------------------------------------------------------


def workload(kind: str, template: Mapping[str, Any], **spec: Any) -> Object:
    return thing(kind, {"spec": {**spec, "template": template}}, "apps")


def containers(*names: str, field: str = "containers") -> dict[str, Any]:
    return {"spec": {field: [{"name": name, "image": f"{name}:1"} for name in names]}}


@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment", "StatefulSet"])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param({"metadata": {"labels": {"a": "1"}}}, {"metadata": {"labels": {"a": "2"}}}),
        pytest.param(containers("a"), containers("a", "b")),
        pytest.param(containers("a", "b"), containers("b", "a"), id="order of containers"),
        pytest.param({"spec": {}}, {"spec": {"hostNetwork": True}}),
    ],
)
def test_a_pod_template_restarts_pods(kind: str, left: Any, right: Any) -> None:
    assert classes(workload(kind, left), workload(kind, right)) == [RESTARTS]


def test_the_order_in_a_pod_template_says_what_it_means() -> None:
    orders = [
        found([workload("Deployment", left)], [workload("Deployment", right)])[0][0]
        for left, right in (
            (containers("a", "b"), containers("b", "a")),
            (
                containers("a", "b", field="initContainers"),
                containers("b", "a", field="initContainers"),
            ),
        )
    ]

    assert [impact.kind for impact in orders] == [RESTARTS, RESTARTS]
    assert orders[0].reason.startswith("the order alone changes nothing else")
    assert orders[1].reason == "init containers run in this order"


def test_pods_that_wait_for_deletion_do_not_restart() -> None:
    strategy = {"type": "OnDelete"}
    left = workload("DaemonSet", containers("a"), updateStrategy=strategy)
    right = workload("DaemonSet", containers("b"), updateStrategy=strategy)

    (removed, _) = found([left], [right])

    assert removed[0].kind is IN_PLACE
    assert "OnDelete" in removed[0].reason


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (thing("Pod", containers("a")), thing("Pod", containers("a")), None),
        (
            workload("Deployment", {}, replicas=1),
            workload("Deployment", {}, replicas=2),
            IN_PLACE,
        ),
        (
            thing("CronJob", nested("spec/jobTemplate/spec", {"a": 1}), "batch"),
            thing("CronJob", nested("spec/jobTemplate/spec", {"a": 2}), "batch"),
            IN_PLACE,
        ),
        (
            thing("Pod", {"spec": {"containers": [{"name": "a", "image": "a:1"}]}}),
            thing("Pod", {"spec": {"containers": [{"name": "a", "image": "a:2"}]}}),
            RESTARTS,
        ),
        (
            thing("Job", nested("spec/template", containers("a")), "batch"),
            thing("Job", nested("spec/template", {"spec": {}}), "batch"),
            RECREATES,
        ),
        (
            thing("ReplicaSet", nested("spec/template", {"a": 1}), "apps"),
            thing("ReplicaSet", nested("spec/template", {"a": 2}), "apps"),
            IN_PLACE,
        ),
        (
            thing("Service", {"spec": {"selector": {"a": "1"}}}),
            thing("Service", {"spec": {"selector": {"a": "2"}}}),
            IN_PLACE,
        ),
        (
            thing("Widget", nested("spec/template", {"a": 1}), "example.org"),
            thing("Widget", nested("spec/template", {"a": 2}), "example.org"),
            IN_PLACE,
        ),
    ],
)
def test_other_kinds(left: Object, right: Object, expected: ImpactClass | None) -> None:
    assert [each[0].kind for each in found([left], [right])] == ([expected] if expected else [])


# --- ConfigMaps and Secrets -------------------------------------------------------------------


def reading(reference: Mapping[str, Any], image: str = "a:1") -> Object:
    container = {"name": "a", "image": image, **reference}
    return workload("Deployment", {"spec": {"containers": [container]}})


REFERENCES: Mapping[str, Mapping[str, Any]] = {
    "env": {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "a"}}}]},
    "envFrom": {"envFrom": [{"configMapRef": {"name": "x"}}]},
    "volume": {"volumes": [{"name": "v", "configMap": {"name": "x"}}]},
    "projected": {
        "volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "x"}}]}}]
    },
}


@pytest.mark.parametrize("reference", list(REFERENCES.values()), ids=list(REFERENCES))
def test_a_config_map_restarts_nothing_and_names_who_reads_it(reference: Any) -> None:
    reader = reading(reference)
    left, right = thing("ConfigMap", {"data": {"a": "1"}}), thing("ConfigMap", {"data": {"a": "2"}})

    ((impact,),) = found([left, reader], [right, reader])

    assert impact.kind is IN_PLACE
    assert impact.reason == "nothing restarts the pods that read it: Deployment.apps/x"


def test_a_reader_that_restarts_for_another_reason_takes_notice() -> None:
    left, right = thing("ConfigMap", {"data": {"a": "1"}}), thing("ConfigMap", {"data": {"a": "2"}})
    before, after = reading(REFERENCES["env"]), reading(REFERENCES["env"], "a:2")

    config, template = found([left, before], [right, after])

    assert config[0].reason == "the pods that read it restart anyway: Deployment.apps/x"
    assert template[0].kind is RESTARTS


@pytest.mark.parametrize(
    "reader",
    [
        reading({"envFrom": [{"configMapRef": {"name": "other"}}]}),
        reading({"envFrom": [{"secretRef": {"name": "x"}}]}),
        {**reading(REFERENCES["env"]), "metadata": {"name": "x", "namespace": "elsewhere"}},
    ],
)
def test_nobody_else_is_said_to_read_it(reader: Object) -> None:
    left, right = thing("ConfigMap", {"data": {"a": "1"}}), thing("ConfigMap", {"data": {"a": "2"}})

    ((impact,),) = found([left, reader], [right, reader])

    assert impact.reason == "no pod of these objects reads it"


# --- cosmetic ---------------------------------------------------------------------------------


def crd(schema: Mapping[str, Any]) -> Object:
    version = {"name": "v1", "schema": {"openAPIV3Schema": schema}}
    return thing(
        "CustomResourceDefinition", {"spec": {"versions": [version]}}, "apiextensions.k8s.io"
    )


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param(
            thing("Service", {"spec": {"ports": [{"name": "a"}, {"name": "b"}]}}),
            thing("Service", {"spec": {"ports": [{"name": "b"}, {"name": "a"}]}}),
            COSMETIC,
            id="order of ports",
        ),
        pytest.param(
            thing("MutatingWebhookConfiguration", {"webhooks": [{"name": "a"}, {"name": "b"}]}),
            thing("MutatingWebhookConfiguration", {"webhooks": [{"name": "b"}, {"name": "a"}]}),
            IN_PLACE,
            id="order of webhooks",
        ),
        pytest.param(
            thing("Widget", {"spec": {"size": 1}}),
            thing("Widget", {"spec": {"size": 1.0}}),
            COSMETIC,
            id="number written differently",
        ),
        pytest.param(
            {**thing("Widget", {}), "metadata": {"name": "x", "labels": {"helm.sh/chart": "1"}}},
            {**thing("Widget", {}), "metadata": {"name": "x", "labels": {"helm.sh/chart": "2"}}},
            COSMETIC,
            id="label for people",
        ),
        pytest.param(
            {**thing("Widget", {}), "metadata": {"name": "x", "labels": {"app": "1"}}},
            {**thing("Widget", {}), "metadata": {"name": "x", "labels": {"app": "2"}}},
            IN_PLACE,
            id="label that may be selected",
        ),
        pytest.param(
            crd({"description": "old"}), crd({"description": "new"}), COSMETIC, id="description"
        ),
        pytest.param(
            crd({"properties": {"description": {"type": "string"}}}),
            crd({"properties": {"description": {"type": "integer"}}}),
            IN_PLACE,
            id="property named description",
        ),
        pytest.param(
            crd({"properties": {}}),
            crd({"properties": {"description": {"type": "integer"}}}),
            IN_PLACE,
            id="new property named description",
        ),
    ],
)
def test_what_is_cosmetic(left: Object, right: Object, expected: ImpactClass) -> None:
    assert classes(left, right) == [expected]


# --- objects that come and go, and what a pack says -------------------------------------------

CONFIG = thing("ConfigMap", {"data": {"mode": "a", "other": "1"}})


def rule(path: str, kind: ImpactClass = CUTS, data: Object = CONFIG) -> Rule:
    return Rule(identity(data), parse(path), Impact(kind, "because"))


def test_objects_that_come_and_go() -> None:
    assert [each[0].kind for each in found([], [CONFIG], (rule("/data/mode"),))] == [CREATES]
    assert [each[0].kind for each in found([CONFIG], [])] == [DELETES]


def test_deleting_an_object_does_what_the_pack_says_of_its_fields() -> None:
    ((first, second),) = found([CONFIG], [], (rule("/data/mode"), rule("/data/absent")))

    assert (first.kind, first.reason) == (CUTS, "because")
    assert second.kind is DELETES


@pytest.mark.parametrize(
    ("path", "is_meant"),
    [("/data/mode", True), ("/data", True), ("", True), ("/data/other", False), ("/x/0", False)],
)
def test_a_rule_holds_at_its_path_and_below(path: str, is_meant: bool) -> None:
    changed = thing("ConfigMap", {"data": {"mode": "b", "other": "1"}})

    assert (CUTS in classes(CONFIG, changed, rule(path))) is is_meant


@pytest.mark.parametrize(("path", "is_meant"), [("/data/mode", True), ("/data/absent", False)])
def test_a_rule_holds_where_all_around_its_path_goes(path: str, is_meant: bool) -> None:
    assert (CUTS in classes(CONFIG, thing("ConfigMap", {}), rule(path))) is is_meant


def test_a_rule_names_list_items_by_key() -> None:
    left = workload("Deployment", containers("a", "b"))
    right = workload("Deployment", containers("b"))
    of_a = rule("/spec/template/spec/containers/[name=a]/image", data=left)
    of_b = rule("/spec/template/spec/containers/[name=b]/image", data=left)

    assert classes(left, right, of_a) == [CUTS, RESTARTS]
    assert classes(left, right, of_b) == [RESTARTS]


def test_a_rule_of_another_object_does_not_hold() -> None:
    other = rule("/data/mode", data=thing("ConfigMap", {}, name="other"))

    assert CUTS not in classes(CONFIG, thing("ConfigMap", {"data": {"other": "1"}}), other)


# --- the rules of Calico ----------------------------------------------------------------------


def test_each_rule_of_calico_speaks_of_a_field_that_some_variant_has(calico: Path) -> None:
    rules = pack_rules(load(calico), (), lambda: False)
    sets = ("etcd.endpoints=https://192.0.2.1:2379",)
    snapshots = []
    for features in ((), ("etcd-tls",)):
        request = Request(sets=sets if features else ())
        prepared = prepare(str(calico), Selection(("aws",), features, request=request), Host())
        objects = compile_variant(prepared, prepared.active.clouds["aws"]).objects
        snapshots.append(Snapshot.of(objects))

    for each in rules:
        data = [s.objects[each.identity] for s in snapshots if each.identity in s.objects]
        hit = [one for one in data if CUTS in deleted(one, each)]
        assert hit, each.path


def deleted(data: Object, each: Rule) -> list[ImpactClass]:
    ((*all_impacts,),) = found([data], [], (each,))
    return [impact.kind for impact in all_impacts]
