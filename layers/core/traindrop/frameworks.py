"""The frameworks that `training.yaml` may name, and what each brings: its script, its hyperparameters."""

from collections.abc import Mapping
from dataclasses import dataclass

from traindrop.config import TrainingConfig
from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters
from traindrop.hyperparameters.model import Hyperparameters
from traindrop.hyperparameters.pytorch import PyTorchHyperparameters
from traindrop.hyperparameters.sklearn import SklearnHyperparameters
from traindrop.hyperparameters.tensorflow import TensorFlowHyperparameters
from traindrop.hyperparameters.xgboost import XGBoostHyperparameters


@dataclass(frozen=True)
class Framework:
    """`script`: its folder in `training_scripts/`, None where it has no script of ours."""

    script: str | None
    hyperparameters: type[Hyperparameters] | None


FRAMEWORKS: Mapping[str, Framework] = {
    "xgboost": Framework("xgboost", XGBoostHyperparameters),
    "builtin-xgboost": Framework(None, BuiltinXGBoostHyperparameters),
    "sklearn": Framework("sklearn", SklearnHyperparameters),
    "pytorch": Framework("pytorch", PyTorchHyperparameters),
    "tensorflow": Framework("tensorflow", TensorFlowHyperparameters),
    "custom": Framework(None, None),
}


def check_hyperparameters(config: TrainingConfig, *, own_script: bool) -> None:
    """Raises Rejected for what the framework's own script would refuse. What a person's script takes is its own."""
    model = FRAMEWORKS[config.framework].hyperparameters
    if model is not None and not own_script:
        model.checked(config.hyperparameters, framework=config.framework)
