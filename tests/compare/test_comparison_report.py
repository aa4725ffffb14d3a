import pytest

from lfv_eval.comparing.folds import kfold_summary
from lfv_eval.comparing.two_models import compare
from lfv_eval.reports.comparison_report import render


def text_of(compared, **options):
    return render(compared, **options).decode()


def words(text):
    return " ".join(text.split())


def manifest(n, missed=0, prefix="s3://b/"):
    return [
        (f"{prefix}{truth}-{i}.png", truth, "normal" if truth == "normal" or i < missed else "anomaly", 0.9)
        for truth in ("anomaly", "normal")
        for i in range(n)
    ]


def test_a_confirmed_training(audit_of):
    text = text_of(compare(audit_of(manifest(60)), audit_of(manifest(60), version="2")))
    assert "CONFIRMS THE PREVIOUS TRAINING" in text
    assert "same 120 images (60 anomalous, 60 normal)" in text
    assert "[-0.060, +0.060]" in text
    assert "Both models judge every common image alike." in text
    assert "roc_auc without an interval" in words(text)


def test_a_worse_training_lists_lost_images_up_to_a_bound(audit_of):
    compared = compare(audit_of(manifest(60)), audit_of(manifest(60, missed=25), version="2"))
    text = text_of(compared)
    assert "WORSE: recall dropped by more than 0.05." in text
    assert "25 anomalies that only the baseline found" in text
    assert text.count("s3://b/anomaly-") == 10
    assert "and 15 more" in text
    assert text_of(compared, verbose=True).count("s3://b/anomaly-") == 25
    assert "measurably lower recall" in text
    assert "0 gained, 25 lost of 60" in text


def test_too_few_images_say_how_many_are_needed(audit_of):
    text = words(text_of(compare(audit_of(manifest(20)), audit_of(manifest(20), version="2"))))
    assert "CANNOT CONFIRM" in text
    assert "52 anomalous images needed, 20 here" in text
    assert "statistically indistinguishable" in text
    assert "Add labelled test images" in text


def test_different_images_have_no_column_of_flips(audit_of):
    text = text_of(compare(audit_of(manifest(20)), audit_of(manifest(20, prefix="s3://c/x-"), version="2")))
    assert "Tested on different images (40 and 40, 0 in common)" in words(text)
    assert "gained" not in text
    assert "Test both models on the same images" in text
    told = "(both models must be tested on the same images, at least 52 anomalous and 52 normal ones)"
    assert told in words(text)
    assert "here)" not in text


def test_enough_images_that_differ_are_not_asked_for_again(audit_of):
    compared = compare(audit_of(manifest(60, missed=9)), audit_of(manifest(60, missed=9, prefix="s3://c/x-")))
    text = words(text_of(compared))
    assert "CANNOT CONFIRM" in text
    assert "(both models must be tested on the same images)" in text
    assert "at least 52" not in text


def test_images_matched_by_file_name_are_told_to_be_an_assumption(audit_of):
    text = words(text_of(compare(audit_of(manifest(60)), audit_of(manifest(60, prefix="s3://c/copy/")))))
    assert "same 120 images, taken as the same by file name (60 anomalous, 60 normal)" in text
    assert "or more, if the images are the same, as their file names are." in text
    assert "Next: make sure that the images are the same" in text


def test_reported_numbers_alone(reported):
    known, unknown = reported(34, 1.0, 0.941176, 0.969697, 0.99308), reported(34, 0.89, 1.0, 0.94, 0.96, version="2")
    text = words(text_of(compare(known, unknown)))
    assert "At least one of the two has no images" in text
    assert "Nothing could be tested" in text
    assert "Add the evaluation manifests" in text
    text = text_of(kfold_summary([known, unknown]))
    assert "Whether the folds differ by more than chance is not known" in words(text)


def test_relabelled_images_are_shown(audit_of):
    rows = manifest(60)
    relabelled = [(uri, "normal", "normal", c) if i < 12 else (uri, t, p, c) for i, (uri, t, p, c) in enumerate(rows)]
    text = text_of(compare(audit_of(rows), audit_of(relabelled, version="2")))
    assert "anomaly for the baseline, normal for the candidate: s3://b/anomaly-0.png" in text
    assert "and 2 more" in text
    assert "Settle the truth" in text


def test_names_from_documents_cannot_steer_the_terminal(audit_of):
    rows = manifest(60)
    evil = [("s3://b/\x1b[2J\u202e.png", "anomaly", "anomaly", 0.9), *rows]
    missed = [(evil[0][0], "anomaly", "normal", 0.9), *rows]
    text = text_of(compare(audit_of(evil), audit_of(missed, version="2")))
    assert "\\x1b[2J\\u202e" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_folds_are_summarised_without_a_false_interval(audited):
    folds = [audited(seed=s, version=str(s), prefix=f"f{s}/") for s in (1, 2, 3)]
    text = words(text_of(kfold_summary(folds)))
    assert "3 folds, tested on 120 images in all (60 anomalous, 60 normal)" in text
    assert "The spread over the folds is no confidence interval: any two of 3 folds share 50 %" in text
    assert "pooled over the folds" in text
    assert "Fold 3 parts version 3" in text


@pytest.mark.parametrize("width", [60, 110, 200])
def test_any_width_will_do(audit_of, width):
    compared = compare(audit_of(manifest(20)), audit_of(manifest(20, missed=3), version="2"))
    assert all(len(line) <= width for line in text_of(compared, width=width).splitlines())
