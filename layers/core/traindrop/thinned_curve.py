"""A metric round by round, of which few points are kept: rounds that are powers of two, and the last.

What lies between two points is taken to lie on a line.
"""

from collections.abc import Mapping
from itertools import pairwise

# By round, counted from 1.
Curve = Mapping[int, float]
# 2**18 rounds, more than any script of ours takes, and the last.
MAX_POINTS = 20


def thinned(curve: Curve) -> dict[int, float]:
    """Of a curve with all its rounds, what is kept; at most `MAX_POINTS`."""
    last = max(curve, default=0)
    return {round_: value for round_, value in sorted(curve.items()) if round_ == last or _is_kept(round_)}


def _is_kept(round_: int) -> bool:
    return round_ & (round_ - 1) == 0 and round_ < 2 ** (MAX_POINTS - 1)


def value_at(curve: Curve, round_: int) -> float | None:
    """None before the first point and after the last."""
    if round_ in curve:
        return curve[round_]
    before = max((each for each in curve if each < round_), default=None)
    after = min((each for each in curve if each > round_), default=None)
    if before is None or after is None:
        return None
    return curve[before] + (curve[after] - curve[before]) * (round_ - before) / (after - before)


def mean_until(curve: Curve, round_: int) -> float | None:
    """The mean of the values of the first rounds; None where there are fewer."""
    end = value_at(curve, round_)
    if end is None:
        return None
    points = {each: value for each, value in curve.items() if each < round_} | {round_: end}
    rounds = sorted(points)
    total = points[rounds[0]] * rounds[0]
    for one, two in pairwise(rounds):
        # Of each round after `one` up to `two`: from just above the one value to the other.
        total += (two - one) * (points[one] + points[two]) / 2 + (points[two] - points[one]) / 2
    return total / round_
