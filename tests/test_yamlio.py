"""YAML is read as kubectl reads it, every value has its place, and bad input is a diagnostic."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from packc.diagnostics import Diagnostic, PackcError, Severity, Span
from packc.yamlio import MarkedDict, MarkedList, Parsed, build, parse, plain, read, read_bytes

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: scalars}\ndata:\n"

AGREED: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{"0": 0, "-0": 0, "+0": 0, "12": 12, "-12": -12, "+1": 1, "0x1f": 31, "0xFF": 255},
    **{"9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63)},
    **{"1.0": 1, "-0.0": 0, "1.": 1, ".5": 0.5, "3.10": 3.1, "1.5e+3": 1500, "1.0e-7": 1e-7},
    **{"9223372036854775000.0": 9223372036854775000, "1.0e+22": 1e22, "09.5": 9.5},
    **{text: text for text in ("tRUE", "nil", "nan", "NaN", "inf", "Infinity", "nuLL", "_1")},
    **{text: text for text in ("10.244.0.0", "80:80", "1,000", "+-1", "0x", "1.2.3", ".", "..")},
    **{text: text for text in ("._1", "v1", "1e", "1e+", "0xg", "a=b")},
}
"""Plain scalars that the common readers take alike, and what they are."""

DISPUTED: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **{"0400": 256, "0777": 511, "007": 7, "00": 0, "0_7": 7, "08": 8, "09": 9, "-017": -15},
    **{"0o17": 15, "0O7": 7, "0X1F": 31, "0b11": 3, "0B11": 3, "0b-1": -1, "0b+1": 1},
    **{"1_000": 1000, "0x_1f": 31, "1_": 1, "+_1": 1, "-_1": -1, ".2_8": 0.28, "1_0.5_0": 10.5},
    **{"1e3": 1000, "1e10": 10**10, "123e4": 1230000, "7e3": 7000, "1e-7": 1e-7, "1.5e3": 1500},
    **{"-.5": -0.5, "+.5": 0.5, "1e20": 1e20},
    **{"9223372036854775808": 2.0**63, "18446744073709551615": 2.0**64},
    **{"18446744073709551616": 2.0**64, "0xffffffffffffffff": 2.0**64},
    **{text: text for text in ("1e400", "-1e400", ".8_", "0xfffffffffffffffff", "=", "<<")},
    **{text: text for text in ("12:30:45", "1:1", "190:20:30.15", "2001-01-01", "2001-1-1")},
    **{text: text for text in ("2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5")},
}
"""Plain scalars that another common reader takes otherwise, and what kubectl stores."""


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with libyaml's parser, and as on an interpreter that has no build of it."""
    if request.param == "pure":
        monkeypatch.setattr(build, "CParser", None)
    return str(request.param)


def data_of(content: bytes | str) -> list[Any]:
    return [document.data for document in parse(content, "f.yaml").documents]


def only(content: bytes | str) -> Any:
    (data,) = data_of(content)
    return data


def refused(content: bytes | str) -> list[Diagnostic]:
    with pytest.raises(PackcError) as caught:
        parse(content, "f.yaml")
    return list(caught.value.diagnostics)


def places(content: bytes | str) -> list[tuple[str, int, int]]:
    """Return code, line and column of each diagnostic of a file that is refused."""
    found = refused(content)
    assert all(each.span and each.span.file == "f.yaml" and each.hint for each in found)
    return [(each.code, each.span.line, each.span.column) for each in found if each.span]


def same(left: Any, right: Any) -> bool:
    """Return whether two scalars are equal and of one type."""
    return type(left) is type(right) and left == right


# Scalars


@pytest.mark.parametrize(("text", "value"), AGREED.items())
def test_scalar_that_all_readers_agree_on_is_read_without_a_warning(text: str, value: Any) -> None:
    parsed = parse(f"a: {text}\n", "f.yaml")

    assert same(parsed.documents[0].data["a"], value)
    assert parsed.diagnostics == ()


