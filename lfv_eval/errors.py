"""The errors a user can meet. Each says what, where, expected, got, and the next step.

One positional argument plus keyword-only fields, so that every error survives pickling into a process pool.
A disagreement between numbers is a result, never an exception.
"""

from __future__ import annotations

from typing import Any, ClassVar


class LfvEvalError(Exception):
    """Base of all errors of this package.

    Args:
        message: What happened: what was expected and what was got.
        where: The document, line, object or model it happened at; empty if there is none.
        hint: The next step for the user; empty if there is none.

    >>> str(TargetError("no evaluation found", where="/data", hint="name a folder that holds one"))
    '/data: no evaluation found. Hint: name a folder that holds one'
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text.rstrip('.')}. Hint: {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.where, self.hint)


def _rebuild(kind: type[LfvEvalError], message: str, where: str, hint: str) -> LfvEvalError:
    return kind(message, where=where, hint=hint)


class UsageError(LfvEvalError):
    """The caller asked for something that cannot be meant: an unknown metric, a malformed name."""

    code = "usage"
    exit_code = 2


class TargetError(LfvEvalError):
    """Nothing to audit was found there, or more than one thing was."""

    code = "target"


class AccessError(LfvEvalError):
    """Credentials, permission, throttling, network, or a service that is gone."""

    code = "access"


class DocumentError(LfvEvalError):
    """A document is not JSON, not of a known kind, contradicts its own format, or is of another model."""

    code = "document"


class MaskError(LfvEvalError):
    """A mask is not a PNG, truncated, corrupt, too large, of the wrong size, or does not fit its colour map."""

    code = "mask"


class ReportError(LfvEvalError):
    """A report cannot be made or written."""

    code = "report"
