"""What a careful colleague would point out before anyone trusts a run's number."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pydantic import BaseModel, ConfigDict

from traindrop.plain_text import line

# Of one kind told one by one: a file may have 50,000 columns.
_MOST_OF_A_KIND = 5
# Stored with the run; an item of the ledger takes 400 KB.
MOST_TOLD = 20


class Doubt(BaseModel):
    """One warning. `kind` is a fixed name such as "given away"; `column` the one it is about, None for all the data.

    `text`: one paragraph with what was found, why it matters and how to mend it, safe to show anywhere. `evidence`:
    the numbers that it rests on, by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    column: str | None = None
    text: str
    evidence: dict[str, float | int | str] = {}


def shown(name: str) -> str:
    """A name out of the data, in quotes, safe in a mail and a terminal."""
    return f"'{line(name, limit=60)}'"


def few_of_each_kind(found: Iterable[Doubt]) -> Iterator[Doubt]:
    """The first doubts of each kind, kinds together, and how many more there are."""
    for kind, group in groupby(found, key=lambda doubt: doubt.kind):
        doubts = list(group)
        yield from doubts[:_MOST_OF_A_KIND]
        if (more := len(doubts) - _MOST_OF_A_KIND) > 0:
            yield Doubt(kind=kind, text=f"The same is so for {more} more: {kind}.", evidence={"more": more})


def reason_of_strict(doubts: Sequence[Doubt], address: str) -> str:
    """Why a run with `strict: true` ends; `address` is where all of them stand."""
    listed = "\n".join(f"- {text}" for text in texts(doubts))
    return (
        f"The evaluation has {len(doubts)} warning(s), and training.yaml says strict: true. The model is kept, and the "
        f"metrics are in {address}.\n{listed}"
    )


def texts(doubts: Iterable[Doubt]) -> tuple[str, ...]:
    """What is stored with the run."""
    return tuple(doubt.text for doubt in doubts)[:MOST_TOLD]
