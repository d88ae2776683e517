"""CSV files of any size and shape, made for measuring; not for saying how good a model is."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.byte_rows import Decimals, Table, lines

_BLOCK_ROWS = 5_000
_KINDS = 12


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
    rng, texts = np.random.default_rng(seed), _Texts.of(shape)
    names = [f"n{i}" for i in range(shape.numbers)] + [f"c{i}" for i in range(shape.categories)]
    rows = 0
    with file.open("wb") as out:
        written = out.write(",".join([*names, "target"]).encode() + b"\n")
        while rows < 60 or written < size:
            for line in _block(rng, shape, texts).splitlines(keepends=True):
                written += out.write(line)
                rows += 1
                if rows >= 60 and written >= size:
                    break
    return rows


@dataclass(frozen=True)
class _Texts:
    """How cells are written."""

    number: Decimals
    kind: Table
    label: Table

    @classmethod
    def of(cls, shape: Shape) -> "_Texts":
        kinds = Table([f"kind {code}" for code in range(_KINDS)])
        return cls(Decimals(4, 12), kinds, Table([f"class {code}" for code in range(max(shape.classes, 1))]))


def _block(rng: np.random.Generator, shape: Shape, texts: _Texts) -> bytes:
    numbers = rng.normal(size=(_BLOCK_ROWS, shape.numbers))
    codes = rng.integers(0, _KINDS, size=(_BLOCK_ROWS, shape.categories))
    signal = (
        numbers[:, 0] + numbers[:, 1 % shape.numbers] * numbers[:, 2 % shape.numbers] + rng.normal(size=_BLOCK_ROWS)
    )
    if shape.categories:
        signal += codes[:, 0] % 3
    edges = np.quantile(signal, np.linspace(0, 1, shape.classes + 1)[1:-1]) if shape.classes else None
    gaps = rng.random(size=numbers.shape) < 0.1
    gaps[:, np.arange(shape.numbers) % 5 != 0] = False
    numbers[gaps] = np.nan
    target = texts.number(signal) if edges is None else texts.label[np.searchsorted(edges, signal)]
    return lines([*map(texts.number, numbers.T), *(texts.kind[column] for column in codes.T), target])
