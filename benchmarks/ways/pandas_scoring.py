"""A model of ours and a raw test file, scored with pandas and scikit-learn: what one would write in a notebook.

The features are those that dataset.json describes, so that the predictions, and with them the metrics, have to be ours.
Leaves scored.json, as `benchmarks.ways.ours` does.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn import metrics


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--score", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    document = json.loads((options.model / "dataset.json").read_text("utf-8"))
    booster = xgb.Booster(model_file=options.model / "model.ubj")
    frame = pd.read_csv(options.score)
    features = np.column_stack([filled(frame[column["name"]], column) for column in document["columns"]])
    truth = (frame[document["target"]] == document["classes"][1]).to_numpy().astype(int)
    probability = booster.inplace_predict(features.astype(np.float32))
    (options.out / "scored.json").write_text(json.dumps({"metrics": scores(truth, probability)}), "utf-8")


def filled(column: "pd.Series[Any]", described: dict[str, Any]) -> Any:
    """With what a missing value counts as, where the model knows no NaN."""
    found, missing = feature_of(column, described), described.get("missing")
    return found if missing is None else found.fillna(missing)


def feature_of(column: "pd.Series[Any]", described: dict[str, Any]) -> Any:
    kind = described["kind"]
    if kind == "number":
        return pd.to_numeric(column, errors="coerce")
    if kind == "category":
        codes = {text: float(code) for code, text in enumerate(described["categories"])}
        found = column.map(codes)
        return found.where(found.notna() | column.isna(), float(len(codes))) if described.get("other") else found
    dates = pd.to_datetime(column, errors="coerce")
    parts = {"month": dates.dt.month, "weekday": dates.dt.weekday, "hour": dates.dt.hour}
    return parts[kind] if kind in parts else (dates - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)


def scores(truth: Any, probability: Any) -> dict[str, float]:
    """scikit-learn's of the names that ours have."""
    called = probability > 0.5
    return {
        "accuracy": float(metrics.accuracy_score(truth, called)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(truth, called)),
        "precision": float(metrics.precision_score(truth, called)),
        "recall": float(metrics.recall_score(truth, called)),
        "f1": float(metrics.f1_score(truth, called)),
        "auc": float(metrics.roc_auc_score(truth, probability)),
        "pr_auc": float(metrics.average_precision_score(truth, probability)),
        "log_loss": float(metrics.log_loss(truth, probability)),
        "brier": float(metrics.brier_score_loss(truth, probability)),
    }


if __name__ == "__main__":
    main()
