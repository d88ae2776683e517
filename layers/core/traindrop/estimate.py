"""How long a training with our XGBoost script takes, and how much memory, before it is begun.

A sum of terms, each a quantity that the work grows with times what one of it was measured to cost
(`traindrop.fitted_estimate`, made by `benchmarks.fit_estimate`). benchmarks/README.md shows how far off it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from traindrop.fitted_estimate import MEMORY, SERIAL, SHARED
from traindrop.machines import Machine
from traindrop.text_chunks import CHUNK_CELLS, CHUNK_ROWS
from traindrop.workload import Workload

# What of the fit cannot be shared among processors: assumed, not measured (Amdahl's law).
_UNSHARED = 0.1
# How far a peak may lie above the estimate. The greatest excess over all measured sizes is below it.
MEMORY_MARGIN = 1.3
# Trees stop splitting before a leaf holds few rows; of the values tried this one fits the measurements best.
_ROWS_PER_LEAF = 20
# As traindrop.kept_rows has it, which needs numpy.
_KEPT_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Estimate:
    """`serial` and `shared` are processor seconds of the measuring machine: reading, and fitting. Memory in bytes."""

    serial: float
    shared: float
    memory: float

    def seconds(self, vcpus: float) -> float:
        """The wall time on a machine with so many processors; with less than one, that much longer."""
        if vcpus <= 1:
            return (self.serial + self.shared) / vcpus
        return self.serial + self.shared * (_UNSHARED + (1 - _UNSHARED) / vcpus)

    def fits(self, machine: Machine, *, taken: int = 0) -> bool:
        """Whether the peak, with its margin, stays below the machine's memory; `taken`: what others have of it."""
        return self.memory * MEMORY_MARGIN <= machine.memory - taken


def serial_terms(work: Workload) -> dict[str, float]:
    """What reading grows with: the training file is read twice, the test file once."""
    share = work.test_bytes / work.train_bytes if work.train_bytes else 0.0
    return {
        "start": 1.0,
        "bytes": work.train_bytes + work.test_bytes / 2,
        "cells": work.cells * (1 + share / 2),
    }


def shared_terms(work: Workload) -> dict[str, float]:
    """What fitting grows with: each round, what it does for every row, every cell on every level, and every leaf."""
    trees = work.fits * work.rounds * work.trees
    leaves = _leaves(work)
    return {
        "trees": trees,
        "tree rows": trees * work.rows,
        "tree cells": trees * work.cells * work.depth,
        "tree leaves": trees * leaves,
        "leaf features": trees * leaves * work.features,
    }


def memory_terms(work: Workload) -> dict[str, float]:
    """What the peak grows with. Files are read in pieces, as texts, and the numbers made of them kept up to a size:
    what stays of all is the binned matrix."""
    return {
        "start": 1.0,
        "rows": float(work.rows),
        "cells": float(work.cells),
        "cells as text": float(min(work.cells, CHUNK_ROWS * work.features, CHUNK_CELLS)),
        "bytes kept": float(min(4 * work.cells, _KEPT_BYTES)),
        "row trees": float(work.rows * work.trees),
        "leaf features": _leaves(work) * work.features,
    }


def _leaves(work: Workload) -> float:
    return min(2.0**work.depth, work.rows / _ROWS_PER_LEAF)


def estimate(work: Workload) -> Estimate:
    return Estimate(
        serial=_sum(serial_terms(work), SERIAL),
        shared=_sum(shared_terms(work), SHARED),
        memory=_sum(memory_terms(work), MEMORY),
    )


def _sum(terms: Mapping[str, float], costs: Mapping[str, float]) -> float:
    return sum(count * costs[name] for name, count in terms.items())
