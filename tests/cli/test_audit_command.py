"""The audit command: output, exit codes, and one clear message for each kind of bad input."""

import json

import pytest

from lfv_eval import ModelAudit, __version__
from lfv_eval.testing import FakeAccount, make_evaluation, tamper
from lfv_eval.testing.http_faults import ErrorAnswer

RESULT, MANIFEST = "EvaluationResult-parts-1.json", "EvaluationManifest-parts-1.json"


def test_version_is_the_signature_s_part(run):
    assert run("--version").out.strip() == f"lfv-eval:{__version__}"


def test_clean_folder(run, folder):
    done = run("audit", folder)
    assert done.code == 0
    order = ["Model parts version 1", MANIFEST, "VERIFIED", "metric", "precision", "MATCH", "anomalous test", "Next:"]
    positions = [done.out.index(text) for text in order]
    assert positions == sorted(positions)
    assert "\x1b[" not in done.out  # no colours where the output is no terminal


def test_json(run, folder, tmp_path):
    printed = run("audit", folder, "--format", "json")
    audited = ModelAudit.from_json(printed.out)
    assert audited.outcome == "verified"
    written = run("audit", folder, "--format", "json", "--output", tmp_path / "audit.json")
    assert (tmp_path / "audit.json").read_text() == printed.out
    assert "audit.json" in written.out


def test_quiet_prints_the_verdict_only(run, folder):
    assert run("audit", folder, "--quiet").out == "VERIFIED: all 8 reported numbers hold.\n"


def test_verbose_prints_checksums_and_explanations(run, folder):
    out = run("audit", folder, "--verbose").out
    assert "sha256" in out
    assert "float32" in out


def test_tampered_folder(run, folder):
    tamper(make_evaluation(with_images=False, segmentation=False), metric="Recall", by=-0.05).write(folder)
    done = run("audit", folder)
    assert done.code == 1
    assert "DISAGREEMENT" in done.out
    assert "differs by -0.05" in done.out


@pytest.mark.parametrize(("minimum", "code"), [("recall=0.1", 0), ("recall=1", 1), ("f1_score=0.99", 1)])
def test_gates(run, folder, minimum, code):
    assert run("audit", folder, "--min", minimum).code == code


@pytest.mark.parametrize("minimum", ["recall", "recall=high", "recall=2", "recal=0.5", "average_iou[x=0.5", "=1"])
def test_malformed_gates(run, folder, minimum):
    done = run("audit", folder, "--min", minimum)
    assert done.code == 2
    assert "Hint" in done.err


def test_unverifiable(run, folder):
    rows = [json.loads(line) for line in (folder / MANIFEST).read_text().splitlines()]
    for row in rows:
        del row["anomaly-label-detected-metadata"]["confidence"]
    (folder / MANIFEST).write_text("\n".join(map(json.dumps, rows)))
    assert run("audit", folder).code == 3
    assert run("audit", folder, "--allow-unverifiable").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["audit"], 2, "nothing to audit was named"),
        (["audit", "x", "--manifest", "y"], 2, "exclude each other"),
        (["audit", "--manifest", "s3://bucket/a", "--result", "b"], 2, "some are local"),
        (["audit", "nowhere"], 3, "no such file or folder"),
        (["audit", "https://bucket/key"], 3, "expected a local path or s3://"),
        (["audit", "s3://"], 2, "s3://"),
        (["audit", "--project", "../x", "--model-version", "1", "--region", "us-east-1"], 2, "cannot be the name"),
        (["audit", "--project", "p", "--model-version", "0", "--region", "us-east-1"], 2, "cannot be a model version"),
        (["audit", "x", "--format", "pdf"], 2, "unknown reports entry"),
        (["audit", "--no-such-option"], 2, "No such option"),
        (["audit", "--project", "p", "--model-version", "1", "--profile", "nobody"], 3, "nobody"),
    ],
)
def test_bad_arguments(run, arguments, code, message):
    done = run(*arguments)
    assert done.code == code
    assert message in done.err


