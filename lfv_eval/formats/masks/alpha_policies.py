"""Which pixels of a label's colour belong to the label, where masks are transparent.

How the service reads transparency is not documented, and AWS's own tools disagree. The masks of its sample data set are
anti-aliased in alpha alone, so that the policy decides their area.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import UsageError

ALTERNATIVES = ("ignore", "threshold:1", "threshold:128", "opaque")
"""Alpha policies that are always counted beside the chosen one. ``ignore`` is how the service's developer guide and
AWS's own mask correction script read colours; compositing on white and comparing exactly is ``opaque``."""


def alpha_minimum(policy: str) -> int:
    """The lowest alpha (0..255) at which a class-coloured pixel belongs to its class.

    Args:
        policy: ``ignore``, ``opaque``, or ``threshold:N`` with N in 0..255.

    Raises:
        UsageError: It is none of these.

    >>> [alpha_minimum(policy) for policy in ("ignore", "threshold:128", "opaque")]
    [0, 128, 255]
    """
    if policy in ("ignore", "opaque"):
        return 0 if policy == "ignore" else 255
    kind, _, number = policy.partition(":")
    if kind == "threshold" and number.isascii() and number.isdigit() and len(number) < 4 and int(number) <= 255:
        return int(number)
    raise UsageError(f"unknown alpha policy {policy!r}", hint="ignore, opaque, or threshold:N with N in 0..255")


def policy_levels(policies: Sequence[str]) -> tuple[int, ...]:
    """The alpha levels that tell all policies and all alternatives apart, ascending from 0."""
    return tuple(sorted({alpha_minimum(policy) for policy in (*policies, *ALTERNATIVES)}))
