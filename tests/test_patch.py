"""The patch pass: strict, with every write recorded, and blind to the order of writers."""

import copy
import itertools

import jsonpatch
import pytest
from attrs import evolve

from packc.diagnostics import PackcError, Severity, Span
from packc.model import MISSING, BaseObject, Distribution, Identity, Operation, Origin, Patch
from packc.patch import patch, plain_operations
from packc.patching.pointer import format_path

CONTAINER = "/spec/containers/[name=node]"
IMAGE = f"{CONTAINER}/image"
ENV = f"{CONTAINER}/env"
VALUE = f"{CONTAINER}/env/[name=IP]/value"
PLUGIN = Origin("azure", "packc_patches", Distribution("packc-azure", "1.2"))

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "calico", "namespace": "kube-system"},
    "spec": {
        "hostNetwork": True,
        "containers": [
            {
                "name": "node",
                "image": "calico/node:v1",
                "env": [{"name": "IP", "value": "auto"}, {"name": "FELIX", "value": "1"}],
            },
            {"name": "other", "image": "other:v1"},
        ],
        "tolerations": [{"operator": "Exists"}],
    },
}


def base(data, *, group=""):
    metadata = data["metadata"]
    identity = Identity(group, data["kind"], metadata.get("namespace", ""), metadata["name"])
    return BaseObject(data, identity, "base/pod.yaml", lambda path: Span("base/pod.yaml"))


def by(writer, *operations, target="Pod/calico", **options):
    """Return a patch; each operation gets a line of its own."""
    origin = writer if isinstance(writer, Origin) else Origin(writer)
    placed = tuple(
        evolve(operation, span=Span(f"{origin.writer}.yaml", line, 3))
        for line, operation in enumerate(operations, start=1)
    )
    return Patch(target, placed, origin=origin, span=Span(f"{origin.writer}.yaml", 9), **options)


def add(path, value, **options):
    return Operation("add", path, value, **options)


def replace(path, value, **options):
    return Operation("replace", path, value, **options)


def remove(path, **options):
    return Operation("remove", path, **options)


def patched(*patches, data=POD):
    return patch([base(data)], patches).objects[0]


def errors(*patches, data=POD):
    with pytest.raises(PackcError) as raised:
        patch([base(data)], patches)
    return raised.value.diagnostics


def codes(*patches, data=POD):
    return [diagnostic.code for diagnostic in errors(*patches, data=data)]


def the_error(*patches, data=POD):
    (diagnostic,) = errors(*patches, data=data)
    return diagnostic


# --- what comes back --------------------------------------------------------------------------


def test_objects_without_patches_are_the_base_itself():
    objects = [base(POD), base({**POD, "metadata": {"name": "untouched"}})]

    result = patch(objects, [by("a.yaml", replace(IMAGE, "new"))])

    assert [each.base for each in result.objects] == objects
    assert result.objects[1].data is objects[1].data
    assert result.objects[1].writes == ()


def test_the_base_is_not_changed():
    before = copy.deepcopy(POD)

    result = patched(by("a.yaml", replace(IMAGE, "new"), add("/spec/tolerations/-", {})))

    assert before == POD
    assert result.data["spec"]["containers"][1] is POD["spec"]["containers"][1]


def test_a_write_names_its_place_by_key_and_by_pointer():
    operation = replace("/spec/containers/0/env/[name=IP]/value", "none")

    (write,) = patched(by("a.yaml", operation)).writes

    assert format_path(write.path) == VALUE
    assert write.pointer == "/spec/containers/0/env/0/value"
    assert (write.before, write.after) == ("auto", "none")
    assert write.origin == Origin("a.yaml")
    assert write.operation == operation


def test_what_a_write_recorded_does_not_change_later():
    result = patched(by("a.yaml", add("/spec/map", {}), add("/spec/map/x", 1)))

    assert [write.after for write in result.writes] == [{}, 1]
    assert result.data["spec"]["map"] == {"x": 1}


