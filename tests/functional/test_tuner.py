"""A tuning whose trials Lambda functions train: its record, its steps however often they come, and what gets lost."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from functions.dispatcher.app import lambda_handler as dispatcher
from functions.tuner.app import lambda_handler as tuner
from tests.builders import a_context, a_run, stored, tuning_requests
from tests.conftest import LoadEvent
from tests.functional.conftest import BUCKET, TABLE, Account
from tests.functional.test_trainer import Queue, queue

from traindrop import aws, training_jobs, tuning
from traindrop.attempts import another_attempt
from traindrop.events import TuningJob
from traindrop.lambda_jobs import End, LambdaJobs
from traindrop.lambda_limits import LAMBDA
from traindrop.lambda_tunings import records
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop.settings import DispatcherSettings
from traindrop.trial import Trial
from traindrop.tuning_state import TuningState
from traindrop.tuning_step import next_step
from traindrop.tunings import trials_of

__all__ = ["queue"]  # a fixture

AUC = "validation:auc"


def in_own_account(requests: tuple[dict[str, Any], dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """With the role of the account that the contexts of `tests.builders` name."""
    request, defaults = requests
    role = defaults["RoleArn"].replace("123456789012", "111122223333")
    definition = {**request["TrainingJobDefinition"], "RoleArn": role}
    return {**request, "TrainingJobDefinition": definition}, {**defaults, "RoleArn": role}


def launched(account: Account, **asked: Any) -> Run:
    """A run that tunes in Lambda, launched; `asked`: as of `tuning_requests`."""
    request, defaults = in_own_account(tuning_requests(**asked))
    run = stored(
        account.ledger,
        a_run(bucket=BUCKET, instance_type=LAMBDA, memory_mb=1769, max_trials=asked.get("max_jobs", 4)),
    )
    aws.put_json(BUCKET, run.request_key, request)
    aws.put_json(BUCKET, run.defaults_request_key, defaults)
    training_jobs.create(run, request, account.ledger, settings())
    account.ledger.advance(run.run, Status.IN_PROGRESS, run.created_at)
    return account.ledger.stored(run.run)


def settings() -> DispatcherSettings:
    return DispatcherSettings.from_env()


def jobs() -> LambdaJobs:
    return LambdaJobs(Ledger(TABLE))


def handed_over(queue: Queue) -> list[str]:
    """The training jobs that trainers were invoked with since the last call."""
    found = [payload["TrainingJobName"] for name, payload in queue if name == "traindrop-Trainer"]
    queue.clear()
    return found


def tuned(account: Account, run: Run) -> Any:
    """One step, as on the request itself."""
    return tuner(records(account.ledger).stored(run.job).request, a_context())


def auc(value: float) -> End:
    return End("Completed", None, ({"MetricName": AUC, "Value": value, "Timestamp": 1.0},), "s3://model")


def end(job: str, how: End) -> dict[str, Any]:
    """Let a trial's job be carried out; the event that tells of its end."""
    assert jobs().claim(job, 900) is not None
    jobs().end(job, how)
    return ended(job, how.status)


def ended(job: str, status: str = "Completed") -> dict[str, Any]:
    return {
        "source": "traindrop.traindrop",
        "account": "111122223333",
        "detail-type": "SageMaker Training Job State Change",
        "detail": {"TrainingJobName": job, "TrainingJobStatus": status, "Tags": {"traindrop:trial": "true"}},
    }


def finished(account: Account, queue: Queue, run: Run, how: Callable[[int], End], events: int = 1) -> TuningJob:
    """Carry out trial after trial, each as `how` says, with that many events of each end; the job then."""
    waiting = handed_over(queue)
    for _ in range(100):
        if not waiting:
            break
        job = waiting.pop(0)
        event = end(job, how(numbers(account, run)[job]))
        for _ in range(events):
            tuner(event, a_context())
        waiting += handed_over(queue)
    return describe(account, run)


def describe(account: Account, run: Run) -> TuningJob:
    found = training_jobs.describe(run, account.ledger)
    assert isinstance(found, TuningJob)
    return found


def numbers(account: Account, run: Run) -> dict[str, int]:
    return {trial.job: trial.number for trial in trials_of(run, account.ledger)}


def told(account: Account) -> list[tuple[str, str]]:
    """The ends of tunings that were put on the bus since the last call."""
    found = [event["detail"] for event in account.events() if "HyperParameter" in event["detail-type"]]
    return [(each["HyperParameterTuningJobName"], each["HyperParameterTuningJobStatus"]) for each in found]


