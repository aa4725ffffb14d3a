"""Collects the tolerated defects of one document: equal defects become one ``Problem`` with all their lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import DocumentError
from ..records import MAX_PROBLEM_LINES, Problem, Severity, Where

_MAX_QUOTED = 60


def quoted(text: str | None) -> str:
    """Untrusted text for a message: quoted, on one line and short.

    >>> quoted("dent"), quoted(None), len(quoted("x" * 1000))
    ("'dent'", 'nothing', 65)
    """
    if text is None:
        return "nothing"
    return repr(text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "...")


@dataclass(slots=True)
class _Entry:
    message: str
    severity: Severity
    first_line: int | None
    count: int = 0
    lines: list[int] = field(default_factory=list)


class ProblemLog:
    """The defects met so far in one document, and the refusals that name a place in it.

    The message of a code is the one of its first occurrence.

    >>> log = ProblemLog("m.json")
    >>> for line in (3, 7):
    ...     log.add("ODD", "odd thing", line=line)
    >>> [(p.code, p.count, p.lines) for p in log.problems()]
    [('ODD', 2, (3, 7))]

    Args:
        uri: The document's URI.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._entries: dict[str, _Entry] = {}

    def add(self, code: str, message: str, *, line: int | None = None, severity: Severity = Severity.WARNING) -> None:
        """Note one occurrence of a defect; ``line`` counts from 1."""
        entry = self._entries.get(code)
        if entry is None:
            entry = self._entries[code] = _Entry(message, severity, line)
        entry.count += 1
        if line is not None and len(entry.lines) < MAX_PROBLEM_LINES and line not in entry.lines[-1:]:
            entry.lines.append(line)

    def add_lines(
        self, code: str, message: str, lines: Iterable[int], *, severity: Severity = Severity.WARNING
    ) -> None:
        """Note one occurrence for each line."""
        for line in lines:
            self.add(code, message, line=line, severity=severity)

    def problems(self) -> tuple[Problem, ...]:
        """All defects, ordered by the line of their first occurrence; those without a line come first."""
        return tuple(
            Problem(
                code=code,
                where=Where(uri=self.uri, line=entry.first_line),
                message=entry.message,
                severity=entry.severity,
                count=entry.count,
                lines=tuple(entry.lines),
            )
            for code, entry in sorted(self._entries.items(), key=lambda item: item[1].first_line or 0)
        )

    def refusal(self, message: str, *, line: int | None = None, hint: str = "") -> DocumentError:
        """The error to raise where a defect cannot be tolerated."""
        return DocumentError(message, where=str(Where(uri=self.uri, line=line)), hint=hint)
