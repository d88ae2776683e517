"""When the reconciler looks after a run that should have got further by itself."""

from datetime import timedelta

from traindrop.run import FINAL, Status

# An event that came is acted upon within seconds; one that a function failed at, within Lambda's two retries (after one
# and two minutes, of five minutes each at most, for the evaluator). Sooner, a look would only double the work.
_FIRST = {Status.COMPLETED: timedelta(minutes=20)}
_USUAL_FIRST = timedelta(minutes=10)
_LONGEST = timedelta(days=1)
# Doubling from ten minutes, this many looks take more than three days.
MAX_LOOKS = 10


def pause_before_look(status: Status, looks: int) -> timedelta:
    """The pause before the next look at a run in `status` that was looked after `looks` times.

    It doubles: an event that was lost is made up for after, at most, as long again as the job took, and a job of a day
    costs eight calls.
    """
    # Beyond this power any pause is the longest; a timedelta would overflow.
    factor: int = 2 ** min(looks, MAX_LOOKS)
    return min(_FIRST.get(status, _USUAL_FIRST) * factor, _LONGEST)


def is_given_up(status: Status, looks: int) -> bool:
    """Whether no further look is of use. A job that runs is looked after for as long as it does."""
    return looks >= MAX_LOOKS and (status in FINAL or status is Status.COMPLETED)
