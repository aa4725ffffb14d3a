"""Two finished audits side by side: does the candidate confirm the baseline?"""

from __future__ import annotations

from .. import __version__
from ..comparison import Comparison, FlippedImage, Judgement, MetricDifference, Overlap, RelabelledImage
from ..errors import UsageError
from ..metrics.paired.auc import LEAST_IMAGES
from ..metrics.paired.bootstrap import DRAWS
from ..metrics.paired.noninferiority import check_margin, two_sided
from ..results import ImageOutcome, ModelAudit
from .conventions import convention_notes, differing_parts, without_incomparable
from .differences import PairedImages, paired_differences, same_images_differences, unpaired_differences
from .evidence import Evidence
from .judging import judge_paired, judge_unpaired
from .pairing import Pairs, is_most, match_images

Pair = tuple[ImageOutcome, ImageOutcome]


def compare(
    baseline: ModelAudit,
    candidate: ModelAudit,
    *,
    margin: float = 0.05,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare two audited models; the audits may be read back from JSON.

    Where the models were tested on the same images, or have at least half of the smaller test set in common, the common
    images are compared one by one: McNemar's test and Tango's interval for recall, specificity and accuracy, a paired
    bootstrap for F1, DeLong's test for ROC AUC. Otherwise the two test sets are taken as independent (MOVER intervals).

    Args:
        baseline: The model to compare with, such as the previous training.
        candidate: The model in question.
        margin: The drop of recall or specificity that counts as worse, in 0..1 exclusive.
        level: Confidence level of the intervals and one-sided level of the judgements, in .5..1 exclusive.
        seed: Seed of the bootstrap, not negative.

    Returns:
        The comparison; see ``Comparison.exit_code`` for its use as a gate.

    Raises:
        UsageError: The margin, the level or the seed makes no sense.
    """
    check_margin(margin)
    two_sided(level)
    if seed < 0:
        raise UsageError(f"a seed must not be negative, got {seed}")
    before, now = Evidence.of(baseline), Evidence.of(candidate)
    matched = match_images(baseline.images, candidate.images)
    agreed = [pair for pair in matched.pairs if pair[0].truth == pair[1].truth]
    overlap = Overlap(
        matched_by=matched.matched_by,
        n_baseline=matched.n_baseline,
        n_candidate=matched.n_candidate,
        n_common=len(matched.pairs),
        n_relabelled=len(matched.pairs) - len(agreed),
        paired=bool(agreed) and is_most(len(matched.pairs), matched.n_baseline, matched.n_candidate),
    )
    changed = differing_parts(baseline.signature, candidate.signature)
    if overlap.paired:
        differences, judgements = _paired(agreed, margin, level, seed)
        if overlap.same_images and not overlap.n_relabelled:
            others = same_images_differences(before, now, {difference.name for difference in differences})
            differences += without_incomparable(others, changed, before, now)
    else:
        differences = without_incomparable(unpaired_differences(before, now, level), changed, before, now)
        judgements = [
            judge_unpaired("recall", before, now, margin, level),
            judge_unpaired("specificity", before, now, margin, level),
        ]
    return Comparison(
        baseline=before.described(baseline),
        candidate=now.described(candidate),
        margin=margin,
        level=level,
        seed=seed,
        overlap=overlap,
        differences=tuple(differences),
        judgements=tuple(judgements),
        flipped=_flipped(agreed),
        relabelled=_relabelled(matched),
        notes=tuple(_notes(baseline, candidate, overlap, before, now)),
        signature=_signature(margin, level, seed),
    )


def _paired(
    agreed: list[Pair], margin: float, level: float, seed: int
) -> tuple[list[MetricDifference], list[Judgement]]:
    images = PairedImages.of(agreed)
    return paired_differences(images, level, seed), [
        judge_paired("recall", images.counts(anomalous=True), margin, level),
        judge_paired("specificity", images.counts(anomalous=False), margin, level),
    ]


def _flipped(agreed: list[Pair]) -> tuple[FlippedImage, ...]:
    return tuple(
        FlippedImage(uri=now.uri, truth=now.truth, baseline=before.predicted, candidate=now.predicted)
        for before, now in agreed
        if before.predicted != now.predicted and now.truth and before.predicted and now.predicted
    )


def _relabelled(matched: Pairs) -> tuple[RelabelledImage, ...]:
    return tuple(
        RelabelledImage(uri=now.uri, baseline_truth=before.truth, candidate_truth=now.truth)
        for before, now in matched.pairs
        if before.truth != now.truth and before.truth and now.truth
    )


def _notes(baseline: ModelAudit, candidate: ModelAudit, overlap: Overlap, before: Evidence, now: Evidence) -> list[str]:
    """What a reader must know, the most doubtful first."""
    notes = []
    for side, audited, evidence in (("baseline", baseline, before), ("candidate", candidate, now)):
        if audited.outcome == "disagreement":
            notes.append(f"The audit of the {side} found disagreements; this comparison uses the recomputed numbers.")
        if evidence.counted_from is None:
            notes.append(
                f"The {side} has neither countable images nor reported numbers that only one confusion matrix gives."
            )
        elif evidence.counted_from == "reported":
            notes.append(
                f"The {side} has no countable images: its confusion matrix is the only one that prints as reported."
            )
    if baseline.model.project and baseline.model == candidate.model:
        notes.append(f"Both audits are of the same model version, {baseline.model}.")
    notes += convention_notes(differing_parts(baseline.signature, candidate.signature))
    return notes + _overlap_notes(overlap)


def _overlap_notes(overlap: Overlap) -> list[str]:
    notes = []
    if overlap.matched_by == "path":
        notes.append("Images are taken as the same because their references differ in one prefix only.")
    if overlap.n_relabelled:
        notes.append(
            f"{overlap.n_relabelled} of {overlap.n_common} common images have another truth label in the other "
            "evaluation; they are left out of the image-by-image comparison."
        )
    if overlap.n_common:
        notes.append("That the pictures behind matching references are unchanged was not checked.")
    if overlap.paired and not overlap.same_images:
        notes.append(
            f"Only the {overlap.n_common} common images are compared: the baseline was tested on "
            f"{overlap.n_baseline}, the candidate on {overlap.n_candidate}."
        )
    if not overlap.paired and overlap.n_common:
        notes.append(
            f"The test sets have {overlap.n_common} images in common but are taken as independent: "
            "the intervals are likely wider than need be."
        )
    if not overlap.same_images and overlap.n_baseline and overlap.n_candidate:
        notes.append(
            "The test sets differ. Where a project's test images are split off anew at each training, one model may "
            "have been trained on images that the other is tested on: check that first."
        )
    return notes


def _signature(margin: float, level: float, seed: int) -> str:
    return "|".join(
        (
            "difference:candidate-baseline",
            "proportions:tango,mcnemar-mid-p",
            f"f1:paired-bootstrap,half-added,{DRAWS}",
            f"auc:delong-from-{LEAST_IMAGES}",
            "unpaired:mover",
            f"margin:{margin:g}",
            f"level:{level:g}",
            f"seed:{seed}",
            f"lfv-eval:{__version__}",
        )
    )