def test_a_move_is_two_writes_and_a_test_is_none():
    move = Operation("move", "/spec/image", source=IMAGE)
    test = Operation("test", "/spec/hostNetwork", True)

    removed, added = patched(by("a.yaml", test, move)).writes

    assert (removed.pointer, removed.after) == ("/spec/containers/0/image", MISSING)
    assert (added.pointer, added.before) == ("/spec/image", MISSING)


def test_plain_operations_repeat_the_patch_in_any_other_tool():
    result = patched(
        by(
            "b.yaml",
            add(f"{CONTAINER}/env/-", {"name": "B"}),
            remove("/spec/containers/[name=other]"),
        ),
        by("a.yaml", add(f"{CONTAINER}/env/[name=A]", {"name": "A", "value": ["~", "/"]})),
        by("c.yaml", replace(VALUE, "x"), add("/spec/tolerations/0", {"key": "k"})),
        by("d.yaml", Operation("copy", "/metadata/labels", source="/spec/hostNetwork")),
    )

    assert jsonpatch.apply_patch(POD, plain_operations(result)) == result.data


def test_all_errors_come_at_once_in_the_order_of_places():
    found = errors(
        by("b.yaml", replace("/spec/x", 1)),
        by("a.yaml", remove("/spec/y"), Operation("spam", "/spec"), add("spec", 1)),
    )

    assert [(each.span.file, each.span.line, each.code) for each in found] == [
        ("a.yaml.yaml", 1, "PK304"),
        ("a.yaml.yaml", 2, "PK312"),
        ("a.yaml.yaml", 3, "PK301"),
        ("b.yaml.yaml", 1, "PK304"),
    ]


def test_a_patch_without_an_origin_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="without an origin"):
        patch([base(POD)], [Patch("Pod/calico", (remove(IMAGE),))])


# --- selectors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["NetworkPolicy.crd.calico/a/x", "NetworkPolicy/b/x", "NetworkPolicy.crd.calico/x"]
)
def test_a_selector_names_group_and_namespace_as_far_as_needed(target):
    objects = [policy("networking.k8s.io", "a"), policy("networking.k8s.io", "b")]
    objects.append(policy("crd.calico", "b" if "NetworkPolicy/b" not in target else "a"))
    target = target.replace("/a/", f"/{objects[2].identity.namespace}/")

    result = patch(objects, [by("a.yaml", add("/spec", {}), target=target)])

    assert sum("spec" in each.data for each in result.objects) == 1


def policy(group, namespace):
    metadata = {"name": "x", "namespace": namespace}
    data = {"apiVersion": f"{group}/v1", "kind": "NetworkPolicy", "metadata": metadata}
    return base(data, group=group)


def test_a_selector_that_matches_nothing_lists_what_is_there():
    error = the_error(by("a.yaml", remove(IMAGE), target="Pod/kube-system/calicoo"))

    assert (error.code, error.found) == ("PK302", "Pod/kube-system/calico")
    assert "did you mean 'Pod/kube-system/calico'?" in error.hint
    assert "optional" in error.hint


def test_a_selector_of_an_unknown_kind_suggests_a_kind():
    error = the_error(by("a.yaml", remove(IMAGE), target="Podd/calico"))

    assert error.hint.startswith("did you mean 'Pod'?")


@pytest.mark.parametrize("target", ["", "Pod", "Pod/", "/calico", "Pod/a/b/c", "Pod//calico"])
def test_a_selector_of_another_form_is_explained(target):
    error = the_error(by("a.yaml", remove(IMAGE), target=target))

    assert error.code == "PK302"
    assert "Kind/namespace/name" in error.hint


def test_an_optional_patch_may_match_nothing():
    result = patched(by("a.yaml", remove(IMAGE), target="Pod/absent", optional="not on AWS"))

    assert result.data is POD


def test_a_selector_that_matches_several_is_pk303():
    objects = [policy("networking.k8s.io", "a"), policy("networking.k8s.io", "b")]

    with pytest.raises(PackcError) as raised:
        patch(objects, [by("a.yaml", add("/spec", {}), target="NetworkPolicy/x")])

    (error,) = raised.value.diagnostics
    assert error.code == "PK303"
    assert error.found == "NetworkPolicy.networking.k8s.io/a/x, NetworkPolicy.networking.k8s.io/b/x"


