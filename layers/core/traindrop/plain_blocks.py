"""The bytes of a CSV, cut into blocks of whole rows, and whether a block is so plain that any reader splits it alike.

Readers differ in a quote inside an unquoted cell, a quote after a space, a lone carriage return, and in what is no
text. A block without these is plain; of any other the standard library's reader decides what it holds. With numpy,
3.10-safe: bundled with training scripts.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from traindrop.csv_rows import Chained, Readable, read_up_to

BLOCK_BYTES = 2 * 2**20  # by measurement: with 4 MB no faster and 40 MB more memory, with 1 MB a tenth slower
# A longer line may hold a cell that csv.reader refuses (csv.field_size_limit).
LONGEST_LINE = 131_072

_QUOTE, _CARRIAGE_RETURN, _NEWLINE = b'"\r\n'


class NotPlain(Exception):
    """The block, and all that comes after it, is for the standard library's reader."""


class Blocks:
    """Cuts `head` and the rest of its stream into blocks of whole rows, if quotes are used as they should be.

    `rest()` are the bytes not yet given. Raises NotPlain for a row without end."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._carried, self._head, self._stream = b"", head, stream

    def rest(self) -> Readable:
        return Chained(self._carried + self._head, self._stream)

    def _read(self) -> bytes:
        part, self._head = self._head[:BLOCK_BYTES], self._head[BLOCK_BYTES:]
        more = read_up_to(self._stream, BLOCK_BYTES - len(part))
        return part + more if part else more

    def __iter__(self) -> Iterator[bytes]:
        at_end = False
        while not at_end:
            more = self._read()
            at_end = len(more) < BLOCK_BYTES
            data = self._carried + more
            end = len(data) if at_end else _row_end(data)
            self._carried = data[end:]
            if end:
                yield data[:end]
            elif len(data) > LONGEST_LINE:
                raise NotPlain


def _row_end(data: bytes) -> int:
    """Behind the last newline that is in no quoted cell; 0 if there is none."""
    quotes = np.flatnonzero(_bytes(data) == _QUOTE) if b'"' in data else None
    end = len(data)
    while (end := data.rfind(b"\n", 0, end)) >= 0:
        if quotes is None or np.searchsorted(quotes, end) % 2 == 0:
            return end + 1
    return 0


def lines_of(body: bytes, delimiter: str) -> int:
    """Its lines. Raises NotPlain unless csv.reader and any other reader split the block alike."""
    if b"\0" in body or not _is_utf_8(body):
        raise NotPlain
    if b"\r" in body and body.count(b"\r") != body.count(b"\r\n"):
        raise NotPlain
    values = _bytes(body)
    ends = np.flatnonzero(values == _NEWLINE)
    if np.diff(ends, prepend=-1, append=len(body)).max() > LONGEST_LINE:
        raise NotPlain
    if b'"' in body and not _quotes_are_plain(values, delimiter):
        raise NotPlain
    return len(ends)


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
    edge = np.array([_NEWLINE], dtype=np.uint8)
    around = np.concatenate((edge, values, edge))
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
    lines_of(line, delimiter)
    return end
