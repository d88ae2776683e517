"""For each function and each event that starts it: what is there before, and what there has to be afterwards."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from tests.builders import CSV
from tests.sam.deployed import RUN, Deployed
from tests.sam.training import in_bucket, stand_in_line
from tests.sam.tunings import to_be_tuned, trial_ended

from traindrop.lambda_jobs import LambdaJobs
from traindrop.lambda_limits import LAMBDA
from traindrop.run import FINAL, Run, Status

Event = dict[str, Any]
# Asserts what happened; whatever the preparation made is its own to remember.
Effect = Callable[[], None]


@dataclass(frozen=True)
class Situation:
    """`job`: how the training job of the events' run ended, or None where none has to be there.

    `prepare` gets the stack and the event, which it may fill in with what S3 really gave an object: a version, an ETag.
    """

    job: str | None
    prepare: Callable[[Deployed, Event], Effect]


MOMENT = datetime(2026, 11, 12, tzinfo=UTC)


def _config() -> bytes:
    """New with each call: a run's name comes from it, and a job that an earlier test has left is not this one's."""
    return f"# {uuid.uuid4()}\ntarget: species\nhyperparameters: {{num_round: 3}}\n".encode()


def _uploaded(stack: Deployed, event: Event) -> Effect:
    stack.put("datasets/titanic/training.yaml", _config())
    found = event["detail"]["object"]
    found |= stack.put(found["key"], CSV)
    return lambda: _one_job_of_each(stack, ["titanic"])


def _configured(stack: Deployed, event: Event) -> Effect:
    stack.put("datasets/titanic/train/titanic.csv", CSV)
    found = event["detail"]["object"]
    found |= stack.put(found["key"], _config())
    return lambda: _one_job_of_each(stack, ["titanic"])


def _notified(stack: Deployed, event: Event) -> Effect:
    for record in event["Records"]:
        found = record["s3"]["object"]
        key = unquote_plus(found["key"])
        stack.put(f"{key.partition('/train/')[0]}/training.yaml", _config())
        given = stack.put(key, CSV)
        found |= {"size": given["size"], "eTag": given["etag"], "versionId": given["version-id"]}
    return lambda: _one_job_of_each(stack, ["gemüse", "titanic"])


def _to_be_run_again(stack: Deployed, _event: Event) -> Effect:
    key = "datasets/titanic/train/titanic train+1.csv"
    config, given = stack.put("datasets/titanic/training.yaml", _config()), stack.put(key, CSV)
    stack.record(
        status=Status.FAILED, key=key, etag=given["etag"], size=given["size"], version_id=given["version-id"],
        config_version_id=config["version-id"],
    )  # fmt: skip

    def effect() -> None:
        again = stack.ledger.stored(str(stack.ledger.stored(RUN).latest_run))
        assert again.first_run == RUN
        assert again.job in stack.jobs()

    return effect


def _one_job_of_each(stack: Deployed, datasets: list[str]) -> None:
    runs = sorted(stack.ledger.runs(), key=lambda run: run.dataset)
    stand = [(run.dataset, run.status, run.reason) for run in runs]
    assert stand == [(dataset, Status.IN_PROGRESS, None) for dataset in datasets]
    assert {run.job for run in runs} <= stack.jobs()


def _ends(status: Status) -> Callable[[Deployed, Event], Effect]:
    """The run's job ended: its slot becomes free, and the next in line is launched."""

    def prepare(stack: Deployed, _event: Event) -> Effect:
        _train(stack)
        following = stand_in_line(stack)

        def effect() -> None:
            assert stack.ledger.stored(RUN).status is status
            assert stack.ledger.slots() == {following.job}
            assert following.job in stack.jobs()

        return effect

    return prepare


def _next_minute(stack: Deployed, _event: Event) -> Effect:
    following = stand_in_line(stack)

    def effect() -> None:
        assert following.job in stack.jobs()

    return effect


def _to_be_stopped(stack: Deployed, event: Event) -> Effect:
    # Not the events' own run, for which there is a job already.
    event["detail"]["run"] = stand_in_line(stack).run

    def effect() -> None:
        run = stack.ledger.stored(event["detail"]["run"])
        assert (run.status, run.stop_requested_by) == (Status.STOPPED, event["detail"]["who"])

    return effect


