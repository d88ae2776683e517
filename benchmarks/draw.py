"""Cost against size: `python draw.py RESULTS.json PICTURE.svg`, in the environment of `make peers`.

Both axes are logarithmic: ways whose cost grows as the file does are lines of one steepness. A bar from the least to
the most of all runs.
"""

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

COLOURS = ("#1565c0", "#64b5f6", "#e65100", "#c62828", "#2e7d32", "#6a1b9a", "#616161")
MARKERS = {"o": "circles", "s": "squares", "^": "triangles"}
PANELS = (("seconds", 1.0, "seconds"), ("peak_bytes", 1e6, "peak memory, MB"))


def draw(document: dict[str, Any], file: Path) -> None:
    # Text stays text, which is a tenth of its outlines; and no date, so that the same numbers are the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "traindrop", "font.size": 9})
    if len({each["size"] for each in document["measured"]}) == 1:
        _bars(document["measured"], file)
        return
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    kinds = list(dict.fromkeys(_kind(each) for each in document["measured"]))
    ways = list(dict.fromkeys(each["way"] for each in document["measured"]))
    for axes, (field, unit, title) in zip(figure.subplots(1, 2), PANELS, strict=True):
        for colour, way in zip(COLOURS, ways, strict=False):
            for marker, kind in zip(MARKERS, kinds, strict=False):
                measured = (each for each in document["measured"] if (each["way"], _kind(each)) == (way, kind))
                points = [each for each in measured if each["runs"][0][field]]
                _line(axes, points, field, unit, way if kind == _first_kind(document, way) else None, colour, marker)
        axes.set(xscale="log", yscale="log", xlabel=_axis(document["axis"], kinds), title=title)
        sizes = sorted({each["size"] for each in document["measured"]})
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_formatter(NullFormatter())
        axes.grid(visible=True, which="major", color="0.9", linewidth=0.6)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(file, metadata={"Date": None})


def _bars(measured: list[dict[str, Any]], file: Path) -> None:
    """Of one size alone."""
    figure = Figure(figsize=(9, 0.6 + 0.35 * len(measured)), layout="constrained")
    for axes, (field, unit, title) in zip(figure.subplots(1, 2, sharey=True), PANELS, strict=True):
        values = [median(run[field] for run in each["runs"]) / unit for each in measured]
        bars = axes.barh([each["way"] for each in measured], values, color=COLOURS[: len(measured)], height=0.6)
        axes.bar_label(bars, fmt="{:.3g}", padding=3)
        axes.set(title=title, xlim=(0, max(values) * 1.15))
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].invert_yaxis()
    figure.savefig(file, metadata={"Date": None})


def _line(
    axes: Any, points: list[dict[str, Any]], field: str, unit: float, label: str | None, colour: str, marker: str
) -> None:
    if not points:
        return
    values = [[run[field] / unit for run in each["runs"]] for each in points]
    middle = [median(each) for each in values]
    spread = [
        [at - min(each) for at, each in zip(middle, values, strict=True)],
        [max(each) - at for at, each in zip(middle, values, strict=True)],
    ]
    sizes = [each["size"] for each in points]
    axes.errorbar(sizes, middle, yerr=spread, label=label, color=colour, marker=marker, ms=4, lw=1.2, elinewidth=0.8)


def _axis(name: str, kinds: list[str]) -> str:
    """With what the markers say, where there are several."""
    if len(kinds) == 1:
        return name
    told = [f"{marker}: {kind}" for marker, kind in zip(MARKERS.values(), kinds, strict=False)]
    return f"{name} ({', '.join(told)})"


def _kind(each: dict[str, Any]) -> str:
    """What a line joins: cases of one name before the comma."""
    return str(each["case"]).partition(",")[0]


def _first_kind(document: dict[str, Any], way: str) -> str:
    return next(_kind(each) for each in document["measured"] if each["way"] == way)


if __name__ == "__main__":
    results, picture = map(Path, sys.argv[1:])
    draw(json.loads(results.read_text("utf-8")), picture)
