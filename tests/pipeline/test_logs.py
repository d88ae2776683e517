"""The deployed functions' logs, where whoever runs the stack reads them."""

import json

from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled


def test_one_run_can_be_followed_through_the_logs_of_all_functions(pipeline: Pipeline) -> None:
    pipeline.drop("followed", labelled(), target="label", hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("followed")
    for function, message in (("Launcher", "launch"), ("Evaluator", "evaluation"), ("Notifier", "told")):
        pipeline.wait_until_idle(function)
        lines = [json.loads(line) for line in pipeline.log(function, run.run) if line.startswith("{")]
        assert {line["correlation_id"] for line in lines} == {run.run}, function
        assert message in {line["message"] for line in lines if "_aws" not in line}, function
