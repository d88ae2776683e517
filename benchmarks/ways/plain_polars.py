"""Plain polars and XGBoost, as one would write it today: codes for texts, float32, a QuantileDMatrix."""

import argparse
import json
from typing import Any

import numpy as np
import polars as pl
import xgboost as xgb
from benchmarks.ways.options import MOST_VALUES, POSITIVE, TARGET, main


def features_of(frame: pl.DataFrame, learned: dict[str, Any]) -> pl.DataFrame:
    maps = learned["maps"]
    columns = [
        pl.col(name).cast(pl.Enum(maps[name]), strict=False).to_physical().cast(pl.Float32)
        if name in maps
        else pl.col(name).cast(pl.Int32).cast(pl.Float32)  # days of a date
        if frame.schema[name] == pl.Date
        else pl.col(name).cast(pl.Float32)
        for name in learned["columns"]
    ]
    return frame.select(columns)


def learned_of(frame: pl.DataFrame) -> dict[str, Any]:
    texts = [name for name, kind in frame.schema.items() if kind == pl.String and name != TARGET]
    few = [name for name in texts if frame[name].n_unique() <= MOST_VALUES]
    maps = {name: frame[name].drop_nulls().unique().sort().to_list() for name in few}
    columns = [name for name in frame.columns if name != TARGET and (name in maps or name not in texts)]
    return {"maps": maps, "columns": columns}


def label_of(frame: pl.DataFrame) -> Any:
    column = frame[TARGET]
    return (column == POSITIVE if column.dtype == pl.String else column).cast(pl.Float32).to_numpy()


def train(options: argparse.Namespace, parameters: dict[str, Any]) -> None:
    frame = pl.read_csv(options.train, try_parse_dates=True)
    learned = learned_of(frame)
    features, label = features_of(frame, learned), label_of(frame)
    held_out = np.random.default_rng(42).random(len(label)) < 0.2
    rows = xgb.QuantileDMatrix(features.filter(~held_out), label[~held_out])
    parts = [(rows, "train"), (xgb.QuantileDMatrix(features.filter(held_out), label[held_out], ref=rows), "validation")]
    booster = xgb.train({**parameters, "seed": 42}, rows, options.rounds, evals=parts, verbose_eval=False)
    booster.save_model(options.model / "model.ubj")
    (options.model / "learned.json").write_text(json.dumps(learned), "utf-8")


def score(options: argparse.Namespace) -> tuple[Any, Any]:
    learned = json.loads((options.model / "learned.json").read_text("utf-8"))
    booster = xgb.Booster(model_file=options.model / "model.ubj")
    frame = pl.read_csv(options.score, try_parse_dates=True)
    return label_of(frame), booster.inplace_predict(features_of(frame, learned).to_numpy())


if __name__ == "__main__":
    main(train, score)
