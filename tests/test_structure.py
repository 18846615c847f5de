"""What is structured directly is what cattrs makes of it; whatever cattrs refuses is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc import structure as direct
from packc import yamlio
from packc.diagnostics import Span
from packc.spec import PackSpec, PatchFile
from packc.structure import structure
from packc.structure.reasons import structure_with_reasons

ROOT = Path(__file__).parents[1]
SPECS = sorted(ROOT.glob("packs/*/pack.yaml"))
PATCHES = sorted(ROOT.glob("packs/*/patches/*.yaml"))
PLACE = Span("pack.yaml")

SMALL = {
    "packc": 1,
    "name": "small",
    "version": "1.0.0",
    "title": "Small",
    "description": "A pack.",
    "clouds": ["aws"],
    "features": [{"name": "tls", "default": True, "with": {"secret": "Secret/a"}}],
    "parameters": [
        {
            "name": "a.b",
            "type": "enum",
            "description": "A parameter.",
            "values": [{"value": "x"}],
            "minimum": 1,
            "maximum": 1.5,
            "default": None,
            "items": {"type": "string", "schemes": ["https"]},
            "constraints": [{"reason": "r", "equals": "c"}],
        }
    ],
    "objects": [{"files": "base/*.yaml", "when": {"all": [{"cloud": "aws"}], "not": {}}}],
    "notes": [{"text": "Mind.", "level": "warning", "when": {"parameters": {"a.b": ["x", 1]}}}],
    "palette": {"layer": "cni", "cloudTypes": {"aws": ["eks", "aws"]}},
}

SCALARS = st.sampled_from([None, True, 0, 1, 1.5, "", "text", "enum", "note", "aws"])
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "cloud", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """Return the small pack with one value replaced, removed, or with a key too many."""
    return _changed(draw, SMALL)


def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: item for key, item in value.items() if key != name}
        deed = draw(st.sampled_from(["below", "below", "below", "remove", "add"]))
        if deed == "remove":
            return rest
        if deed == "add":
            return {**value, "another": draw(DATA)}
        return {**rest, name: _changed(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        return [_changed(draw, value[0]), *value[1:]]
    return draw(DATA)


def fitted(data: Any, target: type) -> Any:
    """Return what is structured without cattrs, None where that does not fit."""
    try:
        return direct._fit(target)(data)
    except direct._MisfitError:
        return None


@given(changed())
def test_both_ways_take_the_same_data_to_the_same_pack(data: Any) -> None:
    wanted, _ = structure_with_reasons(data, PackSpec, PLACE)

    found = fitted(data, PackSpec)

    assert found == wanted
    assert (found is None) == (wanted is None)


@pytest.mark.parametrize(
    ("file", "target"),
    [*((file, PackSpec) for file in SPECS), *((file, PatchFile) for file in PATCHES)],
    ids=lambda value: value.stem if isinstance(value, Path) else None,
)
def test_both_ways_take_a_file_to_the_same_with_its_places(file: Path, target: type) -> None:
    (document,) = yamlio.read(file, str(file), marks=True).documents

    found = fitted(document.data, target)

    wanted, _ = structure_with_reasons(document.data, target, document.span)
    assert found == wanted
    assert list(places(found)) == list(places(wanted))


def places(value: Any) -> Any:
    """Yield the places in a value of the spec, outermost first."""
    if attrs.has(type(value)):
        yield value.span
        for each in attrs.fields(type(value)):
            if each.name != "span":
                yield from places(getattr(value, each.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from places(item)


def test_what_does_not_fit_comes_back_with_its_reasons() -> None:
    found, diagnostics = structure({**SMALL, "title": 3, "more": 1}, PackSpec, PLACE)

    assert found is None
    assert sorted(each.code for each in diagnostics) == ["PK110", "PK111"]
