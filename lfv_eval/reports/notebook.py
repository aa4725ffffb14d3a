"""The compact HTML form that a notebook shows for an audit."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..results import ModelAudit
from ..verdicts import Check
from . import wording
from .printable import printable

_COLUMNS = ("metric", "reported", "in", "recomputed", "interval", "verdict")


def render(audits: Sequence[ModelAudit]) -> bytes:
    """An HTML fragment; every name from a document is escaped."""
    return "".join(_fragment(audit) for audit in audits).encode()


def _fragment(audit: ModelAudit) -> str:
    head = "".join(f"<th>{column}</th>" for column in _COLUMNS)
    rows = "".join(_row(check) for check in audit.checks)
    sentence = wording.confusion_sentence(audit) or ""
    return (
        f"<div><p><b>{_safe(str(audit.model))}</b><br>{_safe(wording.headline(audit))}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p>{_safe(sentence, 400)}</p><p><small>{_safe(audit.signature, 400)}</small></p></div>"
    )


def _row(check: Check) -> str:
    recomputed = wording.value_text(check.value) if check.kind == "recomputed" else check.expected or "-"
    cells = (
        wording.metric_name(check.name, check.label),
        check.reported or "-",
        wording.source_name(check),
        recomputed,
        wording.interval_text(check.value),
        check.verdict,
    )
    return "<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in cells) + "</tr>"


def _safe(text: str, limit: int = 200) -> str:
    return escape(printable(text, limit))
