"""The slow reader of manifest rows: accepts what the fast one does not, notes why, and explains what it must refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from ...errors import DocumentError
from ...records import Severity
from ..problem_log import ProblemLog
from .attributes import METADATA, SOURCE_REF, Discovery
from .fitted import ABSENT, NO_LABEL, NO_MASK, NO_PREDICTION, LabelMetadata, MaskMetadata, PredictionMetadata, Row

WRAPPER = "deviceGroundTruthData"
"""Key under which the DefectDetectionApplication of AWS Labs wraps the row of a captured inference."""

Metadata = TypeVar("Metadata", bound=Struct)
_Fields = dict[str, Raw]
_fields = msgspec.json.Decoder(_Fields)
_wrapped = msgspec.json.Decoder(list[_Fields])
_INTEGER = re.compile(r"-?[0-9]+(?:\.0+)?", re.ASCII)
_MAX_SHOWN = 60
_HINTS = (
    (re.compile(rb"(//|#|/\*)"), "comments are not JSON: delete the line"),
    (re.compile(rb'.{0,300}?"[^"\\]*"\s*\*\s*:', re.DOTALL), "delete the stray * (a slip of the guide's samples)"),
    (re.compile(rb"[\[{]?$"), "each record must stand on one line: `jq -c . FILE` rewrites a pretty-printed one"),
    (re.compile(rb'"[^"\\]*"\s*:'), "each record must stand on one line: `jq -c . FILE` rewrites a pretty-printed one"),
    (
        re.compile(rb".*[:\[,]\s*-?(NaN|Infinity)\b", re.DOTALL),
        "NaN and Infinity are not JSON: write null, or drop the row",
    ),
    (re.compile(rb"\{.*[^}]$", re.DOTALL), "the line looks cut off: copy the file again from where it came from"),
)
"""What is usually wrong with a line that begins like this, tried in order."""


class TolerantReader:
    """Reads rows of any tolerable shape.

    Args:
        discovery: Learns the attribute names from each row.
        log: Where defects are noted.
    """

    def __init__(self, discovery: Discovery, log: ProblemLog) -> None:
        self._discovery = discovery
        self._log = log
        self.learned = False
        """Whether a key was new since this was last set to false."""

    def read(self, text: bytes, line: int) -> Iterator[Row]:
        """Read the row (several, where a captured inference wraps them) of one line.

        Args:
            text: The line without its end; not blank.
            line: Its number, counted from 1.

        Raises:
            DocumentError: Not a JSON object, or a member that cannot be tolerated.
            NamedLate: See ``Discovery.examine``.
        """
        try:
            fields = _fields.decode(text)
            rows = [fields]
            if WRAPPER in fields and SOURCE_REF not in fields:
                rows = _wrapped.decode(fields[WRAPPER])
                self._note("WRAPPED_RECORD", f"the row is wrapped in {WRAPPER!r}; it was unwrapped", line)
        except (ValueError, RecursionError) as error:
            raise self._malformed(text, line, error) from None
        for row in rows:
            self.learned |= self._discovery.examine(row, line)
            yield self._row(row, line)

    def _row(self, fields: _Fields, line: int) -> Row:
        names = self._discovery.names
        source = self._text(fields, SOURCE_REF, line)
        if not source:
            raise self._refusal(SOURCE_REF, "text", fields.get(SOURCE_REF), line)
        truth = self._metadata(fields, names.truth, line)
        predicted = self._metadata(fields, names.predicted, line)
        return Row(
            source=source,
            truth_number=self._number(fields, names.truth, line),
            truth=NO_LABEL if truth is None else LabelMetadata(class_name=self._text(truth, "class-name", line)),
            predicted_number=self._number(fields, names.predicted, line),
            predicted=NO_PREDICTION if predicted is None else self._prediction(predicted, line),
            truth_mask=self._text(fields, names.truth_mask, line),
            truth_mask_metadata=self._mask(fields, names.truth_mask, line),
            predicted_mask=self._text(fields, names.predicted_mask, line),
            predicted_mask_metadata=self._mask(fields, names.predicted_mask, line),
        )

    def _prediction(self, fields: _Fields, line: int) -> PredictionMetadata:
        return PredictionMetadata(
            class_name=self._text(fields, "class-name", line),
            confidence=fields.get("confidence", Raw()),
            model_arn=self._text(fields, "model-arn", line, or_number=True),
            project=self._text(fields, "project-name", line, or_number=True),
            version=self._text(fields, "model-version", line, or_number=True),
        )

    def _mask(self, fields: _Fields, name: str | None, line: int) -> MaskMetadata:
        metadata = self._metadata(fields, name, line)
        return NO_MASK if metadata is None else MaskMetadata(color_map=metadata.get("internal-color-map", Raw()))

    def _metadata(self, fields: _Fields, name: str | None, line: int) -> _Fields | None:
        """The metadata of an attribute; ``None`` where the row has none."""
        raw = None if name is None else fields.get(name + METADATA)
        if name is None or raw is None or bytes(raw) == b"null":
            return None
        try:
            return _fields.decode(raw)
        except (ValueError, RecursionError):
            raise self._refusal(name + METADATA, "an object", raw, line) from None

    def _text(self, fields: _Fields, key: str | None, line: int, *, or_number: bool = False) -> str | None:
        """A text member; ``None`` where it is absent or null."""
        raw = None if key is None else fields.get(key)
        if key is None or raw is None or bytes(raw) == b"null":
            return None
        value = _plain(raw)
        if isinstance(value, str):
            return value
        if or_number and isinstance(value, int | float) and not isinstance(value, bool):
            self._note("NUMBER_FOR_TEXT", f'"{key}" is a number; read as text', line)
            return bytes(raw).decode()
        raise self._refusal(key, "text", raw, line)

    def _number(self, fields: _Fields, name: str | None, line: int) -> int:
        """The label's integer, ``ABSENT`` where there is none; the class-name decides, so the rest is only noted."""
        raw = None if name is None else fields.get(name)
        printed = b"null" if raw is None else bytes(raw)
        if printed in (b"0", b"1"):
            return int(printed)
        if printed == b"null":
            return ABSENT
        if printed in (b"true", b"false"):
            self._note("INTEGER_AS_BOOLEAN", f'"{name}" is true or false instead of 1 or 0', line)
            return int(printed == b"true")
        text = printed.decode("utf-8", "replace").strip('"').strip()
        value = float(text) if _INTEGER.fullmatch(text) and len(text) < 20 else None
        if value not in (0, 1):
            self._note("INTEGER_UNREADABLE", f'"{name}" must be 0 or 1, got {_show(printed)}; class-name decides', line)
            return ABSENT
        code = "INTEGER_AS_TEXT" if printed.startswith(b'"') else "INTEGER_AS_FRACTION"
        self._note(code, f'"{name}" is {_show(printed)} instead of an integer', line)
        return int(value)

    def _note(self, code: str, message: str, line: int) -> None:
        self._log.add(code, message, line=line, severity=Severity.NOTE)

    def _refusal(self, key: str, expected: str, raw: Raw | None, line: int) -> DocumentError:
        got = "nothing" if raw is None else _show(bytes(raw))
        hint = "save the file as UTF-8" if "\N{REPLACEMENT CHARACTER}" in got else "correct or delete the row"
        return self._log.refusal(f'"{key}" must be {expected}, got {got}', line=line, hint=hint)

    def _malformed(self, text: bytes, line: int, error: Exception) -> DocumentError:
        ends = text if len(text) <= 2000 else text[:1000] + text[-1000:]
        hint = next((hint for pattern, hint in _HINTS if pattern.match(ends)), "correct or delete the line")
        if isinstance(error, RecursionError):
            reason, hint = "it is nested hundreds deep", "is this another kind of file?"
        elif isinstance(error, UnicodeDecodeError):
            reason, hint = "it is not UTF-8", "save the file as UTF-8"
        else:
            reason = str(error).replace("JSON is malformed: ", "")
        return self._log.refusal(f"expected one JSON object, got {_show(text)} ({reason})", line=line, hint=hint)


def _plain(raw: Raw) -> Any:
    """The value of a short piece of JSON; ``None`` where it is no valid JSON."""
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return None


def _show(raw: bytes) -> str:
    text = raw[: _MAX_SHOWN + 1].decode("utf-8", "replace")
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."
