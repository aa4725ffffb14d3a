"""The demonstration: a fake account is audited live through boto3, then a tampered report is caught.

It needs the extra ``lfv-eval[testing]`` and no AWS account.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
from moto import mock_aws

from ..model_audit import WhileOpen, audit
from ..results import ModelAudit
from .fake_service import FakeLookoutVision
from .in_process import attach_service
from .synthetic import SyntheticEvaluation, make_evaluation
from .tampering import tamper

_CHANGE = 0.05


def run_demo(
    seed: int,
    say: Callable[[str], None],
    show: Callable[[ModelAudit], None],
    while_open: WhileOpen | None = None,
) -> tuple[ModelAudit, ModelAudit]:
    """Audit an honest and a tampered evaluation of one synthetic model.

    Args:
        seed: Decides the parts, the defects and the model's errors; not negative.
        say: Told what happens, a paragraph at a time.
        show: Given each audit.
        while_open: Called as by ``lfv_eval.audit``, for the tampered evaluation.

    Returns:
        The audit of the honest evaluation, and of the tampered one.
    """
    honest = make_evaluation(seed=seed)
    scenario = honest.scenario
    say(
        f"A fake AWS account now holds project {scenario.project!r}: {scenario.n_anomaly} anomalous and "
        f"{scenario.n_normal} normal test images with masks, and what Lookout for Vision left of their evaluation.\n"
    )
    say(f"$ lfv-eval audit --project {scenario.project} --model-version {scenario.version}\n")
    verified = _audit_in_fake_account(honest)
    show(verified)
    recall = verified.value("recall")
    change = _CHANGE if recall and recall.value and recall.value + _CHANGE <= 1 else -_CHANGE
    say(
        f"\nSomebody now changes the recall by {change:+} in s3://{scenario.bucket}/{scenario.key_prefix}{honest.result_path}."
        f"\n\n$ lfv-eval audit --project {scenario.project} --model-version {scenario.version}\n"
    )
    caught = _audit_in_fake_account(tamper(honest, metric="Recall", by=change), while_open)
    show(caught)
    say("\nYour turn: lfv-eval audit FOLDER, or s3://BUCKET/PREFIX, or --project P --model-version V.")
    return verified, caught


def _audit_in_fake_account(evaluation: SyntheticEvaluation, while_open: WhileOpen | None = None) -> ModelAudit:
    scenario = evaluation.scenario
    with _fake_account(evaluation) as session:
        return audit(project=scenario.project, model_version=scenario.version, session=session, while_open=while_open)


@contextmanager
def _fake_account(evaluation: SyntheticEvaluation) -> Iterator[boto3.Session]:
    scenario = evaluation.scenario
    elsewhere = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_ENDPOINT_URL")}
    try:
        with mock_aws():
            session = boto3.Session(
                aws_access_key_id="testing", aws_secret_access_key="testing", region_name=scenario.region
            )
            service = FakeLookoutVision(region=scenario.region, account=scenario.account)
            attach_service(session, service)
            evaluation.publish(session.client("s3"), service)
            yield session
    finally:
        os.environ.update(elsewhere)
