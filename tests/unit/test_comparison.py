"""What differs between runs, and what does not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.builders import a_run

from traindrop.run import Run, Status
from traindrop.verdict import first
from traindrop_cli.comparison import on_other_rows, rows

CAME = datetime(2026, 11, 12, tzinfo=UTC)


def a_tested_run(name: str, **changes: Any) -> Run:
    fields: dict[str, Any] = {
        "status": Status.EVALUATED, "instance_type": "ml.m5.large", "main_metric": "auc", "target": "species",
        "metrics": {"accuracy": 0.7, "auc": 0.8}, "intervals": {"auc": (0.7, 0.9)}, "test_rows": 60,
        "training_started_at": CAME, "training_ended_at": CAME + timedelta(seconds=90), "test_digest": "sha256:0",
    }  # fmt: skip
    return a_run(run=name, **(fields | changes))


def a_request(image: str = "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5", **given: Any) -> dict[str, Any]:
    parameters = {name: json.dumps(value) for name, value in given.items()}
    parameters |= {"sagemaker_program": '"train.py"', "train": '"a.csv"'}
    return {"AlgorithmSpecification": {"TrainingImage": image}, "HyperParameters": parameters}


def found(runs: list[Run], requests: list[dict[str, Any]]) -> dict[str, tuple[str | None, ...]]:
    return {row.name: row.values for row in rows(runs, requests)}


def test_settings_are_shown_as_they_stood_in_training_yaml() -> None:
    runs = [a_tested_run("a"), a_tested_run("b")]
    shown = found(runs, [a_request(max_depth=3, objective="x", drop="[]"), a_request(max_depth=6, objective="x")])
    assert shown["max_depth"] == ("3", "6")
    assert shown["objective"] == ("x", "x")
    assert shown["drop"] == ("[]", None)
    assert shown["image"] == ("sagemaker-xgboost:3.0-5",) * 2
    assert not {"sagemaker_program", "train"} & shown.keys()


def test_what_differs_is_known_from_what_does_not() -> None:
    compared = rows([a_tested_run("a"), a_tested_run("b", etag="other")], [a_request(), a_request()])
    assert [row.name for row in compared if row.differs] == ["content"]
    assert list(dict.fromkeys(row.section for row in compared)) == ["config", "data", "result", "cost and time"]


def test_the_main_metric_leads_with_its_interval_and_the_verdict_is_told() -> None:
    verdict = first("flowers", "auc", 0.8, 60, None)
    compared = rows([a_tested_run("a", comparison=verdict), a_tested_run("b", metrics={"auc": None})], [{}, {}])
    result = [(row.name, row.values) for row in compared if row.section == "result"]
    assert result[1] == ("auc", ("0.800 (0.700 to 0.900)", None))
    assert ("verdict", ("first", None)) in result


def test_a_run_that_was_never_launched_has_nothing_to_show_for_it() -> None:
    rejected = a_run(run="r", status=Status.REJECTED, reason="no rows\nat all")
    shown = found([a_tested_run("a"), rejected], [a_request(), {}])
    assert shown["reason"] == (None, "no rows at all")
    assert shown["cost"] == ("unknown", None)
    assert shown["training"] == ("1 min 30 s", None)


def test_runs_that_were_tested_on_other_rows_are_told_apart() -> None:
    one, other = a_tested_run("a"), a_tested_run("b", test_digest="sha256:1")
    assert on_other_rows([one, other])
    assert not on_other_rows([one, a_tested_run("c"), a_run(run="untested")])
    assert not on_other_rows([a_run(run="untested")])
