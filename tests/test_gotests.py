"""Tests of Go templates: what they say stays the same, and reads well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packc.formats.gotests import Call, Test, all_of, any_of, argument, negated, quoted, written

A, B = ".Values.a", '(index .Values.features "b-c")'
IS_X = Call("eq", (A, '"x"'))


@pytest.mark.parametrize(
    ("test", "text"),
    [
        (A, ".Values.a"),
        (B, 'index .Values.features "b-c"'),
        (IS_X, 'eq .Values.a "x"'),
        (negated(IS_X), 'ne .Values.a "x"'),
        (negated(negated(A)), ".Values.a"),
        (negated(B), 'not (index .Values.features "b-c")'),
        (negated(Call("eq", (A, '"x"', '"y"'))), 'not (eq .Values.a "x" "y")'),
        (all_of([A, all_of([IS_X, B]), A]), f'and .Values.a (eq .Values.a "x") {B}'),
        (any_of([all_of([A, B]), IS_X]), f'or (and .Values.a {B}) (eq .Values.a "x")'),
        (all_of([IS_X]), 'eq .Values.a "x"'),
    ],
)
def test_a_test_is_written_as_a_person_would(test: Test, text: str) -> None:
    assert written(test) == text


TESTS = st.recursive(
    st.sampled_from([A, B, IS_X, Call("ne", (A, '"y"')), Call("eq", (A, '"x"', '"y"'))]),
    lambda inner: st.one_of(
        inner.map(negated),
        st.lists(inner, min_size=1, max_size=3).map(all_of),
        st.lists(inner, min_size=1, max_size=3).map(any_of),
    ),
    max_leaves=8,
)


def meaning(test: Test, values: dict[str, str]) -> bool:
    """Return what a template engine finds."""
    match test:
        case str():
            return bool(values[test])
        case Call("not", (inner,)):
            return not meaning(inner, values)
        case Call("and", inner):
            return all(meaning(each, values) for each in inner)
        case Call("or", inner):
            return any(meaning(each, values) for each in inner)
        case Call("ne", (one, other)):
            return values[str(one)] != str(other).strip('"')
        case _:
            first, *others = test.arguments
            return values[str(first)] in [str(other).strip('"') for other in others]


@given(TESTS, st.sampled_from(["", "x", "y", "z"]), st.sampled_from(["", "on"]))
def test_the_opposite_is_true_where_the_test_is_not(test: Test, a: str, b: str) -> None:
    values = {A: a, B: b}

    assert meaning(negated(test), values) is not meaning(test, values)
    assert "not (not" not in written(negated(negated(test)))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (".Values.a", ".Values.a"),
        ("int64 .Values.a", "(int64 .Values.a)"),
        ("(a) (b)", "((a) (b))"),
        ('(index .Values ")(")', '(index .Values ")(")'),
        ('"a) (b\\""', '"a) (b\\""'),
        ('"a" "b"', '("a" "b")'),
    ],
)
def test_an_expression_is_bracketed_where_it_has_to_be(expression: str, text: str) -> None:
    assert argument(expression) == text


def test_a_literal_has_no_line_break() -> None:
    assert quoted('{{ "\n\x7f') == '"{{ \\"\\n\\u007f"'
