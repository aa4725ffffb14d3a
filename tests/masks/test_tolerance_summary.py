"""Many images: the state's laws, the rule on drawn scratches, votes, the negative control, and the sentence."""

import pickle
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lfv_eval.errors import UsageError
from lfv_eval.metrics.tolerance.images import Hits, Outcome, measure_image
from lfv_eval.metrics.tolerance.summary import ToleranceCounts
from lfv_eval.metrics.tolerance.wording import tolerance_sentence

N_SCRATCHES = 60
Y, X = np.mgrid[:256, :256]


def scratch(rng, width=None):
    """A gently curved scratch of 1 to 6 px, and the position of every pixel along it (-1 to 1)."""
    width = rng.integers(1, 7) if width is None else width
    angle, centre, half_length = rng.uniform(0, np.pi), rng.uniform(90, 166, 2), rng.uniform(30, 70)
    along = (X - centre[1]) * np.cos(angle) + (Y - centre[0]) * np.sin(angle)
    across = (Y - centre[0]) * np.cos(angle) - (X - centre[1]) * np.sin(angle) + rng.uniform(-0.004, 0.004) * along**2
    return (abs(across) <= width / 2) & (abs(along) <= half_length), along / half_length


def moved(mask, dy, dx, reach=40):
    height, width = mask.shape
    return np.pad(mask, reach)[reach - dy : reach - dy + height, reach - dx : reach - dx + width]


def summary_of(pairs, **arguments):
    rows = [
        measure_image(*pair, image=f"{number:03}", label="scratch", **arguments) for number, pair in enumerate(pairs)
    ]
    return ToleranceCounts.of(rows).summarise("scratch")


def average_iou(pairs):
    return float(np.mean([(truth & predicted).sum() / (truth | predicted).sum() for truth, predicted in pairs]))


def outcomes_of(change, seed):
    rng = np.random.default_rng(seed)
    found = Counter()
    for _ in range(N_SCRATCHES):
        truth, along = scratch(rng)
        found[measure_image(truth, change(rng, truth, along)).outcome] += 1
    return found


def test_good_scratches_are_fine():
    assert outcomes_of(lambda rng, truth, along: truth & (rng.random(truth.shape) < 0.9), 0) == {Outcome.FINE: 60}


def test_displaced_scratches_are_not_wrong():
    found = outcomes_of(lambda rng, truth, along: moved(truth, *rng.integers(-2, 3, 2)), 1)
    assert found[Outcome.FINE] + found[Outcome.DISPLACED] >= 0.93 * N_SCRATCHES
    assert found[Outcome.DISPLACED] >= 0.3 * N_SCRATCHES


def test_fat_and_thin_scratches():
    fat = outcomes_of(lambda rng, truth, along: ndimage.distance_transform_edt(~truth) <= 2, 2)
    assert set(fat) <= {Outcome.TOO_FAT, Outcome.FINE}
    assert fat[Outcome.TOO_FAT] >= 0.3 * N_SCRATCHES
    rng = np.random.default_rng(2)
    thin = [scratch(rng, width=2)[0] for _ in range(10)]
    truths = [ndimage.distance_transform_edt(~mask) <= 2 for mask in thin]
    summary = summary_of(zip(truths, thin, strict=True))
    assert (summary.outcomes, summary.best_dilation, summary.dilation_votes) == ({Outcome.TOO_THIN: 10}, 2, 10)


def test_partly_missed_scratches():
    assert outcomes_of(lambda rng, truth, along: truth & (along < -0.2), 3) == {Outcome.PARTLY_MISSED: 60}


def test_extra_area():
    assert outcomes_of(lambda rng, truth, along: truth | (np.hypot(Y - 40, X - 40) < 25), 4) == {Outcome.EXTRA_AREA: 60}


def test_scratches_in_the_wrong_place():
    def elsewhere(rng, truth, along):
        angle = rng.uniform(0, 2 * np.pi)
        return moved(truth, round(35 * np.sin(angle)), round(35 * np.cos(angle)))

    assert outcomes_of(elsewhere, 5)[Outcome.WRONG_PLACE] >= 0.95 * N_SCRATCHES


def test_one_shift_in_most_images_is_a_registration_error():
    rng = np.random.default_rng(6)
    truths = [scratch(rng)[0] for _ in range(30)]
    summary = summary_of((truth, moved(truth, 2, -1)) for truth in truths)
    assert (summary.best_shift, summary.shift_votes, summary.n_in_both) == ((-2, 1), 30, 30)
    assert summary.is_registration_error
    independent = summary_of((truth, moved(truth, *rng.integers(-4, 5, 2))) for truth in truths)
    assert independent.shift_votes < 10
    assert not independent.is_registration_error


