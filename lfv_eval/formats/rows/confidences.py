"""The confidence column of an evaluation manifest: printed digits to numbers in 0..1."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Raw
from numpy.typing import NDArray

from ...records import Severity
from ..json_document import Number
from ..problem_log import ProblemLog

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_HINT = "the confidence of the predicted class is a fraction; correct or delete the row"
_MAX_SHORT = 40
_numbers = msgspec.json.Decoder(list[float])

Floats = NDArray[np.float64]


def read_confidences(raws: Sequence[Raw], lines: Sequence[int], log: ProblemLog) -> tuple[Floats, list[str]]:
    """Read the confidences of some rows.

    Args:
        raws: The JSON of each as written, empty where a row has none.
        lines: Their line numbers.
        log: Where missing numbers, numbers in quotes and failed predictions are noted.

    Returns:
        float64 values, NaN where missing, -1 where negative (a failed prediction), else in 0..100; and the digits.

    Raises:
        DocumentError: One is no number, above 100, or beyond exact arithmetic.
    """
    joined = b",".join(raws)
    try:
        values = np.array(_numbers.decode(b"[%b]" % joined), np.float64)
    except (ValueError, RecursionError):
        values = np.empty(0)
    if len(values) == len(raws) and np.all((values > 0) & (values <= 1)):
        printed = joined.decode("ascii").split(",")
        if max(map(len, printed)) <= _MAX_SHORT:  # too short for an exponent that exact arithmetic would choke on
            return values, printed
    pairs = [_read_one(raw, line, log) for raw, line in zip(raws, lines, strict=True)]
    return np.array([value for value, _ in pairs], np.float64), [text for _, text in pairs]


def _read_one(raw: Raw, line: int, log: ProblemLog) -> tuple[float, str]:
    written = bytes(raw).decode("utf-8", "replace")
    if written in ("", "null"):
        return math.nan, ""
    text = written
    if written.startswith('"'):
        text = written[1:-1].strip()
    if not _NUMBER.fullmatch(text) or not (number := Number(text)).is_sane or not number.value <= 100:
        shown = written if len(written) <= _MAX_SHORT else written[:_MAX_SHORT] + "..."
        raise log.refusal(f'"confidence" must be a number in 0..1, got {shown}', line=line, hint=_HINT)
    if text != written:
        log.add(
            "CONFIDENCE_AS_TEXT", '"confidence" stands in quotes; read as a number', line=line, severity=Severity.NOTE
        )
    if number.value < 0:
        log.add("FAILED_PREDICTION", f'"confidence" is {text}: the prediction failed; the row is left out', line=line)
        return -1.0, text
    return number.value, text


def as_fractions(values: Floats, printed: Sequence[str], lines: NDArray[np.int64], log: ProblemLog) -> Floats:
    """Turn a whole column of percentages into fractions; a column in 0..1 stays as it is.

    Args:
        values: float64 in 0..100 or NaN.
        printed: Their digits.
        lines: Their line numbers.
        log: Where percentages are noted.

    Raises:
        DocumentError: Some are above 1 and others between 0 and 1, so that neither reading fits all.
    """
    above = values > 1
    if not above.any():
        return values
    if ((values > 0) & (values <= 1)).any():
        first = int(np.argmax(above))
        raise log.refusal(
            f'"confidence" must be a number in 0..1, got {printed[first]}',
            line=int(lines[first]),
            hint="other rows are in 0..1, so this is no column of percentages; correct or delete the row",
        )
    log.add_lines(
        "CONFIDENCE_IN_PERCENT", '"confidence" is above 1 in all rows; read as percent', lines[above].tolist()
    )
    return values / 100
