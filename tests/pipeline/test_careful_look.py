"""Runs that a careful colleague would look at twice: warned of, failed where one is strict, or only predicted."""

import csv
import io
import json
from pathlib import Path

import pytest
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status


def test_titanic_raises_no_doubt_about_its_data(pipeline: Pipeline, titanic: Path) -> None:
    pipeline.put("datasets/careful/test/held out.csv", (titanic / "titanic_test.csv").read_bytes())
    csv_file = (titanic / "titanic_train.csv").read_bytes()
    pipeline.drop("careful", csv_file, "titanic_train.csv", target="Survived", strict=True, hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("careful")
    assert (run.status, run.warnings) == (Status.EVALUATED, ())
    evaluation = json.loads(pipeline.read(run.evaluation_key) or b"{}")
    assert {"Age", "Sex", "Survived"} <= {column["name"] for column in evaluation["columns"]}


@pytest.mark.parametrize("framework", ["xgboost", "builtin-xgboost", "sklearn"])
def test_a_strict_run_whose_column_gives_the_answer_away_fails_its_evaluation_and_keeps_its_model(
    pipeline: Pipeline, framework: str
) -> None:
    """The length decides the label, and the test rows are training rows."""
    name = f"strict-{framework}"
    pipeline.put(f"datasets/{name}/test/held_out.csv", labelled(50))
    pipeline.drop(name, labelled(100), framework=framework, strict=True)
    (run,) = pipeline.told(name)
    assert run.status is Status.EVALUATION_FAILED
    assert "Column 'length' alone tells 'label'" in " ".join(run.warnings)
    assert all(text in (run.reason or "") for text in run.warnings)
    assert pipeline.read(run.model_key) is not None
    assert pipeline.message(name).outcome == "evaluation_failed"


def test_a_test_file_without_the_target_is_predicted(pipeline: Pipeline) -> None:
    body = b"\n".join(line.rpartition(b",")[0] for line in labelled(50).splitlines())
    pipeline.put("datasets/predicted/test/new.csv", body)
    pipeline.drop("predicted", labelled(100), hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("predicted")
    assert (run.status, run.metrics) == (Status.EVALUATED, {})
    header, *rows = csv.reader(io.StringIO((pipeline.read(run.predictions_key) or b"").decode()))
    assert (header, len(rows)) == (["row", "probability_rose", "probability_tulip"], 50)
    assert run.uri(run.predictions_key) in pipeline.message("predicted").body
