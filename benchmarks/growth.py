"""Costs as straight lines: what is fixed, and what each gigabyte of CSV adds. Pure functions of what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.results import Measured, Results


@dataclass(frozen=True)
class Line:
    """`fixed` and `per_gb` in the unit of the cost; by files of `least` to `most` gigabytes (1,000,000,000 bytes)."""

    fixed: float
    per_gb: float
    least: float
    most: float

    def at(self, gigabytes: float) -> float:
        return self.fixed + self.per_gb * gigabytes


def line(results: Results, prefix: str, way: str, of: str) -> Line | None:
    """Through the two largest files of the cases that begin with `prefix`: what is large is what is extrapolated.

    None where fewer were measured. A cost that fell from one to the other by chance does not grow.
    """
    found = [each for each in results.measured if each.way == way and each.case.startswith(prefix)]
    points = sorted((gigabytes(each), float(getattr(each, of))) for each in found)[-2:]
    if len(points) < 2 or points[0][0] == points[1][0]:
        return None
    (small, low), (large, high) = points
    per_gb = max(0.0, (high - low) / (large - small))
    return Line(max(0.0, high - per_gb * large), per_gb, small, large)


def gigabytes(each: Measured) -> float:
    return float(each.more["bytes"]) / 1e9


def rows_per_gb(measured: Sequence[Measured], prefix: str) -> float:
    largest = max((each for each in measured if each.case.startswith(prefix)), key=lambda each: each.size)
    return largest.size / gigabytes(largest)
