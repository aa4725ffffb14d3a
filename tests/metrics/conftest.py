from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from lfv_eval.images import Exclusion, Images
from lfv_eval.records import Evaluation

Row = tuple[int, int, float | None] | tuple[int, int, float | None, Exclusion]


@pytest.fixture
def evaluation_of() -> Callable[[Sequence[Row]], Evaluation]:
    """Makes an evaluation from rows of (truth, predicted, confidence or None[, exclusion])."""

    def make(rows: Sequence[Row]) -> Evaluation:
        n = len(rows)
        return Evaluation(
            images=Images(
                uri=[f"s3://bucket/{i}.png" for i in range(n)],
                document=["s3://bucket/EvaluationManifest-p-1.json"] * n,
                line=np.arange(1, n + 1),
                truth=np.array([row[0] for row in rows], np.int8),
                predicted=np.array([row[1] for row in rows], np.int8),
                confidence=np.array([np.nan if row[2] is None else row[2] for row in rows], np.float64),
                printed_confidence=["" if row[2] is None else repr(row[2]) for row in rows],
                truth_mask=[None] * n,
                predicted_mask=[None] * n,
                exclusion=np.array([row[3] if len(row) == 4 else Exclusion.USED for row in rows], np.int8),
            )
        )

    return make
