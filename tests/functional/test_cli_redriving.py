"""Dead letters in the shapes in which AWS sends them: what each asks for, and in which order it is done."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from functions.launcher.app import lambda_handler as launcher
from functions.notifier.app import lambda_handler as notifier
from tests.builders import ACCOUNT, CSV, a_context, a_run, client_error
from tests.conftest import LoadEvent
from tests.functional.conftest import BUCKET, TABLE, Account

from traindrop.clock import now
from traindrop.redriving import NotUnderstood, read_letter
from traindrop.run import Status
from traindrop_cli.commands import redrive
from traindrop_cli.dead_letters import DeadLetterQueue
from traindrop_cli.stack import Stack

LAUNCHER = "traindrop-Launcher-AbCdEf123456"
EVALUATOR = "traindrop-Evaluator-AbCdEf123456"
OURS = {"source": "traindrop.traindrop", "account": ACCOUNT}
NOTIFIER = "traindrop-Notifier-AbCdEf123456"
DISPATCHER = "traindrop-Dispatcher-AbCdEf123456"


def gave_up(load_event: LoadEvent, function: str = LAUNCHER, payload: dict[str, Any] | None = None) -> dict[str, Any]:
    """Lambda's record of an invocation that was given up, as the queue gets it."""
    record: dict[str, Any] = json.loads(load_event("function_gave_up")["Records"][0]["Sns"]["Message"])
    if payload is not None:
        record["requestPayload"] = payload
    record["requestContext"]["functionArn"] = f"arn:aws:lambda:us-east-1:111122223333:function:{function}:$LATEST"
    return record


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
UNDELIVERED = {
    "RULE_ARN": "arn:aws:events:us-east-1:111122223333:rule/traindrop-LauncherDropped-1A2B3C",
    "TARGET_ARN": f"arn:aws:lambda:us-east-1:111122223333:function:{LAUNCHER}",
    "ERROR_CODE": "NO_PERMISSIONS",
    "ERROR_MESSAGE": "User is not authorized to perform: lambda:InvokeFunction",
    "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
    "RETRY_ATTEMPTS": "185",
}


def test_a_record_of_a_function_that_gave_up_names_function_upload_and_error(load_event: LoadEvent) -> None:
    (letter,) = read_letter(json.dumps(gave_up(load_event)), {})
    assert redrive.line_of(letter, "traindrop") == (
        "Launcher: upload datasets/titanic/train/titanic train+1.csv (ClientError: An error occurred "
        "(ThrottlingException) when calling the CreateTrainingJob operation: Rate exceeded)"
    )
    assert letter.payload["detail-type"] == "Object Created"


def test_a_message_that_a_webhook_did_not_take_is_put_on_the_bus_again_as_it_was(
    account: Account, load_event: LoadEvent
) -> None:
    event = load_event("message_sent")
    target = "arn:aws:events:us-east-1:111122223333:api-destination/traindrop-webhook/0f1e2d3c-0000-4000-8000-012345"
    failed = {**UNDELIVERED, "TARGET_ARN": target, "ERROR_MESSAGE": "the endpoint answered with status 503"}
    (letter,) = read_letter(json.dumps(event), failed)
    assert letter.about == f"message {event['detail']['id']} to the webhook"
    queue = dead_letter_queue(event, failed)
    with queue.taken() as (found,):
        assert queue.put_back(found) == []
    assert [sent["detail"] for sent in account.events()] == [event["detail"]]
    with queue.taken() as left:
        assert left == []


