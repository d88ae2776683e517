"""A dataset's champion: the first model that was tested, then a better one, each in the model registry once."""

import json
from typing import Any

import boto3
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline
from tests.waiting import wait_for

from traindrop.ledger import Ledger
from traindrop.run import Run, Status


def noisy(rows: int, seed: int) -> bytes:
    """A label that two numbers decide, half of them noise to a model that sees only the second."""
    lines = []
    for number in range(rows):
        n = (number + seed) * 7919 % 1009
        lines.append(f"{n % 31},{n % 17},{'rose' if n % 31 > 15 else 'tulip'}\n")
    return "".join(["length,width,label\n", *lines]).encode()


def packages() -> list[dict[str, Any]]:
    """The models in the registry, the newest first."""
    sagemaker = boto3.client("sagemaker")
    found = sagemaker.list_model_packages(MaxResults=100)["ModelPackageSummaryList"]
    return [dict(sagemaker.describe_model_package(ModelPackageName=each["ModelPackageArn"])) for each in found]


def verdict(pipeline: Pipeline, run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pipeline.read(run.evaluation_key) or b"{}")["verdict"]
    return found


def test_a_better_model_takes_the_champion_s_place_and_one_that_is_no_better_does_not(pipeline: Pipeline) -> None:
    pipeline.put("datasets/contest/test/held_out.csv", noisy(300, 5000))
    # Without the column that decides it is guesswork.
    pipeline.drop("contest", noisy(300, 0), "first.csv", hyperparameters=FEW_ROUNDS, drop=["length"])
    pipeline.told("contest", runs=1)
    pipeline.configure("contest", hyperparameters=FEW_ROUNDS)
    pipeline.told("contest", runs=2)
    pipeline.drop("contest", noisy(330, 0), "second.csv")
    runs = pipeline.told("contest", runs=3)
    assert {run.status for run in runs} == {Status.EVALUATED}
    third, better, first = runs
    outcomes = [verdict(pipeline, run)["outcome"] for run in (first, better, third)]
    assert outcomes == ["first", "better", "no difference"], [run.verdict for run in runs]
    assert better.champion == first.run
    assert Ledger(pipeline.stack.table).champion("contest") == better.run == third.champion
    ours = [each for each in packages() if each["CustomerMetadataProperties"]["traindrop:dataset"] == "contest"]
    # Every event comes twice, and there is one version for each champion.
    assert [each["CustomerMetadataProperties"]["traindrop:run"] for each in ours] == [better.run, first.run]
    assert [each["ModelPackageArn"] for each in ours] == [better.model_package, first.model_package]
    assert [each["ModelApprovalStatus"] for each in ours] == ["PendingManualApproval"] * 2


def test_two_runs_at_once_make_one_champion(pipeline: Pipeline) -> None:
    pipeline.put("datasets/race/test/held_out.csv", noisy(200, 5000))
    pipeline.configure("race", hyperparameters=FEW_ROUNDS)
    for number in range(3):
        pipeline.put(f"datasets/race/train/{number}.csv", noisy(200 + 10 * number, 0))
    runs = pipeline.told("race", runs=3)
    outcomes = sorted((run.comparison.outcome if run.comparison else "") for run in runs)
    assert outcomes.count("first") == 1
    assert {run.champion for run in runs if run.comparison and run.comparison.outcome != "first"} <= {
        run.run for run in runs
    }
    champion = Ledger(pipeline.stack.table).champion("race")
    assert champion in {run.run for run in runs if run.comparison and run.comparison.becomes_champion}


def test_a_registry_that_refuses_costs_no_evaluation(pipeline: Pipeline) -> None:
    pipeline.put("datasets/refused/test/held_out.csv", noisy(100, 5000))
    with pipeline.denied("Evaluator", "sagemaker:CreateModelPackage"):
        pipeline.drop("refused", noisy(100, 0), hyperparameters=FEW_ROUNDS)
        (run,) = pipeline.told("refused")
    assert (run.status, run.model_package) == (Status.EVALUATED, None)
    assert "The model is not in the model registry" in run.notes[-1]
    assert "sagemaker:CreateModelPackage" in run.notes[-1]
    assert wait_for(lambda: pipeline.messages("refused"))[0].outcome == "evaluated"


def test_on_another_test_file_the_champion_is_scored_again(pipeline: Pipeline) -> None:
    pipeline.put("datasets/retested/test/held_out.csv", noisy(200, 5000))
    pipeline.drop("retested", noisy(200, 0), "first.csv", hyperparameters=FEW_ROUNDS)
    pipeline.told("retested", runs=1)
    pipeline.put("datasets/retested/test/held_out.csv", noisy(250, 6000))
    pipeline.drop("retested", noisy(210, 0), "second.csv")
    second, first = pipeline.told("retested", runs=2)
    found = verdict(pipeline, second)
    assert (found["outcome"], found["rescored"], found["rows"]) == ("no difference", True, 250)
    assert found["champion"] == first.run


def test_of_a_framework_that_leaves_predictions_those_are_compared_on_the_file_they_are_for(pipeline: Pipeline) -> None:
    pipeline.put("datasets/scripted/test/held_out.csv", noisy(120, 5000))
    pipeline.drop("scripted", noisy(120, 0), "first.csv", framework="sklearn")
    pipeline.told("scripted", runs=1)
    pipeline.drop("scripted", noisy(130, 0), "second.csv")
    pipeline.told("scripted", runs=2)
    pipeline.put("datasets/scripted/test/held_out.csv", noisy(140, 6000))
    pipeline.drop("scripted", noisy(140, 0), "third.csv")
    third, second, first = pipeline.told("scripted", runs=3)
    assert [run.status for run in (first, second, third)] == [Status.EVALUATED] * 3
    assert second.comparison is not None
    assert second.comparison.outcome in {"no difference", "better"}
    assert (second.comparison.champion, second.comparison.rows) == (first.run, 120)
    found = verdict(pipeline, third)
    assert (found["outcome"], found["becomes_champion"]) == ("not comparable", False)
    assert "predictions for another test file" in found["text"]