# --- one writer -------------------------------------------------------------------------------


def test_a_path_that_leads_nowhere_says_how_far_it_led():
    error = the_error(by("a.yaml", replace("/spec/hostnetwork/x", False)))

    assert error.code == "PK304"
    assert error.message == "Pod/kube-system/calico: path does not exist: /spec/hostnetwork"
    assert error.found == "/spec is a map with hostNetwork, containers, tolerations"
    assert error.hint.startswith("did you mean 'hostNetwork'?")


def test_a_keyed_step_that_matches_nothing_lists_the_keys():
    error = the_error(by("a.yaml", remove(f"{CONTAINER}/env/[name=FELX]")))

    assert (error.code, error.found) == ("PK305", "name: IP, FELIX")
    assert "did you mean 'FELIX'?" in error.hint


@pytest.mark.parametrize("path", ["/spec/absent", f"{CONTAINER}/env/[name=X]", "/spec/a/b/c"])
def test_an_optional_operation_may_find_nothing(path):
    result = patched(by("a.yaml", remove(path, optional="only some bases have it")))

    assert result.data is POD


def test_optional_excuses_absence_and_nothing_else():
    operation = Operation("test", "/spec/hostNetwork", False, optional="why")

    assert codes(by("a.yaml", operation)) == ["PK311"]


@pytest.mark.parametrize(
    "operation",
    [
        replace("/spec/hostNetwork", True),
        add("/spec/tolerations/0/operator", "Exists"),
        Operation("copy", VALUE, source=VALUE),
        Operation("move", VALUE, source=VALUE),
    ],
)
def test_an_operation_that_changes_nothing_is_pk306(operation):
    assert codes(by("a.yaml", operation)) == ["PK306"]


def test_a_parameter_may_happen_to_have_the_value_that_is_there():
    (write,) = patched(by("a.yaml", replace("/spec/hostNetwork", True, parameter="host"))).writes

    assert write.before is write.after is True


@pytest.mark.parametrize(
    "later",
    [replace(IMAGE, "b"), remove(IMAGE), remove(CONTAINER), replace("/spec/containers", [])],
)
def test_a_write_that_a_later_one_hides_is_pk307(later):
    error = the_error(by("a.yaml", replace(IMAGE, "a"), later))

    assert (error.code, error.span.line, error.related[0].span.line) == ("PK307", 1, 2)


@pytest.mark.parametrize(
    "operations",
    [
        (replace(IMAGE, "a"), replace(IMAGE, "b", overrides="a.yaml")),
        (replace(IMAGE, "a"), Operation("copy", "/spec/x", source=IMAGE), replace(IMAGE, "b")),
        (add("/spec/map", {}), add("/spec/map/x", 1)),
        (add("/spec/tolerations/-", {"key": "a"}), add("/spec/tolerations/-", {"key": "b"})),
        (
            replace("/spec/tolerations/0/operator", "a"),
            add("/spec/tolerations/0", {"key": "k"}),
            replace("/spec/tolerations/0/key", "b", overrides="a.yaml"),
        ),
        (Operation("move", "/spec/image", source=IMAGE), add(IMAGE, "b")),
        (add("/spec/m", {"x": 1}), Operation("copy", "/spec/m", source="/spec/m/x")),
    ],
)
def test_a_write_that_serves_a_purpose_is_not_hidden(operations):
    assert len(patched(by("a.yaml", *operations)).writes) >= 2


@pytest.mark.parametrize(
    "operation",
    [
        replace("/spec/containers/0/image", "b"),
        add("/spec/tolerations/0", {}),
        remove("/spec/containers/1"),
    ],
)
def test_a_bare_index_is_for_pack_files_only(operation):
    assert codes(by(PLUGIN, operation)) == ["PK310"]
    assert patched(by("a.yaml", operation)).writes


def test_a_plugin_may_append():
    assert patched(by(PLUGIN, add("/spec/tolerations/-", {"key": "k"}))).writes


