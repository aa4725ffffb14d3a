"""Recompute and verify the evaluation metrics of Amazon Lookout for Vision models.

    import lfv_eval
    audited = lfv_eval.audit("folder-or-s3-uri")

Importing this package imports no third-party package: every name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .checks.numbers.examination import check_numbers
    from .comparing.folds import kfold_summary
    from .comparing.two_models import compare
    from .errors import AccessError, DocumentError, LfvEvalError, ReportError, TargetError, UsageError
    from .model_audit import audit
    from .results import ModelAudit
    from .settings import Advice, Settings

_HOMES = {
    "audit": "model_audit",
    "check_numbers": "checks.numbers",
    "compare": "comparing.two_models",
    "kfold_summary": "comparing.folds",
    "ModelAudit": "results",
    "Advice": "settings",
    "Settings": "settings",
    "LfvEvalError": "errors",
    "AccessError": "errors",
    "DocumentError": "errors",
    "ReportError": "errors",
    "TargetError": "errors",
    "UsageError": "errors",
}

__all__ = [
    "AccessError",
    "Advice",
    "DocumentError",
    "LfvEvalError",
    "ModelAudit",
    "ReportError",
    "Settings",
    "TargetError",
    "UsageError",
    "audit",
    "check_numbers",
    "compare",
    "kfold_summary",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"lfv_eval.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'lfv_eval' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