@pytest.mark.parametrize(("text", "value"), DISPUTED.items())
def test_scalar_that_readers_dispute_is_read_as_kubectl_does_and_warned_about(
    text: str, value: Any, parser: str
) -> None:
    parsed = parse(f"a: {text}\n", "f.yaml")

    assert same(parsed.documents[0].data["a"], value)
    (warning,) = parsed.diagnostics
    assert (warning.code, warning.severity) == ("PK108", Severity.WARNING)
    assert warning.span == Span("f.yaml", 1, 4)
    assert text in warning.message


@pytest.mark.parametrize("text", DISPUTED)
def test_hint_gives_a_spelling_that_is_read_alike_without_a_warning(text: str) -> None:
    before = parse(f"a: {text}", "f.yaml")
    (warning,) = before.diagnostics
    assert warning.hint is not None
    spelling = warning.hint.removeprefix("write ").removeprefix("quote it: ").split(",")[0]

    after = parse(f"a: {spelling}", "f.yaml")

    assert after.diagnostics == ()
    assert same(after.documents[0].data["a"], before.documents[0].data["a"])
    assert yaml.safe_load(f"a: {spelling}") == after.documents[0].data


def test_warnings_say_how_kubectl_reads_and_what_to_write() -> None:
    warnings = parse("mode: 0400\ntime: 12:30\n", "f.yaml").diagnostics

    assert [(each.message, each.hint) for each in warnings] == [
        (
            "'0400' is 256 for kubectl, and not for every YAML reader",
            "write 256, or quote it where text is meant: '0400'",
        ),
        ("'12:30' is text for kubectl, and not for every YAML reader", "quote it: '12:30'"),
    ]


def test_disputed_scalar_is_warned_about_at_each_place() -> None:
    warnings = parse("a: yes\nb: [yes]\n", "f.yaml").diagnostics

    assert [each.span for each in warnings] == [Span("f.yaml", 1, 4), Span("f.yaml", 2, 5)]


@pytest.mark.parametrize("text", [*AGREED, *DISPUTED])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_scalar_is_text(text: str, quote: str) -> None:
    parsed = parse(f"a: {quote}{text}{quote}\n", "f.yaml")

    assert parsed.documents[0].data == {"a": text}
    assert parsed.diagnostics == ()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!!str 12", "12"),
        ("!!str", ""),
        ("!!str null", "null"),
        ("! 12", "12"),
        ("!!int '12'", 12),
        ("!!int 0777", 511),
        ("!!float 3", 3),
        ("!!float 3.5", 3.5),
        ("!!bool 'yes'", True),
        ("!!null ''", None),
        ("!<tag:yaml.org,2002:str> 12", "12"),
        ("!!map {b: 1}", {"b": 1}),
        ("!!seq [1]", [1]),
    ],
)
def test_core_tag_is_honoured(written: str, value: Any, parser: str) -> None:
    assert only(f"a: {written}\n") == {"a": value}


@pytest.mark.parametrize(
    "written",
    [
        *("!custom 1", "!!binary aGk=", "!!timestamp 2001-01-01", "!!set {b}", "!custom [1]"),
        *("!!int abc", "!!int 1.0", "!!bool maybe", "!!null x", "!!float yes", "!!float .inf"),
        *("!!map x", "!!seq {b: 1}", "!!str {b: 1}", "!!python/object:os.system {}"),
        *(".inf", "-.INF", "+.Inf", ".nan", ".NaN"),
    ],
)
def test_tag_or_number_that_a_manifest_cannot_hold_is_refused(written: str, parser: str) -> None:
    assert places(f"a: {written}\n") == [("PK106", 1, 4)]


@pytest.mark.tool("kubectl")
@pytest.mark.parametrize("quote", ["", "'"])
def test_kubectl_reads_the_same_scalars(quote: str) -> None:
    texts = [*AGREED, *DISPUTED]
    lines = [f"  key{i}: {quote}{text}{quote}\n" for i, text in enumerate(texts)]
    content = CONFIG_MAP + "".join(lines)

    ours = only(content)["data"]

    theirs = kubectl(content)["data"]
    assert {key: ours[key] for key in theirs if not as_kubectl_prints(ours[key], theirs[key])} == {}
    assert ours.keys() == theirs.keys()