def test_a_failed_test_shows_both_values():
    error = the_error(by("a.yaml", Operation("test", "/spec/hostNetwork", 1)))

    assert (error.code, error.found, error.expected) == ("PK311", "true", "1")


@pytest.mark.parametrize(
    "operation",
    [
        replace("/metadata/name", "b"),
        replace("/kind", "Service"),
        replace("/apiVersion", "apps/v1"),
        remove("/metadata"),
        replace("", {}),
        replace("", "text"),
        Operation("move", "/spec/name", source="/metadata/name"),
    ],
)
def test_an_object_stays_the_object_that_it_is(operation):
    assert codes(by("a.yaml", operation)) == ["PK314"]


def test_labels_and_the_version_may_change():
    result = patched(by("a.yaml", add("/metadata/labels", {}), replace("/apiVersion", "v2")))

    assert (result.data["apiVersion"], result.data["metadata"]["labels"]) == ("v2", {})


# --- several writers --------------------------------------------------------------------------


def outcomes(*patches):
    """Return what each order of the patches gives, as data or as codes."""
    found = []
    for order in itertools.permutations(patches):
        try:
            found.append(patched(*order).data)
        except PackcError as error:
            found.append([diagnostic.code for diagnostic in error.diagnostics])
    return found


def test_writers_that_add_to_one_keyed_list_do_not_clash():
    patches = [by(name, add(f"{CONTAINER}/env/-", {"name": name})) for name in ("c", "a", "b")] + [
        by("d", remove(f"{CONTAINER}/env/[name=IP]"))
    ]

    found = outcomes(*patches)

    assert found.count(found[0]) == len(found)
    assert [item["name"] for item in found[0]["spec"]["containers"][0]["env"]] == [
        "FELIX",
        "a",
        "b",
        "c",
    ]


def test_a_conflict_names_both_writers_both_values_and_both_ways_out():
    error = the_error(by("a.yaml", replace(VALUE, "one")), by(PLUGIN, replace(VALUE, "two")))

    assert error.code == "PK308"
    assert error.message == f"Pod/kube-system/calico: azure and a.yaml conflict at {VALUE}"
    assert error.span == Span("azure.yaml", 1, 3)
    assert error.found == f'plugin azure (packc-azure 1.2) writes "two" to {VALUE}'
    assert error.related[0].message == f'a.yaml writes "one" to {VALUE}'
    assert error.related[0].span == Span("a.yaml.yaml", 1, 3)
    assert "`overrides: a.yaml`" in error.hint
    assert "conditions" in error.hint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (replace(IMAGE, "x"), remove(CONTAINER)),
        (replace(IMAGE, "x"), replace("/spec/containers/0/image", "y")),
        (replace(IMAGE, "x"), Operation("test", IMAGE, "calico/node:v1")),
        (add("/spec/new", {}), add("/spec/new/x", 1)),
        (add("/spec/new", 1), remove("/spec/new", optional="why")),
        (replace(f"{CONTAINER}/name", "x"), replace("/spec/containers/[name=other]/image", "y")),
        (add("/spec/tolerations/-", {"key": "a"}), add("/spec/tolerations/-", {"key": "b"})),
        (add("/spec/tolerations/-", {"key": "a"}), add("/spec/tolerations/-", {"key": "a"})),
        (remove(f"{CONTAINER}/env/0"), replace(f"{CONTAINER}/env/1/value", "x")),
        (add(f"{CONTAINER}/env/-", {"name": "A"}), Operation("test", f"{ENV}/1/value", "1")),
        (add(f"{CONTAINER}/env/-", {"name": "A"}), add(f"{ENV}/-", {"name": "A", "value": ""})),
        (replace(IMAGE, 1), replace(IMAGE, 1.0)),
        (Operation("move", "/spec/x", source=IMAGE), Operation("copy", "/spec/y", source=IMAGE)),
        (replace("", {**POD, "spec": {}}), add("/metadata/labels", {})),
    ],
)  # fmt: skip
def test_a_clash_is_reported_in_either_order(one, other):
    for first, second in (("a", "b"), ("b", "a")):
        assert set(codes(by(first, one), by(second, other))) == {"PK308"}


