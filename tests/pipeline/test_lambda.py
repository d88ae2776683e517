"""instance_type lambda: the same script, carried out by the trainer."""

from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status


def test_a_small_drop_is_trained_in_lambda_and_told_as_any_other(pipeline: Pipeline) -> None:
    pipeline.drop("quick", labelled(), hyperparameters=FEW_ROUNDS, instance_type="lambda")
    (run,) = pipeline.told("quick")
    assert (run.status, run.instance_type, run.memory_mb) == (Status.EVALUATED, "lambda", 1769)
    assert pipeline.job(run.job) is None  # SageMaker knows nothing of it
    message = pipeline.message("quick")
    assert message.outcome == "evaluated"
    assert "Instances   Lambda, 1,769 MB" in message.body
