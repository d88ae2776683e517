"""Having the files of a run trained on once more: the wish, and the run that answers it."""

import uuid

from traindrop.events import Rerun
from traindrop.ledger import Ledger
from traindrop.run import Run
from traindrop_cli.answering import answer_to
from traindrop_cli.asking import ask
from traindrop_cli.errors import CommandError
from traindrop_cli.stack import Stack

# The launcher answers within seconds; a cold start and a large file's check and copy are within this.
_ANSWER_SECONDS = 120.0


def ask_to_rerun(stack: Stack, run: Run) -> Rerun:
    """The launcher carries it out."""
    wish = Rerun(run=run.run, request_id=str(uuid.uuid4()))
    ask(stack, "Rerun Requested", wish)
    return wish


def refuse_never_received(run: Run) -> None:
    """A rerun uses the settings that a run was decided on with; one that no part got as far with has none."""
    if run.failed_function is not None and run.checked_at is None:
        raise CommandError(
            f"The upload of {run.run} was never read: {run.failed_function} broke down over it. Its event waits in the "
            "dead-letter queue; once that is mended: traindrop redrive"
        )


def answer(stack: Stack, wish: Rerun) -> Run:
    """The new run. Raises `CommandError` where the launcher is not heard of."""
    ledger = Ledger(stack.table)
    name = answer_to(ledger, wish.request_id, seconds=_ANSWER_SECONDS, pause=0.1 if stack.is_local else 1.0)
    if name is not None:
        return ledger.stored(name)
    raise CommandError(
        f"The launcher has not answered within {_ANSWER_SECONDS:.0f} s. The wish is not lost: `traindrop runs` shows "
        "the new run once it is there, and where the launcher broke down a message says so."
    )
