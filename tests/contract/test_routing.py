"""Which rules of template.yaml take which event, that their functions read it, and none for other stacks' events."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from moto.events.models import EventPattern
from pydantic import TypeAdapter, ValidationError
from tests.conftest import ROOT, LoadEvent
from tests.contract.template import BUCKET, FUNCTIONS, STACK, TRAINING_ROLE, filled_in, pattern_of, resources, rules

from traindrop.evaluating import COMPLETION
from traindrop.events import InvocationFailed, MessageToWebhook, Scheduled
from traindrop.keeping_order import OCCASION
from traindrop.notifying import NOTICE
from traindrop.receiving import ARRIVAL
from traindrop.training import REQUEST
from traindrop.tuning import STEP

# Which rules take each sample of events/, as `<function>.<event>`.
COMPLETED = ["Dispatcher.TrainingEnded", "Evaluator.TrainingCompleted"]
ENDED_BADLY = ["Dispatcher.TrainingEnded", "Notifier.TrainingEndedBadly"]
TRIED = [*COMPLETED, "Notifier.TrainingEndedBadly"]
# Of these the rules alone say whom which status is for.
STATE_CHANGES = ("training_job_", "tuning_job_")
ROUTES: dict[str, list[str]] = {
    "s3_object_created": ["Launcher.Dropped"],
    "s3_object_created_config": ["Launcher.Dropped"],
    "rerun_requested": ["Launcher.Rerun"],
    "stop_requested": ["Dispatcher.StopRequested"],
    "training_job_in_progress": [],
    "training_job_completed": COMPLETED,
    "training_job_completed_again": COMPLETED,
    "training_job_failed": ENDED_BADLY,
    "training_job_stopped": ENDED_BADLY,
    "trial_ended": ["Tuner.TrialEnded"],
    # The trial with the defaults failed: the others may have a model that is to be evaluated.
    "training_job_failed_of_defaults": TRIED,
    "tuning_job_completed": COMPLETED,
    "tuning_job_failed": TRIED,
    "tuning_job_stopped": TRIED,
    "run_rejected": ["Notifier.RunEnded"],
    "run_repeated": ["Notifier.RunEnded"],
    "launch_failed": ["Notifier.RunEnded"],
    "training_failed": ["Notifier.RunEnded"],
    "run_stopped": ["Notifier.RunEnded"],
    "model_evaluated": ["Notifier.RunEnded"],
    "evaluation_failed": ["Notifier.RunEnded"],
    # For whoever listens: no message is sent of it.
    "run_waiting": [],
    # For the webhook: see below.
    "message_sent": [],
}  # fmt: skip
OF_OURS = [name for name, taken in ROUTES.items() if taken and not name.startswith(("s3_", *STATE_CHANGES))]
# These come by SNS, by a bucket's own notification, by a schedule, from Lambda and from the launcher: no pattern has a
# part in it.
NOT_BY_PATTERN = {
    "function_gave_up", "s3_notification", "schedule_tick", "trainer_gave_up", "training_requested", "tuning_requested",
}  # fmt: skip
# How each function reads what comes to it.
READERS: dict[str, TypeAdapter[Any]] = {
    "Launcher": ARRIVAL,
    "Dispatcher": OCCASION,
    "Trainer": REQUEST,
    "LargeTrainer": REQUEST,
    "Tuner": STEP,
    "Evaluator": COMPLETION,
    "Notifier": NOTICE,
}


def taken_by(event: dict[str, Any]) -> list[str]:
    return [rule for rule in rules() if EventPattern.load(pattern_of(rule)).matches_event(event)]


def test_every_sample_is_routed_here_and_every_rule_has_a_sample() -> None:
    assert {path.stem for path in (ROOT / "events").glob("*.json")} == ROUTES.keys() | NOT_BY_PATTERN
    assert {rule for taken in ROUTES.values() for rule in taken} == set(rules())


@pytest.mark.parametrize("name", ROUTES)
def test_a_sample_is_taken_by_its_rules_and_by_no_other(load_event: LoadEvent, name: str) -> None:
    assert sorted(taken_by(load_event(name))) == ROUTES[name]


@pytest.mark.parametrize("name", ROUTES)
def test_a_sample_is_read_by_every_function_that_it_starts(load_event: LoadEvent, name: str) -> None:
    event = load_event(name)
    for function in {rule.partition(".")[0] for rule in ROUTES[name]}:
        READERS[function].validate_python(event)


@pytest.mark.parametrize("name", ROUTES)
def test_a_sample_is_read_by_no_function_that_it_is_not_for(load_event: LoadEvent, name: str) -> None:
    event = load_event(name)
    meant_for = {rule.partition(".")[0] for rule in ROUTES[name]}
    if name.startswith((*STATE_CHANGES, "trial_ended")):
        meant_for |= {"Dispatcher", "Evaluator", "Notifier"}
    for function in READERS.keys() - meant_for:
        with pytest.raises(ValidationError):
            READERS[function].validate_python(event)


def test_a_message_goes_to_the_webhook_whole_with_its_signature_in_the_headers_and_no_other_event_does(
    load_event: LoadEvent,
) -> None:
    rule = resources("AWS::Events::Rule")["WebhookRule"]
    pattern = EventPattern.load(json.dumps(filled_in(rule["EventPattern"])))
    assert [name for name in ROUTES if pattern.matches_event(load_event(name))] == ["message_sent"]
    assert not pattern.matches_event({**load_event("message_sent"), "source": "traindrop.traindrop-staging"})
    (target,) = rule["Targets"]
    assert target["InputPath"] == "$.detail"
    assert target["HttpParameters"] == {
        "HeaderParameters": {f"webhook-{name}": f"$.detail.{name}" for name in ("id", "timestamp", "signature")}
    }
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    message = MessageToWebhook.model_validate(load_event("message_sent")).detail
    assert message.model_dump() == load_event("message_sent")["detail"]


def test_a_tick_of_the_schedule_starts_the_dispatcher_and_is_read_by_it(load_event: LoadEvent) -> None:
    schedules = {
        f"{function}.{name}": event["Properties"]["Schedule"]
        for function, properties in FUNCTIONS.items()
        for name, event in properties.get("Events", {}).items()
        if event["Type"] == "Schedule"
    }
    assert schedules == {"Dispatcher.EveryMinute": "rate(1 minute)"}
    tick = load_event("schedule_tick")
    assert taken_by(tick) == []
    assert type(OCCASION.validate_python(tick)) is Scheduled


def test_the_record_of_a_trainer_that_died_is_read_by_the_dispatcher_and_by_nobody_else(load_event: LoadEvent) -> None:
    record = load_event("trainer_gave_up")
    assert taken_by(record) == []
    assert type(OCCASION.validate_python(record)) is InvocationFailed
    for function in READERS.keys() - {"Dispatcher"}:
        with pytest.raises(ValidationError):
            READERS[function].validate_python(record)


def test_a_training_job_that_is_handed_over_is_a_valid_request_that_the_trainers_read_and_nobody_else(
    load_event: LoadEvent,
) -> None:
    request = load_event("training_requested")
    shape = botocore.session.get_session().get_service_model("sagemaker").operation_model("CreateTrainingJob")
    assert shape.input_shape is not None
    assert ParamValidator().validate(request, shape.input_shape).generate_report() == ""
    assert taken_by(request) == []
    for function in READERS.keys() - {"Trainer", "LargeTrainer"}:
        with pytest.raises(ValidationError):
            READERS[function].validate_python(request)


def test_a_tuning_that_is_handed_over_is_a_valid_request_that_the_tuner_reads_and_nobody_else(
    load_event: LoadEvent,
) -> None:
    request = load_event("tuning_requested")
    api = botocore.session.get_session().get_service_model("sagemaker")
    shape = api.operation_model("CreateHyperParameterTuningJob").input_shape
    assert shape is not None
    assert ParamValidator().validate(request, shape).generate_report() == ""
    assert taken_by(request) == []
    for function in READERS.keys() - {"Tuner"}:
        with pytest.raises(ValidationError):
            READERS[function].validate_python(request)


@pytest.mark.parametrize("tags", [{}, {"traindrop:stack": STACK}, None])
def test_a_job_that_is_no_trial_does_not_start_the_tuner(load_event: LoadEvent, tags: dict[str, str] | None) -> None:
    event = load_event("trial_ended")
    event["detail"]["Tags"] = tags
    if tags is None:
        del event["detail"]["Tags"]
    assert sorted(taken_by(event)) == COMPLETED
    with pytest.raises(ValidationError):
        READERS["Tuner"].validate_python(event)


@pytest.mark.parametrize("source", ["aws.sagemaker", f"traindrop.{STACK}"])
@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_the_end_of_a_trial_is_no_end_of_a_run(load_event: LoadEvent, source: str, status: str) -> None:
    event = load_event("trial_ended")
    event["detail"]["TrainingJobStatus"] = status
    assert taken_by({**event, "source": source}) == ([] if source == "aws.sagemaker" else ["Tuner.TrialEnded"])


@pytest.mark.parametrize(
    "key",
    ["datasets/a b+c/train/100% \"x\".csv", "datasets/gemüse/train/a.csv", "datasets/a/train/b/c.parquet",
     "datasets/a/training.yaml"],
)  # fmt: skip
def test_every_upload_that_needs_an_answer_is_taken(load_event: LoadEvent, key: str) -> None:
    event = load_event("s3_object_created")
    event["detail"]["object"]["key"] = key
    assert taken_by(event) == ["Launcher.Dropped"]


@pytest.mark.parametrize(
    "key",
    ["datasets/a/test/a.csv", "runs/a/evaluation.json", "code/a/sourcedir.tar.gz", "datasets/a/train.csv",
     "runs/train/output/model.tar.gz", "inputs/a/train/a.csv", "inputs/datasets/train/a.csv", "runs/a/request.json"],
)  # fmt: skip
def test_nothing_that_traindrop_writes_itself_and_no_test_file_sets_it_off(load_event: LoadEvent, key: str) -> None:
    event = load_event("s3_object_created")
    event["detail"]["object"]["key"] = key
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["s3_object_created", "s3_object_created_config"])
def test_an_upload_to_another_bucket_is_not_taken(load_event: LoadEvent, name: str) -> None:
    event = load_event(name)
    event["detail"]["bucket"]["name"] = f"{BUCKET}-other"
    assert taken_by(event) == []


@pytest.mark.parametrize(
    "name",
    ["training_job_completed", "training_job_completed_again", "training_job_failed", "training_job_stopped"],
)
@pytest.mark.parametrize("job", ["titanic-0123456789ab", "other-traindrop-titanic", "traindropping-titanic"])
def test_jobs_of_others_are_not_taken(load_event: LoadEvent, name: str, job: str) -> None:
    event = load_event(name)
    event["detail"]["TrainingJobName"] = job
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["tuning_job_completed", "tuning_job_failed", "tuning_job_stopped"])
@pytest.mark.parametrize("job", ["titanic-0123456789ab", "other-traindrop-titanic", "traindropping-titanic"])
def test_tuning_jobs_of_others_are_not_taken(load_event: LoadEvent, name: str, job: str) -> None:
    event = load_event(name)
    event["detail"]["HyperParameterTuningJobName"] = job
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["tuning_job_completed", "tuning_job_failed", "tuning_job_stopped"])
def test_tunings_of_a_stack_whose_name_begins_with_this_ones_are_not_taken(load_event: LoadEvent, name: str) -> None:
    event = load_event(name)
    event["detail"]["HyperParameterTuningJobName"] = f"{STACK}-dev-ti-0123456789ab"
    event["detail"]["TrainingJobDefinition"]["RoleArn"] = TRAINING_ROLE.replace(f"{STACK}-", f"{STACK}-dev-")
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["training_job_completed", "training_job_failed", "training_job_failed_of_defaults"])
@pytest.mark.parametrize("source", ["aws.sagemaker", f"traindrop.{STACK}"])
def test_no_trial_of_a_tuning_is_taken_for_a_run(load_event: LoadEvent, name: str, source: str) -> None:
    """SageMaker gives a tuning job's tags to the training jobs that it launches."""
    event = {**load_event(name), "source": source}
    event["detail"]["Tags"] |= {"traindrop:trial": "true"}
    assert {rule.partition(".")[0] for rule in taken_by(event)} & {"Dispatcher", "Evaluator", "Notifier"} == set()


