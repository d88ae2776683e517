"""`traindrop redrive`."""

import json as json_module
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rich.console import Console

from traindrop.redriving import Letter, NotUnderstood
from traindrop_cli.dead_letters import DeadLetter, DeadLetterQueue
from traindrop_cli.exit_status import ExitStatus
from traindrop_cli.find import find_stack
from traindrop_cli.screen import console, plain
from traindrop_cli.stack import Stack

_MAX_ERROR = 160


@dataclass(frozen=True)
class _Handled:
    """`outcome`: put back, waits (only listed), let go (not worth repeating) or stays (not understood)."""

    message: str
    outcome: str
    function: str | None
    about: str | None
    error: str
    decided_anew: tuple[str, ...] = ()


def run_redrive(*, dry_run: bool, json: bool = False, stack: str | None) -> int:
    """Put back what waits in the dead-letter queue, or only list it; 1 where a letter has to stay."""
    found = find_stack(stack)
    screen = console(stderr=json)
    queue = DeadLetterQueue(found)
    handled: list[_Handled] = []
    with queue.taken() as letters:
        for letter in letters:
            for each in _handle(letter, queue, found, dry_run=dry_run):
                _tell(each, screen)
                handled.append(each)
        count = len(letters)
        said = "" if count else _nothing(queue, found)
    stay = sum(each.outcome == "stays" for each in handled)
    verb = "would be put back" if dry_run else "put back"
    rest = f", {stay} {'stays' if stay == 1 else 'stay'} in the queue" if stay else ""
    screen.print(said or f"{count - stay} of {count} {verb}{rest}.", soft_wrap=True, highlight=False)
    if json:
        print(json_module.dumps([asdict(each) for each in handled], indent=2))
    return ExitStatus.NOT_DONE if stay else ExitStatus.DONE


def _nothing(queue: DeadLetterQueue, stack: Stack) -> str:
    held = queue.in_other_hands()
    if held:
        return (
            f"{held} dead letters are in the hands of another redrive, or of one that was broken off. "
            "Try again in 5 minutes."
        )
    return f"No dead letters wait in {stack.where}."


def _handle(found: DeadLetter, queue: DeadLetterQueue, stack: Stack, *, dry_run: bool) -> Iterator[_Handled]:
    """Handle one message of the queue, and say what became of each letter in it."""
    reopened: list[str] = []
    why = found.not_understood
    if why is None and not dry_run:
        try:
            reopened = queue.put_back(found)
        except NotUnderstood as error:
            why = str(error)
    if why is not None:
        yield _Handled(found.id, "stays", None, None, why)
        return
    for number, letter in enumerate(found.letters, start=1):
        outcome = "let go" if not letter.is_worth_repeating else "waits" if dry_run else "put back"
        anew = tuple(reopened) if number == len(found.letters) else ()
        yield _Handled(found.id, outcome, _name(letter, stack.name), letter.about, _shortened(letter.error), anew)


def _tell(handled: _Handled, screen: Console) -> None:
    if handled.function is None:
        screen.print(plain(f"stays     message {handled.message}: {handled.error}"), soft_wrap=True)
        return
    screen.print(plain(f"{handled.outcome:<9} {_line(handled.function, handled.about, handled.error)}"), soft_wrap=True)
    for run in handled.decided_anew:
        screen.print(plain(f"          {run}, which it had ended, is decided on anew"), soft_wrap=True)


def line_of(letter: Letter, stack: str) -> str:
    """`Launcher: upload datasets/…/x.csv (ClientError: …)`."""
    return _line(_name(letter, stack), letter.about, _shortened(letter.error))


def _line(function: str, about: str | None, error: str) -> str:
    return f"{function}: {about} ({error})"


def _name(letter: Letter, stack: str) -> str:
    """A function of a stack is named <stack>-<its name in the template>-<random letters>."""
    return letter.function.removeprefix(f"{stack}-").partition("-")[0]


def _shortened(text: str) -> str:
    error = " ".join(text.split())
    return error if len(error) <= _MAX_ERROR else f"{error[:_MAX_ERROR]}…"
