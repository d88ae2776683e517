"""The events that come in, and those that traindrop emits.

AWS's events may grow fields at any time, so unknown ones are ignored; ours may not.
Samples of each lie in `events/`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

# What went wrong goes to the log, and an event holds data.
SILENT = ConfigDict(hide_input_in_errors=True)


class _Theirs(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,  # what went wrong goes to the log, and the event holds data
    )


class OnTheBus(_Theirs):
    """What EventBridge puts around every event; `source` and `account` say who sent it (`traindrop.origin`).

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events.html
    """

    source: str
    account: str


class Upload(_Theirs):
    """One object that arrived in S3. `key` is decoded; `sequencer` orders uploads of one key."""

    bucket: str
    key: str
    size: int
    etag: str
    version_id: str | None = None
    sequencer: str = ""
    uploaded_at: datetime

    @property
    def identity(self) -> str:
        """Tells this upload from every other, also of the same bytes to the same key."""
        which = self.version_id or self.sequencer or self.uploaded_at.isoformat()
        return hashlib.sha256(json.dumps([self.bucket, self.key, which]).encode()).hexdigest()


class _Bucket(_Theirs):
    name: str


class _EventBridgeObject(_Theirs):
    key: str
    size: int = 0
    etag: str
    version_id: str | None = Field(None, alias="version-id")
    sequencer: str = ""


class _ObjectCreatedDetail(_Theirs):
    bucket: _Bucket
    object: _EventBridgeObject


class ObjectCreated(OnTheBus):
    """S3 "Object Created" from EventBridge; its key is not encoded.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    source: Literal["aws.s3"]
    time: datetime
    detail: _ObjectCreatedDetail

    def uploads(self) -> list[Upload]:
        found = self.detail.object
        return [Upload(bucket=self.detail.bucket.name, uploaded_at=self.time, **found.model_dump())]


class _ClassicObject(_Theirs):
    key: str
    size: int = 0
    etag: str = Field("", alias="eTag")
    version_id: str | None = Field(None, alias="versionId")
    sequencer: str = ""


class _ClassicEntity(_Theirs):
    bucket: _Bucket
    object: _ClassicObject


class _ClassicRecord(_Theirs):
    event_time: datetime = Field(alias="eventTime")
    s3: _ClassicEntity


class S3Notification(_Theirs):
    """The classic S3 notification: several records, keys encoded as in a form (a space is a `+`).

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """

    records: list[_ClassicRecord] = Field(alias="Records")

    def uploads(self) -> list[Upload]:
        return [
            Upload(
                bucket=record.s3.bucket.name,
                uploaded_at=record.event_time,
                **{**record.s3.object.model_dump(), "key": unquote_plus(record.s3.object.key)},
            )
            for record in self.records
        ]


def _moment(value: object) -> object:
    """SageMaker's events carry epoch milliseconds, as a number or a text of digits."""
    if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
        try:
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        except (OverflowError, OSError) as error:  # as the platform's C library has it
            raise ValueError("no calendar has such a moment") from error
    return value


_Moment = Annotated[datetime, BeforeValidator(_moment)]


class _Transition(_Theirs):
    status: str = Field(alias="Status")


class _FinalMetric(_Theirs):
    metric_name: str = Field(alias="MetricName")
    value: float = Field(alias="Value")


class _Resources(_Theirs):
    instance_type: str | None = Field(None, alias="InstanceType")


