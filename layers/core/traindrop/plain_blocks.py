"""The bytes of a CSV, cut into blocks of whole rows, and whether a block is so plain that any reader splits it alike.

Readers differ in a quote inside an unquoted cell, a quote after a space, a lone carriage return, and in what is no
text. A block without these is plain; of any other the standard library's reader decides what it holds. With numpy,
3.10-safe: bundled with training scripts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from traindrop.csv_rows import Chained, Readable, read_up_to

BLOCK_BYTES = 4 * 2**20
# A longer line may hold a cell that csv.reader refuses (csv.field_size_limit).
LONGEST_LINE = 131_072

_QUOTE, _CARRIAGE_RETURN, _NEWLINE = b'"\r\n'


class NotPlain(Exception):
    """The block, and all that comes after it, is for the standard library's reader."""


@dataclass(frozen=True)
class Block:
    """Whole rows, if quotes are used as they should be. `lines` come before it in the file."""

    body: bytes
    lines: int


class Blocks:
    """Walks a stream once, which is behind its header. `rest()` are the bytes not yet given."""

    def __init__(self, stream: Readable, lines: int) -> None:
        self._stream, self._lines, self._carried = stream, lines, b""

    def rest(self) -> Readable:
        return Chained(self._carried, self._stream)

    def __iter__(self) -> Iterator[Block]:
        while data := self._carried + read_up_to(self._stream, BLOCK_BYTES):
            at_end = len(data) - len(self._carried) < BLOCK_BYTES
            end = len(data) if at_end else _row_end(data)
            self._carried = data[end:]
            body = data[:end]
            yield Block(body, self._lines)
            self._lines += body.count(b"\n")


def _row_end(data: bytes) -> int:
    """Behind the last newline that is in no quoted cell; if there is none all is given, which is then not plain."""
    quotes = np.flatnonzero(_bytes(data) == _QUOTE) if b'"' in data else None
    end = len(data)
    while (end := data.rfind(b"\n", 0, end)) >= 0:
        if quotes is None or np.searchsorted(quotes, end) % 2 == 0:
            return end + 1
    return len(data)


def check_plain(body: bytes, delimiter: str) -> None:
    """Raises NotPlain unless csv.reader and any other reader split the block alike."""
    if b"\0" in body or body.count(b"\r") != body.count(b"\r\n") or not _is_utf_8(body):
        raise NotPlain
    values = _bytes(body)
    ends = np.flatnonzero(values == _NEWLINE)
    if np.diff(ends, prepend=-1, append=len(body)).max() > LONGEST_LINE:
        raise NotPlain
    if b'"' in body and not _quotes_are_plain(values, delimiter):
        raise NotPlain


def _is_utf_8(body: bytes) -> bool:
    if body.isascii():
        return True
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _quotes_are_plain(values: npt.NDArray[np.uint8], delimiter: str) -> bool:
    """Each quote opens a cell at its beginning, closes one at its end, or is one of two that stand for one.

    Taken in turn as opening and closing, two that stand for one are a closing and an opening one side by side.
    """
    quotes = np.flatnonzero(values == _QUOTE)
    if len(quotes) % 2:
        return False
    around = np.concatenate(([_NEWLINE], values, [_NEWLINE]))
    opening, closing = quotes[::2], quotes[1::2]
    beside = np.concatenate((opening[1:], [-1])) == closing + 1
    edges = (ord(delimiter), _NEWLINE, _CARRIAGE_RETURN)
    ends = np.isin(around[closing + 2], edges) | beside
    begins = np.isin(around[opening], edges)
    begins[1:] |= beside[:-1]
    return bool(begins.all() and ends.all())


def _bytes(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8)


def header_line(head: bytes, delimiter: str) -> int:
    """The length of the first line with its line end. Raises NotPlain where it is not plainly one row."""
    end = head.find(b"\n") + 1
    line = head[:end]
    if not line.strip():
        raise NotPlain
    check_plain(line, delimiter)
    return end
