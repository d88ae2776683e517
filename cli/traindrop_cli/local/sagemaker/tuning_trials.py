"""What a tuning job does next: its training jobs as trials of a search, their requests, and when it is over."""

from collections.abc import Callable, Mapping
from threading import Event
from typing import Any

from traindrop.final_metrics import definitions_of
from traindrop.job_state import JobState
from traindrop.objective_curve import ObjectiveCurve
from traindrop.pruning import Limits, limits_for
from traindrop.script_mode import TUNING_METRIC
from traindrop.search_space import settings_of
from traindrop.trial import Trial, TrialStatus
from traindrop_cli.local.sagemaker.tuning_state import Child, Jobs, TuningState, objective_status, objective_value

# After so many training jobs without one that can be used, SageMaker gives up:
# https://github.com/aws/amazon-sagemaker-examples/issues/2436
PATIENCE = 5
# Of a training job's request, what the tuning job's definition has under the same name.
_AS_DEFINED = (
    "RoleArn", "AlgorithmSpecification", "InputDataConfig", "VpcConfig", "OutputDataConfig", "ResourceConfig",
    "StoppingCondition", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining",
    "CheckpointConfig", "RetryStrategy", "Environment",
)  # fmt: skip


class Watch:
    """Reads the objective of a training job in its log, round by round; `missed` is called once it is too bad.

    May be called from several threads.
    """

    def __init__(self, request: Mapping[str, Any], limits: Limits, missed: Callable[[], None]) -> None:
        self._curve = ObjectiveCurve(definitions_of(request), limits)
        self._missed = missed
        self._is_told = Event()

    def __call__(self, line: str) -> None:
        self._curve.read(line)
        if self._curve.is_missed and not self._is_told.is_set():
            self._is_told.set()
            self._missed()

    @property
    def has_missed(self) -> bool:
        return self._curve.is_missed

    @property
    def curve(self) -> dict[str, float]:
        """Some of the rounds, and the last, as JSON can hold them."""
        return {str(round_): value for round_, value in self._curve.thinned().items()}


def limits_of_next(tuning: TuningState, jobs: Jobs) -> Limits:
    """What the next training job has to reach to go on; nothing where it may go on to its end."""
    return limits_for(tuning.request, trials(tuning, jobs), len(tuning.children) + 1)


def trials(tuning: TuningState, jobs: Jobs) -> list[Trial]:
    """Its training jobs as the search sees them."""
    return [_trial(tuning, child, jobs[child.job]) for child in tuning.children]


def next_hyperparameters(tuning: TuningState, jobs: Jobs) -> dict[str, str]:
    """Of the next training job, as texts. Raises `LookupError` where all that there can be are used up."""
    # Only now: a local AWS is started for other things more often, and this brings numpy.
    from traindrop.suggesting import suggest

    found = suggest(tuning.request, trials(tuning, jobs), len(tuning.children) + 1)
    if found is None:
        raise LookupError(f"{tuning.name}: there is no further combination of hyperparameters")
    settings = {each.name: each for each in settings_of(tuning.request)}
    return {name: settings[name].text(value) for name, value in found.items()}


def training_request(tuning: TuningState, name: str, hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """The request of a training job of it: "Tags that you specify for the tuning job are also added to all training
    jobs that the tuning job launches" (CreateHyperParameterTuningJob, API reference)."""
    definition = tuning.request["TrainingJobDefinition"]
    static = definition.get("StaticHyperParameters", {})
    return {
        "TrainingJobName": name,
        "HyperParameters": {**static, **hyperparameters, TUNING_METRIC: tuning.metric},
        **{field: definition[field] for field in _AS_DEFINED if field in definition},
        "Tags": list(tuning.request.get("Tags", [])),
    }


def why_hopeless(tuning: TuningState, jobs: Jobs, most: int) -> str | None:
    """Why it fails, if it does: so many training jobs have ended, and there is none that can be used."""
    ended = [job for child in tuning.children if (job := jobs[child.job]).is_over]
    if len(ended) < min(PATIENCE, most) or any(objective_status(tuning, job) == "Succeeded" for job in ended):
        return None
    if any(job.status == "Completed" for job in ended):
        return (
            f"No objective metrics found after running {len(ended)} training jobs. Please ensure that the custom "
            "algorithm is emitting the objective metric as defined by the regular expression provided."
        )
    return (
        f"No training job succeeded after {len(ended)} attempts. For additional details, please take a look at the "
        "training job failures by listing training jobs for the hyperparameter tuning job."
    )


def _trial(tuning: TuningState, child: Child, job: JobState) -> Trial:
    settings = {each.name: each for each in settings_of(tuning.request)}
    return Trial(
        number=child.number,
        job=child.job,
        status=_status(child, job),
        hyperparameters={name: settings[name].value(text) for name, text in child.hyperparameters.items()},
        objective=objective_value(tuning, job),
        curve={int(number): value for number, value in child.curve.items()},
    )


def _status(child: Child, job: JobState) -> TrialStatus:
    if not job.is_over:
        return "running"
    if job.status == "Stopped":
        return "stopped early" if child.stopped_early else "stopped"
    return "completed" if job.status == "Completed" else "failed"