class TrainingJob(_Theirs):
    """What a state change and DescribeTrainingJob both say of a job."""

    model_config = ConfigDict(alias_generator=to_pascal)

    training_job_name: str
    training_job_status: Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting"]
    secondary_status: str = ""
    failure_reason: str | None = None
    resource_config: _Resources = _Resources()
    training_start_time: _Moment | None = None
    training_end_time: _Moment | None = None
    # Only DescribeTrainingJob has these.
    billable_time_in_seconds: int | None = None
    training_time_in_seconds: int | None = None
    final_metric_data_list: tuple[_FinalMetric, ...] = ()
    checkpoint_config: dict[str, Any] | None = None
    secondary_status_transitions: tuple[_Transition, ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.training_job_status in {"Completed", "Failed", "Stopped"}

    @property
    def was_interrupted(self) -> bool:
        """Whether the spot market took an instance back in between."""
        return any(transition.status == "Interrupted" for transition in self.secondary_status_transitions)

    @property
    def has_checkpoints(self) -> bool:
        return self.checkpoint_config is not None

    def for_ledger(self) -> dict[str, object]:
        """What the ledger keeps of a job that ended, by its own field names."""
        return {
            "training_started_at": self.training_start_time,
            "training_ended_at": self.training_end_time,
            "reported": {metric.metric_name: metric.value for metric in self.final_metric_data_list},
        }


class TuningJob(TrainingJob):
    """A tuning job as if it were one training job: times and seconds are those of all its trials together.

    It is Completed as soon as it has ended with a trial whose model can be used, also where it was stopped or most
    trials failed; `remarks` say so. `best_trial`: the training job of that trial; `telling_trial`: where there is none,
    the one whose log says most of why.
    """

    best_trial: str | None = None
    telling_trial: str | None = None
    trials_with_value: int = 0
    remarks: tuple[str, ...] = ()

    def for_ledger(self) -> dict[str, object]:
        """As of a training job; `reported` is that of the best trial."""
        return {
            **super().for_ledger(),
            "best_trial": self.best_trial,
            "telling_trial": self.telling_trial,
            "trials_with_value": self.trials_with_value,
        }


class _WithRole(_Theirs):
    role_arn: str = Field(alias="RoleArn", pattern=r"^arn:[\w-]+:iam::\d{12}:role/.")

    @property
    def account(self) -> str:
        """The account that the jobs' role is in."""
        return self.role_arn.split(":")[4]


class TuningRequest(_Theirs):
    """Of a CreateHyperParameterTuningJob request, what the tuner needs to find its job by."""

    hyper_parameter_tuning_job_name: str = Field(alias="HyperParameterTuningJobName")
    training_job_definition: _WithRole = Field(alias="TrainingJobDefinition")

    @property
    def account(self) -> str:
        """The account that the role of its training jobs is in."""
        return self.training_job_definition.account


class TrainingRequest(_WithRole):
    """Of a CreateTrainingJob request, what the trainer needs to find its job by."""

    training_job_name: str = Field(alias="TrainingJobName")


class TrainingJobStateChange(OnTheBus):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html"""

    detail_type: Literal["SageMaker Training Job State Change"] = Field(alias="detail-type")
    detail: TrainingJob


class _TagsOfTrial(_Theirs):
    trial: str = Field(alias="traindrop:trial")


class _Trial(_Theirs):
    training_job_name: str = Field(alias="TrainingJobName")
    tags: _TagsOfTrial = Field(alias="Tags")


class TrialEnded(OnTheBus):
    """A trainer's state change of a job that is one trial of many; SageMaker sees to its own."""

    detail_type: Literal["SageMaker Training Job State Change"] = Field(alias="detail-type")
    detail: _Trial


class _TuningChange(_Theirs):
    hyper_parameter_tuning_job_name: str = Field(alias="HyperParameterTuningJobName")
    hyper_parameter_tuning_job_status: str = Field(alias="HyperParameterTuningJobStatus")

    @property
    def training_job_name(self) -> str:
        """The name of the run's job, as of a training job."""
        return self.hyper_parameter_tuning_job_name


class TuningJobStateChange(OnTheBus):
    """https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html#eventbridge-hpo"""

    detail_type: Literal["SageMaker HyperParameter Tuning Job State Change"] = Field(alias="detail-type")
    detail: _TuningChange


# What DescribeTrainingJob says of a job and the event repeats.
# https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
_REPEATED = (
    "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "HyperParameters",
    "AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition",
    "CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime", "SecondaryStatusTransitions",
    "FailureReason",
)  # fmt: skip


_REPEATED_OF_TUNING = (
    "HyperParameterTuningJobName", "HyperParameterTuningJobArn", "TrainingJobDefinition",
    "HyperParameterTuningJobStatus", "CreationTime", "LastModifiedTime", "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
)  # fmt: skip


def state_change_detail(described: Mapping[str, Any]) -> str:
    """The detail of a job's state change, as JSON, from the answer of DescribeTrainingJob; times in milliseconds."""
    return _detail(described, _REPEATED)


def tuning_change_detail(described: Mapping[str, Any]) -> str:
    """The same of a tuning job, from the answer of DescribeHyperParameterTuningJob."""
    return _detail(described, _REPEATED_OF_TUNING)


def _detail(described: Mapping[str, Any], repeated: Iterable[str]) -> str:
    def milliseconds(value: datetime) -> str:
        return str(int(value.timestamp() * 1000))

    return json.dumps({name: described[name] for name in repeated if name in described}, default=milliseconds)


class Scheduled(OnTheBus):
    """The tick of a schedule rule."""

    source: Literal["aws.events"]
    detail_type: Literal["Scheduled Event"] = Field(alias="detail-type")


class _RequestContext(_Theirs):
    # arn:aws:lambda:region:account:function:name[:version]
    function_arn: str = Field(alias="functionArn", pattern=r"^arn:[^:]*:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?$")


class InvocationFailed(_Theirs):
    """What Lambda sends to an on-failure destination when the retries are used up.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """

    request_context: _RequestContext = Field(alias="requestContext")
    request_payload: dict[str, Any] = Field(alias="requestPayload")
    response_payload: dict[str, Any] | None = Field(None, alias="responsePayload")

    @property
    def function(self) -> str:
        """The function's name, from its ARN."""
        return self.request_context.function_arn.split(":")[6]

    @property
    def account(self) -> str:
        """The account that the function is in, from its ARN."""
        return self.request_context.function_arn.split(":")[4]

    @property
    def error(self) -> str:
        payload = self.response_payload or {}
        return f"{payload.get('errorType', 'Error')}: {payload.get('errorMessage', 'no message')}"


class _SnsBody(_Theirs):
    message: str = Field(alias="Message")


class _SnsRecord(_Theirs):
    sns: _SnsBody = Field(alias="Sns")


class FailureNotice(_Theirs):
    """What the functions' on-failure topic delivers to the notifier."""

    records: list[_SnsRecord] = Field(alias="Records")

    def failures(self) -> list[InvocationFailed]:
        return [InvocationFailed.model_validate_json(record.sns.message) for record in self.records]


class _Ours(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class RunChanged(_Ours):
    """The detail of each event of ours that tells of a run; metrics by name."""

    run: str
    dataset: str
    status: str
    reason: str | None = None
    main_metric: str | None = None
    metrics: dict[str, float | None] = {}
    evaluation: str | None = None
    model: str | None = None


EndOfRun = Literal[
    "Run Rejected",
    "Run Repeated",
    "Launch Failed",
    "Training Failed",
    "Run Stopped",
    "Model Evaluated",
    "Evaluation Failed",
]
DetailType = EndOfRun | Literal["Run Waiting", "Message Sent"]


class RunEnded(OnTheBus):
    """One of our events as EventBridge delivers it: a run came to its end."""

    detail_type: EndOfRun = Field(alias="detail-type")
    detail: RunChanged


class MessageSent(_Ours):
    """The detail of the event by which a message goes to a webhook (`traindrop.webhook`); it is the request's body.

    `id` is the same whenever the same message is sent again; `timestamp` is in seconds since 1970.
    """

    id: str
    timestamp: str
    payload: str
    signature: str


class MessageToWebhook(OnTheBus):
    """No function reads it: a rule of template.yaml forwards it, and a dead letter may hold it."""

    detail_type: Literal["Message Sent"] = Field(alias="detail-type")
    detail: MessageSent


class Rerun(_Ours):
    """`request_id` tells one wish from another, however often it is delivered."""

    run: str
    request_id: str


class RerunRequested(OnTheBus):
    """A person wants a run trained again. On the bus, so that whoever may put events of the stack may ask."""

    detail_type: Literal["Rerun Requested"] = Field(alias="detail-type")
    detail: Rerun


class Stop(_Ours):
    run: str
    who: str


class StopRequested(OnTheBus):
    """A person wants a run stopped, be it training or waiting."""

    detail_type: Literal["Stop Requested"] = Field(alias="detail-type")
    detail: Stop
