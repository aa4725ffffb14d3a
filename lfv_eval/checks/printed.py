"""Is a printed number a printed form of a given value? An answer of arithmetic instead of a tolerance.

A program that reports q = 17/19 may print 0.8947368421052632 (double precision), 0.8947368264198303 (single precision
widened to double), 0.8947368 (single precision), 0.895 (rounded), 0.894 (cut off) or 89.5 (percent). Each is a *tier*,
tried from the strictest to the weakest; a number that no tier explains was not printed from q.

JSON writers drop trailing zeros, so a literal alone does not tell how many decimals were printed: 0.5 can be 0.500000.
The other numbers of the same document can: see ``printing_of``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import numpy as np

TIERS = ("exact", "float64_sum", "float32", "rounded", "truncated", "percent", "float32_sum")
"""How a printed number can agree with a value, from the strictest to the weakest; see ``matching_tier``."""

MAX_FITTING = 1000
"""Where ``fractions_that_fit`` stops counting."""

_NUMBER = re.compile(r"\+?(?P<whole>[0-9]*)\.?(?P<decimals>[0-9]*)(?:[eE](?P<exponent>[+-]?[0-9]{1,3}))?")
_MAX_LENGTH = 400  # bounds the arithmetic on untrusted text; doubles print with at most 25 characters
_FULL_DIGITS = 15
_SINGLE_DIGITS = 7
_MIN_DECIMALS = 2  # one decimal, cut off, would be said of a tenth of all values
_ULPS = 4  # the usual formulas for P, R, F1, AUC and AP, exact summation given, stay within 3 ulp of the exact value
_HALF_ULP32 = Fraction(1, 2**24)  # largest relative error of rounding to single precision


@dataclass(frozen=True, slots=True)
class Printing:
    """How a document prints its metrics.

    Attributes:
        decimals: The largest number of decimals among its numbers; shorter ones lost trailing zeros. 0 where all are
            whole, ``1.0`` included: then nothing tells how many decimals were meant, and nothing counts as rounded.
        full_precision: Some number has 15 or more significant digits, so none was rounded for reading.
        percent: Some number is above 1.
        fraction_decimals: As ``decimals``, of the numbers up to 1 in a document with numbers above 1; else 0.
    """

    decimals: int
    full_precision: bool = False
    percent: bool = False
    fraction_decimals: int = 0


def printing_of(literals: Iterable[str]) -> Printing:
    """How a document prints, from all numbers of its metrics object. Text that is no number (``null``) is passed over.

    >>> printing_of(["0.5", "0.8947", "1.0"])
    Printing(decimals=4, full_precision=False, percent=False, fraction_decimals=0)
    """
    numbers = [number for number in map(_parse, literals) if number]
    percent = any(number.value > 1 for number in numbers)
    return Printing(
        decimals=max((number.decimals for number in numbers), default=0),
        full_precision=any(number.digits >= _FULL_DIGITS for number in numbers),
        percent=percent,
        fraction_decimals=max((number.decimals for number in numbers if percent and number.value <= 1), default=0),
    )


def matching_tier(x: str, q: Fraction | float, printing: Printing, *, n_terms: int = 1) -> str | None:
    """The strictest tier by which a printed number is a printed form of a value; ``None`` if there is none.

    With d decimals of the document, u the distance of doubles at q, and k summands:

    ===========  ======================================================================================
    exact        within 4 u: double precision, whatever the formula
    float64_sum  within k u: summed up one after the other in double precision
    float32      the nearest single-precision number, shortest digits or widened to double
    rounded      within half a unit of decimal d (and 4 u) of q, or of q in single precision; ends included
    truncated    less than one unit of decimal d below q, for d of at least 2
    percent      one of the above for 100 q, in a document with numbers above 1
    float32_sum  k > 1 and at least 7 decimals: of summands in single precision, or summed in it
    ===========  ======================================================================================

    In a document with numbers above 1, a number up to 1 is percent too (0.7 %), or a fraction among percent. The latter
    counts as rounded only by at least 2 decimals of such numbers, in a document without full precision, never as cut.

    Args:
        x: The number as printed.
        q: The value, in 0..1.
        printing: How the document prints.
        n_terms: How many summands the value has; 1 for a fraction of counts.

    >>> matching_tier("0.8947368264198303", Fraction(17, 19), Printing(16, full_precision=True))
    'float32'
    >>> matching_tier("0.894736", Fraction(17, 19), Printing(6)), matching_tier("0.893", Fraction(17, 19), Printing(3))
    ('truncated', None)
    """
    number = _parse(x)
    if number is None or not 0 <= q <= 100:  # another document's number can be anything, not-a-number included
        return None
    value = Fraction(q)
    among_percent = printing.percent and number.value <= 1
    tier = _fraction_tier(number.value, value, _decimals_as_fraction(number.value, printing), n_terms)
    if tier and not (tier == "truncated" and (among_percent or printing.decimals < _MIN_DECIMALS)):
        return tier
    if printing.percent and _fraction_tier(number.value, 100 * value, printing.decimals, n_terms):
        return "percent"
    printed_decimals = printing.fraction_decimals if among_percent else printing.decimals
    if n_terms > 1 and printed_decimals >= _SINGLE_DIGITS and _is_float32_sum(number.value, value, n_terms):
        return "float32_sum"
    return None


def fractions_that_fit(
    x: str, denominator: int, printing: Printing, *, tier: str | None = None, smaller_denominators: bool = False
) -> int:
    """How many different fractions the printed number could stand for; 1 means that its digits identify the fraction.

    Args:
        x: The number as printed.
        denominator: The denominator, such as the number of anomalous images for recall.
        printing: How the document prints.
        tier: Count only what matches this strictly; ``None`` counts all that ``matching_tier`` accepts. A rounded
            document cannot tell "exact" from "rounded", so there they are one.
        smaller_denominators: Count fractions of all denominators up to this one, for a report whose denominator is
            unknown. Any two differ by at least 1/(N(N-1)), so d decimals, rounded, identify one if 10^-d is less;
            often fewer do.

    Returns:
        The number of fractions, at most ``MAX_FITTING``.

    >>> fractions_that_fit("0.89", 19, Printing(2)), fractions_that_fit("0.89", 400, Printing(2))
    (1, 6)
    """
    number = _parse(x)
    if number is None:
        return 0
    weakest = len(TIERS) - 1 if tier is None else TIERS.index(tier)
    if not printing.full_precision:
        weakest = max(weakest, TIERS.index("rounded"))
    fitting = (
        q
        for low, high in _windows(number.value, printing)
        for q in _fractions_between(low, high, denominator, smaller_denominators=smaller_denominators)
        if (found := matching_tier(x, q, printing)) and TIERS.index(found) <= weakest
    )
    return len(set(islice(fitting, MAX_FITTING)))


def printed_interval(
    x: str, printing: Printing, *, n_terms: int = 1, truncated: bool = False
) -> tuple[Fraction, Fraction] | None:
    """The values in 0..1 that print as x: a closed interval, for arithmetic on numbers without data behind them.

    It holds whatever ``matching_tier`` accepts up to the tier ``rounded`` (up to a few ulp at its ends). In a document
    with numbers above 1, every number is taken for percent.

    Args:
        x: The number as printed.
        printing: How the document prints.
        n_terms: How many summands the value has.
        truncated: Take the decimals for cut off instead of rounded; the value at the far end is included.

    Returns:
        Both ends, or ``None`` for text that is no number, and where nothing in 0..1 prints as x.

    >>> [round(float(end), 4) for end in printed_interval("0.94", Printing(2))]
    [0.935, 0.945]
    """
    number = _parse(x)
    if number is None:
        return None
    value, scale = number.value, 100 if printing.percent else 1
    unit = Fraction(1, 10**printing.decimals) if printing.decimals or printing.percent else Fraction(0)
    low, high = (value, value + unit) if truncated else (value - unit / 2, value + unit / 2)
    if not truncated:
        nearest = np.float32(float(value))
        singles = [*_singles_between(low, high), *([nearest] if _is_print_of(value, nearest) else [])]
        low = min([low, *(_halfway(single, -1) for single in singles)])
        high = max([high, *(_halfway(single, 1) for single in singles)])
    slack = max(_ULPS, n_terms) * _ulp(value)
    low, high = max(Fraction(0), (low - slack) / scale), min(Fraction(1), (high + slack) / scale)
    return (low, high) if low <= high else None


@dataclass(frozen=True, slots=True)
class _Literal:
    value: Fraction
    decimals: int
    digits: int


def _parse(text: str) -> _Literal | None:
    """Read a printed number exactly; ``None`` for what cannot be a metric, as a fraction or in percent."""
    found = _NUMBER.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if not found or not found["whole"] + found["decimals"]:
        return None
    value = Fraction(Decimal(text))
    if value > 100:
        return None
    # 1.0 is how most languages print a whole double: its zero says nothing of the decimals of the document.
    decimals = "" if found["decimals"] == "0" else found["decimals"]
    return _Literal(
        value=value,
        decimals=max(0, len(decimals) - int(found["exponent"] or 0)),
        digits=len((found["whole"] + decimals).lstrip("0")),
    )


def _decimals_as_fraction(x: Fraction, printing: Printing) -> int | None:
    """How many decimals x has if it is a fraction; ``None`` where it must not count as rounded."""
    if not printing.percent or x > 1:
        return printing.decimals or None
    own = printing.fraction_decimals
    return own if own >= _MIN_DECIMALS and not printing.full_precision else None


def _fraction_tier(x: Fraction, q: Fraction, decimals: int | None, n_terms: int) -> str | None:
    """The tier without regard to percent; ``decimals`` None forbids rounding."""
    ulp = _ulp(q)
    difference = abs(x - q)
    if difference <= _ULPS * ulp:
        return "exact"
    if difference <= n_terms * ulp:
        return "float64_sum"
    singles = {np.float32(float(q + shift * ulp)) for shift in (-_ULPS, 0, _ULPS)}
    if any(_is_print_of(x, single) for single in singles):
        return "float32"
    return None if decimals is None else _rounding_tier(x, q, singles, decimals)


def _rounding_tier(x: Fraction, q: Fraction, singles: Iterable[np.float32], decimals: int) -> str | None:
    unit = Fraction(1, 10**decimals)
    # What was rounded is a double near q, or q in single precision.
    if abs(x - q) <= unit / 2 + _ULPS * _ulp(q):
        return "rounded"
    if any(abs(x - Fraction(float(single))) <= unit / 2 for single in singles):
        return "rounded"
    return "truncated" if 0 <= q - x < unit else None


def _is_print_of(x: Fraction, single: np.float32) -> bool:
    """Whether x is the single-precision number widened to double, or its own shortest digits."""
    return float(x) == float(single) or x == Fraction(str(single))


def _is_float32_sum(x: Fraction, q: Fraction, n_terms: int) -> bool:
    """Whether single precision in a sum explains the difference.

    Summands rounded to single precision, themselves products of two such numbers, move the sum by at most two half-ulps
    whatever their number. Only accumulating in single precision loses more, and then the sum has single precision too.
    """
    difference = abs(x - q)
    if difference <= 2 * _HALF_ULP32 * q:
        return True
    return difference <= n_terms * _HALF_ULP32 * q and _is_print_of(x, np.float32(float(x)))


def _singles_between(low: Fraction, high: Fraction) -> list[np.float32]:
    """The first and the last single-precision number of a range; nothing where it holds none."""
    first, last = np.float32(float(low)), np.float32(float(high))
    if Fraction(float(first)) < low:
        first = np.nextafter(first, np.float32(np.inf))
    if Fraction(float(last)) > high:
        last = np.nextafter(last, np.float32(-np.inf))
    return [first, last] if first <= last else []


def _halfway(single: np.float32, direction: int) -> Fraction:
    """How far values go that are rounded to a single-precision number: half the way to its neighbour."""
    neighbour = np.nextafter(single, np.float32(direction * np.inf))
    return (Fraction(float(single)) + Fraction(float(neighbour))) / 2


def _windows(x: Fraction, printing: Printing) -> Iterator[tuple[Fraction, Fraction]]:
    """Ranges outside which nothing prints as x: one for fractions and, where the document has any, one for percent."""
    for scale in (1, 100) if printing.percent else (1,):
        precision = 2 * _HALF_ULP32 * x + 2 * _ULPS * _ulp(x)
        decimals = printing.decimals if scale == 100 else _decimals_as_fraction(x, printing)
        unit = Fraction(0) if decimals is None else Fraction(1, 10**decimals)
        low, high = (x - unit / 2 - precision) / scale, (x + unit + precision) / scale
        yield max(Fraction(0), low), min(Fraction(1), high)


def _fractions_between(
    low: Fraction, high: Fraction, denominator: int, *, smaller_denominators: bool
) -> Iterator[Fraction]:
    for n in range(1 if smaller_denominators else denominator, denominator + 1):
        for k in range(math.ceil(low * n), math.floor(high * n) + 1):
            if not smaller_denominators or math.gcd(k, n) == 1:
                yield Fraction(k, n)


def _ulp(q: Fraction) -> Fraction:
    """The distance of double-precision numbers at q."""
    return Fraction(math.ulp(float(q)))
