"""The public JSON Patch suite through packc's operations, in plain form and by key.

The suite is the npm package json-patch-test-suite (Apache-2.0, from
github.com/json-patch/json-patch-tests) and no part of this repository. The tests look for it in the
folder that PACKC_NODE_MODULES names. PACKC_JSON_PATCH_TESTS names the folder of another copy.
"""

import json
import os
from pathlib import Path

import pytest

from packc.diagnostics import PackcError
from packc.model import MISSING, Operation
from packc.patching.jsondata import equal
from packc.patching.keyed import Refusal, Trail, key_of
from packc.patching.operations import apply
from packc.patching.pointer import Key, format_path, parse

NODE_MODULES = Path(os.environ.get("PACKC_NODE_MODULES", "node_modules"))
FOLDER = Path(os.environ.get("PACKC_JSON_PATCH_TESTS", NODE_MODULES / "json-patch-test-suite"))


def cases():
    files = [FOLDER / "tests.json", FOLDER / "spec_tests.json"]
    found = [
        case for file in files if file.exists() for case in json.loads(file.read_text("utf-8"))
    ]
    return [case for case in found if "patch" in case and not case.get("disabled")]


def name(case):
    return case.get("comment") or case.get("error") or json.dumps(case["patch"])[:60]


def operations(records):
    """Return the operations; a record without op or path never gets as far as the patch pass."""
    return [
        Operation(each["op"], each["path"], each.get("value", MISSING), each.get("from"))
        for each in records
    ]


def applied(document, patch):
    for operation in patch:
        document = apply(document, operation, Trail()).data
    return document


def test_the_suite_is_here():
    if not cases() and "PACKC_REQUIRE_TOOLS" not in os.environ:
        pytest.skip("the suite is not installed: see the top of this file")

    assert len(cases()) > 80


@pytest.mark.parametrize("case", [case for case in cases() if "error" not in case], ids=name)
def test_a_good_patch_gives_the_expected_document(case):
    before = json.dumps(case["doc"])

    result = applied(case["doc"], operations(case["patch"]))

    assert equal(result, case.get("expected", case["doc"]), exact=True)
    assert json.dumps(case["doc"]) == before


@pytest.mark.parametrize("case", [case for case in cases() if "error" in case], ids=name)
def test_a_bad_patch_is_refused(case):
    with pytest.raises((Refusal, PackcError, KeyError)):
        applied(case["doc"], operations(case["patch"]))


# --- the same by key --------------------------------------------------------------------------


def keyed(document, path):
    """Return the path with each index replaced by a key, where an item has one of its own."""
    node, steps = document, []
    for step in parse(path):
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            steps.append(own_key(node, int(step)) or step)
            node = node[int(step)]
        else:
            steps.append(step)
            node = node.get(step) if isinstance(node, dict) else None
    return format_path(tuple(steps))


def own_key(items, index):
    fields = items[index] if isinstance(items[index], dict) else {}
    for field, value in fields.items():
        alike = [item for item in items if key_of(item, field) == value]
        if isinstance(value, str) and len(alike) == 1 and field.isalnum():
            return Key(field, value)
    return None


def by_key(document, operation):
    is_insertion = operation.op in ("add", "move", "copy")
    above, _, last = operation.path.rpartition("/")
    path = f"{keyed(document, above)}/{last}" if is_insertion else keyed(document, operation.path)
    source = operation.source and keyed(document, operation.source)
    return Operation(operation.op, path, operation.value, source)


def rewritten():
    """Return the good cases in which a key can stand for an index, with their keyed operations."""
    found = []
    for case in cases():
        if "error" in case or not case["patch"]:
            continue
        document, patch = case["doc"], []
        for operation in operations(case["patch"]):
            patch.append(by_key(document, operation) if operation.path else operation)
            document = applied(document, [operation])
        if patch != operations(case["patch"]):
            found.append((case, patch))
    return found


@pytest.mark.parametrize(
    ("case", "patch"), rewritten(), ids=lambda case: name(case) if isinstance(case, dict) else ""
)
def test_keys_stand_for_indices(case, patch):
    assert equal(applied(case["doc"], patch), case.get("expected", case["doc"]), exact=True)