def test_from_its_creation_to_its_end_each_trial_is_trained_once_and_the_end_is_told_once(
    account: Account, queue: Queue
) -> None:
    run = launched(account, max_jobs=5, max_parallel=2)
    assert [name for name, _ in queue] == ["traindrop-Tuner"]
    ((_, request),) = queue
    queue.clear()
    assert tuner(request, a_context()) == {"job": run.job, "status": "InProgress"}
    assert next(payload["TrainingJobName"] for _, payload in queue) == run.defaults_job
    job = finished(account, queue, run, lambda number: auc((6 + number % 4) / 10))
    assert (job.training_job_status, job.trials_with_value) == ("Completed", 5)
    found = trials_of(run, account.ledger)
    assert [trial.number for trial in found] == [0, 1, 2, 3, 4, 5]
    assert job.best_trial == found[3].job
    assert [(metric.metric_name, metric.value) for metric in job.final_metric_data_list] == [(AUC, 0.9)]
    assert told(account) == [(run.job, "Completed")]
    assert tuned(account, run)["status"] == "Completed"
    assert (told(account), queue) == ([], [])


def test_every_event_twice_doubles_no_trial(account: Account, queue: Queue) -> None:
    run = launched(account, max_jobs=6, max_parallel=3)
    for _ in range(2):
        tuned(account, run)
    begun: Counter[str] = Counter()
    real = LambdaJobs.create

    def counted(self: LambdaJobs, request: Any, *more: Any) -> Any:
        begun[request["TrainingJobName"]] += 1
        return real(self, request, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LambdaJobs, "create", counted)
        job = finished(account, queue, run, lambda number: auc(number / 10), events=2)
    assert (job.training_job_status, set(begun.values())) == ("Completed", {1})
    assert [trial.number for trial in trials_of(run, account.ledger)] == list(range(7))
    assert told(account) == [(run.job, "Completed")]


def test_steps_at_the_same_time_agree_on_the_same_trials(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launched(account, max_jobs=8, max_parallel=4)
    queue.clear()
    decided: list[TuningState] = []

    def overtaken(*arguments: Any) -> TuningState:
        """Another step is taken from beginning to end after this one has decided and before it writes."""
        stands = next_step(*arguments)
        decided.append(stands)
        if len(decided) == 1:
            tuned(account, run)
        return stands

    monkeypatch.setattr(tuning, "next_step", overtaken)
    tuned(account, run)
    assert [trial.number for trial in trials_of(run, account.ledger)] == [0, 1, 2, 3]
    assert handed_over(queue) == list(numbers(account, run))
    assert len(decided) == 3


@pytest.mark.parametrize("where", ["create", "hand over"])
def test_a_step_that_died_after_it_had_decided_is_made_up_for_by_the_next(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None], where: str
) -> None:
    run = launched(account, max_jobs=4, max_parallel=2)
    queue.clear()

    def die(*_: Any, **__: Any) -> None:
        raise RuntimeError("the function died")

    with monkeypatch.context() as patch:
        patch.setattr(*((LambdaJobs, "create", die) if where == "create" else (aws, "invoke", die)))
        with pytest.raises(RuntimeError, match="the function died"):
            tuned(account, run)
    decided = [trial.job for trial in trials_of(run, account.ledger)]
    assert len(decided) == 2
    later(minutes=1)
    tuned(account, run)
    assert handed_over(queue) == decided
    tuned(account, run)
    assert [trial.job for trial in trials_of(run, account.ledger)] == decided


