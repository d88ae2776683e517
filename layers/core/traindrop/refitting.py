"""Whether the model that is kept is trained once more, on the rows held out too.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

CHOICES = ("auto", "true", "false")
# Rows from which on the fifth that is held out betters an AUC by less than a thousandth, by the learning curve in
# docs/decisions.md.
ENOUGH_ROWS = 200_000


def refits(choice: str, rows: int) -> bool:
    """`choice`: one of CHOICES; auto: where all the rows, held out or not, are fewer than ENOUGH_ROWS."""
    return rows < ENOUGH_ROWS if choice == "auto" else choice == "true"