def _to_be_evaluated(stack: Deployed, _event: Event) -> Effect:
    key = "datasets/titanic/test/held out.csv"
    given = stack.put(key, CSV)
    _train(stack, task="binary", test_key=key, test_version_id=given["version-id"], test_etag=given["etag"])

    def effect() -> None:
        run = stack.ledger.stored(RUN)
        assert (run.status, run.test_rows) == (Status.EVALUATED, 60)
        assert b'"auc"' in stack.read(run.evaluation_key)

    return effect


def _ended_badly(stack: Deployed, _event: Event) -> Effect:
    _train(stack)
    return lambda: _told(stack)


def _ended(status: Status) -> Callable[[Deployed, Event], Effect]:
    def prepare(stack: Deployed, event: Event) -> Effect:
        stack.record(status=status, reason=event["detail"].get("reason"))
        return lambda: _told(stack)

    return prepare


def _gave_up(stack: Deployed, _event: Event) -> Effect:
    def effect() -> None:
        (message,) = stack.messages()
        assert "Launcher" in message
        assert "ThrottlingException" in message

    return effect


def _to_be_carried_out(stack: Deployed, event: Event) -> Effect:
    # Not the events' own run, whose model is there already.
    name = event["TrainingJobName"] = f"traindrop-small-{uuid.uuid4().hex[:12]}"
    request = in_bucket(stack, event)
    LambdaJobs(stack.ledger).create(request, "us-east-1")

    def effect() -> None:
        job = LambdaJobs(stack.ledger).stored(name).state
        assert (job.status, job.failure_reason) == ("Completed", None)
        assert stack.read(f"runs/{name}/output/model.tar.gz")

    return effect


def _trainer_died(stack: Deployed, event: Event) -> Effect:
    _train(stack, instance_type=LAMBDA, memory_mb=1769)
    jobs = LambdaJobs(stack.ledger)
    jobs.create(event["requestPayload"], "us-east-1")
    assert jobs.claim(RUN, 900)

    def effect() -> None:
        job = jobs.stored(RUN).state
        assert job.status == "Failed"
        assert "signal: killed" in (job.failure_reason or "")

    return effect


def _tuned(stack: Deployed, **fields: Any) -> Run:
    """The events' run, of which the tuning has ended, and someone has recorded that already."""
    tuned: dict[str, Any] = {"max_trials": 20, "objective": "validation:auc", "direction": "maximize"}
    return stack.record(**(tuned | {"launched_at": MOMENT, "training_ended_at": MOMENT} | fields))


def _tuning_over(stack: Deployed, _event: Event) -> Effect:
    _tuned(stack, status=Status.COMPLETED, best_trial=f"{RUN}-007-0a1b2c3d")
    assert stack.ledger.take_slot(RUN, 10)
    following = stand_in_line(stack)

    def effect() -> None:
        assert stack.ledger.stored(RUN).status is Status.COMPLETED
        assert stack.ledger.slots() == {following.job}
        assert following.job in stack.jobs()

    return effect


def _best_to_be_evaluated(stack: Deployed, _event: Event) -> Effect:
    key = "datasets/titanic/test/held out.csv"
    given = stack.put(key, CSV)
    run = _tuned(
        stack, status=Status.COMPLETED, best_trial=f"{RUN}-007-0a1b2c3d", task="binary", test_key=key,
        test_version_id=given["version-id"], test_etag=given["etag"],
    )  # fmt: skip
    stack.put(run.model_key, stack.read(f"runs/{RUN}/output/model.tar.gz"))

    def effect() -> None:
        assert (stack.ledger.stored(RUN).status, stack.ledger.stored(RUN).test_rows) == (Status.EVALUATED, 60)

    return effect


def _tuning_in_vain(stack: Deployed, _event: Event) -> Effect:
    _tuned(stack, status=Status.FAILED, reason="AlgorithmError: all 20 trials failed")
    return lambda: _told(stack)


