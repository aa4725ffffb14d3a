"""The label columns of an evaluation manifest. The class-name decides; the integer beside it is only compared.

The service documents that the integer is required but not used, and two of AWS's own writers use 1 for normal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...images import ANOMALY, NORMAL, UNLABELLED
from ..problem_log import ProblemLog, quoted

_OTHER_NAME, _NO_NAME = 2, 3
_CODES = {"anomaly": ANOMALY, "normal": NORMAL}
_MAX_REMEMBERED = 1000

Bytes = NDArray[np.uint8]
Codes = NDArray[np.int8]
Lines = NDArray[np.int64]


class ClassCodes(dict[str | None, int]):
    """Code by class-name: ``ANOMALY``, ``NORMAL``, 2 for another name and 3 for none; case and space do not matter.

    >>> codes = ClassCodes()
    >>> codes["anomaly"], codes[" Normal"], codes["Detection"], codes[None]
    (1, 0, 2, 3)
    """

    def __missing__(self, name: str | None) -> int:
        code = _NO_NAME if name is None else _CODES.get(name.strip().casefold(), _OTHER_NAME)
        if len(self) < _MAX_REMEMBERED:
            self[name] = code
        return code


@dataclass(frozen=True, slots=True)
class Wording:
    """The problem codes and words for one of the two label columns."""

    label: str
    missing_code: str
    missing: str
    other_code: str
    other: str
    contradiction_code: str


TRUTH = Wording(
    label="truth label",
    missing_code="UNLABELLED_ROW",
    missing="the row has no truth label; it is left out",
    other_code="UNKNOWN_CLASS_NAME",
    other="the row counts as unlabelled and is left out",
    contradiction_code="NUMBER_CONTRADICTS_CLASS_NAME",
)
PREDICTED = Wording(
    label="predicted label",
    missing_code="NO_PREDICTION",
    missing="the row has no predicted label; it is left out",
    other_code="UNKNOWN_PREDICTED_CLASS_NAME",
    other="the prediction counts as failed and the row is left out",
    contradiction_code="PREDICTED_NUMBER_CONTRADICTS_CLASS_NAME",
)


class LabelReader:
    """Turns class-names into codes and notes what is odd about them.

    Args:
        log: Where defects are noted.
    """

    def __init__(self, log: ProblemLog) -> None:
        self._log = log
        self._code = ClassCodes()

    def read(self, names: Sequence[str | None], numbers: Sequence[int], lines: Lines, words: Wording) -> Codes:
        """Read one label column of some rows.

        Args:
            names: The class-names, ``None`` where missing.
            numbers: The integers beside them: 0, 1, or another where missing or unreadable.
            lines: int64, their line numbers.
            words: Which column this is.

        Returns:
            int8, ``ANOMALY``, ``NORMAL``, or ``UNLABELLED`` for a missing or other class-name.

        Raises:
            DocumentError: A row has an integer but no class-name.
        """
        codes = np.frombuffer(bytes(map(self._code.__getitem__, names)), np.uint8)
        integers = np.frombuffer(bytes(numbers), np.uint8)
        labels = codes.astype(np.int8)
        labels[codes > ANOMALY] = UNLABELLED
        if not np.array_equal(codes, integers) or UNLABELLED in labels:
            self._judge(codes, integers, names, lines, words)
        return labels

    def _judge(self, codes: Bytes, integers: Bytes, names: Sequence[str | None], lines: Lines, words: Wording) -> None:
        missing, has_integer = codes == _NO_NAME, integers <= ANOMALY
        if (bare := missing & has_integer).any():
            raise self._log.refusal(
                f'"class-name" of the {words.label} is missing; only an integer is there',
                line=int(lines[bare][0]),
                hint="add the class-name: writers disagree on which integer means anomaly",
            )
        self._log.add_lines(words.missing_code, words.missing, lines[missing].tolist())
        for index in np.flatnonzero(codes == _OTHER_NAME).tolist():
            message = f"class-name {quoted(names[index])} is neither anomaly nor normal; {words.other}"
            self._log.add(words.other_code, message, line=int(lines[index]))
        contradicting = (codes <= ANOMALY) & has_integer & (codes != integers)
        message = f"the integer of the {words.label} contradicts its class-name; the class-name is used"
        self._log.add_lines(words.contradiction_code, message, lines[contradicting].tolist())
