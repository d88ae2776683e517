"""A table that fits: what is left out, and what stays whole."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from traindrop_cli.fitting_table import fitting_table

NAME = "traindrop-flowers-0123456789ab"
COLUMNS = {
    "run": [Text(NAME)],
    "status": [Text("Evaluated")],
    "cost": [Text("$0.0001")],
    "what": [
        Text("a long reason that goes on, further than any terminal is wide", overflow="ellipsis", no_wrap=True)
    ],
}  # fmt: skip


def shown(width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(fitting_table(COLUMNS, width, whole="run", spare=("what", "cost")))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_where_there_is_room_everything_is_shown() -> None:
    header, row = shown(200)
    assert header.split() == ["run", "status", "cost", "what"]
    assert row.endswith("any terminal is wide")


def test_a_long_cell_is_cut_before_a_column_is_left_out() -> None:
    header, row = shown(80)
    assert header.split() == ["run", "status", "cost", "what"]
    assert row.endswith("…")


@pytest.mark.parametrize(("width", "titles"), [(60, ["run", "status", "cost"]), (44, ["run", "status"])])
def test_in_a_narrow_terminal_columns_are_left_out_and_the_name_stays_whole(width: int, titles: list[str]) -> None:
    header, row = shown(width)
    assert header.split() == titles
    assert row.startswith(f"{NAME}  Evaluated")


def test_in_a_terminal_narrower_than_the_name_it_is_folded_and_nothing_of_it_is_lost() -> None:
    _, *rows = shown(20)
    assert NAME in "".join(row.split()[0] for row in rows)
