"""The ranges of a tuning, held against the hyperparameters that the framework's script takes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, get_args

from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.frameworks import FRAMEWORKS
from traindrop.hyperparameters.model import Hyperparameters
from traindrop.hyperparameters.sklearn import SklearnHyperparameters
from traindrop.tuning_config import Range, RangeValue

Kind = Literal["number", "integer", "categorical"]
# What SageMaker tunes of its XGBoost: "Tunable XGBoost Hyperparameters",
# https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html. It takes the image for the algorithm, also where
# a script runs in it: https://github.com/aws/sagemaker-python-sdk/issues/2226
TUNED_BY_SAGEMAKER = (
    "alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma", "lambda", "max_delta_step",
    "max_depth", "min_child_weight", "num_round", "subsample",
)  # fmt: skip
# What leaves the model, or what it is measured by, as it is or makes it another question.
_NOT_SEARCHED = {
    "xgboost": {"refit"},
    "builtin-xgboost": {"eval_metric", "nthread", "num_class", "objective", "verbosity"},
    "sklearn": {"refit"},
    "pytorch": {"refit", "tensor_parallel_size"},
}


@dataclass(frozen=True)
class TunedRange:
    """One hyperparameter that is searched; `values` only of a categorical one, the others only of what is a number."""

    name: str
    kind: Kind
    low: int | float = 0
    high: int | float = 0
    log: bool = False
    values: tuple[RangeValue, ...] = ()

    @property
    def combinations(self) -> float:
        """How many values it has; of a number there is no end."""
        if self.kind == "number":
            return math.inf
        return len(self.values) if self.values else self.high - self.low + 1

    @property
    def shown(self) -> str:
        """`2 to 8`, `0.01 to 0.3`, `gbtree, dart`."""
        return ", ".join(map(str, self.values)) if self.values else f"{self.low} to {self.high}"


def tuned_ranges(config: TrainingConfig, *, own_script: bool) -> tuple[TunedRange, ...]:
    """All of them; none where nothing is tuned. Raises `Rejected` with every one that the framework does not take."""
    if config.tuning is None:
        return ()
    model = None if own_script else FRAMEWORKS[config.framework].hyperparameters
    if model is not None:
        problems = [
            each for name, found in config.tuning.ranges.items() for each in _problems(config, model, name, found)
        ]
        if problems:
            raise Rejected("training.yaml: " + " ".join(problems))
    return tuple(_tuned(name, found, model) for name, found in config.tuning.ranges.items())


def with_trials_within(config: TrainingConfig, ranges: Sequence[TunedRange]) -> TrainingConfig:
    """With no more trials than the ranges have combinations. Raises `Rejected` where somebody asked for more.

    SageMaker refuses them: https://github.com/aws/amazon-sagemaker-operator-for-k8s/issues/123. Anywhere else they
    would repeat the earlier ones.
    """
    tuning = config.tuning
    most = math.prod(each.combinations for each in ranges)
    if tuning is None or tuning.trials <= most:
        return config
    if "max_jobs" in tuning.model_fields_set:
        raise Rejected(
            f"training.yaml: tuning.max_jobs: found {tuning.trials:,}, and the ranges have {most:,.0f} combinations. "
            f"Set max_jobs: {most:.0f}, or widen a range."
        )
    return config.model_copy(update={"tuning": tuning.model_copy(update={"max_jobs": int(most)})})


def default_of(config: TrainingConfig, name: str, *, own_script: bool) -> Any:
    """What the trial with the defaults has of a hyperparameter: as training.yaml says, or the framework's own script.

    None where that is not known.
    """
    if name in config.hyperparameters:
        return config.hyperparameters[name]
    model = None if own_script else FRAMEWORKS[config.framework].hyperparameters
    fields = {} if model is None else {each.alias or field: each for field, each in model.model_fields.items()}
    return fields[name].default if name in fields else None


def costliest(config: TrainingConfig) -> Mapping[str, Any]:
    """The hyperparameters of the trial that takes longest and most: the greatest number of each range."""
    ranges = config.tuning.ranges if config.tuning else {}
    most = {name: found.max for name, found in ranges.items() if found.max is not None}
    numbers = {name: [each for each in found.values if _is_number(each)] for name, found in ranges.items()}
    return {**config.hyperparameters, **most, **{name: max(found) for name, found in numbers.items() if found}}


def _is_number(value: RangeValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _problems(config: TrainingConfig, model: type[Hyperparameters], name: str, found: Range) -> Iterator[str]:
    where = f"tuning.ranges.{name}"
    field = _fields(model).get(name)
    if field is None:
        yield f"{where}: there is no such hyperparameter. Those of {config.framework} are: {', '.join(_fields(model))}."
        return
    if name in _NOT_SEARCHED.get(config.framework, ()):
        yield f"{where}: it makes no model better, or is no setting of the model. Set it under hyperparameters."
        return
    if found.type == "number" and field is int:
        yield f"{where}.type: found number, and {name} takes whole numbers only. Leave type out."
    checked = found.values or (found.min, found.max)
    refusals = (_refusal(config, model, name, value) for value in checked)
    yield from dict.fromkeys(each for each in refusals if each)


def _refusal(config: TrainingConfig, model: type[Hyperparameters], name: str, value: object) -> str | None:
    """Why a trial with this value would not be trained, None where it would."""
    for rest in _beside(config, model, name):
        try:
            model.checked({**rest, name: value}, framework=config.framework)
        except Rejected as error:
            text = str(error).removeprefix("training.yaml: ")
            return text.replace(f"hyperparameters.{name}:", f"tuning.ranges.{name}:")
    return None


def _beside(config: TrainingConfig, model: type[Hyperparameters], name: str) -> list[dict[str, Any]]:
    """What a value may meet: hyperparameters of scikit-learn go with some estimators only."""
    fixed = {key: value for key, value in config.hyperparameters.items() if key != name}
    searched = config.tuning.ranges.get("estimator") if config.tuning else None
    if model is not SklearnHyperparameters or searched is None or name == "estimator":
        return [fixed]
    return [{**fixed, "estimator": each} for each in searched.values]


def _fields(model: type[Hyperparameters]) -> dict[str, Any]:
    """The type of each by its name in training.yaml; of one that may be left out, the type that it then has not."""
    return {field.alias or name: _without_none(field.annotation) for name, field in model.model_fields.items()}


def _without_none(annotation: Any) -> Any:
    others = [each for each in get_args(annotation) if each is not type(None)]
    return others[0] if isinstance(annotation, UnionType) and len(others) == 1 else annotation


def _tuned(name: str, found: Range, model: type[Hyperparameters] | None) -> TunedRange:
    if found.values or found.min is None or found.max is None:
        return TunedRange(name, "categorical", values=found.values)
    return TunedRange(name, _kind(name, found, model), found.min, found.max, found.scale == "log")


def _kind(name: str, found: Range, model: type[Hyperparameters] | None) -> Kind:
    if found.type is not None:
        return found.type
    if model is not None:
        return "integer" if _fields(model)[name] is int else "number"
    return "integer" if isinstance(found.min, int) and isinstance(found.max, int) else "number"
