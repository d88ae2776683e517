"""Which settings the next trial of a tuning has.

A pure function of the request, the trials so far and the number of the next: whoever asks again is told the same.
"""

from collections.abc import Sequence

from traindrop.chance import drawn
from traindrop.script_mode import Request
from traindrop.search_space import seed_of, settings_of
from traindrop.trial import Trial
from traindrop.tuning_config import RangeValue


def suggest(request: Request, trials: Sequence[Trial], number: int) -> dict[str, RangeValue] | None:
    """The hyperparameters of the trial `number` (from 1), by name; None where a grid has no such point.

    `trials`: all that there are, those that run too. No point is suggested twice, as long as there are others.
    """
    return drawn(settings_of(request), trials, f"{seed_of(request)}/{number}")
