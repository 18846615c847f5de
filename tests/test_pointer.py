"""Paths: RFC 6901 with keyed steps."""

import jsonpointer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.diagnostics import PackcError, Span
from packc.patching.pointer import Key, format_path, format_pointer, parse

TEXT = st.text(st.characters() | st.sampled_from("~/[]=01"))
KEYS = st.builds(Key, st.from_regex(r"[A-Za-z0-9_.-]+", fullmatch=True), TEXT)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("", ()),
        ("/", ("",)),
        ("/spec/0/-", ("spec", "0", "-")),
        ("/a~1b/m~0n/~01", ("a/b", "m~n", "~1")),
        ("/env/[name=IP]/value", ("env", Key("name", "IP"), "value")),
        (
            "/volumeMounts/[mountPath=/lib/modules]",
            ("volumeMounts", Key("mountPath", "/lib/modules")),
        ),
        ("/args/[x=a=b]", ("args", Key("x", "a=b"))),
        ("/args/[x=a~2/b~1c~0]", ("args", Key("x", "a]/b/c~"))),
        ("/args/[x=]", ("args", Key("x", ""))),
        ("/~3name=x]", ("[name=x]",)),
        ("/a[0]", ("a[0]",)),
        ("/metadata/annotations/a.b~1c", ("metadata", "annotations", "a.b/c")),
    ],
)
def test_a_path_reads_as_steps(path, steps):
    assert parse(path) == steps


@pytest.mark.parametrize(
    "path",
    [
        "spec",
        "spec/x",
        "/a~",
        "/a~4",
        "/[name",
        "/[name]",
        "/[=x]",
        "/[na me=x]",
        "/[a=b]c",
        "/[a=b]]",
    ],
)
def test_a_malformed_path_is_pk301_at_its_place(path):
    span = Span("patches/a.yaml", 3, 7)

    with pytest.raises(PackcError) as raised:
        parse(path, span)

    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.span) == ("PK301", span)
    assert diagnostic.hint


@pytest.mark.parametrize("path", [None, 5, ["a"], b"/a"])
def test_a_path_that_is_no_text_is_pk301(path):
    with pytest.raises(PackcError, match="PK301: a path is text"):
        parse(path)


def test_a_huge_malformed_path_is_quoted_in_part():
    with pytest.raises(PackcError) as raised:
        parse("x" * 1_000_000)

    assert len(str(raised.value)) < 300


@given(st.lists(TEXT | KEYS).map(tuple))
def test_formatting_and_parsing_are_inverse(steps):
    assert parse(format_path(steps)) == steps


@given(st.lists(TEXT).map(tuple))
def test_plain_pointers_read_the_same_elsewhere(members):
    pointer = format_pointer(members)

    assert tuple(jsonpointer.JsonPointer(pointer).parts) == members


@given(TEXT)
def test_any_text_is_a_path_or_a_diagnostic(text):
    try:
        steps = parse(text)
    except PackcError as error:
        assert [diagnostic.code for diagnostic in error.diagnostics] == ["PK301"]
    else:
        assert parse(format_path(steps)) == steps
