"""All rules on whole evaluations: real photographs with a real model, and drawn ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from lfv_eval.advice import advise
from lfv_eval.advice_case import gather_case
from lfv_eval.datasets import with_roles
from lfv_eval.errors import AccessError
from lfv_eval.formats import dataset_manifest, evaluation_manifest
from lfv_eval.model_audit import compute
from lfv_eval.records import Document
from lfv_eval.settings import Settings
from lfv_eval.testing import make_evaluation


class FolderReader:
    """Files by the end of their reference."""

    def __init__(self, folder):
        self.folder = folder

    def read(self, uri):
        path = self.folder / uri.partition("://")[2].partition("/")[2].partition("/")[2]
        if not path.is_file():
            raise AccessError("not there", where=uri)
        return path.read_bytes()

    def read_many(self, uris, stage):
        for uri in uris:
            try:
                yield self.read(uri)
            except AccessError as error:
                yield error


def advice_for(folder, alpha_policy="ignore", **wishes):
    settings = Settings(alpha_policy=alpha_policy)
    evaluation = None
    for path in sorted(folder.glob("*anifest*")):
        body = path.read_bytes()
        document = Document(uri=path.name, body=body, size_bytes=len(body), sha256="")
        kind = evaluation_manifest if path.name.startswith("Evaluation") else dataset_manifest
        found = kind.parse(document, settings)
        evaluation = found if evaluation is None else evaluation + found
    reader = FolderReader(folder)
    case = gather_case(compute(with_roles(evaluation), settings, reader), reader)
    return {finding.rule: finding for finding in advise(case, **wishes)}


@pytest.mark.parametrize("wishes", [{}, {"cost_fp": 1, "cost_fn": 10, "confidence_limit": 0.8}])
def test_real_evaluations(public_folder, wishes):
    found = advice_for(public_folder, **wishes)
    assert len(found) <= 10
    assert (
        "recall 0.78 (25/32)" in found["more-images"].message or "recall 0.83 (25/30)" in found["more-images"].message
    )
    # none of these is wrong with those data
    assert not found.keys() & {"label-contradictions", "diversity", "resolution", "small-anomalies", "quotas"}


def test_the_one_photograph_under_another_lamp_is_found(public_folder):
    if public_folder.name != "cookies":
        pytest.skip("this is about the cookies")
    found = advice_for(public_folder)["variability-of-capture"]
    assert Path(found.images[0]).name == "normal-31.jpg"  # seen by eye: flash on a glittering tray


def test_drawn_evaluations_without_a_planted_fault(tmp_path):
    make_evaluation(seed=3, n_anomaly=20, n_normal=20, n_training=40).write(tmp_path)
    found = advice_for(tmp_path)
    assert not found.keys() & {
        "label-contradictions",
        "label-errors",
        "diversity",
        "train-test-conditions",
        "label-mix",
    }


def test_a_training_manifest_that_holds_the_test_images(tmp_path):
    evaluation = make_evaluation(seed=3, n_anomaly=12, n_normal=12, size=(96, 96))
    leaked = evaluation.files["train.manifest"] + b"".join(evaluation.files["test.manifest"].splitlines(True)[:5])
    replace(evaluation, files={**evaluation.files, "train.manifest": leaked}).write(tmp_path)
    assert "5 of 24 are the same" in advice_for(tmp_path)["diversity"].message
