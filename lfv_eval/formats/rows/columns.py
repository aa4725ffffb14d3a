"""Rows of an evaluation manifest become columns, block by block; nothing else of a row is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...images import UNLABELLED, Exclusion, Images, MaskRef
from ...records import Severity
from ..problem_log import ProblemLog, quoted
from .confidences import as_fractions, read_confidences
from .fitted import MaskMetadata, Row
from .labels import PREDICTED, TRUTH, Codes, LabelReader, Lines
from .mask_maps import MaskMaps
from .model_sightings import ModelSightings

_USUAL_SOURCE = re.compile(r"s3://[^/:]+/(?:[^/]+/)*[^/]+")
_S3 = "s3://"


class Columns:
    """The columns of ``Images`` in the making.

    Args:
        log: Where defects are noted.
    """

    def __init__(self, log: ProblemLog) -> None:
        self.models = ModelSightings(log)
        self._log = log
        self._labels = LabelReader(log)
        self._maps = MaskMaps(log)
        self._sources: list[str] = []
        self._printed: list[str] = []
        self._truth_masks: list[MaskRef | None] = []
        self._predicted_masks: list[MaskRef | None] = []
        self._arrays: list[tuple[Lines, Codes, Codes, NDArray[np.float64]]] = []

    def extend(self, rows: Sequence[Row], line_numbers: Sequence[int]) -> None:
        """Append rows in file order.

        Raises:
            DocumentError: A row has an integer label but no class-name, a confidence that is no number in 0..1 or in
                0..100, or a colour map of absurd size.
        """
        if not rows:
            return
        lines = np.array(line_numbers, np.int64)
        predictions = [row.predicted for row in rows]
        truth = self._labels.read([r.truth.class_name for r in rows], [r.truth_number for r in rows], lines, TRUTH)
        predicted = self._labels.read(
            [p.class_name for p in predictions], [r.predicted_number for r in rows], lines, PREDICTED
        )
        confidence, printed = read_confidences([p.confidence for p in predictions], line_numbers, self._log)
        missing = np.isnan(confidence) & (predicted != UNLABELLED)
        if missing.any():
            message = "the prediction has no confidence; the row cannot be ranked"
            self._log.add_lines("MISSING_CONFIDENCE", message, lines[missing].tolist())
        failed = confidence < 0
        predicted[failed], confidence[failed] = UNLABELLED, np.nan
        self._arrays.append((lines, truth, predicted, confidence))
        self._printed += printed
        self._sources += note_odd_sources([row.source for row in rows], line_numbers, self._log)
        self.models.add(predictions, line_numbers)
        self._truth_masks += mask_refs(
            [row.truth_mask for row in rows], (row.truth_mask_metadata for row in rows), line_numbers, self._maps
        )
        self._predicted_masks += mask_refs(
            [row.predicted_mask for row in rows],
            (row.predicted_mask_metadata for row in rows),
            line_numbers,
            self._maps,
        )
        self._maps.note_defects()

    def images(self, document: str) -> Images:
        """All rows, with percentages turned into fractions; duplicates are not looked for.

        Raises:
            DocumentError: Some confidences are percentages and others fractions, or there is no row at all.
        """
        if not self._arrays:
            raise self._log.refusal(
                "expected one JSON object a line, got no rows", hint="the file is empty: copy it again from its source"
            )
        lines, truth, predicted, confidence = (np.concatenate(arrays) for arrays in zip(*self._arrays, strict=True))
        exclusion = np.where(predicted == UNLABELLED, Exclusion.FAILED_PREDICTION, Exclusion.USED)
        exclusion = np.where(truth == UNLABELLED, Exclusion.UNLABELLED, exclusion).astype(np.int8)
        return Images(
            uri=self._sources,
            document=[document] * len(self._sources),
            line=lines,
            truth=truth,
            predicted=predicted,
            confidence=as_fractions(confidence, self._printed, lines, self._log),
            printed_confidence=self._printed,
            truth_mask=self._truth_masks,
            predicted_mask=self._predicted_masks,
            exclusion=exclusion,
        )


def note_odd_sources(sources: list[str], lines: Sequence[int], log: ProblemLog) -> list[str]:
    """Note references that do not look like ``s3://bucket/key``; gives the references back as they are."""
    if _all_usual(sources):
        return sources
    for source, line in zip(sources, lines, strict=True):
        if not _USUAL_SOURCE.fullmatch(source):
            message = f'"source-ref" {quoted(source)} does not look like s3://bucket/key; kept as it is'
            log.add("ODD_SOURCE_REF", message, line=line, severity=Severity.NOTE)
    return sources


def mask_refs(
    uris: Sequence[str | None], metadata: Iterable[MaskMetadata], lines: Sequence[int], maps: MaskMaps
) -> list[MaskRef | None]:
    """The masks of some rows, each with the colour map of its own row; ``None`` where a row names none.

    Raises:
        DocumentError: A colour map has an absurd size.
    """
    if uris.count(None) == len(uris):
        return [None] * len(uris)
    return [
        None if uri is None else MaskRef(uri=uri, label_by_color=maps.read(described.color_map, line))
        for uri, described, line in zip(uris, metadata, lines, strict=True)
    ]


def _all_usual(sources: list[str]) -> bool:
    """Whether all references surely look like ``s3://bucket/key``; a regular expression for each would cost too much.

    All texts between the smallest and the largest share what these two begin with.
    """
    if not (min(sources).startswith(_S3) and max(sources).startswith(_S3)):
        return False
    text = np.frombuffer(("\n".join(sources) + "\n").encode(), np.uint8)
    slash = text == ord("/")
    n_double = np.count_nonzero(slash[1:] & slash[:-1])
    n_last = np.count_nonzero((text[1:] == ord("\n")) & slash[:-1])
    return bool(n_double == len(sources) and n_last == 0)
