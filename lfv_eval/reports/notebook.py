"""The compact HTML form that a notebook shows for an audit: no script, and no style that could leak out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..results import ModelAudit
from ..verdicts import Check, Verdict
from . import wording
from .printable import printable
from .tone import SIGNS, Tone, audit_tone, verdict_text, verdict_tone

_COLUMNS = ("metric", "reported", "recomputed", "interval", "verdict")
_CELL = "text-align:left;vertical-align:top;padding:.3em 1em .3em 0;border-top:1px solid rgba(128,128,128,.3)"
_COLORS: dict[Tone, tuple[str, str]] = {  # the text on its own background: legible in light and dark notebooks alike
    "good": ("#0a5a43", "#e0f2ec"),
    "bad": ("#952b06", "#fde8df"),
    "open": ("#6a4d00", "#fbf0d0"),
    "quiet": ("#515a64", "#eceff2"),
}


def render(audits: Sequence[ModelAudit]) -> bytes:
    """An HTML fragment; every name from a document is escaped."""
    return "".join(_fragment(audit) for audit in audits).encode("utf-8", "replace")


def _fragment(audit: ModelAudit) -> str:
    tone = audit_tone(audit)
    color, back = _COLORS[tone]
    head = "".join(f'<th scope="col" style="{_CELL};border-top:0;font-weight:500">{name}</th>' for name in _COLUMNS)
    rows = "".join(_row(check) for check in audit.checks if check.kind == "recomputed")
    others = "".join(f"<div>{_badge(verdict)} {_safe(text, 400)}</div>" for text, verdict in wording.statements(audit))
    sentence = wording.confusion_sentence(audit) or ""
    return (
        '<div style="max-width:72em;line-height:1.5">'
        f'<p style="margin:.3em 0"><strong style="font-size:1.25em"><bdi>{_safe(str(audit.model))}</bdi></strong></p>'
        f'<p style="color:{color};background:{back};border-left:5px solid;border-radius:8px;padding:.6em 1em;'
        f'margin:.5em 0"><span aria-hidden="true">{SIGNS[tone]}</span> <strong>{_safe(wording.headline(audit))}'
        "</strong></p>"
        f'<table style="color:inherit;border-collapse:collapse;border:0"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
        f'<div style="margin:.5em 0">{others}</div>'
        f'<p style="margin:.5em 0">{_safe(sentence, 400)}</p>'
        f'<p style="opacity:.75;overflow-wrap:anywhere"><small>{_safe(audit.signature, 400)}</small></p></div>'
    )


def _row(check: Check) -> str:
    cells = (
        f"<strong><bdi>{_safe(wording.metric_name(check.name, check.label))}</bdi></strong>",
        f"<bdi>{_safe(check.reported or '-')}</bdi> <small>{_safe(wording.source_name(check))}</small>",
        _safe(wording.value_text(check.value)),
        _safe(wording.interval_text(check.value)),
        _badge(check.verdict, check.explanation),
    )
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"


def _badge(verdict: Verdict, explanation: str = "") -> str:
    tone = verdict_tone(verdict)
    color, back = _COLORS[tone]
    return (
        f'<span title="{_safe(explanation, 400)}" style="color:{color};background:{back};border-radius:9px;'
        f'padding:.05em .6em;white-space:nowrap"><span aria-hidden="true">{SIGNS[tone]}</span> '
        f"{verdict_text(verdict)}</span>"
    )


def _safe(text: str, limit: int = 200) -> str:
    return escape(printable(text, limit))
