"""Which models the rows of an evaluation manifest name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...records import Claim, ModelRef, Severity
from ..problem_log import ProblemLog, quoted
from .fitted import PredictionMetadata

MAX_MODELS = 20

Named = tuple[str | None, str | None, str | None]
"""``model-arn``, ``project-name`` and ``model-version`` of a row, ``None`` where absent."""


class ModelSightings:
    """Collects the distinct models, at most 20.

    Args:
        log: Where surplus models and contradictions are noted.
    """

    def __init__(self, log: ProblemLog) -> None:
        self._log = log
        self._first_line: dict[Named, int] = {}

    def add(self, predictions: Sequence[PredictionMetadata], lines: Sequence[int]) -> None:
        """Take in what some rows name."""
        columns = (
            [p.model_arn for p in predictions],
            [p.project for p in predictions],
            [p.version for p in predictions],
        )
        if (columns[0][0], columns[1][0], columns[2][0]) in self._first_line and all(
            column.count(column[0]) == len(column) for column in columns
        ):
            return
        for model, line in zip(zip(*columns, strict=True), lines, strict=True):
            if model in self._first_line:
                continue
            if len(self._first_line) < MAX_MODELS:
                self._first_line[model] = line
            else:
                self._log.add(
                    "TOO_MANY_MODELS",
                    f"the rows name more than {MAX_MODELS} models; only the first {MAX_MODELS} are listed",
                    line=line,
                    severity=Severity.ERROR,
                )

    def claims(self, kind: str, uri: str) -> tuple[Claim, ...]:
        """One claim for each distinct model, in order of appearance; one without a model where no row names any."""
        models: dict[ModelRef, None] = {}
        for named, line in self._first_line.items():
            if any(named):
                models[self._model(named, line)] = None
        return tuple(Claim(kind=kind, document=uri, model=model) for model in models or {ModelRef(): None})

    def _model(self, named: Named, line: int) -> ModelRef:
        arn, project, version = named
        model = ModelRef.from_arn(arn) if arn else ModelRef()
        if model.project is None:
            return replace(model, project=project or None, version=version or None)
        if (project or model.project, version or model.version) != (model.project, model.version):
            self._log.add(
                "MODEL_CONTRADICTS_ARN",
                f"project-name {quoted(project)} or model-version {quoted(version)} contradicts the model-arn"
                f" {quoted(arn)}; the ARN is used",
                line=line,
                severity=Severity.ERROR,
            )
        return model
