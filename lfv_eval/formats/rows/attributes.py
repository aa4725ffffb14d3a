"""Which attributes of an evaluation manifest hold truth and prediction. Their names are free, so they are discovered.

An attribute ``K`` is described by ``K-metadata``: a label by the type ``groundtruth/image-classification``, a mask by
``groundtruth/semantic-segmentation`` or an ``internal-color-map``. The model's own end in ``-detected``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import Raw

from ...settings import Settings
from ..problem_log import ProblemLog, quoted

DETECTED = "-detected"
METADATA = "-metadata"
SOURCE_REF = "source-ref"
_ORDINARY = frozenset({SOURCE_REF, SOURCE_REF + METADATA})
_MAX_KNOWN = 300

Kind = Literal["label", "mask", "other"]


@dataclass(frozen=True, slots=True)
class AttributeNames:
    """The attributes of one manifest; ``None`` where it has none."""

    truth: str | None = None
    predicted: str | None = None
    truth_mask: str | None = None
    predicted_mask: str | None = None

    def all(self) -> tuple[str, ...]:
        """The names that exist."""
        return tuple(n for n in (self.truth, self.predicted, self.truth_mask, self.predicted_mask) if n is not None)


class NamedLate(Exception):  # noqa: N818 - not an error: the reader starts over, knowing the names
    """An attribute turned out to matter after rows that carry it had been read without it."""


class Discovery:
    """What is known so far about the attributes of one manifest.

    Args:
        settings: Names that the user gave.
        log: For refusals.
    """

    def __init__(self, settings: Settings, log: ProblemLog) -> None:
        self.names = AttributeNames(truth=settings.label_attribute, truth_mask=settings.mask_attribute)
        self.known: dict[str, None] = dict.fromkeys(_ORDINARY)
        """Top-level keys whose meaning is settled, in order of appearance."""
        self._settings = settings
        self._log = log
        self._kinds: dict[str, Kind] = {}

    def examine(self, fields: Mapping[str, Raw], line: int) -> bool:
        """Learn from one row.

        Returns:
            Whether a key was new, so that a reader made for the known keys has to be made anew.

        Raises:
            DocumentError: Several attributes could be the one sought, or there are more than 300.
            NamedLate: Start over; afterwards ``names`` is right for all rows so far.
        """
        new = [key for key in fields if key not in self.known]
        if not new:
            return False
        before, seen = self.names, frozenset(self.known)
        for key in new:
            if self._is_settled(key, fields):
                self.known[key] = None
        if len(self.known) > _MAX_KNOWN:
            raise self._log.refusal(f"expected at most {_MAX_KNOWN} different top-level names, got more", line=line)
        self.names = self._resolve(line)
        gained = set(self.names.all()) - set(before.all())
        lost = set(before.all()) - set(self.names.all())
        if lost or gained & seen:
            raise NamedLate
        return len(self.known) > len(seen)

    def unknown_choices(self) -> dict[str, str]:
        """The attributes that the user named but no row has, by the name of the setting."""
        chosen = {setting: getattr(self._settings, setting) for setting in ("label_attribute", "mask_attribute")}
        return {
            setting: name
            for setting, name in chosen.items()
            if name is not None and name not in self.known and name + METADATA not in self.known
        }

    def check_found(self) -> None:
        """Refuse a manifest without predictions, or without the attribute that the user named.

        Raises:
            DocumentError: Likewise.
        """
        for setting, name in self.unknown_choices().items():
            found = ", ".join(map(quoted, self._kinds)) or "none"
            raise self._log.refusal(f"no row has the {setting} {name!r}", hint=f"attributes found: {found}")
        if self.names.predicted is None:
            raise self._log.refusal(
                f"expected a predicted label (an attribute ending in {DETECTED!r} with metadata), got none in any row",
                hint="this looks like a dataset manifest; the evaluation manifest lies beside the evaluation result",
            )

    def _is_settled(self, key: str, fields: Mapping[str, Raw]) -> bool:
        """Whether a key's meaning is known from now on; classifies the attribute that a ``-metadata`` key describes."""
        if not key.endswith(METADATA):
            return True
        base = key.removesuffix(METADATA)
        kind = _kind(fields[key])
        if kind is None:
            return base in self.names.all()
        self._kinds[base] = kind
        return True

    def _resolve(self, line: int) -> AttributeNames:
        truth, predicted = self._pair("label", self._settings.label_attribute, line)
        truth_mask, predicted_mask = self._pair("mask", self._settings.mask_attribute, line)
        return AttributeNames(truth, predicted, truth_mask, predicted_mask)

    def _pair(self, kind: Kind, chosen: str | None, line: int) -> tuple[str | None, str | None]:
        """The attribute of the truth and that of the prediction."""
        candidates = [base for base, found in self._kinds.items() if found == kind and base != chosen]
        predicted = [base for base in candidates if base.endswith(DETECTED)]
        if chosen is not None and chosen + DETECTED in predicted:
            return chosen, chosen + DETECTED
        truths = [chosen] if chosen is not None else [base for base in candidates if base not in predicted]
        return self._only(truths, kind, line), self._only(predicted, kind, line)

    def _only(self, names: Iterable[str], kind: Kind, line: int) -> str | None:
        found = tuple(names)
        if len(found) > 1:
            raise self._log.refusal(
                f"expected one {kind} attribute, got {len(found)}: {', '.join(map(quoted, found))}",
                line=line,
                hint=f"choose the truth with --{kind}-attribute (settings.{kind}_attribute)",
            )
        return found[0] if found else None


def _kind(metadata: Raw) -> Kind | None:
    """What an attribute is by its metadata; ``None`` where this row does not tell."""
    try:
        members = msgspec.json.decode(metadata, type=dict[str, Raw])
        said = msgspec.json.decode(members["type"], type=str).strip().casefold() if "type" in members else ""
    except (ValueError, RecursionError):
        return None
    if said == "groundtruth/semantic-segmentation" or "internal-color-map" in members:
        return "mask"
    if said:
        return "label" if said == "groundtruth/image-classification" else "other"
    return "label" if "class-name" in members else None
