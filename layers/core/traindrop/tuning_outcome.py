"""What a tuning comes to whose trials Lambda functions trained, out of these trials. Pure.

Of SageMaker's tuning jobs, which have an end and a reason of their own, `traindrop.tuning_words` says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from traindrop.lambda_limits import LIMIT_EXCEEDED
from traindrop.trial import DEFAULTS, Trial, best
from traindrop.tuning_config import Direction


@dataclass(frozen=True)
class TuningOutcome:
    """`best`: the trial whose model is the run's; only of a tuning that completed. `secondary_status`: as of a job.

    `telling`: where there is no best, the trial whose log says most of why.
    """

    status: Literal["Completed", "Failed", "Stopped"]
    secondary_status: str
    best: Trial | None = None
    failure_reason: str | None = None
    telling: Trial | None = None
    remarks: tuple[str, ...] = ()


def outcome_of(trials: Sequence[Trial], planned: int, direction: Direction, *, stopped: bool) -> TuningOutcome:
    """Of a tuning whose trials have all ended, of `planned` that there were to be; `stopped`: somebody wanted that.

    With one finished trial it is Completed: nothing that was trained to its end is thrown away.
    """
    found = best(trials, direction)
    if found is not None:
        remarks = tuple(_remarks(trials, planned, stopped=stopped))
        return TuningOutcome("Completed", "Completed", found, remarks=remarks)
    if stopped:
        return TuningOutcome("Stopped", "Stopped", failure_reason="It was stopped before a trial was done.")
    first = _telling(trials)
    reason = _with_count(first, trials, planned)
    if first is not None and first.status == "stopped":
        return TuningOutcome("Stopped", "MaxRuntimeExceeded", failure_reason=reason, telling=first)
    return TuningOutcome("Failed", "Failed", failure_reason=reason, telling=first)


def fails(trial: Trial) -> bool:
    """Whether it ended without a value, for a reason that is not the search's."""
    return trial.has_ended and not trial.counts and trial.status != "stopped early"


def _telling(trials: Sequence[Trial]) -> Trial | None:
    """The trial whose reason stands for all: one that met a limit of Lambda's before others, since that is cured."""
    failed = [trial for trial in trials if fails(trial)]
    limited = (trial for trial in failed if (trial.reason or "").startswith(LIMIT_EXCEEDED))
    return next(limited, failed[0] if failed else None)


def _with_count(first: Trial | None, trials: Sequence[Trial], planned: int) -> str:
    """The reason in front: what it begins with decides on a further attempt (`traindrop.attempts`)."""
    if first is None:
        return "No trial was done."
    left = planned - len(trials)
    rest = f" The other {left} were not begun." if left > 0 else ""
    return (
        f"{first.reason or first.status}\nThat is of trial {first.number}. None of {len(trials)} trials was done.{rest}"
    )


def _remarks(trials: Sequence[Trial], planned: int, *, stopped: bool) -> list[str]:
    found = []
    if stopped:
        done = sum(trial.counts for trial in trials)
        found.append(f"The tuning was stopped: the best of the {_trials(done)} that were done by then is the run's.")
    failed = [trial for trial in trials if fails(trial) and not (stopped and trial.status == "stopped")]
    if failed:
        first = " ".join((failed[0].reason or failed[0].status).split())
        found.append(f"{_trials(len(failed))} of {len(trials)} failed. The first, number {failed[0].number}: {first}")
    if any(trial.number == DEFAULTS and not trial.counts for trial in trials):
        found.append("The trial with the defaults was not done: there is nothing to compare the tuned model with.")
    if not stopped and len(trials) < planned:
        found.append(f"After {_trials(len(trials) - 1)} of {planned - 1} there was nothing left to try.")
    return found


def _trials(count: int) -> str:
    return f"{count} trial" if count == 1 else f"{count} trials"