def test_an_end_that_could_not_be_told_is_told_by_the_next_step(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launched(account, max_jobs=1, max_parallel=2)
    tuned(account, run)
    first, last = handed_over(queue)
    tuner(end(first, auc(0.7)), a_context())
    event = end(last, auc(0.8))

    def refuse(*_: Any) -> None:
        raise RuntimeError("EventBridge did not take it")

    with monkeypatch.context() as patch:
        patch.setattr(aws, "emit_tuning_change", refuse)
        with pytest.raises(RuntimeError, match="did not take it"):
            tuner(event, a_context())
    assert describe(account, run).training_job_status == "Completed"
    tuner(event, a_context())
    assert told(account) == [(run.job, "Completed")]


def test_a_trial_whose_function_died_counts_as_failed_and_the_others_go_on(
    account: Account, queue: Queue, load_event: LoadEvent
) -> None:
    run = launched(account, max_jobs=3, max_parallel=2)
    tuned(account, run)
    defaults, first = handed_over(queue)
    for job in (defaults, first):
        jobs().claim(job, 900)
    for job in (first, defaults):
        record = load_event("trainer_gave_up")
        record["requestPayload"]["TrainingJobName"] = job
        assert dispatcher(record, a_context())["runs"] == [run.run]
        (event,) = account.events()
        assert event["detail"]["Tags"]["traindrop:trial"] == "true"
        tuner(event, a_context())
    over = finished(account, queue, run, lambda _: auc(0.7))
    assert (over.training_job_status, over.best_trial) == ("Completed", trials_of(run, account.ledger)[2].job)
    assert over.remarks[0].startswith("2 trials of 4 failed. The first, number 0: LambdaLimitExceeded: it ran out of")


def test_trials_that_nothing_was_heard_of_again_are_ended_when_the_run_is_looked_after(
    account: Account, queue: Queue, later: Callable[..., None]
) -> None:
    run = launched(account, max_jobs=3, max_parallel=2)
    tuned(account, run)
    first, _ = handed_over(queue)
    jobs().claim(first, 900)
    later(minutes=31)  # of the second no trainer ever heard
    training_jobs.look_after(run, account.ledger, settings())
    ((function, request),) = queue
    assert function == "traindrop-Tuner"
    queue.clear()
    tuner(request, a_context())
    found = {trial.number: trial for trial in trials_of(run, account.ledger)}
    assert (found[0].status, found[1].status) == ("failed", "waiting")
    assert "its function came to no end" in (found[0].reason or "")
    assert set(handed_over(queue)) == {found[1].job, found[2].job}


def test_where_all_met_a_limit_of_lambdas_the_whole_is_tried_again_at_sagemaker(account: Account, queue: Queue) -> None:
    run = launched(account, max_jobs=20, max_parallel=2)
    tuned(account, run)
    limit = "LambdaLimitExceeded: it ran out of time (of the function's 900 s the script had 870 s and was not done)"
    job = finished(account, queue, run, lambda _: End("Failed", limit))
    assert job.training_job_status == "Failed"
    assert len(trials_of(run, account.ledger)) == 3
    again = another_attempt(job, 1)
    assert again is not None
    assert job.resource_config.instance_type == "ml.m5.large"
    assert told(account) == [(run.job, "Failed")]


def test_stopped_in_the_middle_what_runs_is_stopped_and_the_best_of_the_finished_is_kept(
    account: Account, queue: Queue
) -> None:
    run = launched(account, max_jobs=9, max_parallel=2)
    tuned(account, run)
    defaults, first = handed_over(queue)
    tuner(end(first, auc(0.8)), a_context())
    (second,) = handed_over(queue)
    jobs().claim(defaults, 900)
    training_jobs.stop(run, account.ledger, settings())
    assert describe(account, run).training_job_status == "Stopping"
    assert {jobs().stored(job).state.status for job in (defaults, second)} == {"Stopping"}
    queue.clear()
    jobs().end(defaults, End("Stopped"))
    tuner(ended(defaults, "Stopped"), a_context())
    tuner(end(second, End("Stopped")), a_context())
    job = describe(account, run)
    assert (job.training_job_status, job.best_trial) == ("Completed", first)
    assert job.remarks[0] == "The tuning was stopped: the best of the 1 trial that were done by then is the run's."
    assert (told(account), handed_over(queue)) == ([(run.job, "Completed")], [])


def test_a_wish_to_stop_reaches_trials_that_were_decided_on_and_not_made_yet(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launched(account, max_jobs=9, max_parallel=2)

    def die(*_: Any, **__: Any) -> None:
        raise RuntimeError("the function died")

    with monkeypatch.context() as patch:
        patch.setattr(LambdaJobs, "create", die)
        with pytest.raises(RuntimeError, match="the function died"):
            tuned(account, run)
    queue.clear()
    training_jobs.stop(run, account.ledger, settings())
    tuned(account, run)
    for job in handed_over(queue):  # who claims it ends it
        assert jobs().stored(job).state.status == "Stopping"
        tuner(end(job, End("Stopped")), a_context())
    assert describe(account, run).training_job_status == "Stopped"
    assert told(account) == [(run.job, "Stopped")]


def test_an_event_of_a_job_that_is_no_trial_or_of_a_tuning_that_is_not_known_does_nothing(account: Account) -> None:
    for job in ("traindrop-flowers-0123456789ab", "traindrop-flowers-0123456789ab-001-0123abcd"):
        assert tuner(ended(job), a_context())["status"] is None
    assert account.events() == []


def test_how_trials_stand_is_told_while_they_run(account: Account, queue: Queue) -> None:
    run = launched(account, max_jobs=3, max_parallel=3)
    assert trials_of(run, account.ledger) == ()
    tuned(account, run)
    defaults, first, _ = handed_over(queue)
    jobs().claim(defaults, 900)
    end(first, auc(0.8))  # and its event is on its way
    found: tuple[Trial, ...] = trials_of(run, account.ledger)
    assert [trial.status for trial in found] == ["running", "completed", "waiting"]
    job = describe(account, run)
    assert (job.training_job_status, job.trials_with_value) == ("InProgress", 1)
    assert job.training_start_time is not None
    assert training_jobs.tag(run, "traindrop:stack", account.ledger) == "traindrop"


def test_what_a_tuning_cost_is_settled_like_that_of_a_job(account: Account, queue: Queue) -> None:
    run = launched(account, max_jobs=1, max_parallel=2)
    tuned(account, run)
    job = finished(account, queue, run, lambda _: auc(0.7))
    assert training_jobs.find_named(run.job, account.ledger) == (LAMBDA, job)
    assert job.billable_time_in_seconds == 2


def test_a_request_of_a_run_whose_defaults_are_gone_is_refused(account: Account) -> None:
    request, _ = tuning_requests()
    run = a_run(bucket=BUCKET, instance_type=LAMBDA, max_trials=4)
    with pytest.raises(RuntimeError, match="the trial with the defaults"):
        training_jobs.create(run, request, account.ledger, settings())
    assert training_jobs.find(run, account.ledger) is None
