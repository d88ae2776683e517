"""Where our requests differ from the SageMaker SDK's on purpose, each with its reason. What else differs is a bug.

A field is a path in the request, `*` for any rest of it; elements of lists go by their name. `sdk` and `ours` are what
has to stand there: a value, ANY value, or ABSENT.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.oracle.cases import Case

ABSENT, ANY = "<absent>", "<any value>"


@dataclass(frozen=True)
class Difference:
    """`when`: the cases in which the field differs; in all others it has to be the same."""

    field: str
    sdk: object
    ours: object
    reason: str
    when: Callable[[Case], bool] = lambda _: True


def not_asked(option: str) -> Callable[[Case], bool]:
    return lambda case: not case.asked(option)


_BOTH = (
    Difference("Tags.traindrop:*", ABSENT, ANY, "runs are found, counted and paid for by our tags"),
    Difference(
        "OutputDataConfig.S3OutputPath", ANY, "s3://traindrop-dropbucket-1a2b3c4d/runs", "all of a run is in our bucket"
    ),
    Difference(
        "EnableInterContainerTrafficEncryption", ABSENT, True, "rows and gradients do not cross a network in the clear"
    ),
    Difference(
        "ResourceConfig.VolumeSizeInGB",
        30,
        10,
        "a CSV of at most a gigabyte needs no more",
        not_asked("volume_size_in_gb"),
    ),
    Difference(
        "CheckpointConfig.LocalPath",
        ABSENT,
        "/opt/ml/checkpoints",
        "the API's default, spelled out for the local AWS",
        lambda case: case.config.use_spot,
    ),
    Difference(
        "AlgorithmSpecification.MetricDefinitions.*",
        ABSENT,
        ANY,
        "our scripts print these metrics",
        lambda case: "xgboost" not in case.config.framework and "metric_definitions" not in case.arguments,
    ),
)

BY_SDK: Mapping[int, tuple[Difference, ...]] = {
    2: (
        *_BOTH,
        Difference("DebugHookConfig.*", ANY, ABSENT, "nobody reads the Debugger's tensors"),
        Difference("ProfilerConfig.DisableProfiler", False, True, "nobody reads its reports, and it slows short jobs"),
        Difference("ProfilerConfig.S3OutputPath", ANY, ABSENT, "the profiler is off"),
        Difference(
            "StoppingCondition.MaxRuntimeInSeconds",
            86_400,
            3600,
            "a job that hangs costs an hour, not a day",
            not_asked("max_runtime"),
        ),
        Difference(
            "StoppingCondition.MaxWaitTimeInSeconds",
            ABSENT,
            7200,
            "the API refuses a spot job without it: twice the run time",
            lambda case: case.config.use_spot and not case.asked("max_wait"),
        ),
        Difference(
            "AlgorithmSpecification.MetricDefinitions.validation:auc.Regex",
            "auc=(.*)",
            ANY,
            "ours follows our scripts",
            lambda case: "metric_definitions" in case.arguments,
        ),
        Difference(
            "AlgorithmSpecification.MetricDefinitions.*",
            ABSENT,
            ANY,
            "all metrics of our scripts, not only the one",
            lambda case: "metric_definitions" in case.arguments,
        ),
        Difference(
            "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries",
            True,
            ABSENT,
            "the graphs of metrics over time are ours, from metrics.json",
            lambda case: case.config.framework in ("pytorch", "tensorflow"),
        ),
        Difference(
            "HyperParameters.model_dir",
            ANY,
            ABSENT,
            "scripts write to SM_MODEL_DIR, as with every other framework",
            lambda case: case.config.framework == "tensorflow",
        ),
        Difference(
            "HyperParameters.sagemaker_torch_distributed_enabled",
            "true",
            ABSENT,
            "a script starts its workers itself",
            lambda case: "torch_distributed" in case.name,
        ),
        Difference(
            "HyperParameters.sagemaker_instance_type",
            ANY,
            ABSENT,
            "only the toolkit's launcher reads it",
            lambda case: "torch_distributed" in case.name,
        ),
        Difference(
            "HyperParameters.sagemaker_multi_worker_mirrored_strategy_enabled",
            "true",
            ABSENT,
            "a script sets TF_CONFIG itself",
            lambda case: "multi_worker" in case.name,
        ),
        Difference(
            "HyperParameters.verbose",
            "True",
            "true",
            "as JSON has it, and as v3 sends it",
            lambda case: not case.has_script and "verbose" in case.hyperparameters,
        ),
        Difference(
            "HyperParameters",
            ABSENT,
            {},
            "it means the same",
            lambda case: not case.has_script and not case.hyperparameters,
        ),
    ),
    3: (
        *_BOTH,
        Difference("ProfilerConfig.DisableProfiler", ABSENT, True, "said, not left to the service's default"),
        Difference("OutputDataConfig.CompressionType", "GZIP", ABSENT, "the API's default"),
    ),
}


def flat(request: Mapping[str, Any]) -> dict[str, Any]:
    """Every field of a request by its path; elements of lists by their name, not by their place."""
    return dict(_fields(request, ""))


def _fields(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list) and value and not isinstance(value[0], str):
        named = {_name(element): element for element in value}
        if len(named) < len(value):
            raise ValueError(f"{path}: a name twice in {value}")
        value = named
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _fields(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def _name(element: dict[str, Any]) -> str:
    (name,) = [str(element[key]) for key in ("ChannelName", "Name", "Key") if key in element]
    return name


def unintended(sdk: Mapping[str, Any], ours: Mapping[str, Any], intended: Iterable[Difference]) -> list[str]:
    """What differs between two flat requests and is not listed, and what is listed and does not differ so."""
    differing = {
        name: (sdk.get(name, ABSENT), ours.get(name, ABSENT))
        for name in {**sdk, **ours}
        if sdk.get(name, ABSENT) != ours.get(name, ABSENT)
    }
    problems = []
    for listed in intended:
        fields = [name for name in differing if fnmatchcase(name, listed.field)]
        if not fields:
            problems.append(f"{listed.field}: listed ({listed.reason}), and there is no such difference")
        problems += [
            f"{name}: SDK {pair[0]!r}, ours {pair[1]!r}, where {listed.sdk!r} and {listed.ours!r} are listed"
            for name in fields
            if not _as_listed(pair := differing.pop(name), listed)
        ]
    return problems + [f"{name}: SDK {theirs!r}, ours {own!r}" for name, (theirs, own) in differing.items()]


def _as_listed(pair: tuple[object, object], listed: Difference) -> bool:
    expected = (listed.sdk, listed.ours)
    return all(found != ABSENT if value == ANY else found == value for found, value in zip(pair, expected, strict=True))
