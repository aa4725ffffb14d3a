"""The audit document itself, as JSON: one object for one audit, an array for several."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..results import ModelAudit


def render(audits: Sequence[ModelAudit]) -> bytes:
    """UTF-8 JSON, indented, ending in a newline."""
    if len(audits) == 1:
        return audits[0].to_json()
    return msgspec.json.format(msgspec.json.encode(list(audits)), indent=2) + b"\n"
