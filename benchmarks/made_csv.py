"""CSV files of any size and shape, made for measuring; not for saying how good a model is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_BLOCK_ROWS = 5_000


@dataclass(frozen=True)
class Shape:
    """`numbers` and `categories` are columns beside the target; `classes` is 0 for a regression."""

    numbers: int
    categories: int
    classes: int


def write_csv(file: Path, size: int, shape: Shape, *, seed: int = 1) -> int:
    """Write rows until the file has about `size` bytes, 60 rows at least; how many rows there are.

    Every fifth number column has gaps, and the target depends on the first columns, so that trees grow to their depth.
    """
    rng = np.random.default_rng(seed)
    names = [f"n{i}" for i in range(shape.numbers)] + [f"c{i}" for i in range(shape.categories)]
    rows = 0
    with file.open("w", encoding="utf-8") as out:
        written = out.write(",".join([*names, "target"]) + "\n")
        while rows < 60 or written < size:
            for line in _block(rng, shape):
                written += out.write(line)
                rows += 1
                if rows >= 60 and written >= size:
                    break
    return rows


def _block(rng: np.random.Generator, shape: Shape) -> Iterator[str]:
    numbers = rng.normal(size=(_BLOCK_ROWS, shape.numbers))
    codes = rng.integers(0, 12, size=(_BLOCK_ROWS, shape.categories))
    signal = (
        numbers[:, 0] + numbers[:, 1 % shape.numbers] * numbers[:, 2 % shape.numbers] + rng.normal(size=_BLOCK_ROWS)
    )
    if shape.categories:
        signal += codes[:, 0] % 3
    edges = np.quantile(signal, np.linspace(0, 1, shape.classes + 1)[1:-1]) if shape.classes else None
    labels = signal if edges is None else np.searchsorted(edges, signal)
    gaps = rng.random(size=numbers.shape) < 0.1
    gaps[:, np.arange(shape.numbers) % 5 != 0] = False
    for row in range(_BLOCK_ROWS):
        cells = ["" if gap else f"{value:.5g}" for value, gap in zip(numbers[row], gaps[row], strict=True)]
        cells += [f"kind {code}" for code in codes[row]]
        target = f"{labels[row]:.5g}" if edges is None else f"class {labels[row]}"
        yield ",".join([*cells, target]) + "\n"