@pytest.mark.tool("kubectl")
@pytest.mark.parametrize(
    "lines",
    [
        "<<: {a: 1}\n  b: 2",
        "a: 1\n  <<: {a: 2}",
        "<<: {a: 1}\n  a: 2",
        "<<: [{a: 1}, {a: 2, b: 3}]\n  a: 4",
        "<<: [{a: 1}, {a: 2, b: 3}]",
        "<<: {a: 1}\n  <<: {a: 2}",
        "'<<': {a: 1}",
        "a: &x {b: 1}\n  c:\n    <<: *x\n    b: 2",
        "a: !!str &x 12\n  b: *x",
    ],
)
def test_kubectl_merges_the_same(lines: str) -> None:
    content = f"{CONFIG_MAP}  {lines}\n"

    assert only(content) == kubectl(content)


def kubectl(content: str) -> Any:
    command = ["kubectl", "patch", "--local", "-f", "-", "-p", "{}", "-o", "json"]
    run = subprocess.run(command, input=content.encode(), capture_output=True, check=True)
    return json.loads(run.stdout)


def as_kubectl_prints(ours: Any, theirs: Any) -> bool:
    """kubectl prints a float of 2**63 or more without a point, so JSON gives back an integer."""
    large = isinstance(ours, float) and abs(ours) >= 2**63
    return same(ours, float(theirs) if large else theirs)


# Structure


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_what_another_writer_dumps_is_read_back(value: Any) -> None:
    content = yaml.safe_dump(value, default_style='"', allow_unicode=False)

    assert only(content) == value


@given(json_values)
def test_marks_change_no_value(value: Any) -> None:
    content = yaml.safe_dump(value, default_style='"', allow_unicode=False)

    with_marks = parse(content, "f.yaml", marks=True).documents[0].data

    assert plain(with_marks) == only(content)
    assert type(plain(with_marks)) is type(only(content))