@pytest.mark.parametrize("status", ["InProgress", "Stopping", "Deleting", "DeleteFailed"])
def test_a_tuning_that_goes_on_or_is_deleted_is_not_taken(load_event: LoadEvent, status: str) -> None:
    event = load_event("tuning_job_completed")
    event["detail"]["HyperParameterTuningJobStatus"] = status
    assert taken_by(event) == []


@pytest.mark.parametrize("name", ["tuning_job_completed", "tuning_job_failed", "tuning_job_stopped"])
def test_a_tuning_in_lambda_goes_the_way_of_sagemakers(load_event: LoadEvent, name: str) -> None:
    assert taken_by({**load_event(name), "source": f"traindrop.{STACK}"}) == ROUTES[name]
    assert taken_by({**load_event(name), "source": "traindrop.traindrop-staging"}) == []


@pytest.mark.parametrize("name", [name for name in ROUTES if name.startswith("training_job_")])
def test_jobs_of_a_stack_whose_name_begins_with_this_ones_are_not_taken(load_event: LoadEvent, name: str) -> None:
    event = load_event(name)
    event["detail"]["TrainingJobName"] = f"{STACK}-dev-titanic-0123456789ab"
    event["detail"]["RoleArn"] = TRAINING_ROLE.replace(f"{STACK}-", f"{STACK}-dev-")
    assert taken_by(event) == []


@pytest.mark.parametrize("name", [*OF_OURS, "training_job_completed_again"])
def test_events_of_another_stack_are_not_taken(load_event: LoadEvent, name: str) -> None:
    assert taken_by(load_event(name)) != []
    assert taken_by({**load_event(name), "source": "traindrop.traindrop-staging"}) == []


@pytest.mark.parametrize("name", ["training_job_completed", "training_job_failed", "training_job_stopped"])
def test_a_state_change_of_a_further_attempt_goes_the_way_of_the_first(load_event: LoadEvent, name: str) -> None:
    event = load_event(name)
    event["detail"]["TrainingJobName"] += "-r2"
    assert sorted(taken_by(event)) == ROUTES[name]
