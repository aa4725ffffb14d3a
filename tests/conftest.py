"""What every test has: no credentials and no configuration of the person who runs it, and no way out to the network."""

import os
from pathlib import Path

import boto3
import hypothesis
import pytest
from moto import mock_aws

from lfv_eval.testing.fake_service import FakeLookoutVision, ServiceFault
from lfv_eval.testing.in_process import attach_service

# a busy machine is no failure; a server always tries the same examples, people's machines always others
hypothesis.settings.register_profile("lfv-eval", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("lfv-eval")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path_factory):
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-configuration"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "dumb")


@pytest.fixture(params=["aliens", "cookies"])
def public_folder(request):
    """A folder with a real evaluation, its numbers made by an independent library."""
    folder = SHARED / "data" / request.param
    if not folder.is_dir():
        pytest.skip("the public evaluation folders are not on this machine")
    return folder


class InProcessAccount:
    """A fake account inside this process: moto's S3 and the fake service behind one session."""

    def __init__(self):
        self.session = boto3.Session(region_name="us-east-1")
        self.service = FakeLookoutVision()
        attach_service(self.session, self.service)

    def publish(self, evaluation):
        evaluation.publish(self.session.client("s3"), self.service)

    def end_service(self):
        gone = ServiceFault(status=400, code="ThrottlingException", message="support for this service has ended")
        self.service.fail(gone, times=10)


@pytest.fixture
def fake_account():
    with mock_aws():
        yield InProcessAccount()