def dead_letter_queue(event: dict[str, Any], attributes: dict[str, str]) -> DeadLetterQueue:
    """A queue in which that letter waits."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    values: Any = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event), MessageAttributes=values)
    return DeadLetterQueue(Stack("traindrop", BUCKET, TABLE, dead_letter_queue=url))


def test_an_event_that_could_not_be_delivered_is_told_by_the_attributes_of_its_message(load_event: LoadEvent) -> None:
    event = load_event("training_job_completed")
    (letter,) = read_letter(json.dumps(event), UNDELIVERED)
    assert (letter.function, letter.payload) == (LAUNCHER, event)
    assert letter.about == f"training job {event['detail']['TrainingJobName']} Completed"
    assert letter.error.startswith("NO_PERMISSIONS: User is not authorized")


def test_the_record_of_a_trainer_that_died_may_itself_be_what_the_dispatcher_gave_up_on(load_event: LoadEvent) -> None:
    record = load_event("trainer_gave_up")
    (letter,) = read_letter(json.dumps(gave_up(load_event, DISPATCHER, record)), {})
    assert (letter.function, letter.payload) == (DISPATCHER, record)
    assert letter.about == "function that died with the training job traindrop-titanic-0123456789ab"
    assert letter.is_worth_repeating


def test_a_notice_that_the_notifier_gave_up_on_stands_for_the_failure_that_it_was_to_tell_of(
    load_event: LoadEvent,
) -> None:
    notice = gave_up(load_event, NOTIFIER, load_event("function_gave_up"))
    (letter,) = read_letter(json.dumps(notice), {})
    assert (letter.function, letter.payload["detail-type"]) == (LAUNCHER, "Object Created")


def test_a_notice_of_an_event_that_nobody_can_read_is_itself_put_back_so_that_it_is_told(load_event: LoadEvent) -> None:
    notice = load_event("function_gave_up")
    notice["Records"][0]["Sns"]["Message"] = json.dumps(gave_up(load_event, payload={"source": "aws.s3"}))
    (letter,) = read_letter(json.dumps(gave_up(load_event, NOTIFIER, notice)), {})
    assert (letter.function, letter.payload) == (NOTIFIER, notice)
    assert redrive.line_of(letter, "traindrop").startswith("Notifier: message about an event that no part")


@pytest.mark.parametrize(
    ("payload", "about", "is_worth_repeating"),
    [
        ({"detail-type": "Rerun Requested", **OURS, "detail": {"run": "a-run", "request_id": "1"}}, "of a-run", True),
        ({"detail-type": "Stop Requested", **OURS, "detail": {"run": "a-run", "who": "ada"}}, "of a-run", True),
        ({"detail-type": "Scheduled Event", **OURS, "source": "aws.events", "detail": {}}, "tick", False),
    ],
)
def test_requests_are_repeated_and_ticks_are_not(
    load_event: LoadEvent, payload: dict[str, Any], about: str, is_worth_repeating: bool
) -> None:
    (letter,) = read_letter(json.dumps(gave_up(load_event, DISPATCHER, payload)), {})
    assert about in letter.about
    assert letter.is_worth_repeating is is_worth_repeating


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"hello": "world"}', '{"Records": []}'])
def test_what_is_no_dead_letter_is_not_understood(body: str) -> None:
    with pytest.raises(NotUnderstood):
        read_letter(body, {})


def test_an_event_that_no_part_can_read_is_not_understood(load_event: LoadEvent) -> None:
    with pytest.raises(NotUnderstood, match=LAUNCHER):
        read_letter(json.dumps(gave_up(load_event, payload={"source": "aws.s3"})), {})


class Functions:
    """Lambda's asynchronous invocations; `then` is called at each."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, dict[str, Any]]] = []
        self.then: Callable[[], None] = lambda: None

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, int]:  # noqa: N803
        assert InvocationType == "Event"
        self.then()
        self.invoked.append((FunctionName, json.loads(Payload)))
        return {"StatusCode": 202}


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    found, make = Functions(), boto3.client
    monkeypatch.setattr(boto3, "client", lambda name, **more: found if name == "lambda" else make(name, **more))
    return found


@pytest.fixture
def stack(account: Account, monkeypatch: pytest.MonkeyPatch) -> Stack:  # noqa: ARG001 - moto has to be there
    queue = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    found = Stack("traindrop", BUCKET, TABLE, "http://localhost", queue)
    monkeypatch.setattr(redrive, "find_stack", lambda _: found)
    return found


def send(stack: Stack, letter: dict[str, Any]) -> None:
    boto3.client("sqs").send_message(QueueUrl=stack.dead_letter_queue or "", MessageBody=json.dumps(letter))


def waiting(stack: Stack) -> int:
    """How many letters the next one who looks would find."""
    with DeadLetterQueue(stack).taken() as letters:
        return len(letters)


def broken_launcher(account: Account, load_event: LoadEvent) -> tuple[dict[str, Any], dict[str, Any], str]:
    """An upload that the launcher broke down over, and that the person was told of: event, dead letter, run."""
    account.put("datasets/flowers/training.yaml", b"target: species\n")
    event = account.put("datasets/flowers/train/flowers.csv", CSV)
    letter = gave_up(load_event, payload=event)
    notice = load_event("function_gave_up")
    notice["Records"][0]["Sns"]["Message"] = json.dumps(letter)
    (run,) = notifier(notice, a_context())["told"]
    return event, letter, run


