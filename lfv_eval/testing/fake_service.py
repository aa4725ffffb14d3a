"""A fake Lookout for Vision as one pure function, without network, boto3 or moto.

``in_process.attach_service`` puts it behind a boto3 session, ``server.FakeAccount`` behind a local HTTP port.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from .fake_answers import Answer, RefusedError, ServiceFault, dumped, json_headers, missing, page_of

__all__ = ["Call", "FakeLookoutVision", "ServiceFault"]

_ROOT = "/2020-11-20/projects"
_ROUTES = (
    (re.compile(_ROOT), "ListProjects"),
    (re.compile(rf"{_ROOT}/(?P<project>[^/]+)"), "DescribeProject"),
    (re.compile(rf"{_ROOT}/(?P<project>[^/]+)/models"), "ListModels"),
    (re.compile(rf"{_ROOT}/(?P<project>[^/]+)/models/(?P<version>[^/]+)"), "DescribeModel"),
    (re.compile(rf"{_ROOT}/(?P<project>[^/]+)/datasets/(?P<type>[^/]+)"), "DescribeDataset"),
    (re.compile(rf"{_ROOT}/(?P<project>[^/]+)/datasets/(?P<type>[^/]+)/entries"), "ListDatasetEntries"),
)
_PATTERNS = {
    "project": re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}"),
    "version": re.compile(r"[1-9][0-9]{0,9}|latest"),
    "type": re.compile(r"train|test"),
}
_METADATA_OF_MODEL = (
    "CreationTimestamp",
    "ModelVersion",
    "ModelArn",
    "Description",
    "Status",
    "StatusMessage",
    "Performance",
)


class Call(NamedTuple):
    """One request as the fake understood it: the operation and its parameters from path and query."""

    operation: str
    parameters: dict[str, str]


@dataclass(slots=True)
class _Project:
    description: dict[str, Any]
    models: dict[int, dict[str, Any]] = field(default_factory=dict)
    datasets: dict[str, tuple[dict[str, Any], list[str]]] = field(default_factory=dict)


class FakeLookoutVision:
    """Projects, models and datasets, and ``respond``, which answers requests for them as the service did.

    It can be used by many threads.

    Args:
        region: Part of the ARNs it makes.
        account: Likewise, 12 digits.

    >>> fake = FakeLookoutVision()
    >>> arn = fake.add_model({"ModelVersion": "1", "Status": "TRAINED"}, project="parts")
    >>> fake.respond("GET", "/2020-11-20/projects/parts/models/latest", {})[0]
    200
    >>> fake.calls[0].operation
    'DescribeModel'
    """

    def __init__(self, *, region: str = "us-east-1", account: str = "123456789012") -> None:
        self._arn = f"arn:aws:lookoutvision:{region}:{account}"
        self._lock = threading.Lock()
        self._projects: dict[str, _Project] = {}
        self._faults: deque[ServiceFault | Exception] = deque()
        self.calls: list[Call] = []

    def reset(self) -> None:
        """Forget everything: contents, calls, and faults not yet used."""
        with self._lock:
            self._projects.clear()
            self._faults.clear()
            self.calls.clear()

    def add_project(self, name: str) -> str:
        """Add an empty project, if it is not there yet, and return its ARN."""
        with self._lock:
            return str(self._project(name).description["ProjectArn"])

    def add_model(self, description: Mapping[str, Any], *, project: str | None = None) -> str:
        """Add a model version, and its project.

        Args:
            description: What DescribeModel shall answer, with or without its wrapper ``ModelDescription``. Moments may
                be numbers or ``datetime``; ``ModelArn`` is added where missing.
            project: The project's name; ``None`` takes it from ``ModelArn``.

        Returns:
            The model's ARN.

        Raises:
            ValueError: Neither says which project, or there is no valid ``ModelVersion``.
        """
        model = dict(description.get("ModelDescription", description))
        version = str(model.get("ModelVersion", ""))
        if not version.isdecimal():
            raise ValueError(f"expected a number as text for ModelVersion, got {version!r}")
        if project is None:
            project = str(model.get("ModelArn", "")).partition(":model/")[2].partition("/")[0]
        if not project:
            raise ValueError("expected a project, or a ModelArn that names one")
        model.setdefault("ModelArn", f"{self._arn}:model/{project}/{version}")
        with self._lock:
            self._project(project).models[int(version)] = model
        return str(model["ModelArn"])

    def add_dataset(
        self, project: str, dataset_type: str, entries: Iterable[str], description: Mapping[str, Any] | None = None
    ) -> None:
        """Add a dataset, and its project.

        Args:
            project: The project's name.
            dataset_type: ``train`` or ``test``.
            entries: JSON lines of its manifest.
            description: What DescribeDataset shall answer; what is missing is filled in.
        """
        filled = {"ProjectName": project, "DatasetType": dataset_type, "Status": "CREATE_COMPLETE"}
        with self._lock:
            self._project(project).datasets[dataset_type] = (filled | dict(description or {}), list(entries))

    def fail(self, fault: ServiceFault | Exception, *, times: int = 1) -> None:
        """Answer the next requests with a fault each; an exception is raised from ``respond``."""
        with self._lock:
            self._faults.extend([fault] * times)

    def respond(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:  # noqa: ARG002
        """Answer one request.

        Args:
            method: The HTTP method.
            url: Full URL, or path and query, as sent: still percent-encoded.
            headers: Not looked at; every signature is good.

        Returns:
            Status, headers, body.
        """
        with self._lock:
            operation, parameters, query = _routed(method, url)
            self.calls.append(Call(operation, parameters | query))
            if self._faults:
                fault = self._faults.popleft()
                if isinstance(fault, Exception):
                    raise fault
                return fault.answer()
            try:
                return 200, json_headers(), dumped(self._answer(operation, parameters, query))
            except RefusedError as refused:
                return refused.answer

    def _answer(self, operation: str, parameters: dict[str, str], query: dict[str, str]) -> dict[str, Any]:
        if operation == "ListProjects":
            return page_of("Projects", [one.description for one in self._projects.values()], query)
        for name, value in parameters.items():
            if not _PATTERNS[name].fullmatch(value):
                raise RefusedError(400, "ValidationException", f"{name} has an invalid value")
        project = self._projects.get(parameters.get("project", ""))
        answers: dict[str, Callable[[_Project], dict[str, Any]]] = {
            "DescribeProject": _described_project,
            "ListModels": lambda found: _listed_models(found, query),
            "DescribeModel": lambda found: _described_model(found, parameters["version"]),
            "DescribeDataset": lambda found: {"DatasetDescription": _dataset(found, parameters["type"])[0]},
            "ListDatasetEntries": lambda found: _listed_entries(found, parameters["type"], query),
        }
        if operation not in answers:
            raise RefusedError(404, "UnknownOperationException", "")
        if project is None:
            raise missing("PROJECT", parameters["project"])
        return answers[operation](project)

    def _project(self, name: str) -> _Project:
        if name not in self._projects:
            description = {"ProjectArn": f"{self._arn}:project/{name}", "ProjectName": name, "CreationTimestamp": 1.6e9}
            self._projects[name] = _Project(description)
        return self._projects[name]


def _routed(method: str, url: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """Operation, path parameters, query. The path is matched as sent: an encoded slash separates nothing."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    for pattern, operation in _ROUTES:
        match = pattern.fullmatch(parts.path)
        if match is not None and method == "GET":
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}, query
    return "", {}, query