words = st.text("abcé漢🐈", min_size=1, max_size=4)
trees = st.recursive(
    st.integers(100, 999).map(str),
    lambda children: (
        st.lists(children, min_size=1, max_size=3)
        | st.dictionaries(words, children, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(words, trees, min_size=1, max_size=3), st.sampled_from(["\n", "\r\n"]))
def test_places_point_at_the_text_of_each_key_and_value(tree: Any, newline: str) -> None:
    content = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=False)
    lines = content.splitlines()
    (document,) = parse(content.replace("\n", newline).encode(), "f.yaml").documents

    for path, value in leaves(tree):
        span = document.locate(path)
        key_span = document.locate_key(path)

        assert lines[span.line - 1][span.column - 1 :] == f"'{value}'"
        if isinstance(path[-1], str):
            assert lines[key_span.line - 1][key_span.column - 1 :].startswith(f"{path[-1]}:")


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    if not isinstance(value, dict | list):
        yield path, value
        return
    for step, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield from leaves(item, (*path, step))


def test_place_of_what_is_not_there_is_that_of_its_nearest_parent() -> None:
    (document,) = parse("a:\n  b:\n  - c: 1\n", "f.yaml").documents

    assert document.locate(()) == Span("f.yaml", 1, 1)
    assert document.locate(("a", "b", 0, "c")) == Span("f.yaml", 3, 8)
    assert document.locate(("a", "b", 7, "c")) == Span("f.yaml", 3, 3)
    assert document.locate(("a", "x")) == Span("f.yaml", 2, 3)
    assert document.locate(("a", "b", 0, "c", "d")) == Span("f.yaml", 3, 8)
    assert document.locate_key(("a", "b")) == Span("f.yaml", 2, 3)
    assert document.locate_key(("a", "x")) == Span("f.yaml", 2, 3)
    assert document.locate_key(("x", "y")) == Span("f.yaml", 1, 1)
    assert document.locate_key(("a", "b", 0)) == Span("f.yaml", 3, 5)


def test_places_count_characters_and_the_lines_of_editors() -> None:
    content = "\ufeffé: [漢, 🐈]\r\nb: 'x\u2028y'\rc:\n  - &n !!str 1\n"

    (document,) = parse(content.encode(), "f.yaml").documents

    assert document.locate(("é", 1)) == Span("f.yaml", 1, 8)
    assert document.locate(("b",)) == Span("f.yaml", 2, 4)
    assert document.locate(("c", 0)) == Span("f.yaml", 4, 5)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("at_end", [True, False])
def test_places_are_right_in_a_long_file_in_any_order(end: str, at_end: bool) -> None:
    last = 2000
    content = end.join(f"k{number}: v" for number in range(1, last + 1)) + end * at_end

    (document,) = parse(content, "f.yaml").documents

    for line in (1, 700, last, 1300, 2, 499, 500, 501):
        assert document.locate((f"k{line}",)) == Span("f.yaml", line, len(f"k{line}: v"))


def test_marked_containers_know_their_places() -> None:
    (document,) = parse("a: {b: 1}\nc:\n- d\n- e\n", "f.yaml", marks=True).documents

    data = document.data

    assert isinstance(data, MarkedDict)
    assert isinstance(data["c"], MarkedList)
    assert data["a"].span == data.value_spans["a"] == Span("f.yaml", 1, 4)
    assert data["a"].key_spans == {"b": Span("f.yaml", 1, 5)}
    assert data["c"].item_spans == [Span("f.yaml", 3, 3), Span("f.yaml", 4, 3)]
    assert document.locate(("c", 1)) == Span("f.yaml", 4, 3)


def test_data_without_marks_is_of_the_exact_builtin_types() -> None:
    data = only("a: [{b: 1}]\n")

    assert [type(each) for each in (data, data["a"], data["a"][0])] == [dict, list, dict]


@pytest.mark.parametrize("marks", [False, True])
def test_documents_survive_pickling_and_copying(marks: bool) -> None:
    (document,) = parse("a: [{b: 1}]\n", "f.yaml", marks=marks).documents

    for twin in (pickle.loads(pickle.dumps(document)), copy.deepcopy(document)):
        assert twin == document
        assert twin.locate(("a", 0, "b")) == Span("f.yaml", 1, 9)


# Documents


@pytest.mark.parametrize(
    ("content", "documents"),
    [
        ("", []),
        ("\n\n", []),
        ("# a comment\n", []),
        ("---\n", [None]),
        ("---\n# a comment\n", []),
        ("--- # a comment\n...\n", []),
        ("--- null # a comment\n", [None]),
        ("--- ''\n", [""]),
        ("a: 1\n---\n# a comment\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("a: 1\n---\n---\nb: 2\n", [{"a": 1}, None, {"b": 2}]),
        ("a: '#'\n---\n'#'\n", [{"a": "#"}, "#"]),
        ("{a: 1}\n", [{"a": 1}]),
        ('{"a":\t[1,\n\t2]}', [{"a": [1, 2]}]),
        ("a:\r\n  b: |\r\n    c\r\n    d\r\n", [{"a": {"b": "c\nd\n"}}]),
        ("\ufeffa: 1", [{"a": 1}]),
    ],
)
def test_documents_of_a_file(content: str, documents: list[Any], parser: str) -> None:
    assert data_of(content) == documents
    assert data_of(content.encode()) == documents


def test_each_document_says_where_it_begins() -> None:
    parsed = parse("# first\na: 1\n---\n\nb: 2\n--- 3\n", "f.yaml")

    assert [each.span for each in parsed.documents] == [
        Span("f.yaml", 2, 1),
        Span("f.yaml", 5, 1),
        Span("f.yaml", 6, 5),
    ]


def test_many_documents_are_read() -> None:
    assert data_of("---\na: 1\n" * 2000) == [{"a": 1}] * 2000


# Aliases


@pytest.mark.parametrize("marks", [False, True])
def test_alias_gives_an_independent_copy(marks: bool) -> None:
    content = "a: &x {b: [1]}\nc: *x\nd: {<<: *x}\n"
    data = parse(content, "f.yaml", marks=marks).documents[0].data

    data["c"]["b"].append(2)
    data["d"]["b"].append(3)

    assert data["a"] == {"b": [1]}


def test_alias_stands_where_it_is_written_and_its_content_where_that_is() -> None:
    (document,) = parse("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n", "f.yaml").documents

    assert document.locate(("c",)) == Span("f.yaml", 2, 4)
    assert document.locate(("c", "b")) == Span("f.yaml", 1, 11)
    assert document.locate(("d", "b")) == Span("f.yaml", 1, 11)


def test_anchor_does_not_reach_the_next_document(parser: str) -> None:
    assert places("a: &x 1\n---\nb: *x\n") == [("PK105", 3, 4)]


def test_merge_that_replaces_an_earlier_key_is_warned_about() -> None:
    parsed = parse("a: 1\n<<: {a: 2}\n", "f.yaml")

    assert parsed.documents[0].data == {"a": 2}
    assert [(each.code, each.span) for each in parsed.diagnostics] == [
        ("PK108", Span("f.yaml", 2, 1))
    ]


@pytest.mark.parametrize("value", ["3", "[1]", "text"])
def test_merge_of_no_mapping_is_refused(value: str, parser: str) -> None:
    assert places(f"<<: {value}\n") == [("PK106", 1, 5)]


def test_key_twice_beside_a_merge_is_a_duplicate() -> None:
    assert places("<<: {a: 1}\na: 2\na: 3\n") == [("PK104", 3, 1)]


# Bad input


def test_duplicate_keys_name_both_places(parser: str) -> None:
    first, second = refused("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n")

    assert (first.code, first.span) == ("PK104", Span("f.yaml", 4, 3))
    assert first.related[0].span == Span("f.yaml", 3, 3)
    assert (second.code, second.span) == ("PK104", Span("f.yaml", 5, 1))
    assert second.related[0].span == Span("f.yaml", 1, 1)


def test_duplicate_is_found_across_spellings() -> None:
    assert places("a: 1\n'a': 2\n\"\\x61\": 3\n") == [("PK104", 2, 1), ("PK104", 3, 1)]


@pytest.mark.parametrize("key", ["1", "yes", "y", "~", "1.5", "null", "? [a]\n", "? {a: b}\n"])
def test_key_that_is_not_text_is_refused(key: str, parser: str) -> None:
    ((code, line, _),) = places(f"{key}: value\n")

    assert (code, line) == ("PK106", 1)


def test_key_behind_an_alias_must_be_text_too() -> None:
    assert only("a: &x b\n*x : 1\n") == {"a": "b", "b": 1}
    assert places("a: &x 12\n*x : 1\n") == [("PK106", 2, 1)]


def test_errors_of_a_file_come_together(parser: str) -> None:
    content = "a: !x 1\nb: 2\nb: 3\n1: 4\nc: .inf\nd: *e\nf: [\n"

    found = places(content)

    assert [(code, line) for code, line, _ in found][:5] == [
        ("PK106", 1),
        ("PK104", 3),
        ("PK106", 4),
        ("PK106", 5),
        ("PK105", 6),
    ]
    assert found[5][0] == "PK103"


SYNTAX: dict[str, tuple[int, int, str]] = {
    "a:\n\tb: 1\n": (2, 1, "a tab in the indentation"),
    "a:\n  b: 1\n\tc: 2\n": (3, 1, "a tab in the indentation"),
    "a: |\n\tx\n": (2, 1, "a tab in the indentation"),
    "a: 'x\nb: 1\n": (1, 4, "a quoted text is never closed"),
    'a: "x\n---\nb"\n': (1, 4, "a quoted text is not closed before the document ends"),
    "a: [1, 2\n": (2, 1, "expected ',' or ']' in a list"),
    "a: [1": (1, 6, "expected ',' or ']' in a list"),
    "a: {b: 1\n": (2, 1, "expected ',' or '}' in a mapping"),
    "a:\n  b: 1\nc\n": (3, 1, "a key without ':'"),
    "a:\n  b: 1\n c: 2\n": (
        3,
        2,
        "expected a key of the mapping, in the same column as its other keys",
    ),
    "- a\nb: 1\n": (2, 1, "expected '-', as the list goes on here"),
    "é: b: c\n": (1, 5, "a ':' cannot stand here"),
    "a: - b\n": (1, 4, "a list item '-' cannot stand here"),
    "a: @b\n": (1, 4, "a plain value cannot begin with this character"),
    "a: *.example.com\n": (1, 4, "expected a name after '*' or '&'"),
    'a: "\\q"\n': (1, 5, "unknown escape in a double-quoted text"),
    'a: "\\xzz"\n': (1, 7, "an escape in a double-quoted text lacks hexadecimal digits"),
    'a: "\\ud800"\n': (1, 7, "an escape in a double-quoted text is not a character"),
    'a: "\\U00110000"\n': (1, 7, "an escape in a double-quoted text is not a character"),
    "a: ]\n": (1, 4, "expected a value"),
    "a: !x!y z\n": (1, 4, "a tag with an undeclared prefix"),
    "a: !<x y\n": (1, 4, "a tag that is not complete"),
    "a: !é x\n": (1, 4, "a tag that is not complete"),
    "a: !%zz x\n": (1, 4, "a tag that is not complete"),
    "a: |0\n  b\n": (1, 5, "an indentation of 0 after '|' or '>'"),
    "a: |x\n  b\n": (1, 5, "expected the end of the line after '|' or '>'"),
    "{a: 1}}\n": (1, 7, "expected the end of the file or a new document"),
    "%YAML 2.0\n---\na: 1\n": (1, 1, "this version of YAML is not supported"),
    "%FOO\n---\na: 1\n": (1, 1, "a directive that cannot be read"),
    "%-\n---\na: 1\n": (1, 1, "a directive that cannot be read"),
}


@pytest.mark.parametrize("content", SYNTAX)
def test_syntax_error_is_told_in_plain_words_where_it_is(content: str) -> None:
    (diagnostic,) = refused(content)

    line, column, message = SYNTAX[content]
    assert diagnostic.message == message
    assert (diagnostic.code, diagnostic.span) == ("PK103", Span("f.yaml", line, column))
    assert diagnostic.hint


def test_unclosed_list_names_where_it_begins(parser: str) -> None:
    (diagnostic,) = refused("a:\n  b: [1, 2\nc: 3\n")

    assert [each.span for each in diagnostic.related] == [Span("f.yaml", 2, 6)]


# Not a character for the pure parser either; it names the text and not the escape in it.
@pytest.mark.parametrize("escape", ["\\ud800", "\\ud83d\\ude00", "\\U00110000", "\\Uffffffff"])
def test_escape_of_no_character_is_refused(escape: str, parser: str) -> None:
    ((code, line, _),) = places(f'a: "{escape}"\n')

    assert (code, line) == ("PK103", 1)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"a: \xff\n", 1, 4),
        (b"\xef\xbb\xbf\xc3\xa9: 1\r\nb: \xc3", 2, 4),
        (b"a: \xed\xa0\x80\n", 1, 4),
        (b"a: \x00\n", 1, 4),
        (b"a: 1\n# \x07\n", 2, 3),
        ("a: 1\n\ufeffb: 2\n".encode(), 2, 1),
        ("a: \x7f\n", 1, 4),
        ("a: \ufffe\n", 1, 4),
        ("é: \ud800\n", 1, 4),
        ("a: 1\n".encode("utf-16"), 1, 1),
        ("a: 1\n".encode("utf-16-be"), 1, 1),
    ],
)
def test_content_that_is_not_text_is_refused(
    content: bytes | str, line: int, column: int, parser: str
) -> None:
    assert places(content) == [("PK102", line, column)]


