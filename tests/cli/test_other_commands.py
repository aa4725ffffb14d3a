"""Numbers without data, two models, folds, and the demonstration."""

import json
import sys

import pytest

from lfv_eval.testing import make_evaluation

LIGHT = {"with_images": False, "segmentation": False}


class TestCheck:
    FOLD = ("--precision", "1.0", "--recall", ".941176", "--f1", ".969697", "--images", "34")

    def test_identified(self, run):
        done = run("check", *self.FOLD, "--roc-auc", ".993080")
        assert done.code == 0
        assert "IDENTIFIED" in done.out
        assert "found 16 and missed 1" in " ".join(done.out.split())

    def test_impossible(self, run):
        done = run("check", "--precision", ".90", "--recall", ".80", "--f1", ".80")
        assert done.code == 1
        assert "IMPOSSIBLE" in done.out

    def test_the_guide_s_sample_is_consistent_at_one_decimal(self, run):
        assert run("check", "--precision", ".9", "--recall", ".8", "--f1", ".8").code == 0

    def test_json_and_quiet(self, run):
        assert json.loads(run("check", *self.FOLD, "--json").out)["verdict"] == "consistent"
        assert run("check", *self.FOLD, "--quiet").out.startswith("CONSISTENT")

    def test_nothing_given(self, run):
        assert run("check").code == 2


class TestCompare:
    @pytest.fixture
    def models(self, tmp_path):
        for version, model_seed in (("1", 1), ("2", 2)):
            made = make_evaluation(version=version, model_seed=model_seed, n_anomaly=60, n_normal=60, **LIGHT)
            made.write(tmp_path / version)
        return tmp_path / "1", tmp_path / "2"

    def test_folders_and_stored_audits_give_the_same(self, run, models, tmp_path):
        direct = run("compare", *models, "--json")
        for folder in models:
            run("audit", folder, "--format", "json", "--output", tmp_path / f"{folder.name}.json")
        stored = run("compare", tmp_path / "1.json", tmp_path / "2.json", "--json")
        assert stored.out == direct.out
        assert stored.code == direct.code

    def test_report(self, run, models):
        out = run("compare", *models).out
        assert "recall" in out
        assert "specificity" in out

    def test_the_same_model_cannot_be_worse(self, run, models):
        assert run("compare", models[0], models[0]).code == 0
        few = run("compare", models[0], models[0], "--margin", "0.01")
        assert few.code == 3

    def test_not_an_audit(self, run, tmp_path, models):
        (tmp_path / "x.json").write_text('{"signature": 1}')
        done = run("compare", tmp_path / "x.json", models[0])
        assert done.code == 3
        assert "audit document" in done.err

    def test_folds(self, run, models):
        assert run("folds", *models).code == 0
        assert run("folds", models[0]).code == 2


class TestDemo:
    def test_it_verifies_one_and_catches_the_other(self, run):
        done = run("demo")
        assert done.code == 0
        assert done.out.index("VERIFIED") < done.out.index("DISAGREEMENT")

    def test_without_the_extra(self, run, monkeypatch):
        monkeypatch.setitem(sys.modules, "moto", None)
        monkeypatch.delitem(sys.modules, "lfv_eval.testing.demo", raising=False)
        done = run("demo")
        assert done.code == 2
        assert "lfv-eval[testing]" in done.err


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    make_evaluation(n_anomaly=12, n_normal=12, size=(128, 96)).write(folder)
    return folder


class TestAdvise:
    def test_with_images(self, run, parts):
        done = run("advise", parts, "--cost-fp", "1", "--cost-fn", "10", "--confidence-limit", "0.8")
        assert done.code == 0
        assert "more-images" in done.out
        assert "costs least at 1 a false alarm and 10 a missed anomaly" in " ".join(done.out.split())

    def test_without_images_it_says_what_it_cannot_tell(self, run, parts):
        out = " ".join(run("advise", parts, "--no-images", "--all").out.split())
        assert "cannot tell" in out

    def test_json_holds_the_findings(self, run, parts):
        document = json.loads(run("advise", parts, "--json").out)
        assert any(finding["guide"] for finding in document["findings"])
        assert len(document["image_sets"]["test"]["images"]) == 24

    def test_training_manifest(self, run, parts):
        done = run("advise", parts, "--training-manifest", parts / "train.manifest", "--no-images")
        assert done.code == 0
        missing = run("advise", parts, "--training-manifest", parts / "nothing.manifest")
        assert missing.code == 3
        assert "nothing.manifest" in missing.err
        wrong = run("advise", parts, "--training-manifest", parts / "describe-model.json")
        assert wrong.code == 3
        assert "describe-model.json" in wrong.err

    def test_nonsense_costs(self, run, parts):
        assert run("advise", parts, "--no-images", "--cost-fp", "-1", "--cost-fn", "2").code == 2