def test_the_same_write_is_no_excuse_for_what_was_read_before_it():
    env = f"{CONTAINER}/env"
    first = by("a", remove(f"{env}/[name=A]", optional="why"), add(f"{env}/-", {"name": "A"}))

    assert codes(first, by("b", add(f"{env}/-", {"name": "A"})))[0] == "PK308"


def test_the_same_write_excuses_one_operation_and_not_the_next():
    twice = by("b", remove(IMAGE), remove(IMAGE))

    assert "PK308" in codes(by("a", remove(IMAGE)), twice)


def test_the_same_write_by_a_way_that_it_blocks_is_a_clash():
    by_key = by("a", remove("/spec/tolerations/[operator=Exists]/operator"))
    by_index = by("b", remove("/spec/tolerations/0/operator"))

    assert codes(by_key, by_index) == ["PK308"]


def test_the_same_write_twice_is_a_note_and_done_once():
    for operation in (replace(IMAGE, "x"), remove(IMAGE), add(f"{CONTAINER}/env/-", {"name": "A"})):
        result = patch([base(POD)], [by("a", operation), by("b", operation), by("c", operation)])

        assert len(result.objects[0].writes) == 1
        assert {(each.code, each.severity) for each in result.diagnostics} == {
            ("PK313", Severity.NOTE)
        }


def test_an_overriding_write_wins_whatever_the_names():
    for winner, loser in (("a", "b"), ("b", "a")):
        found = outcomes(
            by(loser, replace(IMAGE, "x")), by(winner, replace(IMAGE, "y", overrides=loser))
        )

        assert [data["spec"]["containers"][0]["image"] for data in found] == ["y", "y"]


def test_an_override_also_settles_what_the_overridden_had_overridden():
    found = outcomes(
        by("c", replace(IMAGE, "x")),
        by("b", replace(IMAGE, "y", overrides="c")),
        by("a", replace(IMAGE, "z", overrides="b")),
    )

    assert {data["spec"]["containers"][0]["image"] for data in found} == {"z"}


def test_an_override_does_not_settle_a_third_writer():
    overriding = by("c", replace(IMAGE, "z", overrides="a"))

    assert codes(by("a", replace(IMAGE, "x")), overriding, by("b", replace(IMAGE, "y"))) == [
        "PK308", "PK308",
    ]  # fmt: skip


def test_overriding_nobody_is_pk309():
    elsewhere = by("patches/a.yaml", replace(VALUE, "x"))

    error = the_error(elsewhere, by("b", replace(IMAGE, "y", overrides="patches/a.yaml")))

    assert error.code == "PK309"
    assert codes(by("b", replace(IMAGE, "y", overrides="nobody"))) == ["PK309"]


def test_overriding_in_a_circle_is_pk309():
    found = errors(
        by("a", replace(IMAGE, "x", overrides="b")), by("b", replace(IMAGE, "y", overrides="a"))
    )

    assert any("circle" in each.message for each in found)
    assert {each.code for each in found} == {"PK309"}


# --- secrets ----------------------------------------------------------------------------------


def test_nothing_of_a_secret_is_ever_shown():
    data = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "calico"},
        "data": {"key": "sesame-base"},
    }
    patches = [
        by("a", replace("/data/key", "sesame-a"), target="Secret/calico"),
        by("b", replace("/data/key", "sesame-b"), target="Secret/calico"),
        by("c", Operation("test", "/data/key", "sesame-c"), target="Secret/calico"),
        by("d", replace("/data/key/x", "sesame-d"), target="Secret/calico"),
        by("e", replace("/metadata/name", "sesame-e"), target="Secret/calico"),
        by("f", add("/stringData", {"x": "sesame"}), target="Secret/calico"),
        by("f", add("/stringData", {"x": "sesame"}), target="Secret/calico"),
    ]

    found = errors(*patches, data=data)

    assert len(found) > 4
    assert "sesame" not in repr(found)
    assert not any(each.quote for each in found)