def test_each_forbidden_character_is_reported_once() -> None:
    assert places("a: \x07\x07\nb: \x08\n") == [("PK102", 1, 4), ("PK102", 2, 4)]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


def alias_ladder(steps: int) -> str:
    """Return a text of little depth whose aliases nest deeper at each step."""
    lines = ["a0: &a0 [[[[[[[[[[1]]]]]]]]]]"]
    lines += [f"a{step}: &a{step} [[[[*a{step - 1}]]]]" for step in range(1, steps)]
    return "\n".join(lines)


HOSTILE = {
    "a bomb of 10^9": bomb(9),
    "a bomb of long text": "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 50 + "]\n",
    "a bomb of merges": "a: &a {b: " + "x" * 100_000 + "}\n" + "c:\n" + "- <<: *a\n" * 50,
    "a recursive list": "a: &x [*x]\n",
    "a recursive mapping": "&x a:\n  b: &y\n    c: *y\n",
    "a recursive merge": "a: &x\n  <<: *x\n",
    "an unknown alias": "a: *x\n",
    "20,000 open lists": "[" * 20_000,
    "20,000 open mappings": "{a: " * 20_000,
    "20,000 nested items": "- " * 20_000,
    "a staircase of keys": "\n".join(" " * level + "a:" for level in range(1000)),
    "aliases that nest": alias_ladder(60),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("marks", [False, True])
