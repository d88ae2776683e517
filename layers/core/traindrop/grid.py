"""Grid search: every combination of the choices once.

"You can only use categorical parameters" with it:
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
"""

import math
from collections.abc import Sequence

from traindrop.search_space import Setting
from traindrop.tuning_config import RangeValue

_GOLDEN = (math.sqrt(5) - 1) / 2


def size_of(settings: Sequence[Setting]) -> int:
    """How many points there are. Raises `ValueError` where there is no end of them."""
    endless = [setting.name for setting in settings if setting.kind != "categorical"]
    if endless:
        raise ValueError(f"a grid takes lists of values, and {endless[0]} is a range")
    return math.prod(len(setting.choices) for setting in settings)


def point_of(settings: Sequence[Setting], number: int) -> dict[str, RangeValue] | None:
    """The point of that number, from 1; None past the last.

    Not in their order: so that a search that ends before the grid does has seen all parts of it.
    """
    size = size_of(settings)
    if number > size:
        return None
    place = (number - 1) * _step(size) % size
    point: dict[str, RangeValue] = {}
    for setting in settings:
        place, chosen = divmod(place, len(setting.choices))
        point[setting.name] = setting.choices[chosen]
    return point


def _step(size: int) -> int:
    """Near the golden section, and with no divisor in common: steps of it come to each point once."""
    step = max(1, round(size * _GOLDEN))
    while math.gcd(step, size) > 1:
        step -= 1
    return step
