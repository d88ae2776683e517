"""Random search: each setting by itself, evenly within its range, or its logarithm evenly."""

import math
import random
from collections.abc import Sequence

from traindrop.search_space import Setting
from traindrop.trial import Trial
from traindrop.tuning_config import RangeValue

# Where the settings have few values, the same point comes again; after so many tries it is taken.
_TRIES = 100
# Of a number: as precise as a person would write it, and far finer than any search.
_DIGITS = 6


def drawn(settings: Sequence[Setting], trials: Sequence[Trial], seed: str) -> dict[str, RangeValue]:
    """A point at random that none of the trials has, where that can be helped."""
    chance = random.Random(seed)  # noqa: S311 - no secret comes of it
    point = _point(settings, chance)
    for _ in range(_TRIES):
        if not is_tried(point, trials):
            break
        point = _point(settings, chance)
    return point


def is_tried(point: dict[str, RangeValue], trials: Sequence[Trial]) -> bool:
    """Whether one of the trials has that point."""
    return any(all(trial.hyperparameters.get(name) == value for name, value in point.items()) for trial in trials)


def rounded(setting: Setting, value: float) -> float:
    """To six significant digits, within the range."""
    return min(max(float(f"{value:.{_DIGITS}g}"), setting.low), setting.high)


def _point(settings: Sequence[Setting], chance: random.Random) -> dict[str, RangeValue]:
    return {setting.name: _value(setting, chance) for setting in settings}


def _value(setting: Setting, chance: random.Random) -> RangeValue:
    if setting.kind == "categorical":
        return chance.choice(setting.choices)
    # A whole number stands for the interval around it, so that both ends are as likely as the rest.
    half = 0.5 if setting.kind == "integer" else 0.0
    low, high = setting.low - half, setting.high + half
    value = math.exp(chance.uniform(math.log(low), math.log(high))) if setting.log else chance.uniform(low, high)
    if setting.kind == "number":
        return rounded(setting, value)
    return int(min(max(math.floor(value + 0.5), setting.low), setting.high))
