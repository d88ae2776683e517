"""What columns are taken for, by their cells alone."""

import math
from datetime import datetime

import pytest

from traindrop.cells import LARGEST, MISSING, days_since_epoch, is_number, number, numbers, parse_date
from traindrop.dataset import Column, DatasetError, examine


def column(cells: list[str], *, delimiter: str = ",") -> Column:
    """The findings of a column beside another."""
    body = "\n".join([f"a{delimiter}b", *(f"{cell}{delimiter}x" for cell in cells)])
    return examine(body.encode(), complete=True).columns[0]


KINDS = {
    "number": ["1", "-2.5", "1e3", " 4 ", "+5"],
    "date": ["2024-01-31", "2024-02-01", "1999-12-31"],
    "text": ["red", "green", "red"],
    "empty": ["", "NA", "null"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_is_of_the_kind_that_its_cells_spell(kind: str) -> None:
    assert column(KINDS[kind]).kind == kind


@pytest.mark.parametrize("spelling", sorted(MISSING))
def test_a_spelling_of_missing_counts_as_missing_and_changes_no_kind(spelling: str) -> None:
    found = column(["1", spelling, "2", f" {spelling} "])
    assert (found.kind, found.missing, found.distinct) == ("number", 2, 2)


def test_a_few_odd_cells_leave_a_column_of_numbers_one_of_numbers_and_are_shown() -> None:
    found = column([*map(str, range(99)), "about 7"])
    assert (found.kind, found.odd, found.integers) == ("number", "about 7", False)


def test_many_odd_cells_make_it_text() -> None:
    assert column([*map(str, range(90)), *["unknown"] * 10]).kind == "text"


def test_decimal_commas_are_numbers_where_the_comma_does_not_separate() -> None:
    assert column(["3,14", "2", "-1,5"], delimiter=";").kind == "decimal_comma"
    assert column(["3.14", "2", "-1.5"], delimiter=";").kind == "number"


def test_python_spellings_that_nobody_means_are_no_numbers() -> None:
    assert column(["1_0", "2_0", "3_0"]).kind == "text"
    assert not is_number("1_000")


@pytest.mark.parametrize(("text", "value"), [("1e400", LARGEST), ("-inf", -LARGEST), ("Infinity", LARGEST)])
def test_a_number_that_no_float32_holds_is_cut_off_and_stays_finite(text: str, value: float) -> None:
    assert number(text) == value
    assert all(map(math.isfinite, numbers([text, "1"])))


def test_many_numbers_are_read_as_each_alone() -> None:
    cells = ["1", "", "x", " 2.5 ", "NaN", "1e39", "-1e400", "None"]
    assert [str(v) for v in numbers(cells)] == [str(numbers([cell])[0]) for cell in cells]


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        ("2024-03-31", "ymd", datetime(2024, 3, 31)),
        ("2024/3/1", "ymd", datetime(2024, 3, 1)),
        ("2024-03", "ymd", datetime(2024, 3, 1)),
        ("2024-03-31T23:30:00Z", "ymd", datetime(2024, 3, 31, 23, 30)),
        ("2024-03-31 23:30:15.123456", "ymd", datetime(2024, 3, 31, 23, 30, 15)),
        ("2024-03-31 23:30+02:00", "ymd", datetime(2024, 3, 31, 21, 30)),
        ("2024-03-31 23:30-0530", "ymd", datetime(2024, 4, 1, 5, 0)),
        ("31.03.2024", "dmy", datetime(2024, 3, 31)),
        ("31 March 2024", "dmy", datetime(2024, 3, 31)),
        ("31-Mar-2024 08:15", "dmy", datetime(2024, 3, 31, 8, 15)),
        ("03/31/2024", "mdy", datetime(2024, 3, 31)),
        ("Mar 31, 2024", "mdy", datetime(2024, 3, 31)),
        ("2024-02-30", "ymd", None),
        ("31/31/2024", "dmy", None),
        ("31 Foo 2024", "dmy", None),
        ("0001-01-01 00:00+23:00", "ymd", None),
        ("2024", "ymd", None),
    ],
)
def test_common_dates_are_read_and_impossible_ones_are_none(text: str, style: str, expected: datetime | None) -> None:
    assert parse_date(text, style) == expected


def test_days_are_counted_from_1970_with_their_fraction() -> None:
    assert days_since_epoch(datetime(1970, 1, 2, 12)) == 1.5


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["01/02/2024", "31/12/2024"], "dmy"),
        (["01/02/2024", "12/31/2024"], "mdy"),
        (["01/02/2024", "02/03/2024"], "dmy"),
    ],
)
def test_one_date_that_tells_day_from_month_settles_the_order_for_its_column(cells: list[str], style: str) -> None:
    assert column(cells).style == style


def test_whole_numbers_that_number_the_rows_are_told_from_those_that_measure() -> None:
    ids = [str((7 * row) % 50 + 1000) for row in range(50)]
    assert column(ids).row_number
    assert not column([*ids[:-1], ids[0]]).row_number, "one comes twice"
    assert not column([str(row * row) for row in range(50)]).row_number, "too far apart"
    assert not column([f"{row}.5" for row in range(50)]).row_number, "not whole"
    assert not column([*ids[:-1], ""]).row_number, "one is missing"
    assert not column(ids[:19]).row_number, "too few to tell"
    assert not column([str(1950 + row) for row in range(50)]).row_number, "calendar years"


def test_more_values_than_are_counted_keep_the_frequent_ones_and_say_so() -> None:
    found = column([name for row in range(9000) for name in (f"rare {row}", "often")])
    assert found.many
    assert found.counts["often"] == 9000
    assert len(found.counts) <= 4096


HEADERS_THAT_ARE_DATA = {
    "all numbers": "1,2,3\n4,5,6\n7,8,9\n",
    "numbers and one line only": "1,2,3\n",
    "numbers and a category": "5.1,3.5,setosa\n4.9,3.0,setosa\n7,3.2,versicolor\n",
    "numbers, a name and a category": "22,Ann,male\n23,Bob,female\n24,Cid,male\n",
    "categories only": "p,x\ne,x\np,y\ne,y\n",
}


@pytest.mark.parametrize("what", HEADERS_THAT_ARE_DATA)
def test_a_first_line_that_looks_like_the_others_is_no_header(what: str) -> None:
    with pytest.raises(DatasetError, match="line 1 looks like data, not like a header"):
        examine(HEADERS_THAT_ARE_DATA[what].encode(), complete=True)


@pytest.mark.parametrize(
    "body", ["country,2019,2020\nPeru,1,2\nChad,3,4\n", "a,b\nred,blue\nblue,red\n", "0,1,label\n1,2,3\n4,5,6\n"]
)
def test_a_header_of_years_or_words_is_a_header(body: str) -> None:
    assert examine(body.encode(), complete=True).rows == 2


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("a,b,a", "'a' appears twice, as columns 1 and 3"),
        ("a,b, a ", "'a' appears twice, as columns 1 and 3"),
        (",b,c", r"column 1 of the header has no name.*index=False"),
    ],
)
def test_names_have_to_be_there_and_differ(header: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        examine(f"{header}\n1,x,2\n".encode(), complete=True)
