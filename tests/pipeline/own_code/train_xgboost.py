"""A person's script with the interface of the lesson that this project grew from; it knows nothing of traindrop."""

import argparse
import os
from pathlib import Path

import joblib
import numpy as np
import xgboost as xgb

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", default="train.csv")
    parser.add_argument("--max_depth", type=int, default=5)
    parser.add_argument("--eta", type=float, default=0.1)
    parser.add_argument("--num_round", type=int, default=100)
    options = parser.parse_args()

    table = np.genfromtxt(Path(os.environ.get("SM_CHANNEL_TRAIN", ".")) / options.train, delimiter=",", skip_header=1)
    rows = xgb.DMatrix(table[:, :2], label=table[:, 2])
    print(f"Train size: {table[:, :2].shape}")
    parameters = {"objective": "binary:logistic", "max_depth": options.max_depth, "eta": options.eta, "nthread": 1}
    booster = xgb.train(parameters, rows, options.num_round)
    joblib.dump(booster, Path(os.environ.get("SM_MODEL_DIR", ".")) / "xgboost-model")
    print(f"Model saved to {os.environ.get('SM_MODEL_DIR', '.')}")
