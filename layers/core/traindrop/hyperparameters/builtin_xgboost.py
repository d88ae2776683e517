"""The hyperparameters of the SageMaker XGBoost image's algorithm mode, checked before money is spent.

Names and limits: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html and the image's own
check (aws/sagemaker-xgboost-container, algorithm_mode/hyperparameter_validation.py). Of those on that page are missing
here, because they cannot do what they say:

- csv_weights (no column of weights is written), monotone_constraints and interaction_constraints (they number the
  columns of a file that nobody sees), process_type, updater, refresh_leaf (there is no model to go on from);
- booster gblinear, lambda_bias (it takes missing values for 0 and a category's code for a quantity);
- single_precision_histogram, deterministic_histogram, sketch_eps, tree_method gpu_hist (gone from XGBoost 3),
  use_dask_gpu_training (GPUs).
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field

from traindrop.errors import Rejected
from traindrop.hyperparameters.model import Hyperparameters

# The objective first that is taken where none is given. Only such as predict a probability per class, or the value.
OBJECTIVES: dict[str, tuple[str, ...]] = {
    "binary": ("binary:logistic",),
    "multiclass": ("multi:softprob",),
    "regression": (
        "reg:squarederror",
        "reg:squaredlogerror",
        "reg:pseudohubererror",
        "reg:logistic",
        "reg:gamma",
        "reg:tweedie",
        "count:poisson",
    ),
}
# What is measured each round where nothing is given; early stopping watches the last one.
DEFAULT_METRICS = {"binary": "error,auc,logloss", "multiclass": "merror,mlogloss", "regression": "mae,rmse"}
METRICS: dict[str, tuple[str, ...]] = {
    "binary": ("error", "auc", "logloss", "aucpr", "rmse", "mae"),
    "multiclass": ("merror", "mlogloss"),
    "regression": (
        "mae",
        "rmse",
        "rmsle",
        "mape",
        "mphe",
        "gamma-deviance",
        "gamma-nloglik",
        "poisson-nloglik",
    ),
}


class BuiltinXGBoostHyperparameters(Hyperparameters):
    """Those of framework builtin-xgboost. What is None is not sent: the algorithm's own default holds."""

    model_config = ConfigDict(serialize_by_alias=True)

    num_round: int = Field(100, ge=1, le=100_000, description="Rounds of boosting.")
    max_depth: int = Field(5, ge=0, description="Greatest depth of a tree; 0: no limit.")
    eta: float = Field(0.1, ge=0, le=1, description="Learning rate: what a new tree counts for.")
    subsample: float = Field(0.8, gt=0, le=1, description="Share of the rows that each tree sees.")
    colsample_bytree: float = Field(0.8, gt=0, le=1, description="Share of the features that each tree sees.")
    early_stopping_rounds: int | None = Field(None, ge=1, description="Stop after so many rounds without a gain.")
    num_class: int | None = Field(None, ge=2, description="Number of classes; only for a file with prepared: true.")
    objective: str | None = Field(None, description="For a regression, for example reg:tweedie or count:poisson.")
    eval_metric: str | None = Field(None, description="Metrics of each round, separated by commas.")
    booster: Literal["gbtree", "dart"] | None = Field(None, description="Trees, or trees with dropout.")
    tree_method: Literal["auto", "exact", "approx", "hist"] | None = Field(None, description="How splits are found.")
    gamma: float | None = Field(None, ge=0, description="Least gain for a further split (0).")
    min_child_weight: float | None = Field(None, ge=0, description="Least weight of the rows in a leaf (1).")
    max_delta_step: float | None = Field(None, ge=0, description="Greatest step of a leaf's weight; 0: any (0).")
    colsample_bylevel: float | None = Field(None, gt=0, le=1, description="Share of the features at each depth (1).")
    colsample_bynode: float | None = Field(None, gt=0, le=1, description="Share of the features at each split (1).")
    lambda_: float | None = Field(None, alias="lambda", ge=0, description="L2 regularisation of leaf weights (1).")
    alpha: float | None = Field(None, ge=0, description="L1 regularisation of leaf weights (0).")
    scale_pos_weight: float | None = Field(None, gt=0, description="Weight of the positive class; binary only (1).")
    grow_policy: Literal["depthwise", "lossguide"] | None = Field(None, description="Which leaf is split next.")
    max_leaves: int | None = Field(None, ge=0, description="Most leaves of a tree; 0: no limit (0).")
    max_bin: int | None = Field(None, ge=2, description="Most bins of a feature's histogram (256).")
    num_parallel_tree: int | None = Field(None, ge=1, description="Trees of each round (1).")
    base_score: float | None = Field(None, ge=0, description="Prediction to start from; else fitted.")
    tweedie_variance_power: float | None = Field(None, gt=1, lt=2, description="For reg:tweedie (1.5).")
    sample_type: Literal["uniform", "weighted"] | None = Field(None, description="dart: which trees are dropped.")
    normalize_type: Literal["tree", "forest"] | None = Field(None, description="dart: weight of new trees.")
    rate_drop: float | None = Field(None, ge=0, le=1, description="dart: share of the trees dropped (0).")
    one_drop: int | None = Field(None, ge=0, le=1, description="dart: 1: drop one tree at the least (0).")
    skip_drop: float | None = Field(None, ge=0, le=1, description="dart: probability to drop none (0).")
    nthread: int | None = Field(None, ge=1, description="Threads; else one per processor.")
    verbosity: int | None = Field(None, ge=0, le=3, description="How much XGBoost says: 0 nothing, 3 everything (1).")

    def for_task(self, task: str, *, classes: int, seed: int, validation: bool) -> dict[str, str]:
        """All hyperparameters of a job, as the image takes them: plain text, no JSON.

        `classes`: of a classification; `validation`: whether there is a channel of that name. Raises Rejected where
        one does not go with the task.
        """
        self._check(task, classes, validation=validation)
        chosen = self.model_dump(exclude_none=True) | {
            "objective": self.objective or OBJECTIVES[task][0],
            "eval_metric": self.eval_metric or DEFAULT_METRICS[task],
            "seed": seed,
        }
        if task == "multiclass":
            chosen["num_class"] = classes
        else:
            chosen.pop("num_class", None)
        return {name: str(value) for name, value in chosen.items()}

    def _check(self, task: str, classes: int, *, validation: bool) -> None:
        problems = []
        if self.objective and self.objective not in OBJECTIVES[task]:
            problems.append(f"objective {self.objective!r} is none for {task}: {', '.join(OBJECTIVES[task])}")
        if odd := [name for name in (self.eval_metric or "").split(",") if name and name not in METRICS[task]]:
            problems.append(f"eval_metric {', '.join(odd)} is none for {task}: {', '.join(METRICS[task])}")
        if self.scale_pos_weight is not None and task != "binary":
            problems.append(f"scale_pos_weight is for two classes, and the task is {task}")
        if self.num_class is not None and task != "regression" and self.num_class != classes:
            problems.append(f"num_class is {self.num_class}, and the file has {classes} classes. Leave it out")
        if self.early_stopping_rounds is not None and not validation:
            problems.append("early_stopping_rounds needs rows to validate on, and there are none")
        if problems:
            raise Rejected("training.yaml: " + " ".join(f"hyperparameters.{problem}." for problem in problems))


def metric_definitions(task: str) -> list[dict[str, str]]:
    """How metrics are found in the image's log, by the names that SageMaker gives them itself.

    To read a log with, not to send: CreateTrainingJob refuses MetricDefinitions for this image ("You can't override
    the metric definitions for Amazon SageMaker algorithms"). The image writes a tab, and CloudWatch shows #011.
    """
    return [
        {"Name": f"{part}:{metric}", "Regex": rf".*\[[0-9]+\].*(?:#011|\t){part}-{metric}:([-+0-9.eE]+)"}
        for part in ("train", "validation")
        for metric in METRICS[task]
    ]


def read_back(texts: Mapping[str, str]) -> dict[str, str | int | float]:
    """What `for_task` gave, as XGBoost takes it. Raises ValueError, pydantic's, with each name that is not known."""
    rest = {name: text for name, text in texts.items() if name != "seed"}
    found = BuiltinXGBoostHyperparameters.model_validate(rest, strict=False).model_dump(exclude_unset=True)
    return found | ({"seed": int(texts["seed"])} if "seed" in texts else {})
