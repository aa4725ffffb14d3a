"""One row of an evaluation manifest, and the fast decoder made for the attribute names that a manifest uses."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct, field

from .attributes import METADATA, SOURCE_REF, AttributeNames

_NAMEABLE = re.compile(r'[^"\\\x00-\x1f]+')
"""Key names that a msgspec structure may declare."""

ABSENT = 2
"""Stands for a label's integer that is missing or unreadable."""

UsualName = Literal["anomaly", "normal", "Anomaly", "Normal"]


class LabelMetadata(Struct, frozen=True, gc=False):
    """The metadata of a truth label."""

    class_name: str | None = field(name="class-name", default=None)


class UsualLabelMetadata(LabelMetadata, frozen=True, gc=False):
    """The same where nothing is odd about the class-name, which is decoded to one shared string."""

    class_name: UsualName | None = field(name="class-name", default=None)


class PredictionMetadata(Struct, frozen=True, gc=False):
    """The metadata of a predicted label; ``confidence`` is the JSON as written, empty where absent."""

    class_name: str | None = field(name="class-name", default=None)
    confidence: Raw = Raw()
    model_arn: str | None = field(name="model-arn", default=None)
    project: str | None = field(name="project-name", default=None)
    version: str | None = field(name="model-version", default=None)


class MaskMetadata(Struct, frozen=True, gc=False):
    """The metadata of a mask; the colour map is the JSON as written, empty where absent."""

    color_map: Raw = field(name="internal-color-map", default=Raw())


class UsualPredictionMetadata(PredictionMetadata, frozen=True, gc=False):
    """The same where nothing is odd about the class-name."""

    class_name: UsualName | None = field(name="class-name", default=None)


NO_LABEL = LabelMetadata()
NO_PREDICTION = PredictionMetadata()
NO_MASK = MaskMetadata()


class Row(Struct, gc=False):
    """What both readers make of a row (the fast one with a class of the same members).

    Numbers are 0, 1, or ``ABSENT``.
    """

    source: str
    truth_number: int
    truth: LabelMetadata
    predicted_number: int
    predicted: PredictionMetadata
    truth_mask: str | None
    truth_mask_metadata: MaskMetadata
    predicted_mask: str | None
    predicted_mask_metadata: MaskMetadata


def row_decoder(names: AttributeNames, known: Collection[str]) -> msgspec.json.Decoder[Any] | None:
    """Make a decoder for rows that have exactly the usual types and no key but the known ones.

    A row that does not fit raises ``msgspec.ValidationError`` and goes to the tolerant reader, so that nothing new in a
    row can pass unnoticed.

    Args:
        names: The attributes that matter; their rows become ``Row`` objects.
        known: All keys seen so far; those that do not matter are skipped.

    Returns:
        The decoder, or ``None`` where the names clash or no structure can declare them.
    """
    number = Literal[0, 1]
    fields: list[tuple[str, Any, Any]] = [("source", Annotated[str, Meta(min_length=1)], field(name=SOURCE_REF))]
    roles: tuple[tuple[str | None, str, Any, Any, Any], ...] = (
        (names.truth, "truth", number, UsualLabelMetadata, NO_LABEL),
        (names.predicted, "predicted", number, UsualPredictionMetadata, NO_PREDICTION),
        (names.truth_mask, "truth_mask", str | None, MaskMetadata, NO_MASK),
        (names.predicted_mask, "predicted_mask", str | None, MaskMetadata, NO_MASK),
    )
    absent: dict[str, Any] = {}
    used = {SOURCE_REF}
    for name, attribute, kind, metadata, default in roles:
        is_label = kind is number
        value = f"{attribute}_number" if is_label else attribute
        described = attribute if is_label else f"{attribute}_metadata"
        nothing = ABSENT if is_label else None
        if name is None or not {name, name + METADATA}.intersection(known):
            absent |= {value: nothing, described: default}
            continue
        if {name, name + METADATA} & used or not _NAMEABLE.fullmatch(name):
            return None
        used |= {name, name + METADATA}
        fields += [
            (value, kind, field(name=name, default=nothing)),
            (described, metadata, field(name=name + METADATA, default=default)),
        ]
    others = [key for key in known if key not in used and _NAMEABLE.fullmatch(key)]
    fields += [(f"other_{i}", Raw, field(name=key, default=Raw())) for i, key in enumerate(others)]
    row = msgspec.defstruct("FittedRow", fields, namespace=absent, forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(row)
