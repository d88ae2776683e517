"""`training.yaml`: what a person may ask for, its defaults and its limits."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from traindrop.config_rules import contradictions
from traindrop.errors import Rejected
from traindrop.strict_yaml import InvalidYaml, load
from traindrop.tuning_config import MAX_RANGES, MAX_VALUES, Objective, Range, TuningConfig

# A training.yaml is a page of text; anything larger is not one, and is not parsed.
MAX_BYTES = 64 * 1024

# A shorter training job is none: its instance alone takes longer to start.
MIN_RUNTIME = 60

_DURATION = re.compile(r"(\d{1,9})\s*([smhd]?)", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _seconds(value: object) -> object:
    """`90`, `90s`, `15m`, `1h` or `2d` as whole seconds; anything else is left for pydantic to refuse."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        return int(match[1]) * _SECONDS[match[2]]
    return value


def _own_tag(key: str) -> str:
    if key.lower().startswith(("aws:", "traindrop:")):
        raise ValueError("keys that begin with aws: or traindrop: are taken")
    return key


def _schema(maximum: int) -> WithJsonSchema:
    """An editor has to take the text forms too; their range is known only once they are read."""
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": MIN_RUNTIME, "maximum": maximum},
                {"type": "string", "pattern": r"^\s*[0-9]{1,9}\s*[smhd]?\s*$"},
            ]
        }
    )


MAX_RUNTIME = 28 * 86_400
# The maximum of KeepAlivePeriodInSeconds (API reference, ResourceConfig).
MAX_KEEP_ALIVE = 6 * 3600
Duration = Annotated[int, BeforeValidator(_seconds), Field(ge=MIN_RUNTIME, le=MAX_RUNTIME), _schema(MAX_RUNTIME)]
KeepAlive = Annotated[int, BeforeValidator(_seconds), Field(ge=60, le=MAX_KEEP_ALIVE), _schema(MAX_KEEP_ALIVE)]
ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Scalar = str | int | float | bool
# What SageMaker takes as a tag (API reference, Tag). Keys under aws: are AWS's own, under traindrop: ours.
_TAG_CHARACTERS = r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$"
TagText = Annotated[str, StringConstraints(max_length=256, pattern=_TAG_CHARACTERS)]
TagKey = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=_TAG_CHARACTERS), AfterValidator(_own_tag)
]

