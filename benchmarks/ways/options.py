"""What every way of training takes alike, and what it leaves.

Without --score it trains and leaves a model in the folder --model; with it, it predicts the rows of a test file as its
own pipeline reads them, and leaves scores.npy: the label and the probability of each row.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TARGET, POSITIVE = "outcome", "yes"
# Of each way; what XGBoost is told beside it are its own defaults.
BOOSTING: dict[str, Any] = {
    "objective": "binary:logistic", "tree_method": "hist", "eta": 0.1, "subsample": 0.8, "colsample_bytree": 0.8,
}  # fmt: skip
# Texts with more values than this are names and ids: left out, as the lesson leaves out Name, Ticket and Cabin.
MOST_VALUES = 1000

Trains = Callable[[argparse.Namespace, dict[str, Any]], object]
Scores = Callable[[argparse.Namespace], tuple[Any, Any]]


def main(train: Trains, score: Scores) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=Path)
    parser.add_argument("--validation", type=Path)
    parser.add_argument("--score", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--one-hot", action="store_true")
    options = parser.parse_args()
    if options.score is None:
        train(options, {**BOOSTING, "max_depth": options.depth})
        return
    truth, probability = score(options)
    np.save(options.model / "scores.npy", np.stack([np.asarray(truth, float), np.asarray(probability, float)]))
