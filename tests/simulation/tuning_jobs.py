"""SageMaker's tuning jobs in memory: they train one trial after the other until they have had as many as they may."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.sagemaker import MINUTE, Fate, Job, SageMaker, error
from tests.simulation.timeline import moment

from traindrop.chance import drawn
from traindrop.search_space import objective_of, settings_of, trial_name, trial_request

# A trial that finds no instance waits for one.
_PAUSE = MINUTE


@dataclass
class TuningJob:
    """`children`: the training jobs of its trials. As a run's job it has ended with the one with the defaults too."""

    name: str
    request: dict[str, Any]
    created: float
    children: list[Job] = field(default_factory=list)
    defaults: Job | None = None
    status: str = "InProgress"
    search_ended: float | None = None

    @property
    def ended(self) -> float | None:
        """When all of it had, as far as it was begun."""
        if self.search_ended is None:
            return None
        return self.search_ended if self.defaults is None else self.defaults.ended and max(
            self.search_ended, self.defaults.ended
        )  # fmt: skip

    @property
    def trials(self) -> list[Job]:
        return [*self.children, *([] if self.defaults is None else [self.defaults])]

    @property
    def most(self) -> int:
        return int(self._limits["MaxNumberOfTrainingJobs"])

    @property
    def at_once(self) -> int:
        return int(self._limits["MaxParallelTrainingJobs"])

    @property
    def instance_type(self) -> str:
        return str(self.request["TrainingJobDefinition"]["ResourceConfig"]["InstanceType"])

    @property
    def open(self) -> list[Job]:
        return [child for child in self.children if child.ended is None]

    @property
    def billed(self) -> int:
        """Seconds of all trials: of the tuning's own only from start to end, since no list of them tells more."""
        own = (moment(child.ended) - moment(child.started) for child in self.children if child.ended is not None)
        return sum(math.ceil(each.total_seconds()) for each in own) + (
            0 if self.defaults is None else self.defaults.billed
        )

    @property
    def _limits(self) -> dict[str, Any]:
        found: dict[str, Any] = self.request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        return found