def _train(stack: Deployed, **fields: Any) -> Run:
    """The events' run, whose job has ended, and the ledger does not know it yet."""
    launched = stack.record(status=Status.IN_PROGRESS, **fields)
    stack.ledger.advance(RUN, Status.IN_PROGRESS, launched.created_at)
    assert stack.ledger.take_slot(RUN, 10)
    return launched


def _told(stack: Deployed) -> None:
    run = stack.ledger.stored(RUN)
    assert run.status in FINAL
    assert run.notified_at is not None
    (message,) = stack.messages()
    assert RUN in message
    assert "".join((run.reason or "").split()) in "".join(message.split())  # it is broken into lines there


SITUATIONS: dict[tuple[str, str], Situation] = {
    ("Launcher", "s3_object_created"): Situation(None, _uploaded),
    ("Launcher", "s3_object_created_config"): Situation(None, _configured),
    ("Launcher", "s3_notification"): Situation(None, _notified),
    ("Launcher", "rerun_requested"): Situation(None, _to_be_run_again),
    ("Dispatcher", "training_job_completed"): Situation("Completed", _ends(Status.COMPLETED)),
    ("Dispatcher", "training_job_completed_again"): Situation("Completed", _ends(Status.COMPLETED)),
    ("Dispatcher", "training_job_failed"): Situation("Failed", _ends(Status.FAILED)),
    ("Dispatcher", "training_job_stopped"): Situation("Stopped", _ends(Status.STOPPED)),
    ("Dispatcher", "training_job_failed_of_defaults"): Situation(None, _tuning_over),
    ("Dispatcher", "tuning_job_completed"): Situation(None, _tuning_over),
    ("Dispatcher", "tuning_job_failed"): Situation(None, _tuning_over),
    ("Dispatcher", "tuning_job_stopped"): Situation(None, _tuning_over),
    ("Dispatcher", "schedule_tick"): Situation(None, _next_minute),
    ("Dispatcher", "stop_requested"): Situation(None, _to_be_stopped),
    ("Dispatcher", "trainer_gave_up"): Situation(None, _trainer_died),
    ("Trainer", "training_requested"): Situation(None, _to_be_carried_out),
    ("LargeTrainer", "training_requested"): Situation(None, _to_be_carried_out),
    ("Tuner", "tuning_requested"): Situation(None, to_be_tuned),
    ("Tuner", "trial_ended"): Situation(None, trial_ended),
    ("Evaluator", "training_job_completed"): Situation("Completed", _to_be_evaluated),
    ("Evaluator", "training_job_completed_again"): Situation("Completed", _to_be_evaluated),
    ("Evaluator", "training_job_failed_of_defaults"): Situation("Completed", _best_to_be_evaluated),
    ("Evaluator", "tuning_job_completed"): Situation("Completed", _best_to_be_evaluated),
    ("Evaluator", "tuning_job_failed"): Situation("Completed", _best_to_be_evaluated),
    ("Evaluator", "tuning_job_stopped"): Situation("Completed", _best_to_be_evaluated),
    ("Notifier", "training_job_failed_of_defaults"): Situation(None, _tuning_in_vain),
    ("Notifier", "tuning_job_failed"): Situation(None, _tuning_in_vain),
    ("Notifier", "tuning_job_stopped"): Situation(None, _tuning_in_vain),
    ("Notifier", "training_job_failed"): Situation("Failed", _ended_badly),
    ("Notifier", "training_job_stopped"): Situation("Stopped", _ended_badly),
    ("Notifier", "run_rejected"): Situation(None, _ended(Status.REJECTED)),
    ("Notifier", "run_repeated"): Situation(None, _ended(Status.REPEATED)),
    ("Notifier", "launch_failed"): Situation(None, _ended(Status.FAILED)),
    ("Notifier", "training_failed"): Situation(None, _ended(Status.FAILED)),
    ("Notifier", "run_stopped"): Situation(None, _ended(Status.STOPPED)),
    ("Notifier", "model_evaluated"): Situation(None, _ended(Status.EVALUATED)),
    ("Notifier", "evaluation_failed"): Situation(None, _ended(Status.EVALUATION_FAILED)),
    ("Notifier", "function_gave_up"): Situation(None, _gave_up),
}