@pytest.mark.parametrize(
    ("n_shifted", "n_other", "expected"), [(7, 3, True), (6, 4, False), (3, 0, True), (2, 0, False)]
)
def test_registration_error_needs_seventy_percent_of_three_images(n_shifted, n_other, expected):
    truth = scratch(np.random.default_rng(7), width=3)[0]
    pairs = [(truth, moved(truth, 0, 2))] * n_shifted + [(truth, truth)] * n_other
    assert summary_of(pairs).is_registration_error is expected
    assert not summary_of([(truth, truth)] * 5).is_registration_error


def test_dense_texture_voids_the_rule():
    rng = np.random.default_rng(8)
    texture = summary_of(rng.random((5, 2, 128, 128)) < 0.15)
    assert texture.outcomes == {Outcome.DISPLACED: 5}  # though truth and prediction have nothing to do with each other
    assert texture.control_f1 > 0.5
    assert texture.is_void
    assert "tells nothing about structures as dense as these" in tolerance_sentence("dust", 0.08, texture)


def test_a_straight_scratch_does_not_void_the_rule():
    """Moved along itself it stays where it is; moved across it does not."""
    truth = np.zeros((100, 300), bool)
    truth[50, 20:280] = True
    summary = summary_of([(truth, moved(truth, 2, 0)), (truth, moved(truth, 2, 0))])
    assert (summary.control_f1, summary.is_void) == (0, False)
    assert summary.outcomes == {Outcome.DISPLACED: 2}


def test_numbers_are_pooled_over_images():
    nothing, short, long = np.zeros((3, 40, 100), bool)
    short[20, 10:20] = long[20, 10:90] = True
    summary = summary_of([(short, nothing), (long, short), (nothing, short), (nothing, nothing)])
    assert summary.hits == Hits(predicted_hit_px=10, predicted_px=20, truth_hit_px=12, truth_px=90)
    precision, recall = Fraction(10, 20), Fraction(12, 90)
    assert (summary.precision, summary.recall) == (float(precision), float(recall))
    assert summary.f1_score == float(2 * precision * recall / (precision + recall))
    assert (summary.boundary_hit_px, summary.boundary_px, summary.nsd) == (22, 110, 0.2)
    assert (summary.n_images, summary.n_in_both, summary.median_area_ratio) == (3, 1, 1 / 8)
    assert summary.outcomes == {Outcome.MISSED: 1, Outcome.PARTLY_MISSED: 1, Outcome.FALSE_ALARM: 1}
    assert summary_of([(nothing, nothing)]).n_images == 0
    empty = summary_of([(nothing, nothing)])
    assert (empty.precision, empty.f1_score, empty.nsd, empty.best_shift, empty.control_f1) == (None,) * 5


def test_median_area_ratio():
    areas = [(4, 2), (4, 4), (4, 12), (4, 20)]
    pairs = [[np.arange(400).reshape(20, 20) < n for n in pair] for pair in areas]
    assert summary_of(pairs[:3]).median_area_ratio == 1
    assert summary_of(pairs).median_area_ratio == 2


