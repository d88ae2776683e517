"""The hyperparameters that `training_scripts/sklearn/train.py` takes, checked before money is spent.

Meaning and limits are scikit-learn's own: https://scikit-learn.org/stable/api/
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field

from traindrop.errors import Rejected
from traindrop.hyperparameters.model import Hyperparameters

# Which estimator has which of the others.
ESTIMATORS: dict[str, tuple[str, ...]] = {
    "linear": ("C", "max_iter"),
    "random_forest": ("n_estimators", "max_depth", "min_samples_leaf"),
    "extra_trees": ("n_estimators", "max_depth", "min_samples_leaf"),
    "gradient_boosting": (
        "n_estimators", "learning_rate", "max_depth", "min_samples_leaf", "l2_regularization", "early_stopping_rounds",
    ),
    "knn": ("n_neighbors", "weights"),
    "svm": ("C", "kernel"),
}  # fmt: skip


class SklearnHyperparameters(Hyperparameters):
    """Those of framework sklearn. None: the estimator's own default, in the training script."""

    estimator: Literal["linear", "random_forest", "extra_trees", "gradient_boosting", "knn", "svm"] = Field(
        "random_forest", description="What is fitted; linear is logistic regression or ridge."
    )
    refit: bool = Field(
        True, description="After validation, train the model that is kept on all rows; takes as long again."
    )
    n_estimators: int | None = Field(None, ge=1, le=100_000, description="Trees; of gradient_boosting rounds.")
    max_depth: int | None = Field(None, ge=0, le=1000, description="Greatest depth of a tree; 0: no limit.")
    min_samples_leaf: int | None = Field(None, ge=1, description="Least rows in a leaf.")
    learning_rate: float | None = Field(None, gt=0, le=1, description="What a new tree counts for.")
    l2_regularization: float | None = Field(None, ge=0, description="Of leaf values.")
    early_stopping_rounds: int | None = Field(
        None, ge=0, description="Stop after so many rounds without a gain on a tenth of the training rows; 0: never."
    )
    C: float | None = Field(None, gt=0, description="What the rows count for; smaller regularises more.")
    max_iter: int | None = Field(None, ge=1, description="Iterations of the solver at most.")
    kernel: Literal["linear", "poly", "rbf", "sigmoid"] | None = Field(None, description="Of the support vectors.")
    n_neighbors: int | None = Field(None, ge=1, description="Rows that a prediction is the mean of.")
    weights: Literal["uniform", "distance"] | None = Field(None, description="Whether nearer rows count for more.")

    @classmethod
    def checked(cls, given: Mapping[str, object], *, framework: str) -> Self:
        """Raises Rejected also for a hyperparameter that the chosen estimator does not have."""
        found = super().checked(given, framework=framework)
        own = ESTIMATORS[found.estimator]
        others = [name for name in given if name not in (*own, "estimator", "refit")]
        if others:
            raise Rejected(
                f"training.yaml: hyperparameters.{others[0]}: the estimator {found.estimator} has no such "
                f"hyperparameter. Those of {found.estimator} are: {', '.join((*own, 'refit'))}."
            )
        return found
