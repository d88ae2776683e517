"""Which settings the next trial of a tuning has.

A pure function of the request, the trials so far and the number of the next: whoever asks again is told the same.
"""

from collections.abc import Sequence

from traindrop.chance import drawn
from traindrop.grid import point_of
from traindrop.script_mode import Request
from traindrop.search_space import objective_of, seed_of, settings_of, strategy_of
from traindrop.tree_parzen import likely
from traindrop.trial import Trial
from traindrop.tuning_config import RangeValue


def suggest(request: Request, trials: Sequence[Trial], number: int) -> dict[str, RangeValue] | None:
    """The hyperparameters of the trial `number` (from 1), by name; None where a grid has no such point.

    `trials`: all that there are, those that run too. No point is suggested twice, as long as there are others. Raises
    `ValueError` for a grid of ranges that are no choices, as CreateHyperParameterTuningJob refuses it.
    """
    settings, strategy, seed = settings_of(request), strategy_of(request), seed_of(request)
    if strategy == "Grid":
        return point_of(settings, number)
    found = None
    if strategy == "Bayesian":
        found = likely(settings, trials, objective_of(request)[1], f"{seed}/{number}")
    # Random and Hyperband, which differ in what is cut off; and of the others what cannot be told yet.
    return found or drawn(settings, trials, f"{seed}/{number}")