class TestBadFolders:
    """Each kind of bad folder: one line, exit code 3."""

    def expect(self, done, *texts):
        assert done.code == 3
        assert len(done.err.splitlines()) == 1
        for text in texts:
            assert text in done.err

    def test_empty(self, run, tmp_path):
        self.expect(run("audit", tmp_path), "found none among 0 files", "Hint")

    def test_two_models(self, run, folder):
        make_evaluation(version="2", with_images=False, segmentation=False).write(folder / "other")
        self.expect(run("audit", folder), "parts version 1, parts version 2", "--model-version")

    def test_manifest_of_another_model(self, run, folder):
        other = make_evaluation(version="2", with_images=False, segmentation=False)
        (folder / MANIFEST).write_bytes(other.files[other.manifest_path])
        self.expect(run("audit", folder), MANIFEST, "another model", "parts version 1", "parts version 2")

    def test_truncated_json(self, run, folder):
        content = (folder / RESULT).read_bytes()
        (folder / RESULT).write_bytes(content[: len(content) // 2])
        self.expect(run("audit", folder), RESULT, "line")

    def test_truncated_manifest(self, run, folder):
        content = (folder / MANIFEST).read_bytes()
        (folder / MANIFEST).write_bytes(content[:-200])
        self.expect(run("audit", folder), MANIFEST, "line 40")

    def test_directory_named_like_a_file(self, run, folder):
        (folder / MANIFEST).unlink()
        (folder / MANIFEST).mkdir()
        assert run("audit", folder).code == 3
        self.expect(run("audit", "--manifest", folder / MANIFEST), "expected a file, got a folder")

    def test_unwritable_output(self, run, folder):
        self.expect(run("audit", folder, "--output", folder / "no" / "such" / "x.json"), "cannot be written")


@pytest.fixture(scope="class")
def account():
    with FakeAccount() as fake:
        made = make_evaluation(with_images=False, segmentation=False)
        made.publish(fake.session().client("s3", endpoint_url=fake.endpoint_url), fake.service)
        yield fake


@pytest.fixture
def aws(account, monkeypatch):
    for name, value in account.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    account.clear()
    return account


class TestAws:
    """Over real HTTP, from the environment alone, as a user would."""

    S3 = "s3://lookoutvision-us-east-1-0123456789/parts/"
    LIVE = ("--project", "parts", "--model-version", "1")

    def expect(self, done, *texts):
        assert done.code == 3
        assert len(done.err.splitlines()) == 1
        for text in texts:
            assert text in done.err
        assert "testing" not in done.err  # the secret key

    def test_s3_and_live(self, run, aws):
        assert run("audit", self.S3).code == 0
        done = run("audit", *self.LIVE)
        assert done.code == 0
        assert "arn:aws:lookoutvision:us-east-1:123456789012:model/parts/1" in done.out
        assert run("audit", "--project", "parts", "--model-version", "latest").code == 0

    def test_no_credentials(self, run, aws, monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        self.expect(run("audit", self.S3), "credentials")
        self.expect(run("audit", *self.LIVE), "credentials")

    def test_no_region(self, run, aws, monkeypatch):
        monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
        monkeypatch.delenv("AWS_REGION", raising=False)
        self.expect(run("audit", *self.LIVE), "region", "--region")

    def test_denied(self, run, aws):
        aws.inject(ErrorAnswer(pattern="GET /lookoutvision-us", status=403, code="AccessDenied", times=-1))
        self.expect(run("audit", self.S3), "AccessDenied")
        self.expect(run("audit", *self.LIVE), "AccessDenied")

    def test_missing_key_and_bucket(self, run, aws):
        self.expect(run("audit", "--manifest", self.S3 + "nowhere.json"), "nowhere.json")
        self.expect(run("audit", "s3://no-such-bucket-anywhere/"), "no-such-bucket-anywhere")
        self.expect(run("audit", self.S3 + "no/such/prefix"), "no object has this prefix")

    def test_model_not_there(self, run, aws):
        self.expect(run("audit", "--project", "parts", "--model-version", "7"), "parts", "7", "s3://")

    def test_service_gone(self, run, aws):
        said = {"status": 403, "code": "ForbiddenException", "message": "no longer available"}
        aws.inject(ErrorAnswer(pattern="2020-11-20", times=-1, **said))
        self.expect(run("audit", *self.LIVE), "2025-10-31", "s3://")

    def test_bucket_of_another_owner(self, run, aws):
        aws.bucket_owners["lookoutvision-us-east-1-0123456789"] = "999999999999"
        try:
            self.expect(run("audit", *self.LIVE), "123456789012")
        finally:
            aws.bucket_owners.clear()


def test_two_reports_for_one_file(run, folder, tmp_path):
    done = run("audit", folder, "--output", tmp_path / "a", "--report", f"json={tmp_path / 'a'}")
    assert done.code == 2
    assert "same file" in done.err


def test_reports_in_many_forms(run, folder, tmp_path):
    kinds = ("html", "json", "markdown", "junit", "emf", "sagemaker")
    named = [argument for kind in kinds for argument in ("--report", f"{kind}={tmp_path / kind}")]
    assert run("audit", folder, *named, "--quiet").code == 0
    assert all((tmp_path / kind).stat().st_size > 100 for kind in kinds)
    assert run("audit", folder, "--report", "pdf=x").code == 2
    assert run("audit", folder, "--report", "html").code == 2
