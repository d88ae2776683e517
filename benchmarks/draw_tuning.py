"""What tuning gains on test rows: `python draw_tuning.py RESULTS.json PICTURE.svg`, in the environment of `make peers`.

A point for each way and dataset: the mean gain over the defaults, in percent of their metric, with twice its standard
error.
"""

import json
import sys
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

WAYS = ("random", "random, early stopping", "bayesian", "bayesian, early stopping", "hyperband")
# The metrics of which less is better.
LOWER = ("diabetes",)


def draw(document: dict[str, Any], file: Path) -> None:
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "traindrop", "font.size": 9})
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    found = document["found"]
    for axes, (name, ways) in zip(
        figure.subplots(1, len(found), sharey=True, squeeze=False)[0], found.items(), strict=True
    ):
        sign = -1 if name in LOWER else 1
        gains = [[sign * (each["test"] / each["defaults_test"] - 1) * 100 for each in ways[way]] for way in WAYS]
        errors = [2 * stdev(each) / len(each) ** 0.5 for each in gains]
        axes.errorbar([fmean(each) for each in gains], WAYS, xerr=errors, fmt="o", color="#1565c0", ms=4, elinewidth=1)
        axes.axvline(0, color="0.6", linewidth=0.8)
        axes.set(title=f"{name}, {len(gains[0])} seeds", xlabel="better than the defaults on test rows, %")
    figure.axes[0].invert_yaxis()
    figure.savefig(file, metadata={"Date": None})


if __name__ == "__main__":
    results, picture = map(Path, sys.argv[1:])
    draw(json.loads(results.read_text("utf-8")), picture)