def test_an_upload_is_opened_again_then_invoked_and_its_letter_deleted_last(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    event, letter, failed = broken_launcher(account, load_event)
    assert launcher(event, a_context())["runs"] == [failed]
    send(stack, letter)
    runs: list[str] = []
    functions.then = lambda: runs.extend(launcher(event, a_context())["runs"])
    assert redrive.run_redrive(dry_run=False, stack=None) == 0
    assert functions.invoked == [(LAUNCHER, event)]
    assert account.ledger.stored(runs[0]).status is Status.IN_PROGRESS
    assert waiting(stack) == 0
    shown = capsys.readouterr().out
    assert "put back  Launcher: upload datasets/flowers/train/flowers.csv" in shown
    assert f"{failed}, which it had ended, is decided on anew" in shown


def test_a_redrive_that_dies_at_the_invocation_leaves_the_letter_to_be_put_back_again(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent
) -> None:
    _, letter, _ = broken_launcher(account, load_event)
    send(stack, letter)

    def die() -> None:
        raise KeyboardInterrupt

    functions.then = die
    with pytest.raises(KeyboardInterrupt):
        redrive.run_redrive(dry_run=False, stack=None)
    assert waiting(stack) == 1
    functions.then = lambda: None
    assert redrive.run_redrive(dry_run=False, stack=None) == 0
    assert len(functions.invoked) == 1
    assert waiting(stack) == 0


def test_an_upload_that_has_its_run_meanwhile_is_not_decided_on_again(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent
) -> None:
    account.put("datasets/flowers/training.yaml", b"target: species\n")
    event = account.put("datasets/flowers/train/flowers.csv", CSV)
    (run,) = launcher(event, a_context())["runs"]
    send(stack, gave_up(load_event, payload=event))
    functions.then = lambda: None
    assert redrive.run_redrive(dry_run=False, stack=None) == 0
    assert launcher(event, a_context())["runs"] == [run]


@pytest.mark.parametrize(
    ("failed_function", "status"), [(EVALUATOR, Status.COMPLETED), (None, Status.EVALUATION_FAILED)]
)
def test_an_evaluation_is_opened_again_only_where_it_was_the_evaluator_that_broke_down(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent,
    failed_function: str | None, status: Status,
) -> None:  # fmt: skip
    run = a_run(status=Status.EVALUATION_FAILED, failed_function=failed_function, reason="it broke", ended_at=now())
    assert account.ledger.accept(run, "its upload", now())
    event = load_event("training_job_completed")
    event["detail"]["TrainingJobName"] = run.run
    send(stack, gave_up(load_event, EVALUATOR, event))
    assert redrive.run_redrive(dry_run=False, stack=None) == 0
    assert account.ledger.stored(run.run).status is status
    assert functions.invoked == [(EVALUATOR, event)]


@pytest.mark.parametrize("sample", ["tuning_job_completed", "training_job_failed_of_defaults"])
def test_an_evaluation_of_a_tuned_run_is_opened_again_by_either_of_its_events(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent, sample: str
) -> None:
    run = a_run(
        run="traindrop-titanic-0123456789ab", status=Status.EVALUATION_FAILED, failed_function=EVALUATOR,
        reason="it broke", ended_at=now(), max_trials=20,
    )  # fmt: skip
    assert account.ledger.accept(run, "its upload", now())
    event = load_event(sample)
    send(stack, gave_up(load_event, EVALUATOR, event))
    assert redrive.run_redrive(dry_run=False, stack=None) == 0
    assert account.ledger.stored(run.run).status is Status.COMPLETED
    assert functions.invoked == [(EVALUATOR, event)]


def test_a_letter_about_a_tuning_job_says_which_and_how_it_ended(load_event: LoadEvent) -> None:
    (letter,) = read_letter(json.dumps(gave_up(load_event, EVALUATOR, load_event("tuning_job_stopped"))), {})
    assert letter.about == "tuning job traindrop-titanic-0123456789ab Stopped"


def test_a_dry_run_lists_and_changes_nothing(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    event, letter, failed = broken_launcher(account, load_event)
    send(stack, letter)
    for _ in range(2):
        assert redrive.run_redrive(dry_run=True, stack=None) == 0
        assert "waits     Launcher: upload datasets/flowers/train/flowers.csv" in capsys.readouterr().out
    assert functions.invoked == []
    assert launcher(event, a_context())["runs"] == [failed]
    assert waiting(stack) == 1


def test_letters_that_cannot_be_put_back_stay_and_do_not_keep_others_from_it(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    event = account.put("datasets/flowers/train/flowers.csv", CSV)
    send(stack, {"hello": "world"})
    send(stack, gave_up(load_event, "someone-elses-function", event))
    send(stack, gave_up(load_event, payload=event))
    assert redrive.run_redrive(dry_run=False, stack=None) == 1
    shown = capsys.readouterr().out
    assert "someone-elses-function is no function of the stack traindrop" in shown
    assert "1 of 3 put back, 2 stay in the queue." in shown
    assert [name for name, _ in functions.invoked] == [LAUNCHER]
    assert waiting(stack) == 2


def test_a_letter_of_a_function_that_is_gone_stays(
    account: Account, stack: Stack, functions: Functions, load_event: LoadEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    send(stack, gave_up(load_event, payload=account.put("datasets/flowers/train/flowers.csv", CSV)))

    def gone() -> None:
        raise client_error("Invoke", "ResourceNotFoundException", f"Function not found: {LAUNCHER}")

    functions.then = gone
    assert redrive.run_redrive(dry_run=False, stack=None) == 1
    assert f"there is no function {LAUNCHER} any more" in capsys.readouterr().out
    assert waiting(stack) == 1
