"""The search below a prefix is bounded, and an object that may have nothing to do with the model does not end it."""

import json

import pytest

from lfv_eval.errors import AccessError
from lfv_eval.sources import s3 as module
from lfv_eval.sources.s3 import S3Source
from lfv_eval.sources.source import AwsAccess


def always(uri, head):
    return True


@pytest.fixture
def bucket(fake_account):
    client = fake_account.session.client("s3")
    client.create_bucket(Bucket="mine")
    return client


def put(client, *keys, storage="STANDARD"):
    for key in keys:
        client.put_object(Bucket="mine", Key=key, Body=json.dumps({"key": key}).encode(), StorageClass=storage)


def locate(fake_account, on_progress=None):
    with S3Source("s3://mine/", always, AwsAccess(session=fake_account.session), on_progress) as source:
        return source.locate()


def test_an_unreadable_object_of_another_name_is_a_problem(fake_account, bucket):
    put(bucket, "EvaluationResult-p-1.json", "b.json")
    put(bucket, "archived.json", storage="GLACIER")
    calls = []
    located = locate(fake_account, lambda *call: calls.append(call))
    assert [document.uri for document in located.documents] == [
        "s3://mine/EvaluationResult-p-1.json",
        "s3://mine/b.json",
    ]
    (problem,) = located.problems
    assert (problem.code, problem.where.uri) == ("NOT_READABLE", "s3://mine/archived.json")
    assert calls == [("reading documents", done, 3) for done in (1, 2, 3)]


def test_an_unreadable_document_ends_the_audit(fake_account, bucket):
    put(bucket, "EvaluationManifest-p-1.json", "b.json")
    put(bucket, "EvaluationResult-p-1.json", storage="GLACIER")
    with pytest.raises(AccessError, match="archive"):
        locate(fake_account)


def test_nothing_readable_ends_the_audit(fake_account, bucket):
    put(bucket, "a.json", "b.json", storage="GLACIER")
    with pytest.raises(AccessError, match="archive"):
        locate(fake_account)


def test_a_large_object_of_another_name_is_not_read(fake_account, bucket, monkeypatch):
    monkeypatch.setattr(module, "MAX_OTHER_BYTES", 100)
    put(bucket, "EvaluationResult-p-1.json", "b.json")
    for key in ("EvaluationManifest-p-1.json", "c.json"):
        bucket.put_object(Bucket="mine", Key=key, Body=b"x" * 101)
    located = locate(fake_account)
    assert len(located.documents) == 3
    assert [(problem.code, problem.where.uri) for problem in located.problems] == [("NOT_READABLE", "s3://mine/c.json")]


def test_usual_names_are_bounded_and_a_model_stays_whole(fake_account, bucket, monkeypatch):
    monkeypatch.setattr(module, "MAX_CANDIDATES", 2)
    for version in (1, 2):
        put(bucket, *(f"Evaluation{kind}-p-{version}.json" for kind in ("Manifest", "Result")))
    located = locate(fake_account)
    assert {document.uri for document in located.documents} == {
        "s3://mine/EvaluationManifest-p-1.json",
        "s3://mine/EvaluationResult-p-1.json",
    }
    (problem,) = located.problems
    assert problem.code == "SEARCH_BOUNDED"
    assert "4 evaluation documents; only the first 2" in problem.message
