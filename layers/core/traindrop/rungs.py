"""Hyperband by rungs: after a few rounds, and after three times as many, only the best third goes on.

The brackets are Hyperband's (Li et al., JMLR 2018: https://jmlr.org/papers/v18/16-558.html), the cuts those of
asynchronous successive halving, which waits for nobody (ASHA; Li et al., MLSys 2020: https://arxiv.org/abs/1810.05934),
in its stopping form: a trial goes on where it is among the best third of all that have come to that rung, itself
included, and never comes back (Klein et al., https://arxiv.org/abs/2003.10865).
"""

from collections.abc import Sequence

from traindrop.thinned_curve import Curve, value_at
from traindrop.tuning_config import Direction

# "In practice we suggest taking eta to be equal to 3 or 4" (Hyperband, section 2.6).
ETA = 3
_RUNGS = 3


def cuts(
    curves: Sequence[Curve], direction: Direction, number: int, least: int | None = None, most: int | None = None
) -> dict[int, float]:
    """By round, the worst value that goes on; none at a rung that fewer than two have come to.

    `least` and `most` rounds of a trial: MinResource and MaxResource. Without them the longest curve is the most, and
    there are three rungs. Of three trials one begins with the second rung, of nine one with the third: brackets.
    """
    top = most or max((max(curve) for curve in curves), default=0)
    found = {round_: _cut(curves, direction, round_) for round_ in _rungs(least, top)[_bracket(number) :]}
    return {round_: cut for round_, cut in found.items() if cut is not None}


def _rungs(least: int | None, top: int) -> list[int]:
    rung = least or max(1, top // ETA**_RUNGS)
    found = []
    while rung < top:
        found.append(rung)
        rung *= ETA
    return found


def _bracket(number: int) -> int:
    """How often the number can be divided by eta."""
    bracket = 0
    while number and number % ETA == 0:
        number //= ETA
        bracket += 1
    return bracket


def _cut(curves: Sequence[Curve], direction: Direction, round_: int) -> float | None:
    values = sorted(value for curve in curves if (value := value_at(curve, round_)) is not None)
    best_first = values[::-1] if direction == "maximize" else values
    go_on = (len(values) + 1) // ETA
    return best_first[go_on - 1] if go_on else None