def test_limit_that_is_broken_is_a_diagnostic(name: str, marks: bool, parser: str) -> None:
    with pytest.raises(PackcError) as caught:
        parse(HOSTILE[name], "f.yaml", marks=marks)

    assert {each.code for each in caught.value.diagnostics} == {"PK105"}
    assert all(each.span and each.hint for each in caught.value.diagnostics)


def test_depth_and_aliases_within_the_limits_are_read(parser: str) -> None:
    deep = "[" * build.MAX_DEPTH + "]" * build.MAX_DEPTH
    wide = "a: &a " + "x" * 10_000 + "\nb: [" + "*a, " * 90 + "]\n"

    assert only(deep) == json.loads(deep)
    assert len(only(wide)["b"]) == 90


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10**6,
        "1" * 10**6,
        "1_" * 10**5,
        "0x" + "f" * 10**6,
        "1:" * 10**5 + "1",
        "." + "1_" * 10**5,
    ],
    ids=["letters", "digits", "underscores", "hexadecimal", "colons", "point"],
)
def test_very_long_scalar_is_read_and_shown_short(text: str) -> None:
    parsed = parse(f"a: {text}", "f.yaml")

    assert parsed.documents[0].data == {"a": text}
    assert all(len(each.message) < 200 for each in parsed.diagnostics)


