"""The lesson's way: pandas, a map or dummies for texts, one DMatrix, joblib.

What the lesson writes out column by column is a rule here: texts of few values are mapped, of many left out, numbers
get their median and texts their mode.
"""

import argparse
from typing import Any

import joblib
import pandas as pd
import xgboost as xgb
from benchmarks.ways.options import MOST_VALUES, POSITIVE, TARGET, main
from sklearn.model_selection import train_test_split


def features_of(frame: pd.DataFrame, learned: dict[str, Any]) -> pd.DataFrame:
    """Numbers, by what was learned of the training file."""
    frame = frame.drop(columns=[TARGET, *learned["left_out"]], errors="ignore")
    frame = frame.fillna(learned["fill"])
    for name in learned["days"]:
        frame[name] = (pd.to_datetime(frame[name]) - pd.Timestamp("1970-01-01")).dt.days
    if learned["columns"] is not None:
        return pd.get_dummies(frame, columns=list(learned["maps"])).reindex(columns=learned["columns"], fill_value=0)
    for name, numbers in learned["maps"].items():
        frame[name] = frame[name].map(numbers)
    return frame


def learned_of(frame: pd.DataFrame, *, one_hot: bool) -> dict[str, Any]:
    texts = [name for name in frame.columns if name != TARGET and not pd.api.types.is_numeric_dtype(frame[name])]
    days = [name for name in texts if frame[name].iloc[:100].str.fullmatch(r"\d{4}-\d\d-\d\d").all()]
    left_out = [name for name in texts if name not in days and frame[name].nunique() > MOST_VALUES]
    mapped = [name for name in texts if name not in days and name not in left_out]
    numbers = frame.select_dtypes("number").drop(columns=[TARGET], errors="ignore")
    fill = {**numbers.median().to_dict(), **{name: frame[name].mode()[0] for name in mapped}}
    maps = {
        name: {text: number for number, text in enumerate(sorted(frame[name].dropna().unique()))} for name in mapped
    }
    learned = {"left_out": left_out, "days": days, "fill": fill, "maps": maps, "columns": None}
    if one_hot:
        names = [f"{name}_{text}" for name in mapped for text in maps[name]]
        rest = [name for name in frame.columns if name not in (TARGET, *left_out, *mapped)]
        learned["columns"] = [*rest, *names]
    return learned


def label_of(frame: pd.DataFrame) -> Any:
    column = frame[TARGET]
    return column if pd.api.types.is_numeric_dtype(column) else (column == POSITIVE).astype(int)


def train(options: argparse.Namespace, parameters: dict[str, Any]) -> None:
    frame = pd.read_csv(options.train)
    learned = learned_of(frame, one_hot=options.one_hot)
    x_train, x_val, y_train, y_val = train_test_split(
        features_of(frame, learned), label_of(frame), test_size=0.2, random_state=42
    )
    print(f"Train size: {x_train.shape}")
    rows, held_out = xgb.DMatrix(x_train, label=y_train), xgb.DMatrix(x_val, label=y_val)
    parts = [(rows, "train"), (held_out, "validation")]
    booster = xgb.train({**parameters, "seed": 42}, rows, options.rounds, evals=parts, verbose_eval=False)
    joblib.dump({"booster": booster, "learned": learned}, options.model / "xgboost-model")


def score(options: argparse.Namespace) -> tuple[Any, Any]:
    model = joblib.load(options.model / "xgboost-model")
    frame = pd.read_csv(options.score)
    return label_of(frame), model["booster"].predict(xgb.DMatrix(features_of(frame, model["learned"])))


if __name__ == "__main__":
    main(train, score)
