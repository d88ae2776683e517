"""A CSV as chunks of rows: by Arrow where it is installed and worth it, else by the standard library. Either way the
same cells, and the same errors in the same place.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from traindrop.csv_rows import HEAD_BYTES, Chained, Readable, open_table, read_up_to
from traindrop.text_chunks import Chunk, TextChunks

# Arrow takes 0.1 s to be imported, in which the standard library reads so many bytes.
ARROW_FROM_BYTES = 3 * 2**20

T = TypeVar("T")


class Chunks(Protocol):
    """An open CSV."""

    header: tuple[str, ...]
    delimiter: str

    def each(self, work: Callable[[Chunk], T], wanted: Iterable[int]) -> Iterator[T]:
        """Walks once through the rows: what `work` makes of each chunk, in the file's order. It may ask for the
        columns at the positions `wanted` only, and may run in threads.

        Raises DatasetError where the file goes wrong.
        """


def open_chunks(stream: Readable, *, complete: bool = True) -> Chunks:
    """Raises DatasetError as `traindrop.csv_rows.open_table` does; `complete` is as there."""
    head = read_up_to(stream, max(ARROW_FROM_BYTES, HEAD_BYTES) + 1)
    if len(head) <= ARROW_FROM_BYTES or not complete or not has_arrow():
        return TextChunks(open_table(Chained(head, stream), complete=complete))
    from traindrop.arrow_chunks import ArrowChunks  # only here: it takes a while
    from traindrop.plain_blocks import NotPlain

    table = open_table(io.BytesIO(head), complete=False)
    try:
        return ArrowChunks(table, head, stream)
    except NotPlain:
        return TextChunks(open_table(Chained(head, stream)))


def has_arrow() -> bool:
    """SageMaker's containers have it; in a Lambda it would not fit beside XGBoost."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:  # also where it is built for another numpy
        return False
    return True
