"""Fits `traindrop.estimate` to what `benchmarks.training_sizes` measured, and shows how far off it is.

    python -m benchmarks.fit_estimate --plot benchmarks/estimate.svg

Writes layers/core/traindrop/fitted_estimate.py. Non-negative least squares on relative errors: a cost below nothing
means nothing, and a second too much matters more at two than at two hundred. Each error in the table is that of a fit
without the case itself: it has not been seen (leave-one-out).
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.processes import ROOT
from benchmarks.training_sizes import RESULTS
from scipy.optimize import nnls

from traindrop.estimate import memory_terms, serial_terms, shared_terms
from traindrop.refitting import refits
from traindrop.workload import Workload

FITTED = ROOT / "layers" / "core" / "traindrop" / "fitted_estimate.py"
Terms = Callable[[Workload], dict[str, float]]


def time_terms(work: Workload) -> dict[str, float]:
    """Both parts in one: only their sum was measured."""
    serial = {f"serial {name}": count for name, count in serial_terms(work).items()}
    return serial | {f"shared {name}": count for name, count in shared_terms(work).items()}


@dataclass(frozen=True)
class Fit:
    """The costs by term, and for each case what a fit without it predicted."""

    costs: Mapping[str, float]
    predicted: Sequence[float]


def fit(works: Sequence[Workload], measured: Sequence[float], terms: Terms) -> Fit:
    names = list(terms(works[0]))
    rows = np.array([[terms(work)[name] for name in names] for work in works])
    target = np.array(measured)
    unseen = []
    for index in range(len(works)):
        others = np.arange(len(works)) != index
        unseen.append(float(rows[index] @ _costs(rows[others], target[others])))
    return Fit(dict(zip(names, map(float, _costs(rows, target)), strict=True)), unseen)


def _costs(rows: Any, target: Any) -> Any:
    relative = rows / target[:, None]
    # Of terms of very different size the solver would lose the small ones.
    scale = np.maximum(relative.max(axis=0), 1e-300)
    return nnls(relative / scale, np.ones(len(target)))[0] / scale


def work_of(case: Mapping[str, Any]) -> Workload:
    classes = case["classes"]
    trees = classes if classes > 2 else 1
    fits = 2 if refits("auto", case["rows"]) else 1
    return Workload(case["bytes"], 0, case["rows"], case["features"], trees, case["rounds"], case["depth"], fits)


def module(time: Fit, memory: Fit, machine: str) -> str:
    """The generated module's text."""
    parts = {
        "SERIAL": _part(time, "serial "),
        "SHARED": _part(time, "shared "),
        "MEMORY": memory.costs,
    }
    lines = [
        '"""What one of each term of `traindrop.estimate` costs: processor seconds, bytes.',
        "",
        "Made by `python -m benchmarks.fit_estimate`; do not edit.",
        f"Measured on: {machine}.",
        '"""',
    ]
    for name, costs in parts.items():
        lines += ["", f"{name} = {{", *(f'    "{term}": {cost:.4g},' for term, cost in costs.items()), "}"]
    return "\n".join(lines) + "\n"


def _part(time: Fit, prefix: str) -> dict[str, float]:
    return {name.removeprefix(prefix): cost for name, cost in time.costs.items() if name.startswith(prefix)}


def table(cases: Sequence[Mapping[str, Any]], time: Fit, memory: Fit) -> str:
    lines = [
        "| file | rows | features | rounds | depth | classes | processor s | predicted | peak MB | predicted |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for case, seconds, peak in zip(cases, time.predicted, memory.predicted, strict=True):
        cells = [
            f"{case['bytes'] / 1e6:.3g} MB", f"{case['rows']:,}", case["features"], case["rounds"], case["depth"],
            case["classes"] or "number", f"{case['cpu_seconds']:.1f}", f"{seconds:.1f}",
            f"{case['peak_bytes'] / 1e6:.0f}", f"{peak / 1e6:.0f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def errors(name: str, predicted: Sequence[float], measured: Sequence[float]) -> str:
    ratio = np.array(predicted) / np.array(measured)
    off = np.abs(ratio - 1)
    return (
        f"{name}: median error {np.median(off):.0%}, nine of ten within {np.quantile(off, 0.9):.0%}, "
        f"predicted / measured from {ratio.min():.2f} to {ratio.max():.2f}"
    )


def plot(cases: Sequence[Mapping[str, Any]], time: Fit, memory: Fit, file: Path) -> None:
    """Predicted against measured, both axes logarithmic. Needs matplotlib: pip install matplotlib"""
    from matplotlib.figure import Figure  # an extra, which nothing else needs
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    size = np.log10([case["bytes"] for case in cases])
    measured = [[case["cpu_seconds"] for case in cases], [case["peak_bytes"] / 1e6 for case in cases]]
    predicted = [list(time.predicted), [value / 1e6 for value in memory.predicted]]
    titles = ["processor seconds", "peak memory, MB"]
    for axes, x, y, title in zip(figure.subplots(1, 2), measured, predicted, titles, strict=True):
        ends = [min(x + y) * 0.8, max(x + y) * 1.25]
        axes.plot(ends, ends, color="0.6", linewidth=1, zorder=0)
        points = axes.scatter(x, y, c=size, cmap="viridis", s=28, edgecolors="white", linewidths=0.5)
        axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, title=title, xlabel="measured", ylabel="predicted")
        axes.set_aspect("equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())
    bar = figure.colorbar(points, ax=figure.axes, ticks=range(4, 10))
    bar.ax.set_yticklabels(["10 kB", "100 kB", "1 MB", "10 MB", "100 MB", "1 GB"])
    figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path, help="write predicted against measured as a picture")
    options = parser.parse_args()
    document = json.loads(RESULTS.read_text("utf-8"))
    cases = document["measured"]
    works = [work_of(case) for case in cases]
    seconds, peaks = [case["cpu_seconds"] for case in cases], [case["peak_bytes"] for case in cases]
    time, memory = fit(works, seconds, time_terms), fit(works, peaks, memory_terms)
    FITTED.write_text(module(time, memory, document["machine"]), "utf-8")
    print(table(cases, time, memory))
    print(errors("time", time.predicted, seconds))
    print(errors("memory", memory.predicted, peaks))
    if options.plot:
        plot(cases, time, memory, options.plot)


if __name__ == "__main__":
    main()