@given(st.text("ab:-[]{}'\"#&*!|>%@,?~ \n\t\r\\<=0.1é", max_size=40))
def test_any_text_is_read_or_refused_with_a_place(content: str) -> None:
    try:
        found = parse(content, "f.yaml").diagnostics
    except PackcError as error:
        found = error.diagnostics

    lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for each in found:
        assert each.span is not None
        assert 1 <= each.span.line <= len(lines)
        assert 1 <= each.span.column <= len(lines[each.span.line - 1]) + 2


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        result = parse(content, "f.yaml")
    except PackcError as error:
        assert all(each.span for each in error.diagnostics)
    else:
        assert isinstance(result, Parsed)


# Files


def test_file_is_read_under_the_name_that_users_know(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: on\n")

    parsed = read(tmp_path / "a.yaml", "base/a.yaml", marks=True)

    assert parsed.documents[0].data == {"a": True}
    assert parsed.diagnostics[0].span == Span("base/a.yaml", 1, 4)


def unreadable(path: Path) -> str:
    with pytest.raises(PackcError) as caught:
        read(path, "base/a.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.span) == ("PK101", Span("base/a.yaml"))
    assert str(path) not in diagnostic.message
    return diagnostic.message


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert unreadable(tmp_path / "missing.yaml") == "the file does not exist"


def test_folder_is_refused(tmp_path: Path) -> None:
    assert unreadable(tmp_path) == "found a folder, expected a regular file"


def test_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert unreadable(tmp_path / "pipe") == "found a special file, expected a regular file"


def test_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")

    assert unreadable(tmp_path / "a").startswith("the file cannot be read: ")


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "file/below"])
def test_impossible_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    assert unreadable(tmp_path / name).startswith("the file cannot be read: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.touch(mode=0o000)

    assert unreadable(path) == "the file may not be read"


def test_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "large.yaml").open("wb") as stream:
        stream.truncate(64 * 1024 * 1024 + 1)

    assert unreadable(tmp_path / "large.yaml") == "the file is larger than 67,108,864 bytes"


def test_file_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")

    assert read_bytes(tmp_path / "a", "a", limit=5) == b"12345"
    with pytest.raises(PackcError, match="larger than 4 bytes"):
        read_bytes(tmp_path / "a", "a", limit=4)
