"""From all documents found to those of one model version.

A folder may hold many evaluations. What a document says of its model decides; where it says nothing, its file name is
a hint; where that is silent too, it joins the only model there is. What cannot be decided is refused with the choices
listed, never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from ..aws.names import parse_evaluation_key
from ..errors import DocumentError, TargetError
from ..records import Evaluation, ModelRef, Problem, Severity, Where

_Key = tuple[str, str | None]  # project, version


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The model version that the caller asked for; ``None`` leaves that part open, as does the version ``latest``."""

    project: str | None = None
    version: str | None = None

    def admits(self, key: _Key) -> bool:
        """Whether a model may be the wanted one."""
        project, version = key
        wanted_version = None if self.version == "latest" else self.version
        return self.project in (None, project) and (None in (wanted_version, version) or wanted_version == version)


def select(fragments: Sequence[Evaluation], wanted: Wanted, *, target: str, explicit: bool) -> Evaluation:
    """Join the fragments (one for each document) of one model version.

    Args:
        fragments: What each document gave.
        wanted: The caller's choice.
        target: For messages.
        explicit: The caller named each document: all are joined, and contradictions become checks.

    Raises:
        TargetError: Several models, or several documents of one kind for the same model.
        DocumentError: The evaluation manifest is of another model than the other documents.
    """
    kept, problems = _without_copies(fragments)
    kept = _wanted_only(kept, wanted, target) if explicit else _of_one_model(kept, wanted, target)
    _refuse_rivals(kept, target)
    joined = reduce(add, kept, Evaluation())
    # an ARN says more than a project name, and one statement of a whole document more than that of its rows
    ranked = sorted(joined.claims, key=lambda claim: (not claim.model.arn, claim.kind == "evaluation_manifest"))
    return replace(joined, claims=tuple(ranked), problems=joined.problems + tuple(problems))


def _without_copies(fragments: Sequence[Evaluation]) -> tuple[list[Evaluation], list[Problem]]:
    first_uri: dict[str, str] = {}
    kept, problems = [], []
    for fragment in fragments:
        digest = fragment.documents[0]
        if digest.sha256 in first_uri:
            told = f"has the same bytes as {first_uri[digest.sha256]}; read once"
            where = Where(uri=digest.uri)
            problems.append(Problem(code="COPY_OF_DOCUMENT", where=where, message=told, severity=Severity.NOTE))
        else:
            first_uri[digest.sha256] = digest.uri
            kept.append(fragment)
    return kept, problems


def _keys(fragment: Evaluation) -> set[_Key]:
    keys = {(model.project, model.version) for model in _claimed(fragment) if model.project}
    if keys:
        return keys
    named = parse_evaluation_key(fragment.documents[0].uri)
    return {(named.project, named.version)} if named else set()


def _claimed(fragment: Evaluation) -> list[ModelRef]:
    return [claim.model for claim in fragment.claims]


def _of_one_model(fragments: list[Evaluation], wanted: Wanted, target: str) -> list[Evaluation]:
    keyed = [(fragment, _keys(fragment)) for fragment in fragments]
    found = {key for _, keys in keyed for key in keys}
    admitted = {key for key in found if wanted.admits(key)}
    if found and not admitted:
        raise TargetError(
            f"expected documents of {wanted.project or 'any project'} version {wanted.version or 'any'}, "
            f"found those of {_list(found)}",
            where=target,
            hint="check --project and --model-version",
        )
    kept = [(fragment, keys) for fragment, keys in keyed if not keys or keys & admitted]
    if len(admitted) > 1 and not _differ_in_silence_only(admitted):
        _refuse_foreign_manifest(kept)
        raise TargetError(
            f"documents of {len(admitted)} models are here: {_list(admitted)}",
            where=target,
            hint="choose one with --project and --model-version, or name its own folder",
        )
    return [fragment for fragment, _ in kept]


def _wanted_only(fragments: list[Evaluation], wanted: Wanted, target: str) -> list[Evaluation]:
    """All documents that the caller named, unless he asked for another model than they are of."""
    found = {key for fragment in fragments for key in _keys(fragment)}
    if found and not any(wanted.admits(key) for key in found):
        raise TargetError(
            f"expected documents of {wanted.project or 'any project'} version {wanted.version or 'any'}, "
            f"the named ones are of {_list(found)}",
            where=target,
            hint="leave out --project and --model-version, or name other documents",
        )
    return fragments


def _differ_in_silence_only(keys: set[_Key]) -> bool:
    """A file name without a version does not make a second model."""
    versions = {version for _, version in keys if version}
    return len({project for project, _ in keys}) == 1 and len(versions) < 2


def _refuse_foreign_manifest(keyed: list[tuple[Evaluation, set[_Key]]]) -> None:
    manifests = [(fragment, keys) for fragment, keys in keyed if len(fragment.images)]
    others = {key for fragment, keys in keyed if not len(fragment.images) for key in keys}
    if len(manifests) == 1 and others and not manifests[0][1] & others:
        raise DocumentError(
            f"this evaluation manifest is of another model: expected {_list(others)}, got {_list(manifests[0][1])}",
            where=manifests[0][0].documents[0].uri,
            hint="name the documents with --manifest and --result to compare them all the same",
        )


def _refuse_rivals(fragments: list[Evaluation], target: str) -> None:
    uris: dict[str, list[str]] = {}
    for fragment in fragments:
        if not fragment.datasets:  # there are several on purpose: for training and for test
            digest = fragment.documents[0]
            uris.setdefault(digest.kind, []).append(digest.uri)
    for kind, rivals in uris.items():
        if len(rivals) > 1:
            raise TargetError(
                f"{len(rivals)} different documents of kind {kind} for one model: {', '.join(rivals[:5])}",
                where=target,
                hint="name the ones to use with --manifest, --result and --describe-model",
            )


def _list(keys: set[_Key]) -> str:
    names = sorted(f"{project} version {version or 'unknown'}" for project, version in keys)
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
