"""The hyperparameters that `training_scripts/xgboost/train.py` takes, checked before money is spent.

Meaning and limits are XGBoost's own: https://xgboost.readthedocs.io/en/stable/parameter.html
"""

from typing import Literal

from pydantic import Field

from traindrop.hyperparameters.model import Hyperparameters
from traindrop.refitting import ENOUGH_ROWS


class XGBoostHyperparameters(Hyperparameters):
    """Those of framework xgboost."""

    num_round: int = Field(100, ge=1, le=100_000, description="Rounds of boosting.")
    max_depth: int = Field(5, ge=1, le=20, description="Greatest depth of a tree.")
    eta: float = Field(0.1, gt=0, le=1, description="Learning rate: what a new tree counts for.")
    subsample: float = Field(0.8, gt=0, le=1, description="Share of the rows that each tree sees.")
    colsample_bytree: float = Field(0.8, gt=0, le=1, description="Share of the features that each tree sees.")
    min_child_weight: float = Field(1, ge=0, description="Least weight of the rows (second derivative) in a leaf.")
    gamma: float = Field(0, ge=0, description="Least gain for a further split.")
    reg_lambda: float = Field(1, ge=0, description="L2 regularisation of leaf weights.")
    reg_alpha: float = Field(0, ge=0, description="L1 regularisation of leaf weights.")
    max_bin: int = Field(256, ge=2, le=65_536, description="Most bins of a feature's histogram.")
    scale_pos_weight: float = Field(1, gt=0, description="Weight of the rows of the positive class; binary only.")
    early_stopping_rounds: int = Field(0, ge=0, description="Stop after so many rounds without a gain; 0: never.")
    refit: Literal[True, False, "auto"] = Field(
        "auto",
        description="After validation, train the model that is kept on all rows; takes as long again. auto: where they "
        f"are fewer than {ENOUGH_ROWS:,}.",
    )
