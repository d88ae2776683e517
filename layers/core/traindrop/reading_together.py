"""A training file read by all hosts of a job, each its range of bytes, and the rows exchanged: every host has them
all in the file's order, and has parsed its share.

What is binned, split and ordered is then the same as on one host, and so is the model. It goes with the training
scripts into the container: Python 3.10-safe.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from traindrop.byte_ranges import Cuts, Share, cuts
from traindrop.csv_rows import DatasetError
from traindrop.dataset import fit_schema
from traindrop.findings import Tallied, found, tallied
from traindrop.kept_rows import Array, KeptRows, keep
from traindrop.plain_blocks import NotPlain
from traindrop.schema import Schema
from traindrop.xgboost_hosts import Group, gathered, joined, told_by


def read_together(path: Path, target: str, task: str, drop: tuple[str, ...], group: Group) -> tuple[Schema, KeptRows]:
    """How the file is read, as `fit_schema` has it, and its labelled rows. Raises DatasetError, the same on each host.

    A small file, and one with quotes or rows that are not as they should be, is read whole by each.
    """
    try:
        ranges = cuts(path, group.size)
    except (NotPlain, DatasetError):  # all see the same first bytes
        return _alone(path, target, task, drop)
    with joined(group):
        own = _share(ranges, group)
        counted = _counted(own, group) if own else None
    if own is None or counted is None:
        return _alone(path, target, task, drop)
    schema = fit_schema(found(counted), target, task, drop)
    kept = keep(own.open(), schema)
    with joined(group):
        return schema, _exchanged(kept, group)


def _alone(path: Path, target: str, task: str, drop: tuple[str, ...]) -> tuple[Schema, KeptRows]:
    schema = fit_schema(path, target, task, drop)
    return schema, keep(path, schema)


def _share(ranges: Cuts, group: Group) -> Share | None:
    """This host's range; None, on all hosts alike, where the file is not for sharing."""
    quotes = gathered(ranges.quotes(group.rank), group)
    own: Share | None = None
    with suppress(NotPlain):
        own = ranges.share(quotes, group.rank)
    return own if all(gathered(own is not None and own.is_plain(), group)) else None


def _counted(own: Share, group: Group) -> Tallied | None:
    """The columns of the whole file; None, on all hosts alike, where one cannot read its range."""
    counted: Tallied | None = None
    with suppress(DatasetError):
        counted = tallied(own.open())
    all_counted = [each for each in gathered(counted, group) if each is not None]
    if len(all_counted) < group.size or len({each.delimiter for each in all_counted}) > 1:
        return None  # whoever reads it whole finds what is wrong, and in which line
    first, *others = all_counted
    for other in others:
        first.merge(other)
    return first


def _exchanged(own: KeptRows, group: Group) -> KeptRows:
    rows = KeptRows(own.width)
    for rank in range(group.size):
        blocks = _blocks(own) if rank == group.rank else None
        while (block := told_by(rank, next(blocks, None) if blocks else None, group)) is not None:
            rows.add(*block)
    return rows


def _blocks(rows: KeptRows) -> Iterator[tuple[Array, Array]]:
    for where, features in rows.blocks():
        yield features, rows.labels[where]
