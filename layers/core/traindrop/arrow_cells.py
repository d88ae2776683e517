"""The cells of a column in some rows of a file, read by Arrow; the same answers as those of `TextCells`.

Where Arrow might see a cell otherwise than Python does (a number with spaces or a plus sign, any date), each distinct
text is given to the same function as without Arrow. Arrow and numpy, 3.10-safe: bundled with training scripts.
"""

from array import array
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from traindrop.cells import LARGEST, MISSING, NAN, NONE, numbers
from traindrop.column_cells import Encode, Numbers, doubles, present

# What is null in the texts. Spellings of None can be a class: they stay texts.
NULLS = sorted(MISSING - NONE)


class ArrowCells:
    """`texts`: string array; null for what is exactly a spelling of missing, but not of None."""

    def __init__(self, texts: "pa.StringArray") -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def part(self, start: int, stop: int) -> "ArrowCells":
        return self if stop - start == len(self) else ArrowCells(self._texts.slice(start, stop - start))

    def few(self, most: int) -> dict[str, int] | None:
        return self.counted() if len(self._dictionary.dictionary) <= most else None

    def counted_of(self, texts: "frozenset[str]") -> dict[str, int]:
        if not self._begin_and_end_plainly():
            return {text: rows for text, rows in self.counted().items() if text in texts}
        named = sorted(texts)
        found = pc.index_in(self._texts, value_set=pa.array(named), skip_nulls=True).drop_null().to_numpy()
        rows = np.bincount(found, minlength=len(named))
        counts = {named[place]: int(rows[place]) for place in np.flatnonzero(rows).tolist()}
        return {**counts, "": self._texts.null_count} if self._texts.null_count else counts

    def _begin_and_end_plainly(self) -> bool:
        """Whether no text could have to be stripped: each begins and ends with a visible character of ASCII."""
        _, offsets, data = self._texts.buffers()
        edges = np.frombuffer(offsets, dtype=np.int32)[self._texts.offset :][: len(self) + 1]
        characters = np.frombuffer(data, dtype=np.uint8) if data else np.empty(0, dtype=np.uint8)
        filled = edges[1:] > edges[:-1]
        both = np.concatenate((characters[edges[:-1][filled]], characters[edges[1:][filled] - 1]))
        return bool(((both > ord(" ")) & (both < 128)).all())

    def counted(self) -> dict[str, int]:
        return self._counted

    @cached_property
    def _counted(self) -> dict[str, int]:
        codes, texts = self._coded
        found: dict[str, int] = {}
        for text, rows in zip(texts, np.bincount(codes, minlength=len(texts)).tolist(), strict=True):
            found[text.strip()] = found.get(text.strip(), 0) + rows
        return {text: rows for text, rows in found.items() if rows}

    def plain_numbers(self) -> Numbers | None:
        return self._plain_numbers

    @cached_property
    def _plain_numbers(self) -> Numbers | None:
        values = self._numbers
        if values is None:
            return None
        found = values[~np.isnan(values)]
        if not len(found):
            return None
        whole = bool((found == np.floor(found)).all())
        return Numbers(len(found), float(found.min()), float(found.max()), whole, found.tolist)

    def as_numbers(self, missing: float = NAN) -> "array[float]":
        values = self._numbers
        if values is None:
            return self.encoded(lambda texts: numbers(texts, missing))
        found = values.astype(np.float32)
        if missing == missing:
            found[np.isnan(found)] = missing
        return array("f", found.tobytes())

    def as_doubles(self) -> "array[float]":
        return self.encoded(doubles) if self._numbers is None else array("d", self._numbers.tobytes())

    def encoded(self, encode: Encode) -> "array[float]":
        codes, texts = self._coded
        values = encode(texts)
        return array(values.typecode, np.frombuffer(values, dtype=values.typecode)[codes].tobytes())

    def texts_at(self, rows: Sequence[int]) -> list[str]:
        codes, texts = self._coded
        return [present(texts[code]) for code in codes[list(rows)].tolist()]

    @cached_property
    def _dictionary(self) -> "pa.DictionaryArray":
        return self._texts.dictionary_encode()

    @cached_property
    def _coded(self) -> tuple[npt.NDArray[np.intp], list[str]]:
        """A code for each row, and the texts by code; the last text stands for missing."""
        coded = self._dictionary
        texts: list[str] = coded.dictionary.to_pylist()
        codes = coded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
        return codes, [*texts, ""]

    @cached_property
    def _numbers(self) -> npt.NDArray[np.float64] | None:
        """Float64, cut off at LARGEST, NaN for missing; None where a cell spells no number that Arrow knows."""
        found = _cast(self._texts)
        if found is None:
            found = _cast(self._trimmed())
        if found is None:
            return None
        values: npt.NDArray[np.float64] = found.to_numpy(zero_copy_only=False)
        # "nan" is missing; Arrow also knows "nan(0)", which Python does not.
        return np.clip(values, -LARGEST, LARGEST) if np.isnan(values).sum() == found.null_count else None

    def _trimmed(self) -> "pa.StringArray":
        trimmed = pc.utf8_trim(self._texts, characters=" \t")
        missing = pc.is_in(trimmed, value_set=pa.array(sorted(MISSING)))
        return pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)


def _cast(texts: "pa.StringArray") -> "pa.DoubleArray | None":
    try:
        return texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
