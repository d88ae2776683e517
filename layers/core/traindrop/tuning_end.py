"""A tuning job of SageMaker and its trials as if they were one training job: how it ended and what it took. Pure.

Of those in Lambda `traindrop.tuning_state.as_training_job` says it, out of the record that decides on their end.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from traindrop.events import TuningJob
from traindrop.run import Run
from traindrop.trial import DEFAULTS, Trial, best
from traindrop.tuning_search import Search
from traindrop.tuning_words import remarks, why_none, why_stopped

_ENDS = {"Completed", "Failed", "Stopped"}


def as_one_job(run: Run, search: Search, trials: Sequence[Trial]) -> TuningJob:
    """The tuning of a run's present attempt. It has ended when the search has and the trial with the defaults too.

    `trials`: all that there are; while it goes on, that with the defaults is enough.
    """
    others = [trial for trial in trials if trial.number != DEFAULTS]
    if not (search.has_ended and all(trial.has_ended for trial in trials if trial.number == DEFAULTS)):
        going = "Stopping" if search.status == "Stopping" else "InProgress"
        return _whole(run, search, trials, {"training_job_status": going, "secondary_status": "Training"})
    found = best(trials, run.direction or "minimize")
    if found is not None:
        told: dict[str, Any] = {
            "training_job_status": "Completed",
            "best_trial": found.job,
            "remarks": tuple(remarks(run, search, trials)),
        }
    else:
        stopped = search.status == "Stopped" or run.stop_requested_by is not None
        told = {
            "training_job_status": "Stopped" if stopped else "Failed",
            "failure_reason": why_stopped(run, trials) if stopped else why_none(run, search, trials),
            "telling_trial": _telling(trials),
        }
    counted = sum(trial.counts for trial in others)
    return _whole(
        run, search, trials, {"secondary_status": told["training_job_status"], "trials_with_value": counted, **told}
    )


def _whole(run: Run, search: Search, trials: Sequence[Trial], told: Mapping[str, Any]) -> TuningJob:
    """With the times and the seconds of all trials together."""
    started = [trial.started_at for trial in trials if trial.started_at]
    ended = [moment for moment in (search.ended_at, *(trial.ended_at for trial in trials)) if moment]
    lasted = [trial.ended_at - trial.started_at for trial in trials if trial.ended_at and trial.started_at]
    over = told["training_job_status"] in _ENDS
    return TuningJob.model_validate(
        {
            "training_job_name": run.job,
            "training_start_time": min(started, default=None),
            "training_end_time": max(ended, default=None) if over else None,
            "billable_time_in_seconds": sum(trial.billable_seconds or 0 for trial in trials) if over else None,
            "training_time_in_seconds": round(sum(each.total_seconds() for each in lasted)) if over else None,
            "resource_config": {"InstanceType": search.instance_type},
            **told,
        }
    )


def _telling(trials: Sequence[Trial]) -> str | None:
    """The first that failed once it had begun, for it has a log; else the first that was trained to its end."""
    begun = [trial for trial in trials if trial.started_at is not None]
    failed = [trial for trial in begun if trial.status == "failed"]
    silent = [trial for trial in begun if trial.status == "completed"]
    return next((trial.job for trial in (*failed, *silent, *begun)), None)
