"""Events that come from somewhere else: each is refused with what is wrong, whatever else stands in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.evaluator.app import lambda_handler as evaluator
from functions.launcher.app import lambda_handler as launcher
from functions.notifier.app import lambda_handler as notifier
from functions.trainer.app import lambda_handler as trainer
from functions.tuner.app import lambda_handler as tuner
from moto.events.models import EventPattern
from tests.builders import ACCOUNT, a_context, classic_event
from tests.conftest import LoadEvent
from tests.contract.template import BUCKET, STACK, pattern_of, rules
from tests.contract.test_routing import NOT_BY_PATTERN, READERS, ROUTES

from traindrop.errors import Foreign
from traindrop.origin import read_own
from traindrop.settings import Settings

SETTINGS = Settings(stack=STACK, table="runs", bucket=BUCKET, aws_region="us-east-1")
STRANGER = "999988887777"
HANDLERS: dict[str, Callable[..., dict[str, Any]]] = {
    "Launcher": launcher, "Dispatcher": dispatcher, "Trainer": trainer, "LargeTrainer": trainer, "Evaluator": evaluator,
    "Notifier": notifier, "Tuner": tuner,
}  # fmt: skip
# Whom each sample of events/ starts.
STARTS = {
    **{name: {rule.partition(".")[0] for rule in taken} for name, taken in ROUTES.items()},
    "s3_notification": {"Launcher"}, "schedule_tick": {"Dispatcher"}, "function_gave_up": {"Notifier"},
    "trainer_gave_up": {"Dispatcher"}, "training_requested": {"Trainer", "LargeTrainer"},
    "tuning_requested": {"Tuner"},
}  # fmt: skip
STARTED = [(name, function) for name, functions in STARTS.items() for function in sorted(functions)]


def read(function: str, event: dict[str, Any], account: str = ACCOUNT) -> Any:
    return read_own(READERS[function], event, a_context(account), SETTINGS)


def why_foreign(function: str, event: dict[str, Any], account: str = ACCOUNT) -> str:
    with pytest.raises(Foreign) as refused:
        read(function, event, account)
    return str(refused.value)


def test_every_sample_is_tried() -> None:
    assert STARTS.keys() == ROUTES.keys() | NOT_BY_PATTERN


@pytest.mark.parametrize(("sample", "function"), STARTED)
def test_a_sample_is_of_this_stack(load_event: LoadEvent, sample: str, function: str) -> None:
    assert read(function, load_event(sample))


@pytest.mark.parametrize(("sample", "function"), [pair for pair in STARTED if pair[0] != "s3_notification"])
def test_an_event_of_another_account_is_refused(load_event: LoadEvent, sample: str, function: str) -> None:
    assert f"of account '{ACCOUNT}'; this stack's is '{STRANGER}'" in why_foreign(
        function, load_event(sample), STRANGER
    )


@pytest.mark.parametrize("sample", ["s3_object_created", "s3_object_created_config"])
def test_an_upload_to_another_bucket_is_refused(load_event: LoadEvent, sample: str) -> None:
    event = load_event(sample)
    event["detail"]["bucket"]["name"] = "theirs"
    assert why_foreign("Launcher", event) == f"the event is of bucket 'theirs'; this stack's is {BUCKET!r}"


def test_a_notification_with_one_record_of_another_bucket_is_refused_whole() -> None:
    event = classic_event(BUCKET, ["datasets/a/train/a.csv"], b"")
    event["Records"] += classic_event("theirs", ["datasets/a/train/b.csv"], b"")["Records"]
    assert "bucket 'theirs'" in why_foreign("Launcher", event)


FORGED_SOURCES = ["traindrop.other", "traindrop", "com.evil", "traindrop.traindrop2", "aws.s3", ""]


@pytest.mark.parametrize("source", FORGED_SOURCES)
@pytest.mark.parametrize(
    ("sample", "function"),
    [pair for pair in STARTED if pair[0] not in {*NOT_BY_PATTERN, "s3_object_created", "s3_object_created_config"}],
)
def test_an_event_of_another_source_is_refused(load_event: LoadEvent, sample: str, function: str, source: str) -> None:
    why = why_foreign(function, {**load_event(sample), "source": source})
    assert f"of source {source!r}; expected" in why
    assert f"traindrop.{STACK}" in why


@pytest.mark.parametrize(("sample", "function"), STARTED)
def test_functions_take_the_sources_that_their_rules_let_in_and_no_other(
    load_event: LoadEvent, sample: str, function: str
) -> None:
    if sample in NOT_BY_PATTERN:
        return
    for source in ["aws.sagemaker", "aws.s3", f"traindrop.{STACK}", *FORGED_SOURCES]:
        event = {**load_event(sample), "source": source}
        routed = any(
            EventPattern.load(pattern_of(rule)).matches_event(event) for rule in rules() if rule.startswith(function)
        )
        try:
            taken = read(function, event) is not None
        except (ValueError, Foreign):
            taken = False
        assert taken == routed, source


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"requestContext": {"functionArn": f"arn:aws:lambda:us-east-1:{STRANGER}:function:traindrop-L"}}, STRANGER),
        ({"requestContext": {"functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:x"}}, "none of the stack"),
        ({"requestPayload": classic_event("theirs", ["datasets/a/train/b.csv"], b"")}, "bucket 'theirs'"),
    ],
)
def test_a_failure_of_a_strangers_function_or_about_a_strangers_bucket_is_refused(
    load_event: LoadEvent, change: dict[str, Any], says: str
) -> None:
    event = load_event("function_gave_up")
    sns = event["Records"][0]["Sns"]
    sns["Message"] = json.dumps({**json.loads(sns["Message"]), **change})
    assert says in why_foreign("Notifier", event)


@pytest.mark.parametrize("job", ["other-titanic-0123456789ab", "traindropping-titanic-0123456789ab"])
def test_a_training_job_of_another_stack_is_not_carried_out(load_event: LoadEvent, job: str) -> None:
    event = {**load_event("training_requested"), "TrainingJobName": job}
    assert f"the training job is {job!r}, which is none of the stack" in why_foreign("Trainer", event)


@pytest.mark.parametrize("job", ["other-titanic-0123456789ab", "traindropping-titanic-0123456789ab"])
def test_a_tuning_job_of_another_stack_is_not_gone_on_with(load_event: LoadEvent, job: str) -> None:
    event = {**load_event("tuning_requested"), "HyperParameterTuningJobName": job}
    assert f"the tuning job is {job!r}, which is none of the stack" in why_foreign("Tuner", event)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function's environment; there is no AWS behind it, so that an event that is looked at any further fails."""
    values = {"STACK": STACK, "TABLE": "runs", "BUCKET": BUCKET, "STACK_ID": "id", "TRAINING_ROLE_ARN": "role",
              "TRAINING_SCRIPTS": "/opt", "OWNER": "me", "TOPIC_ARN": "topic", "DEAD_LETTER_QUEUE": "queue",
              "MAX_CONCURRENT_JOBS": "1", "MAX_MONTHLY_COST_USD": "0", "KMS_KEY_ARN": "", "TRAINING_SUBNETS": "",
              "TRAINING_SECURITY_GROUPS": "", "NETWORK_ISOLATION": "false", "AUTO_IN_LAMBDA": "true",
              "MODEL_APPROVAL": "Approved", "TRAINER": "trainer", "LARGE_TRAINER": "large", "TUNER": "tuner",
              "LINK_ROLE_ARN": "role", "CHAT_TOPIC_ARN": "", "WEBHOOK_KEY_ARN": "",
              "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("sample", "function"), STARTED)
def test_a_handler_answers_and_logs_why_it_refused_and_raises_nothing_so_that_lambda_does_not_try_again(
    load_event: LoadEvent, caplog: pytest.LogCaptureFixture, sample: str, function: str
) -> None:
    event = load_event(sample)
    if sample == "s3_notification":
        event["Records"][1]["s3"]["bucket"]["name"] = "theirs"
    answer = HANDLERS[function](event, a_context(STRANGER))
    assert answer.keys() == {"refused"}
    assert "this stack's is" in answer["refused"]
    (line,) = caplog.records
    assert (line.levelname, vars(line)["why"]) == ("WARNING", answer["refused"])
