"""Where our tuning requests differ from the SageMaker SDK's on purpose, each with its reason (`differences`)."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.differences import ABSENT, ANY, Difference, not_asked

_DEFINITION = "TrainingJobDefinition"
_OURS = ("sklearn", "pytorch", "tensorflow", "custom")

_BOTH = (
    Difference("Tags.traindrop:*", ABSENT, ANY, "runs are found, counted and paid for by our tags; trials are told"),
    Difference(
        f"{_DEFINITION}.OutputDataConfig.S3OutputPath",
        ANY,
        "s3://traindrop-dropbucket-1a2b3c4d/runs/traindrop-flowers-0123456789ab/trials",
        "all of a run is in our bucket",
    ),
    Difference(
        f"{_DEFINITION}.EnableInterContainerTrafficEncryption", ABSENT, True, "as of every training job (differences)"
    ),
    Difference(
        f"{_DEFINITION}.ResourceConfig.VolumeSizeInGB",
        30,
        10,
        "a CSV of at most a gigabyte needs no more",
        not_asked("volume_size_in_gb"),
    ),
    Difference(
        f"{_DEFINITION}.AlgorithmSpecification.MetricDefinitions.*",
        ABSENT,
        ANY,
        "the metrics of our scripts beside the objective, as of every training job",
        lambda case: case.config.framework in _OURS,
    ),
    Difference(
        f"{_DEFINITION}.CheckpointConfig.S3Uri",
        ANY,
        ABSENT,
        "the algorithm would go on from the trees of another trial",
        lambda case: case.config.use_spot and case.config.framework == "builtin-xgboost",
    ),
)

TUNING_BY_SDK: Mapping[int, tuple[Difference, ...]] = {
    2: (
        *_BOTH,
        Difference(
            f"{_DEFINITION}.CheckpointConfig.LocalPath",
            ABSENT,
            "/opt/ml/checkpoints",
            "the API's default, spelled out for the local AWS",
            lambda case: case.config.use_spot and case.config.framework != "builtin-xgboost",
        ),
        Difference(
            f"{_DEFINITION}.CheckpointConfig.S3Uri",
            "s3://traindrop-dropbucket-1a2b3c4d/checkpoints/traindrop-flowers-0123456789ab",
            "s3://traindrop-dropbucket-1a2b3c4d/checkpoints/traindrop-flowers-0123456789ab/trials",
            "the job with the defaults has its own beside it",
            lambda case: case.config.use_spot and case.config.framework != "builtin-xgboost",
        ),
        Difference(
            f"{_DEFINITION}.StoppingCondition.MaxRuntimeInSeconds",
            86_400,
            3600,
            "a trial that hangs costs an hour, not a day",
            not_asked("max_runtime"),
        ),
        Difference(
            f"{_DEFINITION}.StaticHyperParameters.sagemaker_estimator_*",
            ANY,
            ABSENT,
            "by these the SDK finds its own class again",
            lambda case: case.config.framework in ("xgboost", "sklearn", "pytorch", "tensorflow"),
        ),
        Difference(
            f"{_DEFINITION}.StaticHyperParameters.model_dir",
            ANY,
            ABSENT,
            "scripts write to SM_MODEL_DIR, as with every other framework",
            lambda case: case.config.framework == "tensorflow",
        ),
        Difference(
            "HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges.*.Values",
            ANY,
            ANY,
            "a number stays a number, and true is JSON's, as where they are not tuned; the script is told the same",
            lambda case: case.name == "lists of numbers",
        ),
        Difference(
            "HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges.kernel.Values",
            ["rbf", "poly"],
            ['"rbf"', '"poly"'],
            "as JSON, as all that a script in an image of one's own is told; the script gets the same",
            lambda case: case.name == "custom image with a script",
        ),
    ),
    3: (
        *_BOTH,
        Difference(
            f"{_DEFINITION}.StaticHyperParameters",
            ABSENT,
            {},
            "it means the same",
            lambda case: not case.hyperparameters,
        ),
        Difference(
            "HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges",
            ABSENT,
            [],
            "it means the same",
            lambda case: case.config.framework == "builtin-xgboost",
        ),
        Difference(
            f"{_DEFINITION}.InputDataConfig.*.InputMode", ABSENT, "File", "that of TrainingInputMode, said once more"
        ),
        Difference(f"{_DEFINITION}.OutputDataConfig.CompressionType", "GZIP", ABSENT, "the API's default"),
    ),
}


def with_one_resource_config(sent: Mapping[str, Any]) -> dict[str, Any]:
    """v2 sends the same fields as HyperParameterTuningResourceConfig, which has no KeepAlivePeriodInSeconds."""
    definition = dict(sent[_DEFINITION])
    if "HyperParameterTuningResourceConfig" in definition:
        definition["ResourceConfig"] = definition.pop("HyperParameterTuningResourceConfig")
    return {**sent, _DEFINITION: definition}
