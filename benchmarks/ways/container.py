"""The way of the image's own algorithm, as its source does it: aws/sagemaker-xgboost-container.

Files without a header, the label first, numbers only. `data_utils.py` sniffs the delimiter from the first line and has
XGBoost itself load the file (`?format=csv&label_column=0`); `algorithm_mode/train.py` measures both parts each round,
saves a checkpoint after each, and pickles the booster.
"""

import argparse
import csv
import pickle
import tempfile
import warnings
from pathlib import Path
from typing import Any

import xgboost as xgb
from benchmarks.ways.options import main


def loaded(file: Path) -> xgb.DMatrix:
    with file.open(encoding="utf-8") as lines:
        delimiter = csv.Sniffer().sniff(lines.readline()).delimiter
    with warnings.catch_warnings():
        # It is deprecated, and what the image does.
        warnings.simplefilter("ignore")
        return xgb.DMatrix(f"{file}?format=csv&label_column=0&delimiter={delimiter}")


def train(options: argparse.Namespace, parameters: dict[str, Any]) -> None:
    rows, held_out = loaded(options.train), loaded(options.validation)
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [xgb.callback.TrainingCheckPoint(folder, interval=1)]
        parts = [(rows, "train"), (held_out, "validation")]
        booster = xgb.train(parameters, rows, options.rounds, evals=parts, verbose_eval=False, callbacks=callbacks)
    with (options.model / "xgboost-model").open("wb") as out:
        pickle.dump(booster, out)


def score(options: argparse.Namespace) -> tuple[Any, Any]:
    with (options.model / "xgboost-model").open("rb") as stored:
        booster = pickle.load(stored)  # noqa: S301 - written by the line above
    rows = loaded(options.score)
    return rows.get_label(), booster.predict(rows)


if __name__ == "__main__":
    main(train, score)