# What the training toolkit starts: a relative path of a .py file inside the code folder.
EntryPoint = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*\.py$"),
]
# CreateTrainingJob's own limits (API reference, Environment and AlgorithmSpecification$TrainingImage).
VariableName = Annotated[str, StringConstraints(max_length=512, pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
Variable = Annotated[str, StringConstraints(max_length=512)]
ImageUri = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\s]+$")]
Framework = Literal["xgboost", "builtin-xgboost", "sklearn", "pytorch", "tensorflow", "custom"]
MAX_INSTANCES = 20

Metric = Literal[
    "accuracy", "balanced_accuracy", "precision", "recall", "f1", "f1_macro", "f1_weighted",
    "auc", "pr_auc", "log_loss", "brier", "calibration_error", "rmse", "mae", "r2", "mape",
]  # fmt: skip


class TrainingConfig(BaseModel):
    """One dataset's `training.yaml`. Every field is optional; `target` only where it is unambiguous."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    target: ColumnName | None = Field(
        None, description="Column to predict. Without it: the one column called target, label, class or y."
    )
    task: Literal["auto", "binary", "multiclass", "regression"] = Field(
        "auto", description="What kind of target it is; auto looks at its values."
    )
    framework: Framework = Field("xgboost", description="What trains the model.")
    framework_version: str | None = Field(
        None, description="Version of the SageMaker image of the framework. Default: the newest that is supported."
    )
    entry_point: EntryPoint | None = Field(
        None, description="The script to start in datasets/<dataset>/code/. Default: train.py."
    )
    image_uri: ImageUri | None = Field(None, description="The image of framework custom, in a registry of AWS (ECR).")
    prepared: bool = Field(
        False, description="builtin-xgboost only: the CSV has no header, numbers only, and the label first."
    )
    hyperparameters: dict[str, Scalar] = Field(
        default_factory=dict, description="Passed to the training script, for example max_depth: 3."
    )
    drop: tuple[ColumnName, ...] = Field((), strict=False, description="Columns to leave out of training.")
    validation_fraction: float = Field(
        0.2, gt=0, lt=1, description="Share of the training rows held out to validate each round."
    )
    seed: int = Field(42, ge=0, le=2**31 - 1, description="Seed of the split and of the training.")
    instance_type: Annotated[str, StringConstraints(pattern=r"^(auto|lambda|ml\.[a-z0-9-]+\.[a-z0-9]+)$")] = Field(
        "auto",
        description="SageMaker instance type, for example ml.m5.large; lambda: a Lambda function; auto chooses.",
    )
    instance_count: int = Field(1, ge=1, le=MAX_INSTANCES, description="Number of instances that train together.")
    distribution: Literal["data", "model", "hybrid"] | None = Field(
        None,
        description="How instances share the work: data (rows), model (weights), hybrid (both). Default with several: "
        "data. pytorch has all three; xgboost and tensorflow have data.",
    )
    volume_size_in_gb: int = Field(10, ge=1, le=16_384, description="Disk of the instance, in GB.")
    max_runtime: Duration = Field(
        3600,
        description="The job is stopped after this time: seconds, or 90s, 15m, 1h, 2d.",
    )
    use_spot: bool = Field(
        False, description="Train on spot capacity: cheaper, may be interrupted, goes on from its last checkpoint."
    )
    max_wait: Duration | None = Field(
        None, description="With use_spot: the longest time until the job has ended, waiting for capacity included."
    )
    keep_alive: KeepAlive | None = Field(
        None,
        description="Keep the instance for this time after the job, so that the next one starts in seconds: a warm "
        "pool, paid like training. Seconds, or 90s, 15m, up to 6h.",
    )
    max_cost_usd: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="The run is rejected where it may cost more: max_runtime, which is lowered to fit where it is not "
        "set, times instance_count times the price.",
    )
    environment: dict[VariableName, Variable] = Field(
        default_factory=dict, max_length=100, description="Environment variables of the training script."
    )
    metric: Metric | None = Field(
        None, description="The metric that messages lead with. Default: auc, accuracy or rmse, by the task."
    )
    minimum: float | None = Field(
        None,
        allow_inf_nan=False,
        description="What the metric has to reach on the test rows, of an error what it may be at the most, before the "
        "dataset's first model becomes its champion.",
    )
    tuning: TuningConfig | None = Field(
        None, description="Look for the best hyperparameters: many trials, of which the best one's model is kept."
    )
    strict: bool = Field(False, description="The run fails where its evaluation has warnings; the model is kept.")
    tags: dict[TagKey, TagText] = Field(
        default_factory=dict, max_length=40, description="Further tags for the training job."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if found := contradictions(self):
            raise ValueError("\n- ".join(found))
        return self


def parse_config(text: bytes, *, file: str) -> TrainingConfig:
    """The config in `text`, the bytes of a training.yaml; `file` names it in messages.

    Raises `Rejected` with every problem found: the field, what stood there, what is allowed.
    """
    try:
        loaded = load(text, max_bytes=MAX_BYTES)
    except (InvalidYaml, yaml.YAMLError, UnicodeDecodeError) as error:
        raise Rejected(f"{file} cannot be read as YAML: {error}") from error
    if loaded is None:
        return TrainingConfig()
    if not isinstance(loaded, dict):
        raise Rejected(f"{file} has to be a list of `field: value` lines; found {_shown(loaded)}.")
    try:
        return TrainingConfig.model_validate(loaded)
    except ValidationError as error:
        problems = "\n".join(f"- {_problem(details)}" for details in error.errors())
        raise Rejected(f"{file} is not valid:\n{problems}") from error


def _problem(details: ErrorDetails) -> str:
    if details["type"] == "value_error" and not details["loc"]:
        return str(details["ctx"]["error"])
    field = ".".join(str(part) for part in details["loc"] if part != "[key]") or "training.yaml"
    if details["type"] == "extra_forbidden":
        return f"{field}: there is no such field. Fields: {', '.join(_fields_beside(details))}."
    if details["type"] == "missing":
        return f"{field}: missing; {_allowed(details)}."
    hint = ""
    if details["type"] == "string_type":
        # What stands in an environment variable may be a secret, and this goes by mail.
        shown = "…" if field.startswith("environment.") else details["input"]
        hint = f' Write it in quotes: {field}: "{shown}"'
    is_secret = details["loc"][0] == "environment" and "[key]" not in details["loc"]
    found = type(details["input"]).__name__ if is_secret else _shown(details["input"])
    return f"{field}: found {found}; {_allowed(details)}.{hint}"


def _fields_beside(details: ErrorDetails) -> Iterable[str]:
    """Those that there are where one was found that is not there."""
    match details["loc"]:
        case ("tuning", "objective", *_):
            return Objective.model_fields
        case ("tuning", "ranges", *_):
            return Range.model_fields
        case ("tuning", _):
            return TuningConfig.model_fields
        case _:
            return TrainingConfig.model_fields


# Where pydantic's own words would show a pattern, or a type that YAML does not have.
_EXPECTED = {
    ("instance_type", "string_pattern_mismatch"): "auto, lambda or a SageMaker instance type such as ml.m5.large",
    ("tags", "string_pattern_mismatch"): "letters, numbers, spaces and _ . : / = + - @",
    ("max_runtime", "int_type"): "seconds, or a time such as 90s, 15m, 1h, 2d",
    ("max_cost_usd", "greater_than"): "an amount of US dollars above 0, such as 0.50, or no such line",
    ("max_cost_usd", "float_type"): "an amount of US dollars above 0, such as 0.50",
    ("minimum", "float_type"): "a number, such as 0.8",
    ("max_wait", "int_type"): "seconds, or a time such as 90s, 15m, 1h, 2d",
    ("keep_alive", "int_type"): "seconds, or a time such as 90s, 15m, 1h",
    ("entry_point", "string_pattern_mismatch"): "the path of a .py file inside the code folder, such as train.py",
    ("environment", "string_pattern_mismatch"): "a name of letters, digits and _ that begins with no digit",
    ("image_uri", "string_pattern_mismatch"): "the address of an image, without spaces",
    ("drop", "tuple_type"): "a list of column names, for example [name, ticket]",
    ("tuning", "model_type"): "lines of their own, such as ranges: {max_depth: {min: 2, max: 8}}",
    ("tuning", "missing"): "what is searched, such as ranges: {max_depth: {min: 2, max: 8}}",
    ("tuning.ranges", "too_short"): "what is searched, such as {max_depth: {min: 2, max: 8}}",
    ("tuning.ranges", "dict_type"): "what is searched, such as {max_depth: {min: 2, max: 8}}",
    ("tuning.ranges", "too_long"): f"at most {MAX_RANGES} ranges, and {MAX_VALUES} values in a list",
    ("tuning.objective", "model_type"): "the name of a metric, or lines of their own: metric, direction, regex",
    ("tuning.objective", "missing"): "the name of a metric, such as metric: validation:auc",
    ("tuning.max_cost_usd", "greater_than"): "an amount of US dollars above 0, such as 0.50, or no such line",
}


def _allowed(details: ErrorDetails) -> str:
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    place = ".".join(map(str, details["loc"][: 2 if details["loc"][0] == "tuning" else 1]))
    if expected := _EXPECTED.get((place, details["type"]), _EXPECTED.get((str(details["loc"][0]), details["type"]))):
        return f"expected {expected}"
    message = details["msg"].replace("Input", "it", 1)
    return message[0].lower() + message[1:]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