@dataclass
class TuningJobs:
    """`tell` is called at each change of a tuning job's state."""

    sagemaker: SageMaker
    jobs: dict[str, Any]
    tell: Callable[[TuningJob], None]

    def call(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer one call as boto3 does. Raises `ClientError` with the service's own words."""
        self.sagemaker.touched.append((operation, given["HyperParameterTuningJobName"]))
        found: dict[str, Any] = getattr(self, f"_{operation}")(given)
        return found

    def job_ended(self, job: Job) -> None:
        """A training job came to its end: the tuning that it is of goes on."""
        for tuning in self.jobs.values():
            if isinstance(tuning, TuningJob) and any(child is job for child in tuning.children):
                self._go_on(tuning)

    def _CreateHyperParameterTuningJob(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        operation, name = "CreateHyperParameterTuningJob", given["HyperParameterTuningJobName"]
        if name in self.jobs:
            raise error(operation, "ResourceInUse", "Tuning job names must be unique within an AWS account")
        tuning = TuningJob(name, given, self.sagemaker.now())
        self.sagemaker.refuse_beyond_quota(operation, tuning.instance_type, tuning.at_once)
        self.jobs[name] = tuning
        self.tell(tuning)
        self.sagemaker.at(self.sagemaker.now() + 1, lambda: self._go_on(tuning))
        return {"HyperParameterTuningJobArn": _arn(name)}

    def _DescribeHyperParameterTuningJob(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self.described(self._found("DescribeHyperParameterTuningJob", given))

    def _StopHyperParameterTuningJob(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        tuning = self._found("StopHyperParameterTuningJob", given)
        if tuning.search_ended is not None:
            message = f"The request was rejected because the tuning job is in status {tuning.status}."
            raise error("StopHyperParameterTuningJob", "ValidationException", message)
        tuning.status = "Stopping"
        for child in tuning.open:
            self.sagemaker.stop(child.name)
        self.sagemaker.at(self.sagemaker.now() + MINUTE, lambda: self._go_on(tuning))
        return {}

    def _ListTrainingJobsForHyperParameterTuningJob(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        tuning = self._found("ListTrainingJobsForHyperParameterTuningJob", given)
        first, page = int(given.get("NextToken", 0)), int(given.get("MaxResults", 10))
        more = {"NextToken": str(first + page)} if len(tuning.children) > first + page else {}
        summaries = [self._summary(child, tuning) for child in tuning.children[first : first + page]]
        return {"TrainingJobSummaries": summaries, **more}

    def _found(self, operation: str, given: dict[str, Any]) -> TuningJob:
        found = self.jobs.get(given["HyperParameterTuningJobName"])
        if not isinstance(found, TuningJob):
            raise error(operation, "ResourceNotFound", "Could not find the requested resource.")
        return found

    def _go_on(self, tuning: TuningJob) -> None:
        """Begin what may be begun; where all is done, end."""
        if tuning.search_ended is not None:
            return
        may_begin = tuning.status == "InProgress"
        while may_begin and len(tuning.children) < tuning.most and len(tuning.open) < tuning.at_once:
            if self.sagemaker.running(tuning.instance_type) >= self.sagemaker.quotas[tuning.instance_type]:
                self.sagemaker.at(self.sagemaker.now() + _PAUSE, lambda: self._go_on(tuning))
                return
            self._begin_trial(tuning)
        if not tuning.open:
            self._end(tuning)

    def _begin_trial(self, tuning: TuningJob) -> None:
        number = len(tuning.children) + 1
        point = drawn(settings_of(tuning.request), (), f"{tuning.name}/{number}")
        request = trial_request(tuning.request, number, point, tuning.name)
        fate = self.sagemaker.fate(trial_name(tuning.name, number))
        job = Job(request["TrainingJobName"], request, self.sagemaker.now(), fate)
        tuning.children.append(job)
        self.sagemaker.start(job)

    def _end(self, tuning: TuningJob) -> None:
        if tuning.status == "Stopping":
            tuning.status = "Stopped"
        else:
            failed = all(child.status == "Failed" for child in tuning.children)
            tuning.status = "Failed" if failed else "Completed"
        tuning.search_ended = self.sagemaker.now()
        self.tell(tuning)

    def described(self, tuning: TuningJob) -> dict[str, Any]:
        """The fields of DescribeHyperParameterTuningJob that tell of its course."""
        found = {
            "HyperParameterTuningJobName": tuning.name,
            "HyperParameterTuningJobArn": _arn(tuning.name),
            "HyperParameterTuningJobConfig": tuning.request["HyperParameterTuningJobConfig"],
            "TrainingJobDefinition": tuning.request["TrainingJobDefinition"],
            "HyperParameterTuningJobStatus": tuning.status,
            "CreationTime": self.sagemaker.moment(tuning.created),
            "TrainingJobStatusCounters": {},
            "ObjectiveStatusCounters": {},
        }
        if tuning.search_ended is not None:
            found["HyperParameterTuningEndTime"] = self.sagemaker.moment(tuning.search_ended)
        if tuning.status == "Failed":
            found["FailureReason"] = "All training jobs failed. Please take a look at the training jobs failures."
        return found

    def _summary(self, child: Job, tuning: TuningJob) -> dict[str, Any]:
        known = self.sagemaker.described(child)
        names = {setting.name for setting in settings_of(tuning.request)}
        metric, _ = objective_of(tuning.request)
        values = [each["Value"] for each in known.get("FinalMetricDataList", ()) if each["MetricName"] == metric]
        times = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "FailureReason")
        return {
            "TrainingJobName": child.name,
            "TrainingJobStatus": child.status,
            "TunedHyperParameters": {
                name: text for name, text in child.request["HyperParameters"].items() if name in names
            },
            **{name: known[name] for name in times if name in known},
            **({"FinalHyperParameterTuningJobObjectiveMetric": {"Value": values[-1]}} if values else {}),
        }


def is_stopped_early(fate: Fate) -> bool:
    """Whether a trial ends since it does worse than others did."""
    return (fate.status, fate.secondary) == ("Stopped", "Stopped")


def _arn(name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/{name}"
