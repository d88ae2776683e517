"""One more section in training.yaml: the same drop, tuned inside Lambda, its best trial evaluated, one message."""

import random
from collections import Counter
from pathlib import Path

from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, Pipeline, labelled
from tests.pipeline.test_runs_that_end_badly import beyond_the_check
from tests.waiting import wait_for

from traindrop.lambda_jobs import LambdaJobs
from traindrop.lambda_limits import LAMBDA
from traindrop.lambda_tunings import records
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop.trial import Trial, best
from traindrop.tunings import trials_of

# Seconds in which also a busy machine carries out some training jobs, one after the other.
SEVERAL_JOBS = 300
RANGES = {"eta": {"min": 0.05, "max": 0.5, "scale": "log"}, "max_depth": {"min": 2, "max": 6}}


def noisy(seed: int, rows: int = 400) -> bytes:
    """Two numbers and a label that they decide in four of five rows."""
    chance = random.Random(seed)  # noqa: S311 - data for a test
    lines = ["length,width,label"]
    for _ in range(rows):
        length, width = chance.uniform(0, 7), chance.uniform(0, 5)
        kinds = ("rose", "tulip") if length > width else ("tulip", "rose")
        lines.append(f"{length:.2f},{width:.2f},{kinds[chance.random() < 0.2]}")
    return "\n".join([*lines, ""]).encode()


def ledger(pipeline: Pipeline) -> Ledger:
    return Ledger(pipeline.stack.table)


def trials(pipeline: Pipeline, run: Run) -> tuple[Trial, ...]:
    return trials_of(run, ledger(pipeline))


def was_tuned(pipeline: Pipeline, dataset: str, run: Run, count: int) -> None:
    """That many trials, each carried out once, in Lambda; the model of the best one is what was evaluated."""
    assert run.status is Status.EVALUATED, run.reason
    found = trials(pipeline, run)
    assert [trial.number for trial in found] == list(range(count))
    assert found[0].job == run.defaults_job
    assert {trial.status for trial in found} <= {"completed", "stopped early"}
    assert found[0].status == "completed"
    for trial in found:
        states = [each.status for each in LambdaJobs(ledger(pipeline)).stored(trial.job).state.transitions]
        assert Counter(states)["Downloading"] == 1
        assert pipeline.job(trial.job) is None  # SageMaker knows nothing of it
    winner = best(found, "maximize")
    assert winner is not None
    assert run.best_trial == winner.job
    assert pipeline.read(run.model_key) is not None
    assert run.reported["validation:auc"] == winner.objective
    assert run.billable_seconds == sum(trial.billable_seconds or 0 for trial in found)
    assert len(pipeline.runs(dataset)) == 1
    assert pipeline.message(dataset).outcome == "evaluated"
    assert run.job not in ledger(pipeline).slots()


def test_a_drop_is_tuned_in_lambda_trial_by_trial_and_the_best_is_evaluated_and_told_once(pipeline: Pipeline) -> None:
    pipeline.put("datasets/tuned/test/held_out.csv", noisy(2))
    tuning = {"max_jobs": 4, "max_parallel": 2, "strategy": "bayesian", "ranges": RANGES}
    pipeline.drop(
        "tuned", noisy(1), target="label", instance_type="lambda", hyperparameters={"num_round": 20}, tuning=tuning
    )
    (run,) = pipeline.told("tuned", seconds=SEVERAL_JOBS)
    was_tuned(pipeline, "tuned", run, 5)
    assert records(ledger(pipeline)).stored(run.job).told
    assert run.notified_at is not None


def test_titanic_is_tuned_in_lambda(pipeline: Pipeline, titanic: Path) -> None:
    pipeline.put("datasets/titanic-tuned/test/titanic_test.csv", (titanic / "titanic_test.csv").read_bytes())
    tuning = {"max_jobs": 5, "max_parallel": 3, "strategy": "random", "ranges": RANGES}
    pipeline.drop(
        "titanic-tuned", (titanic / "titanic_train.csv").read_bytes(), target="Survived", instance_type="lambda",
        hyperparameters={"num_round": 30}, tuning=tuning,
    )  # fmt: skip
    (run,) = pipeline.told("titanic-tuned", seconds=SEVERAL_JOBS)
    was_tuned(pipeline, "titanic-tuned", run, 6)
    assert run.metrics["auc"] is not None


def test_where_the_first_trials_all_fail_it_ends_with_their_reason_and_the_others_are_not_begun(
    pipeline: Pipeline,
) -> None:
    csv = beyond_the_check()
    tuning = {"max_jobs": 20, "max_parallel": 2, "strategy": "random", "ranges": RANGES}
    pipeline.drop(
        "untuned", csv, target="label", task="binary", instance_type="lambda", hyperparameters=FEW_ROUNDS, tuning=tuning
    )
    (run,) = pipeline.told("untuned", seconds=SEVERAL_JOBS)
    assert run.status is Status.FAILED, run.reason
    reason = run.reason or ""
    assert f"line {csv.count(10)} has 2 fields, the header has 3" in reason
    assert "None of 3 trials was done. The other 18 were not begun." in reason
    assert [trial.status for trial in trials(pipeline, run)] == ["failed"] * 3
    message = pipeline.message("untuned")
    assert message.subject == "[traindrop] untuned: training failed"
    assert "The other 18 were not begun." in " ".join(message.body.split())


def test_stopped_in_the_middle_it_keeps_the_trials_that_are_done_and_the_best_of_them_is_evaluated(
    pipeline: Pipeline,
) -> None:
    ranges = {"num_round": {"min": ENDLESS["num_round"] - 9, "max": ENDLESS["num_round"]}}
    tuning = {"max_jobs": 2, "max_parallel": 1, "strategy": "random", "ranges": ranges}
    pipeline.drop(
        "halted", labelled(), target="label", instance_type="lambda", hyperparameters={"num_round": 5}, tuning=tuning
    )

    def endless() -> Run | None:
        run = next(iter(pipeline.runs("halted")), None)
        if run is None or run.instance_type != LAMBDA:
            return None
        return run if [trial.status for trial in trials(pipeline, run)] == ["completed", "running"] else None

    run = wait_for(endless, SEVERAL_JOBS)
    assert pipeline.traindrop("stop", run.run, "--yes").returncode == 0
    (told,) = pipeline.told("halted", seconds=SEVERAL_JOBS)
    assert told.status is Status.EVALUATED, told.reason
    assert told.best_trial == told.defaults_job
    assert [trial.status for trial in trials(pipeline, told)] == ["completed", "stopped"]
    assert any(note.startswith("The tuning was stopped") for note in told.notes)
