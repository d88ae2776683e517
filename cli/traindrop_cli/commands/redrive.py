"""`traindrop redrive`."""

from rich.console import Console

from traindrop.redriving import Letter, NotUnderstood
from traindrop_cli.dead_letters import DeadLetter, DeadLetterQueue
from traindrop_cli.find import find_stack
from traindrop_cli.screen import console, plain
from traindrop_cli.stack import Stack

_MAX_ERROR = 160


def run_redrive(*, dry_run: bool, stack: str | None) -> int:
    """Put back what waits in the dead-letter queue, or only list it; 1 where a letter has to stay."""
    found = find_stack(stack)
    screen = console()
    queue = DeadLetterQueue(found)
    with queue.taken() as letters:
        if not letters:
            screen.print(_nothing(queue, found), soft_wrap=True)
            return 0
        stay = sum(not _handle(letter, queue, found, screen, dry_run=dry_run) for letter in letters)
        done = len(letters) - stay
    verb = "would be put back" if dry_run else "put back"
    rest = f", {stay} {'stays' if stay == 1 else 'stay'} in the queue" if stay else ""
    screen.print(f"{done} of {len(letters)} {verb}{rest}.", soft_wrap=True, highlight=False)
    return 1 if stay else 0


def _nothing(queue: DeadLetterQueue, stack: Stack) -> str:
    held = queue.in_other_hands()
    if held:
        return (
            f"{held} dead letters are in the hands of another redrive, or of one that was broken off. "
            "Try again in 5 minutes."
        )
    return f"No dead letters wait in {stack.where}."


def _handle(found: DeadLetter, queue: DeadLetterQueue, stack: Stack, screen: Console, *, dry_run: bool) -> bool:
    """Handle one letter and say so in a line; False where it has to stay."""
    reopened: list[str] = []
    why = found.not_understood
    if why is None and not dry_run:
        try:
            reopened = queue.put_back(found)
        except NotUnderstood as error:
            why = str(error)
    if why is not None:
        screen.print(plain(f"stays     message {found.id}: {why}"), soft_wrap=True)
        return False
    for letter in found.letters:
        verb = "let go" if not letter.is_worth_repeating else "waits" if dry_run else "put back"
        screen.print(plain(f"{verb:<9} {line_of(letter, stack.name)}"), soft_wrap=True)
    for run in reopened:
        screen.print(plain(f"          {run}, which it had ended, is decided on anew"), soft_wrap=True)
    return True


def line_of(letter: Letter, stack: str) -> str:
    """`Launcher: upload datasets/…/x.csv (ClientError: …)`."""
    # A function of a stack is named <stack>-<its name in the template>-<random letters>.
    name = letter.function.removeprefix(f"{stack}-").partition("-")[0]
    error = " ".join(letter.error.split())
    shown = error if len(error) <= _MAX_ERROR else f"{error[:_MAX_ERROR]}…"
    return f"{name}: {letter.about} ({shown})"
