"""A manifest may name any bucket; none is read whose owner nobody expects."""

import pytest

import lfv_eval
from lfv_eval.errors import AccessError
from lfv_eval.sources.s3 import S3Source
from lfv_eval.sources.source import AwsAccess
from lfv_eval.testing import make_evaluation
from lfv_eval.testing.server import FakeAccount


def always(uri, head):
    return True


@pytest.fixture
def buckets(fake_account):
    s3 = fake_account.session.client("s3")
    for bucket in ("mine", "other"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a.png", Body=bucket.encode())
    return fake_account.session


def test_only_the_named_bucket_without_an_owner(buckets):
    with S3Source("s3://mine/", always, AwsAccess(session=buckets)) as source:
        assert source.read("s3://mine/a.png") == b"mine"
        with pytest.raises(AccessError, match="nothing tells who must own it"):
            source.read("s3://other/a.png")
        first, second, third = source.read_many(["s3://other/a.png", "s3://mine/a.png", "no-uri"], "reading")
        assert isinstance(first, AccessError)
        assert second == b"mine"
        assert isinstance(third, lfv_eval.LfvEvalError)


def test_any_bucket_of_the_expected_owner(buckets):
    access = AwsAccess(session=buckets, expected_bucket_owner="123456789012")
    with S3Source("s3://mine/", always, access) as source:
        assert source.read("s3://other/a.png") == b"other"


def test_the_model_s_account_becomes_the_expected_owner(fake_account):
    made = make_evaluation(n_anomaly=4, n_normal=4, size=(64, 64))
    fake_account.publish(made)
    requests = []

    def note(params, **_):
        requests.append((params["headers"].get("x-amz-expected-bucket-owner"), params["url_path"]))

    fake_account.session.events.register("before-call.s3.GetObject", note)
    scenario = made.scenario
    lfv_eval.audit(f"s3://{scenario.bucket}/{scenario.key_prefix}", session=fake_account.session)
    without = [path for owner, path in requests if owner is None]
    assert len(without) == 1  # the document that names the account
    assert made.result_path in without[0]
    assert requests[:2] == [(None, without[0]), (scenario.account, without[0])]
    assert {owner for owner, _ in requests} == {None, scenario.account}


@pytest.mark.parametrize("named", [False, True])
def test_a_lone_result_of_a_foreign_bucket(named):
    """It is read before its account is known, and nothing else is: so it is asked for again."""
    made = make_evaluation(n_anomaly=2, n_normal=2, with_images=False)
    scenario = made.scenario
    with FakeAccount(bucket_owners={"taken-over": "999999999999"}) as account:
        session = account.session()
        s3 = session.client("s3", endpoint_url=account.endpoint_url)
        for bucket in ("taken-over", "right"):
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key="EvaluationResult-p-1.json", Body=made.files[made.result_path])
        account.bucket_owners["right"] = scenario.account
        access = AwsAccess(session=session, endpoint_url=account.endpoint_url)

        def locate(bucket):
            uri = f"s3://{bucket}/EvaluationResult-p-1.json"
            with S3Source(f"s3://{bucket}/", always, access, named=[uri] if named else []) as source:
                return source.locate()

        assert len(locate("right").documents) == 1
        with pytest.raises(AccessError, match=f"expected to belong to account {scenario.account}"):
            locate("taken-over")
