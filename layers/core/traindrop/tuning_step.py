"""The next step of a tuning whose trials are carried out in Lambda: a pure function of how it stands."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from traindrop.lambda_jobs import LambdaJob
from traindrop.request import for_job
from traindrop.script_mode import Request
from traindrop.search_space import settings_of, tagged_as_trial, trial_name, trial_request
from traindrop.trial import DEFAULTS, Trial
from traindrop.trial_of_job import as_it_stands
from traindrop.tuning_config import RangeValue
from traindrop.tuning_outcome import fails, outcome_of
from traindrop.tuning_state import TuningState

# `traindrop.suggesting.suggest`: the settings of the trial of that number; None where there are no more.
Suggest = Callable[[Request, Sequence[Trial], int], Mapping[str, RangeValue] | None]


def next_step(tuning: TuningState, jobs: Mapping[str, LambdaJob], at: datetime, suggest: Suggest) -> TuningState:
    """The tuning after what became of its trials, with those that are to be begun; itself where nothing changes.

    `jobs`: those of the trials that had not ended, by name, as they stand now.
    """
    if tuning.is_over:
        return tuning
    stands = _with_what_ended(tuning, jobs)
    grown = stands if stands.stop_wanted else _with_more_trials(stands, suggest)
    if not grown.open:
        found = outcome_of(grown.trials, grown.planned, grown.direction, stopped=grown.stop_wanted)
        grown = grown.model_copy(update={"status": found.status})
    return tuning if grown == tuning else grown.model_copy(update={"modified_at": at})


def request_of(tuning: TuningState, trial: Trial) -> dict[str, Any]:
    """The CreateTrainingJob request of a trial."""
    if trial.number != DEFAULTS:
        return trial_request(tuning.request, trial.number, trial.hyperparameters, tuning.name)
    request = for_job(tuning.defaults, trial.job)
    return {**request, "Tags": tagged_as_trial(request.get("Tags", ()))}


def _with_what_ended(tuning: TuningState, jobs: Mapping[str, LambdaJob]) -> TuningState:
    def folded(trial: Trial) -> Trial:
        job = None if trial.has_ended else jobs.get(trial.job)
        return as_it_stands(trial, job, tuning.objective) if job is not None and job.state.is_over else trial

    return tuning.model_copy(update={"trials": tuple(map(folded, tuning.trials))})


def _most(tuning: TuningState) -> int:
    """How many trials may be begun by now.

    As long as each one that ended failed, one more than run at once: the others would cost as much and fail as well.
    """
    some_did_not_fail = any(trial.has_ended and not fails(trial) for trial in tuning.trials)
    return tuning.planned if some_did_not_fail else min(tuning.planned, tuning.max_parallel + 1)


def _with_more_trials(tuning: TuningState, suggest: Suggest) -> TuningState:
    trials, used_up = list(tuning.trials), tuning.used_up
    running, most = len(tuning.open), _most(tuning)
    while not used_up and running < tuning.max_parallel and len(trials) < most:
        number = len(trials)
        chosen = _of_defaults(tuning) if number == DEFAULTS else suggest(tuning.request, trials, number)
        if chosen is None:
            used_up = True
        else:
            trials.append(Trial(number=number, job=trial_name(tuning.name, number), hyperparameters=dict(chosen)))
            running += 1
    return tuning.model_copy(update={"trials": tuple(trials), "used_up": used_up})


def _of_defaults(tuning: TuningState) -> dict[str, RangeValue]:
    """What the request has for the settings that are searched; the others the script knows."""
    given = tuning.defaults.get("HyperParameters", {})
    found: dict[str, RangeValue] = {}
    for setting in settings_of(tuning.request):
        # A value that a search never has, such as `auto`, says nothing to it.
        with suppress(KeyError, ValueError):
            found[setting.name] = setting.value(given[setting.name])
    return found