@st.composite
def measured(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    truth, predicted = rng.random((2, 12, 20)) < draw(st.sampled_from([0, 0.03, 0.5]))
    image, label = draw(st.sampled_from("abc")), draw(st.sampled_from(["dent", "Dent", "crack"]))
    return measure_image(truth, predicted, image=image, label=label, block=2)


@settings(max_examples=40, deadline=None)
@given(st.lists(measured(), max_size=7), st.randoms(use_true_random=False))
def test_shards_and_order_do_not_matter(rows, random):
    whole = ToleranceCounts.of(rows)
    shuffled = random.sample(rows, len(rows))
    cut = random.randint(0, len(rows))
    parts = ToleranceCounts.of(shuffled[:cut]), ToleranceCounts.of(shuffled[cut:])
    assert parts[0] + parts[1] == parts[1] + parts[0] == whole
    assert ToleranceCounts.total(ToleranceCounts.of([row]) for row in shuffled) == whole
    assert whole + ToleranceCounts() == whole
    assert pickle.loads(pickle.dumps(whole)) == whole
    for label in {row.label.lower() for row in rows}:
        joined = (parts[1] + parts[0]).summarise(label)
        assert joined == whole.summarise(label)
        assert joined.n_images == sum(row.label.lower() == label and row.outcome != Outcome.ABSENT for row in rows)


def test_mixed_tolerances_are_refused():
    truth = scratch(np.random.default_rng(9))[0]
    rows = [measure_image(truth, truth, label="scratch", tau=tau) for tau in (2, 3)]
    with pytest.raises(UsageError, match="one tolerance and block size, got 2 and 1 px, 3 and 1 px"):
        ToleranceCounts.of(rows).summarise("scratch")
    with pytest.raises(UsageError, match="got no image"):
        ToleranceCounts.of(rows).summarise("dent")
    assert ToleranceCounts.of(rows[:1]).summarise(" SCRATCH ").n_images == 1


def test_parallel_lines_one_pixel_apart():
    """The developer guide's example of what average IoU cannot judge."""
    pairs = np.zeros((3, 2, 80, 200), bool)
    pairs[:, 0, 40, 20:180] = pairs[:, 1, 42, 20:180] = True
    assert tolerance_sentence("scratch", average_iou(pairs), summary_of(pairs)) == (
        "scratch: average IoU 0.00, tolerant F1 at 2 px 1.00, area ratio 1.0, best shift (-2, 0) in 3 of 3 images: the "
        "masks are displaced by 2 px, not wrong. Average IoU is not a reliable indicator here."
    )


def test_sentence_of_displaced_blocky_masks():
    rng = np.random.default_rng(10)
    pairs = []
    for _ in range(8):
        truth = scratch(rng, width=3)[0]
        coarse = truth.reshape(64, 4, 64, 4).any(axis=(1, 3))
        pairs.append((truth, np.kron(coarse, np.ones((4, 4), bool))))
    first_look = ToleranceCounts.of(measure_image(*pair, label="scratch") for pair in pairs)
    assert first_look.block == 4
    assert first_look.summarise("scratch").resolution_ceiling is None
    summary = summary_of(pairs, block=first_look.block)
    assert summary.resolution_ceiling == pytest.approx(0.55, abs=0.07)
    sentence = tolerance_sentence("scratch", average_iou(pairs), summary)
    ceiling = f"(ceiling at mask block size 4: {summary.resolution_ceiling:.2f})"
    assert sentence.endswith(f"Average IoU is not a reliable indicator here {ceiling}.")


def sentence(change, seed=11, average=None):
    rng = np.random.default_rng(seed)
    pairs = [(truth, change(truth, along)) for truth, along in (scratch(rng, width=3) for _ in range(4))]
    return tolerance_sentence("scratch", average_iou(pairs) if average is None else average, summary_of(pairs))


def test_sentences():
    assert sentence(lambda truth, along: truth) is None
    assert "too fat" in sentence(lambda truth, along: ndimage.distance_transform_edt(~truth) <= 2)
    assert "leave out parts" in sentence(lambda truth, along: truth & (along < -0.2))
    assert "much beside them" in sentence(lambda truth, along: truth | (np.hypot(Y - 40, X - 40) < 25))
    assert "wrong place" in sentence(lambda truth, along: moved(truth, 35, 35))
    missed = sentence(lambda truth, along: truth & False)
    assert missed == "scratch: average IoU 0.00: most anomalies are missed altogether."
    aligned = sentence(lambda truth, along: moved(truth, 0, 1), average=0.6)
    assert "in 4 of 4 images: the masks are displaced by 1 px in one direction" in aligned


def test_one_common_shift_outweighs_the_rule():
    """Thin scratches displaced by more than the tolerance, and texture too dense for it, all by the same distance."""
    rng = np.random.default_rng(13)
    pairs = [(truth, moved(truth, 3, -3)) for truth in (scratch(rng, width=1)[0] for _ in range(6))]
    summary = summary_of(pairs)
    assert max(summary.outcomes, key=summary.outcomes.get) == Outcome.WRONG_PLACE
    assert "(-3, +3) in 6 of 6 images: the masks are displaced by 4.2 px" in tolerance_sentence("a", 0.0, summary)
    texture = summary_of([(truth, moved(truth, 0, 1)) for truth in rng.random((4, 128, 128)) < 0.15])
    assert texture.is_void
    assert "(0, -1) in 4 of 4 images: the masks are displaced by 1 px" in tolerance_sentence("a", 0.1, texture)


def test_sentence_of_mixed_causes_lists_them():
    rng = np.random.default_rng(12)
    truths = [scratch(rng, width=3)[0] for _ in range(3)]
    pairs = [(truths[0], truths[0] & False), (truths[1], moved(truths[1], 35, 35)), (truths[2], moved(truths[2], 2, 2))]
    found = tolerance_sentence("scratch", 0.1, summary_of(pairs))
    assert found.endswith(
        ": there is no single cause. Images with IoU below 0.5: missed 1; displaced, not wrong 1; wrong place 1."
    )
    assert tolerance_sentence("scratch", None, summary_of(pairs)) is None
