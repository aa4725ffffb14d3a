"""A live account: DescribeModel names the evaluation's objects in S3."""

from __future__ import annotations

from ..aws.client import lookoutvision_client, open_session
from ..aws.describe import describe_model
from ..errors import LfvEvalError
from ..formats.describe_model import evaluation_locations
from ..records import Document, Problem, Severity, Where
from .s3 import BucketReads, learn_owner, open_reader, read_in_order
from .source import AwsAccess, Located, OnProgress


class LiveSource(BucketReads):
    """One model version of a project, through the service's own API.

    Args:
        project: Project name.
        model_version: Model version, a number as text, or ``latest``.
        aws: How to reach AWS.
        on_progress: Told of each document read.
    """

    def __init__(self, project: str, model_version: str, aws: AwsAccess, on_progress: OnProgress | None = None) -> None:
        self._project = project
        self._version = model_version
        session = aws.session or open_session(profile=aws.profile, region=aws.region)
        self._client = lookoutvision_client(session, endpoint_url=aws.endpoint_url)
        super().__init__(open_reader(aws), on_progress)

    @property
    def target(self) -> str:
        """Project and version as the caller named them."""
        return f"{self._project} version {self._version}"

    @property
    def name(self) -> str:
        """The same as ``target``."""
        return self.target

    def locate(self) -> Located:
        """Ask DescribeModel and read the objects it names.

        An evaluation result that cannot be read is a problem: DescribeModel reports numbers as well.

        Raises:
            AccessError: The service does not answer, or the evaluation manifest cannot be read.
        """
        described = describe_model(self._client, self._project, self._version)
        objects = evaluation_locations(described)
        uris = [uri for uri in (objects.result, objects.manifest) if uri]
        learn_owner(self._reader, described)
        documents: list[Document] = [described]
        problems: list[Problem] = []
        for uri, outcome in read_in_order(self._reader, uris, self._counter("reading documents", len(uris))):
            if isinstance(outcome, Document):
                documents.append(outcome)
            elif uri == objects.manifest:
                raise outcome
            else:
                problems.append(_unread(uri, outcome))
        return Located(documents=tuple(documents), problems=tuple(problems), n_seen=1 + len(uris))


def _unread(uri: str, error: LfvEvalError) -> Problem:
    return Problem(code="DOCUMENT_UNREADABLE", where=Where(uri=uri), message=error.message, severity=Severity.ERROR)
