from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfv_eval.errors import DocumentError
from lfv_eval.formats.json_document import MAX_BYTES, Number, read_json
from lfv_eval.formats.problem_log import ProblemLog
from lfv_eval.records import MAX_PROBLEM_LINES, Severity

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def plain(value):
    """The value with its numbers as the standard library would have read them."""
    if isinstance(value, Number):
        return json.loads(value.printed)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


@settings(max_examples=60)
@given(VALUES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from([None, 2]))
def test_reads_what_the_standard_library_reads(make, value, encoding, indent):
    body = json.dumps({"value": value}, indent=indent).encode(encoding)
    log = ProblemLog("m.json")
    assert plain(read_json(make.document(body), log).value) == {"value": value}
    assert log.problems() == ()


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(make, body):
    try:
        read_json(make.document(body), ProblemLog("m.json"))
    except DocumentError as error:
        assert error.where.startswith("m.json")


def test_duplicate_keys_are_noted_and_the_last_wins(make):
    log = ProblemLog("m.json")
    assert read_json(make.document(b'{"a": 1, "a": 2, "b": {"c": 1, "c": 1, "c": 3}}'), log).value["a"] == Number("2")
    (problem,) = log.problems()
    assert (problem.code, problem.count, problem.severity) == ("DUPLICATE_KEY", 2, Severity.ERROR)


@pytest.mark.parametrize("bomb", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_deep_nesting_is_refused(make, bomb):
    with pytest.raises(DocumentError):
        read_json(make.document(bomb), ProblemLog("m.json"))


def test_size_is_bounded(make):
    with pytest.raises(DocumentError, match="at most 16777216 bytes"):
        read_json(make.document(b" " * (MAX_BYTES + 1)), ProblemLog("m.json"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": 1,\n "b": ', r"m\.json line 2 column \d+: .*expected a value, got the end of the file.*cut off"),
        (b'{"a": "xyz', r"line 1 column 7: .*expected a closing quote, got the end of the file.*cut off"),
        (b'{"a" 1}', r"line 1 column 6: .*expected a colon, got '1}'"),
        (b'{"a": 1 "b": 2}', r"expected a comma or the end of the list or object, got '\"b\": 2}'"),
        (b"{a: 1}", r"line 1 column 2: .*expected a name in double quotes, got 'a: 1}'"),
        (b'{"a": 1} {', r"expected the end of the document"),
        (b"", r"got the end of the file"),
        (b'{"a": "\xff"}', r"expected UTF-8 text, got other bytes at offset 7"),
        (b'{"a": "\\ud800"}', r"half of a surrogate pair"),
    ],
)
def test_broken_json_is_explained(make, body, message):
    with pytest.raises(DocumentError, match=message):
        read_json(make.document(body), ProblemLog("m.json"))


def test_a_problem_keeps_a_bounded_number_of_lines():
    log = ProblemLog("m.json")
    log.add_lines("X", "x", range(1, 5001))
    (problem,) = log.problems()
    assert (problem.count, len(problem.lines), problem.where.line) == (5000, MAX_PROBLEM_LINES, 1)
