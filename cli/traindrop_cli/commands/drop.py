"""`traindrop drop`."""

import json as json_module
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from traindrop.ledger import Ledger
from traindrop_cli.errors import Interrupted
from traindrop_cli.find import find_stack
from traindrop_cli.follow import Ended, Step
from traindrop_cli.kept import keep
from traindrop_cli.local_stack import borrowed_local_stack
from traindrop_cli.result import as_json, exit_code
from traindrop_cli.run_trials import find_trials
from traindrop_cli.screen import console, plain
from traindrop_cli.send_display import shown
from traindrop_cli.stack import Stack
from traindrop_cli.summary import print_run
from traindrop_cli.upload import Dropped, Files, check_files, drop
from traindrop_cli.watching import watch_run


@dataclass(frozen=True)
class DropCall:
    """What the person asked for; `timeout` in seconds."""

    files: Files
    dataset: str
    timeout: float
    json: bool
    keep: Path | None


def run_drop(call: DropCall, *, use_local: bool, wait: bool, stack: str | None) -> int:
    """Drop, and follow to the end if asked to; the exit status."""
    check_files(call.files)
    with ExitStack() as resources:
        # Standard output belongs to the result; with --json the progress goes beside it.
        screen = console(stderr=call.json)
        found = resources.enter_context(borrowed_local_stack(screen)) if use_local else find_stack(stack)
        if not wait:
            dropped = _send(found, call, screen)
            _say_dropped(found, dropped.key, call, screen)
            return 0
        end = drop_and_wait(found, call, screen)
        return finish(found, end, screen, json=call.json, keep_in=call.keep)


def drop_and_wait(stack: Stack, call: DropCall, screen: Console) -> Ended:
    dropped = _send(stack, call, screen)
    began = Step("uploaded", dropped.at, dropped.key)
    return watch_run(stack, lambda ledger: ledger.answer_to(dropped.upload), began, screen, timeout=call.timeout)


def _send(stack: Stack, call: DropCall, screen: Console) -> Dropped:
    try:
        with shown(screen) as tell:
            return drop(stack, call.files, call.dataset, tell)
    except KeyboardInterrupt:
        raise Interrupted("The upload was broken off. The same command goes on with what is there.") from None


def finish(stack: Stack, end: Ended, screen: Console, *, json: bool, keep_in: Path | None = None) -> int:
    """Keep and tell what the run came to; the exit status. Of a repeated drop it is what the earlier run came to."""
    run = end.run
    if keep_in is not None:
        kept = keep(stack, run, keep_in)
        screen.print(plain(f"Kept {len(kept)} files of the run in {keep_in}"), soft_wrap=True)
    if json:
        answered = {"answered_by": run.run} if end.repeated else {}
        print(json_module.dumps(as_json(run) | answered, indent=2))
    else:
        print_run(run, screen, is_local=stack.is_local, tuned=find_trials(run, Ledger(stack.table)))
    if end.repeated:
        screen.print(
            f"This file was dropped before with the same settings: nothing was launched, and the answer is that of "
            f"{run.run}.\nTo train on it once more: traindrop rerun {run.run}",
            soft_wrap=True,
        )
    return exit_code(run)


def _say_dropped(stack: Stack, key: str, call: DropCall, screen: Console) -> None:
    if call.json:
        print(json_module.dumps({"dataset": call.dataset, "file": f"s3://{stack.bucket}/{key}", "status": "Uploaded"}))
    else:
        text = f"Dropped {key} into {stack.where}. `traindrop runs` shows what becomes of it."
        screen.print(plain(text), soft_wrap=True)
