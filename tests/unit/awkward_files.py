"""CSV files that readers tend to see differently, by what is awkward about them. All have the columns a, b and y."""

from collections.abc import Sequence

LABELS = ["yes", "no"]


def csv_of(
    cells: Sequence[str], *, b: Sequence[str] = ("1", "2", "3"), newline: str = "\n", delimiter: str = ","
) -> bytes:
    """A row for each of `cells`, at least 40, which stand in the file as they are."""
    rows = max(40, len(cells))
    lines = [delimiter.join([cells[row % len(cells)], b[row % len(b)], LABELS[row % 2]]) for row in range(rows)]
    return newline.join([delimiter.join(["a", "b", "y"]), *lines, ""]).encode()


NUMBERS = ["1", "2.5", "-3e2", ".5", "5.", "0", "-0.0"]
MISSING = ["1", "", "NA", "nan", "NaN", "-nan", "NULL", "None", "?", "-", "--", "#N/A", " NA ", "1.5"]

FILES: dict[str, bytes] = {
    "plain numbers": csv_of(NUMBERS),
    "numbers with signs and spaces": csv_of(["+1", " 2", "3 ", "\t4", "5\t", "+.5"]),
    "numbers as nobody writes them": csv_of(["1_000", "0x10", "1e400", "-1e400", "inf", "-Infinity", "nan(1)", "1d5"]),
    "numbers of other scripts": csv_of(["١٢", "１２", "3", "4"]),
    "numbers at the edge of what float32 holds": csv_of(["1e38", "2e38", "3.5e38", "-3.5e38", "1e-46", "1e-400"]),
    "numbers with many digits": csv_of(["0.1000000000000000055511151231257827", "1234567890123456789012", "1" * 300]),
    "spellings of missing": csv_of(MISSING),
    "spellings of missing, quoted": csv_of([f'"{text}"' for text in MISSING]),
    "nothing but missing": csv_of(["", "NA"]),
    "None as a class": csv_of(["None", "some", "none"]),
    "quotes": csv_of(['"one"', '"two, three"', '"say ""four"""', '""', '""""', '"five"']),
    "newlines in cells": csv_of(['"one\ntwo"', '"three\r\nfour"', '"\n"', "five"]),
    "a quoted cell longer than a block": csv_of(['"' + "long, \n" * 60 + '"', "short"]),
    "quotes in the middle": csv_of(['5" pipe', 'a "quoted" word', 'x""y', "plain"]),
    "a cell that goes on behind its quote": csv_of(['"one"two', '"three" ', "four"]),
    "a quote behind a space": csv_of([' "one, two"', '"three"', " four"]),
    "spaces around everything": csv_of([" red ", "red", "  green"], b=[" 1", "2 ", " 3 "]),
    "spaces of other kinds": csv_of(["\u00a0red", "red\u3000", "\x1fgreen", "blue\x85", "\u200bwhite"]),
    "CRLF": csv_of(NUMBERS, newline="\r\n"),
    "CR": csv_of(NUMBERS, newline="\r"),
    "CRLF and LF": csv_of(NUMBERS, newline="\r\n") + b"7,1,yes\n8,2,no\r\n",
    "a lone CR in a cell": csv_of(["a\rb", "c"]),
    "line ends of Unicode": csv_of(["one\u2028two", "three\x0bfour", "five\x0csix"]),
    "a byte order mark": b"\xef\xbb\xbf" + csv_of(NUMBERS),
    "no newline at the end": csv_of(NUMBERS).rstrip(b"\n"),
    "empty lines": csv_of(NUMBERS).replace(b"yes\n", b"yes\n\n"),
    "lines of spaces": csv_of(NUMBERS).replace(b"yes\n", b"yes\n  \n"),
    "empty lines before the header": b"\n\n" + csv_of(NUMBERS),
    "semicolons and decimal commas": csv_of(["3,14", "2", "-1,5", "NA"], delimiter=";"),
    "tabs": csv_of(NUMBERS, delimiter="\t"),
    "thousands separators": csv_of(['"1,234"', '"12,345.6"', "7"]),
    "dates": csv_of(["2024-01-31", "31.01.2024", "2024-02-30", "", "2024-03-01T12:30"]),
    "dates of one style": csv_of(["2024-01-31", "2024-02-01", "1999-12-31", "NA"]),
    "mixed late in the file": csv_of([*(str(row) for row in range(400)), "about 7", "8"]),
    "text late in a column of many numbers": csv_of([*(f"{row}.5" for row in range(20_000)), *["red", "green"] * 2000]),
    "more values than are counted": csv_of([f"id {row * 7919 % 20_011}" for row in range(30_000)]),
    "texts that hardly repeat, of many rows": csv_of(
        [(f"id {row}", "often", " often ", "größe", "None", "NA", " NA", "15")[row % 10 % 8] for row in range(30_000)]
        + [f"id {row}" for row in range(40_000)]
        + ["often", " often ", "größe", "", "None", "15", "rare"] * 2_000
    ),
    "prose of many rows": csv_of([f"the {row} quick brown foxes jump over Mrs Smith " * 3 for row in range(36_000)]),
    "more numbers than are counted, with gaps": csv_of([("" if row % 9 == 0 else str(row)) for row in range(20_000)]),
    "row numbers": csv_of([str(row) for row in range(20_000)]),
    "whole numbers of which one comes twice": csv_of([*(str(row) for row in range(18_000)), "17", "18.0"]),
    "prose": csv_of([f"the {row} quick brown foxes jump over Mrs Smith " * 4 for row in range(300)]),
    "non-ASCII": csv_of(["größe", "naïve", "日本", "🎉"]),
    "a regression": csv_of(NUMBERS).replace(b"yes", b"1.5").replace(b"no", b"+2"),
    "a regression with gaps": csv_of(NUMBERS).replace(b"yes", b"NA", 3).replace(b"yes", b"1.25").replace(b"no", b"3e3"),
    "labels with spaces": csv_of(NUMBERS).replace(b"yes", b" yes "),
    "labels that are numbers": csv_of(NUMBERS).replace(b"yes", b"1.0").replace(b"no", b"0"),
    # What is an error, and has to be the same one.
    "a row too short": csv_of(NUMBERS) + b"1,2\n" + b"1,2,no\n" * 9,
    "a row too long": csv_of(NUMBERS) + b"1,2,3,4\n" + b"1,2,no\n" * 9,
    "a quote that is never closed": csv_of(NUMBERS) + b'"1,2,no\n' + b"1,2,no\n" * 9,
    "Latin-1 late in the file": csv_of(NUMBERS) + "größe,1,yes\n".encode("latin-1"),
    "Latin-1 in a column of no use": csv_of(NUMBERS, b=["1"]) + "3,\xe9,yes\n".encode("latin-1"),
    "a lone surrogate": csv_of(NUMBERS) + b"\xed\xa0\x80,1,yes\n",
    "a zero byte": csv_of(NUMBERS) + b"1\x00,1,yes\n",
    "the header again": csv_of(NUMBERS) + b"a,b,y\n" + csv_of(NUMBERS),
    "the header again, with a space": csv_of(NUMBERS) + b" a,b,y\n" + csv_of(NUMBERS),
    "the first name of the header as a value": csv_of(["a", "c"]),
    "a monstrous cell": csv_of(NUMBERS) + b"x" * 140_000 + b",1,yes\n",
    "a header and nothing else": b"a,b,y\n",
    "a header across lines": b'"a\na",b,y\n' + csv_of(NUMBERS)[6:],
    "a name that means missing": csv_of(NUMBERS).replace(b"a,b,y", b"NA,b,y") + b"NA,b,y\n",
}  # fmt: skip
