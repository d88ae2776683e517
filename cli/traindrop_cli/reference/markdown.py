"""Tables of Markdown."""

from collections.abc import Iterable, Sequence

WRITTEN = "Written by `make reference` out of the code; do not edit."


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def cell(text: str) -> str:
    """A cell is one line, and a bar ends it."""
    return " ".join(text.split()).replace("|", "\\|")


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *(part.strip("\n") for part in parts if part)]) + "\n"
