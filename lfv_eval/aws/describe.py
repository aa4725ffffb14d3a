"""Asking the service for a model: DescribeModel's answer as just another document."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..records import Document
from .names import check_model_version, check_project_name
from .service_faults import not_aws, service_call

_RAW = "lfv-eval-raw-answer"


def describe_model(client: Any, project: str, version: str) -> Document:
    """Ask Lookout for Vision for one model version.

    Args:
        client: A client from ``lookoutvision_client``.
        project: The project's name.
        version: A number as text, or ``latest``.

    Returns:
        The answer's own bytes, so that the digits of its numbers stay as the service printed them. Its URI is the
        model's ARN, or ``lookoutvision://REGION/PROJECT/VERSION`` where the answer has none.

    Raises:
        UsageError: Project or version cannot be one.
        AccessError: The service does not answer, or not with a model.
    """
    check_project_name(project)
    check_model_version(version)
    region = str(client.meta.region_name)
    where = f"lookoutvision://{region}/{project}/{version}"
    # In the thread of the call, right before its answer is returned; registering again has no effect.
    client.meta.events.register("after-call.lookoutvision.DescribeModel", _keep_raw, unique_id=_RAW)
    with service_call(where, region=region):
        answer = client.describe_model(ProjectName=project, ModelVersion=version)
    if not isinstance(answer, dict) or not answer.get("ModelDescription"):
        raise not_aws(where)
    body = answer.get("ResponseMetadata", {}).get(_RAW)
    if body is None:  # a client that is stubbed below the HTTP layer
        model = {"ModelDescription": answer["ModelDescription"]}
        body = json.dumps(model, default=_jsonable, ensure_ascii=False).encode()
    arn = answer["ModelDescription"].get("ModelArn")
    return Document(
        uri=arn if isinstance(arn, str) and arn and arn.isprintable() else where,
        body=body,
        size_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
    )


def _keep_raw(http_response: Any = None, parsed: Any = None, **_: Any) -> None:
    """Hand the bytes of an answer over together with what botocore made of them."""
    body = getattr(http_response, "content", None)
    if isinstance(body, bytes) and body and isinstance(parsed, dict):
        parsed.setdefault("ResponseMetadata", {})[_RAW] = body


def _jsonable(value: Any) -> Any:
    """Moments the way the AWS CLI prints them: ISO 8601 with offset."""
    return value.isoformat()