def _described_project(project: _Project) -> dict[str, Any]:
    wanted = ("DatasetType", "CreationTimestamp", "Status", "StatusMessage")
    datasets = [{k: v for k, v in about.items() if k in wanted} for about, _ in project.datasets.values()]
    return {"ProjectDescription": project.description | {"Datasets": datasets}}


def _described_model(project: _Project, version: str) -> dict[str, Any]:
    number = max(project.models, default=0) if version == "latest" else int(version)
    if number not in project.models:
        raise missing("MODEL", version)
    return {"ModelDescription": project.models[number]}


def _listed_models(project: _Project, query: dict[str, str]) -> dict[str, Any]:
    models = [
        {name: model[name] for name in _METADATA_OF_MODEL if name in model}
        for _, model in sorted(project.models.items(), reverse=True)
    ]
    return page_of("Models", models, query)


def _dataset(project: _Project, dataset_type: str) -> tuple[dict[str, Any], list[str]]:
    if dataset_type not in project.datasets:
        raise missing("DATASET", dataset_type)
    return project.datasets[dataset_type]


def _listed_entries(project: _Project, dataset_type: str, query: dict[str, str]) -> dict[str, Any]:
    if {"createdBefore", "createdAfter"} & query.keys():
        raise RefusedError(400, "ValidationException", "this fake does not filter by creation date")
    entries = [entry for entry in _dataset(project, dataset_type)[1] if _wanted(json.loads(entry), query)]
    return page_of("DatasetEntries", entries, query)


def _wanted(entry: Mapping[str, Any], query: dict[str, str]) -> bool:
    metadata = [value for name, value in entry.items() if name.endswith("-metadata") and isinstance(value, dict)]
    classes = {str(one["class-name"]).lower() for one in metadata if "class-name" in one}
    labelled = query.get("labeled")
    return (
        (labelled is None or (labelled == "true") == bool(classes))
        and ("anomalyClass" not in query or query["anomalyClass"] in classes)
        and query.get("sourceRefContains", "") in str(entry.get("source-ref", ""))
    )
