"""Cases made by hand or from a seed, and what the rules make of them."""

import numpy as np
import pytest

from lfv_eval.registry import load


@pytest.fixture
def remarks():
    """``remarks(rule, case)``: what one rule says."""
    return lambda name, case: list(load("advice", name).examine(case).remarks)


@pytest.fixture
def silence():
    """``silence(rule, case)``: why one rule cannot tell, in one string; it says nothing else."""

    def why(name, case):
        examined = load("advice", name).examine(case)
        assert not examined.remarks
        return "; ".join(examined.cannot_tell)

    return why


@pytest.fixture
def rate():
    """``rate(rule, maker, n)``: in how many of n seeded cases the rule makes a remark that is a warning."""

    def share(name, make, n=100, severities=("warning",)):
        rng = np.random.Generator(np.random.PCG64([7, n]))
        rule = load("advice", name)
        return sum(any(r.severity in severities for r in rule.examine(make(rng)).remarks) for _ in range(n)) / n

    return share
