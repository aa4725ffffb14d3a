"""Near and exact duplicates against naive pairwise loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfv_eval.errors import UsageError
from lfv_eval.metrics.similarity import (
    count_bits,
    effective_n,
    equal_groups,
    hash_array,
    near_duplicates,
    nearest_distances,
)

words = st.integers(0, 2**64 - 1)


def hashes(numbers):
    return np.array(numbers, np.uint64)


def naive_groups(numbers, max_bits):
    """Smallest position reachable through near pairs, by search from each position."""
    near = [[j for j, b in enumerate(numbers) if (a ^ b).bit_count() <= max_bits] for a in numbers]
    groups = []
    for start in range(len(numbers)):
        seen, waiting = {start}, [start]
        while waiting:
            for other in near[waiting.pop()]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        groups.append(min(seen))
    return groups


@st.composite
def clustered(draw):
    """Hashes near to few seeds, so that groups and chains occur."""
    seeds = draw(st.lists(words, min_size=1, max_size=4))
    flips = st.lists(st.integers(0, 63), max_size=6)
    numbers = []
    for _ in range(draw(st.integers(0, 25))):
        number = draw(st.sampled_from(seeds))
        for bit in draw(flips):
            number ^= 1 << bit
        numbers.append(number)
    return numbers


@given(st.lists(words, max_size=20))
def test_bits_are_counted(numbers):
    assert count_bits(hashes(numbers)).tolist() == [number.bit_count() for number in numbers]


@given(clustered(), st.sampled_from([0, 2, 4]))
def test_groups_are_those_of_pairwise_search(numbers, max_bits):
    groups = near_duplicates(hashes(numbers), max_bits)
    assert groups.tolist() == naive_groups(numbers, max_bits)
    assert effective_n(groups) == len(set(naive_groups(numbers, max_bits)))


def test_groups_across_blocks():
    rng = np.random.default_rng(1)
    seeds = rng.integers(0, 2**63, 100).tolist()
    numbers = [seed ^ (1 << int(bit)) for seed in seeds for bit in rng.integers(0, 64, 8)]
    order = rng.permutation(len(numbers))
    shuffled = [numbers[i] for i in order]
    assert near_duplicates(hashes(shuffled)).tolist() == naive_groups(shuffled, 4)


def test_every_image_the_same():
    assert effective_n(near_duplicates(np.zeros(20_000, np.uint64))) == 1


def test_no_image_at_all():
    assert effective_n(near_duplicates(hashes([]))) == 0
    assert nearest_distances(hashes([]), hashes([1])).tolist() == []


@given(st.lists(words, max_size=10), st.lists(words, min_size=1, max_size=10))
def test_nearest_distances_are_naive(numbers, others):
    expected = [min((a ^ b).bit_count() for b in others) for a in numbers]
    assert nearest_distances(hashes(numbers), hashes(others)).tolist() == expected


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(UsageError, match="at most 20000 images"):
        near_duplicates(np.zeros(20_001, np.uint64))
    with pytest.raises(UsageError, match="got none"):
        nearest_distances(hashes([1]), hashes([]))


def test_hexadecimal_digits():
    assert hash_array(["ffffffffffffffff", "0000000000000010"]).tolist() == [2**64 - 1, 16]


@given(st.lists(st.sampled_from("abcdef"), max_size=15))
def test_equal_entries_are_grouped(names):
    groups = equal_groups(names)
    repeated = {name for name in names if names.count(name) > 1}
    assert {names[group[0]] for group in groups} == repeated
    for group in groups:
        assert list(group) == [i for i, name in enumerate(names) if name == names[group[0]]]
