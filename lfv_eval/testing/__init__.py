"""Synthetic evaluations and a fake Lookout for Vision service, for tests and demonstrations.

Names are imported when they are first used: neither Pillow nor boto3 nor moto is needed to import this package.

>>> from lfv_eval.testing import make_evaluation
>>> make_evaluation(seed=1, n_anomaly=5, n_normal=5, with_images=False).model.project
'parts'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fake_service import FakeLookoutVision as FakeLookoutVision
    from .fake_service import ServiceFault as ServiceFault
    from .in_process import S3Answer as S3Answer
    from .in_process import S3Faults as S3Faults
    from .in_process import attach_s3_faults as attach_s3_faults
    from .in_process import attach_service as attach_service
    from .scenario import Scenario as Scenario
    from .server import FakeAccount as FakeAccount
    from .synthetic import SyntheticEvaluation as SyntheticEvaluation
    from .synthetic import make_evaluation as make_evaluation
    from .tampering import tamper as tamper
    from .tampering import tamper_line as tamper_line

_MODULES = {
    "FakeAccount": "server",
    "FakeLookoutVision": "fake_service",
    "S3Answer": "in_process",
    "S3Faults": "in_process",
    "Scenario": "scenario",
    "ServiceFault": "fake_service",
    "SyntheticEvaluation": "synthetic",
    "attach_s3_faults": "in_process",
    "attach_service": "in_process",
    "make_evaluation": "synthetic",
    "tamper": "tampering",
    "tamper_line": "tampering",
}

__all__ = [
    "FakeAccount",
    "FakeLookoutVision",
    "S3Answer",
    "S3Faults",
    "Scenario",
    "ServiceFault",
    "SyntheticEvaluation",
    "attach_s3_faults",
    "attach_service",
    "make_evaluation",
    "tamper",
    "tamper_line",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
