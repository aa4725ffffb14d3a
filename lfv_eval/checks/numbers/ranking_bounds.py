"""What one threshold tells of the ROC AUC of the scores behind it."""

from __future__ import annotations

from fractions import Fraction

from ...metrics.counts import ConfusionCounts
from .feasibility import Ends


def auc_bounds(matrix: ConfusionCounts) -> Ends:
    """The smallest and the largest ROC AUC of scores of which some threshold gives the matrix.

    A ROC curve rises through (FPR, TPR). The least area below it is that of the step from (FPR, 0) over (FPR, TPR) to
    (1, TPR), which is TPR(1-FPR); the largest leaves out only the rectangle above and to the left, (1-TPR)FPR. Equal
    scores change nothing: their slopes lie between the steps.

    Args:
        matrix: Its images must be of both classes.

    >>> auc_bounds(ConfusionCounts(tp=20, fp=0, fn=0, tn=20))
    (Fraction(1, 1), Fraction(1, 1))
    >>> auc_bounds(ConfusionCounts(tp=3, fp=1, fn=1, tn=3))
    (Fraction(9, 16), Fraction(15, 16))
    """
    n_pairs = (matrix.tp + matrix.fn) * (matrix.fp + matrix.tn)
    return Fraction(matrix.tp * matrix.tn, n_pairs), 1 - Fraction(matrix.fn * matrix.fp, n_pairs)
