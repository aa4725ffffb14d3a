"""Sessions and clients of boto3, with the bundled description of Lookout for Vision for SDKs that dropped it.

Only public interfaces of boto3 and botocore are used, and a user's session is never changed. botocore 1.40.60 was the
last release that described the service; later ones do not know its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver
from botocore.exceptions import BotoCoreError

from .. import __version__
from ..errors import UsageError
from .faults import SdkWithoutModelError, UnclassifiedError, common_fault, quoted

SERVICE = "lookoutvision"
MAX_WORKERS = 32
"""More threads than this do not read faster: the work of one process is then the limit."""

_MODELS = Path(__file__).resolve().parent.parent / "data"
_USER_AGENT = f"lfv-eval/{__version__}"


class _FromSession(CredentialProvider):  # type: ignore[misc]  # botocore has no types
    """The credentials of another session, refreshed where that one refreshes them."""

    METHOD = "lfv-eval"
    CANONICAL_NAME = None

    def __init__(self, session: boto3.Session) -> None:
        super().__init__()
        self._from = session

    def load(self) -> Any:
        return self._from.get_credentials()


def open_session(profile: str | None = None, region: str | None = None) -> boto3.Session:
    """Open a session like any AWS tool does: from the environment, a profile, or the machine's role.

    Args:
        profile: Name of a profile of ``~/.aws``; ``None`` leaves the choice to ``AWS_PROFILE``.
        region: Region of the clients; ``None`` leaves it to the environment and the profile.

    Raises:
        AccessError: There is no such profile, or the configuration files cannot be read.
    """
    try:
        return boto3.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        raise _opening_fault(error, f"profile {profile}" if profile else "AWS configuration") from error


def lookoutvision_client(session: boto3.Session | None = None, **kwargs: Any) -> Any:
    """Make a client of Lookout for Vision, whether or not the installed SDK still knows the service.

    Where the session lists the service (old SDKs, own models in ``~/.aws/models``), its description is used. Otherwise
    the bundled one is, through a second botocore session with this one's profile, region, credentials and event hooks;
    what was set on a hand-made botocore session by ``set_config_variable`` or ``set_default_client_config`` is not
    carried over. Connecting takes at most 5 s, reading 10 s, in 2 attempts: the service may not answer at all.

    Args:
        session: The caller's session; it is not changed. ``None`` opens one.
        **kwargs: As for ``boto3.Session.client``; a ``config`` is merged over this package's own.

    Raises:
        AccessError: No region, unknown profile, bad endpoint URL, or a broken installation.
    """
    ours = Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=5,
        read_timeout=10,
        user_agent_extra=_USER_AGENT,
    )
    kwargs["config"] = _merged(ours, kwargs.get("config"))
    session = session or open_session()
    try:
        if SERVICE in session.get_available_services():
            return session.client(SERVICE, **kwargs)
        core = _session_with_model(session)
        if kwargs.get("region_name") is None:
            kwargs["region_name"] = session.region_name
        return core.create_client(SERVICE, **kwargs)
    except (BotoCoreError, ValueError) as error:
        raise _opening_fault(error, SERVICE) from error


def s3_client(
    session: boto3.Session | None = None,
    *,
    max_workers: int = 16,
    endpoint_url: str | None = None,
    region: str | None = None,
    config: Config | None = None,
) -> Any:
    """Make a client of S3 that ``max_workers`` threads can share without waiting for connections.

    Args:
        session: The caller's session; ``None`` opens one.
        max_workers: Size of the connection pool, 1 to 32.
        endpoint_url: An S3-compatible store, or a test server.
        region: Region of the bucket; ``None`` takes the session's.
        config: Merged over this package's own (standard retries, 3 attempts, 10 s to connect, 60 s to read).

    Raises:
        UsageError: ``max_workers`` is out of range.
        AccessError: Unknown profile, bad region or endpoint URL.
    """
    check_workers(max_workers)
    ours = Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=max_workers,
        user_agent_extra=_USER_AGENT,
    )
    session = session or open_session()
    try:
        return session.client("s3", region_name=region, endpoint_url=endpoint_url, config=_merged(ours, config))
    except (BotoCoreError, ValueError) as error:
        raise _opening_fault(error, "s3") from error


def check_workers(max_workers: int) -> int:
    """Return the number of threads if it is in range.

    Raises:
        UsageError: It is below 1 or above ``MAX_WORKERS``.
    """
    if not 1 <= max_workers <= MAX_WORKERS:
        raise UsageError(f"expected 1 to {MAX_WORKERS} threads for reading, got {max_workers}")
    return max_workers


def _session_with_model(session: boto3.Session) -> botocore.session.Session:
    """A second session that knows the service and otherwise follows the first one."""
    if not (_MODELS / SERVICE).is_dir():
        raise SdkWithoutModelError(
            f"{_MODELS / SERVICE} is missing", where=SERVICE, hint="reinstall lfv-eval as files, not as a zip archive"
        )
    profile = session.profile_name
    core = botocore.session.Session(
        profile=profile if profile in session.available_profiles else None,
        event_hooks=session.events,
        include_builtin_handlers=False,  # the first session's emitter has them already
    )
    # Appended, never put first: a description of the SDK's own is more complete and must win.
    core.get_component("data_loader").search_paths.append(str(_MODELS))
    core.register_component("credential_provider", CredentialResolver([_FromSession(session)]))
    return core


def _merged(ours: Config, theirs: Config | None) -> Config:
    if theirs is None:
        return ours
    merged = ours.merge(theirs)
    extra = getattr(theirs, "user_agent_extra", None)
    return merged.merge(Config(user_agent_extra=f"{_USER_AGENT} {extra}")) if extra else merged


def _opening_fault(error: Exception, where: str) -> Exception:
    """A failure to open a session or client is one of configuration or credentials, hardly ever another."""
    return common_fault(error, where) or UnclassifiedError(f"{type(error).__name__}: {quoted(error)}", where=where)
