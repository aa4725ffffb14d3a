"""The folds of one k-fold training, summarised.

Each fold's model is tested on images that it was not trained on, and every image is tested once: the pooled counts are
those of one pass over the data set. But any two folds train on largely the same images, so their numbers are not
independent, and no unbiased estimate of their variance exists (Y. Bengio and Y. Grandvalet, JMLR 5, 2004). The spread
over the folds is therefore given as what it is: a range.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from itertools import combinations
from operator import add

from .. import __version__
from ..errors import UsageError
from ..fold_summary import KFoldSummary, MetricSpread
from ..metrics.classification import compute as compute_classification
from ..metrics.counts import ConfusionCounts
from ..metrics.intervals import z
from ..results import ModelAudit
from ..settings import Settings
from ..verdicts import MetricValue
from .differences import unpaired_interval
from .evidence import Evidence, Key

_MOST_PROJECTS = 5
"""So many are named."""


def kfold_summary(audits: Sequence[ModelAudit], *, level: float = 0.95) -> KFoldSummary:
    """Summarise the audits of the folds; they may be read back from JSON, and may rest on reported numbers alone.

    Args:
        audits: One a fold, at least two.
        level: Confidence level of the intervals, in 0..1 exclusive.

    Raises:
        UsageError: There are fewer than two audits, or the level makes no sense.
    """
    z(level)
    if len(audits) < 2:
        raise UsageError(f"a k-fold summary needs at least two audits, got {len(audits)}")
    evidence = [Evidence.of(audited) for audited in audits]
    doubts = tuple(_doubts(audits))
    pooled, spreads = _pooled(evidence, level), [_spread(key, evidence, level) for key in _keys(evidence)]
    if doubts:  # intervals and tests take the images as independent draws of one thing
        pooled = [replace(value, interval=None) for value in pooled]
        spreads = [replace(spread, distinguishable=None) for spread in spreads]
    return KFoldSummary(
        folds=tuple(fold.described(audited) for fold, audited in zip(evidence, audits, strict=True)),
        level=level,
        pooled=tuple(pooled),
        spreads=tuple(spreads),
        doubts=doubts,
        notes=tuple(_notes(audits, evidence)),
        signature=f"pooled:sum-of-counts|pairs:mover,bonferroni|level:{level:g}|lfv-eval:{__version__}",
    )


def _pooled(evidence: list[Evidence], level: float) -> list[MetricValue]:
    counts = [fold.counts for fold in evidence if fold.counts is not None]
    if len(counts) < len(evidence):
        return []
    return compute_classification(reduce(add, counts, ConfusionCounts()), Settings(level=level))


def _keys(evidence: list[Evidence]) -> list[Key]:
    """Every metric that at least two folds have, in the order of the first fold that has it."""
    folds_with = Counter(key for fold in evidence for key in fold.values)
    return [key for key, n in folds_with.items() if n > 1]


def _spread(key: Key, evidence: list[Evidence], level: float) -> MetricSpread:
    values = [fold.values.get(key) for fold in evidence]
    known = [value for value in values if value is not None]
    return MetricSpread(
        name=key[0],
        label=key[1],
        values=tuple(values),
        low=min(known),
        high=max(known),
        mean=math.fsum(known) / len(known),
        distinguishable=_distinguishable(key, [fold for fold in evidence if key in fold.values], level),
    )


def _distinguishable(key: Key, folds: list[Evidence], level: float) -> bool | None:
    """Whether any pair of folds has an interval without 0. The level is corrected for the number of pairs."""
    pairs = list(combinations(folds, 2))
    corrected = 1 - (1 - level) / len(pairs)
    intervals = [unpaired_interval(key, first, second, corrected)[0] for first, second in pairs]
    known = [interval for interval in intervals if interval is not None]
    if len(known) < len(pairs):
        return None
    return any(not interval.low <= 0 <= interval.high for interval in known)


def _notes(audits: Sequence[ModelAudit], evidence: list[Evidence]) -> list[str]:
    k = len(audits)
    shared = f"any two of {k} folds share {(k - 2) / (k - 1) * 100:.0f} % of their training images"
    if k == 2:
        shared = "each of two folds trains on what the other is tested on"
    notes = [
        f"The spread over the folds is no confidence interval: {shared}.",
        "The pooled numbers judge the way of training, not one model, as each fold's images were judged by its own "
        "model. Intervals take the images as independent.",
    ]
    unknown = sum(fold.counts is None for fold in evidence)
    if unknown:
        notes.append(f"Nothing is pooled: of {unknown} of {k} folds the confusion matrix is not known.")
    n_reported = sum(fold.counted_from == "reported" for fold in evidence)
    if n_reported:
        notes.append(
            f"{n_reported} of {k} folds have no countable images: their confusion matrix is the only one that prints "
            "as reported."
        )
    return notes


def _doubts(audits: Sequence[ModelAudit]) -> list[str]:
    """Why these may not be the folds of one training."""
    doubts = []
    projects = list(dict.fromkeys(audited.model.project for audited in audits if audited.model.project))
    if len(projects) > 1:
        named = ", ".join(projects[:_MOST_PROJECTS]) + (", ..." if len(projects) > _MOST_PROJECTS else "")
        doubts.append(
            f"The models are of {len(projects)} projects ({named}): make sure that they hold folds of one data set."
        )
    tested = Counter(uri for audited in audits for uri in {image.uri for image in audited.images if image.outcome})
    n_repeated = sum(n > 1 for n in tested.values())
    if n_repeated:
        told = "1 image is" if n_repeated == 1 else f"{n_repeated} images are"
        doubts.append(f"{told} in more than one test set, so these are not the folds of one division.")
    return doubts
