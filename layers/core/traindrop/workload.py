"""How much there is to train: what the check learned of a file, and what the config asks to be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from traindrop.hyperparameters.xgboost import XGBoostHyperparameters
from traindrop.refitting import refits


@dataclass(frozen=True)
class Workload:
    """One training. `rows` are an estimate where the file was seen in part; `features` are those of the model, of which
    a column may give several or none; `trees` are those of one round: one for each of three and more classes."""

    train_bytes: int
    test_bytes: int
    rows: int
    features: int
    trees: int
    rounds: int
    depth: int
    fits: int = 2

    @property
    def cells(self) -> int:
        return self.rows * self.features


def workload(
    *, train_bytes: int, test_bytes: int, rows: int, features: int, classes: int, hyperparameters: Mapping[str, Any]
) -> Workload:
    """The work of framework xgboost; `classes` is 0 for a regression. Early stopping is not counted on."""
    asked = XGBoostHyperparameters.model_validate(dict(hyperparameters))
    return Workload(
        train_bytes=train_bytes,
        test_bytes=test_bytes,
        rows=rows,
        features=features,
        trees=classes if classes > 2 else 1,
        rounds=asked.num_round,
        depth=asked.max_depth,
        fits=2 if refits(str(asked.refit).lower(), rows) else 1,
    )
