"""The rows of manifests: test images with their truth and what the model said of them, column by column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

NORMAL, ANOMALY, UNLABELLED = 0, 1, -1
"""Codes of ``Images.truth`` and ``Images.predicted``; anomaly is the positive class (Lookout for Vision guide)."""

Entry = TypeVar("Entry")


def label_key(name: str) -> str:
    """What two spellings of one label have in common.

    >>> label_key(" Cracked ") == label_key("cracked")
    True
    """
    return name.strip().casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRef:
    """A mask image and the colour map of its own manifest row.

    Attributes:
        uri: As written in the manifest.
        label_by_color: Label name by colour, ``"#rrggbb"`` in lower case, background entries included.
    """

    uri: str
    label_by_color: Mapping[str, str]


class Exclusion(IntEnum):
    """Why a manifest row does not enter the numbers; 0 means that it does."""

    USED = 0
    UNLABELLED = 1
    FAILED_PREDICTION = 2
    DUPLICATE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """One row of ``Images``: a test image with its truth and what the model said of it."""

    uri: str
    document: str
    line: int
    truth: int
    predicted: int
    confidence: float | None
    printed_confidence: str
    truth_mask: MaskRef | None
    predicted_mask: MaskRef | None
    exclusion: Exclusion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """The rows of evaluation manifests, column by column, in file order.

    Attributes:
        uri: ``source-ref`` as written.
        document: URI of the manifest the row stands in.
        line: int64, counted from 1 (the position in the array for a JSON-array manifest).
        truth: int8, ``ANOMALY``, ``NORMAL`` or ``UNLABELLED``.
        predicted: int8, ``ANOMALY``, ``NORMAL``, or ``UNLABELLED`` where the prediction is missing or failed.
        confidence: float64 in 0..1 of the *predicted* class; NaN where the row has none.
        printed_confidence: The digits as written in the file; empty where the row has none.
        truth_mask: One entry a row, ``None`` where the row names no mask.
        predicted_mask: Likewise for the model's mask.
        exclusion: int8, an ``Exclusion`` a row.
    """

    uri: list[str]
    document: list[str]
    line: NDArray[np.int64]
    truth: NDArray[np.int8]
    predicted: NDArray[np.int8]
    confidence: NDArray[np.float64]
    printed_confidence: list[str]
    truth_mask: list[MaskRef | None]
    predicted_mask: list[MaskRef | None]
    exclusion: NDArray[np.int8]

    @classmethod
    def empty(cls) -> Images:
        """No rows; the neutral element of ``+``."""
        return cls(
            uri=[],
            document=[],
            line=np.empty(0, np.int64),
            truth=np.empty(0, np.int8),
            predicted=np.empty(0, np.int8),
            confidence=np.empty(0, np.float64),
            printed_confidence=[],
            truth_mask=[],
            predicted_mask=[],
            exclusion=np.empty(0, np.int8),
        )

    def __len__(self) -> int:
        return len(self.uri)

    def __add__(self, other: Images) -> Images:
        return Images(
            uri=self.uri + other.uri,
            document=self.document + other.document,
            line=np.concatenate([self.line, other.line]),
            truth=np.concatenate([self.truth, other.truth]),
            predicted=np.concatenate([self.predicted, other.predicted]),
            confidence=np.concatenate([self.confidence, other.confidence]),
            printed_confidence=self.printed_confidence + other.printed_confidence,
            truth_mask=self.truth_mask + other.truth_mask,
            predicted_mask=self.predicted_mask + other.predicted_mask,
            exclusion=np.concatenate([self.exclusion, other.exclusion]),
        )

    def select(self, wanted: NDArray[np.bool_]) -> Images:
        """Some of the rows, in the same order.

        Args:
            wanted: bool, one entry a row.
        """
        rows = np.flatnonzero(wanted)

        def pick(column: list[Entry]) -> list[Entry]:
            return [column[row] for row in rows.tolist()]

        return Images(
            uri=pick(self.uri),
            document=pick(self.document),
            line=self.line[rows],
            truth=self.truth[rows],
            predicted=self.predicted[rows],
            confidence=self.confidence[rows],
            printed_confidence=pick(self.printed_confidence),
            truth_mask=pick(self.truth_mask),
            predicted_mask=pick(self.predicted_mask),
            exclusion=self.exclusion[rows],
        )

    @property
    def used(self) -> NDArray[np.bool_]:
        """bool, True for the rows that enter the numbers."""
        used: NDArray[np.bool_] = self.exclusion == Exclusion.USED
        return used

    def __getitem__(self, index: int) -> ImageRecord:
        confidence = float(self.confidence[index])
        return ImageRecord(
            uri=self.uri[index],
            document=self.document[index],
            line=int(self.line[index]),
            truth=int(self.truth[index]),
            predicted=int(self.predicted[index]),
            confidence=None if math.isnan(confidence) else confidence,
            printed_confidence=self.printed_confidence[index],
            truth_mask=self.truth_mask[index],
            predicted_mask=self.predicted_mask[index],
            exclusion=Exclusion(int(self.exclusion[index])),
        )

    def __iter__(self) -> Iterator[ImageRecord]:
        return (self[index] for index in range(len(self)))


class DatasetRole(StrEnum):
    """What a dataset was for: ``SINGLE`` is one that the service split into training and test images itself."""

    TRAINING = "training"
    TEST = "test"
    SINGLE = "single"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """The rows of one input manifest: images with their truth, without predictions.

    Attributes:
        uri: URI of the manifest.
        role: What it was for, as far as is known.
        images: Its rows; nothing is predicted, and ``exclusion`` is ``USED``, ``UNLABELLED`` or ``DUPLICATE``.
    """

    uri: str
    role: DatasetRole
    images: Images
