"""`traindrop drop`."""

import json as json_module
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from traindrop.run import Run
from traindrop_cli.display import watch
from traindrop_cli.find import find_stack
from traindrop_cli.follow import follow
from traindrop_cli.local_stack import borrowed_local_stack
from traindrop_cli.result import as_json, exit_code, keep
from traindrop_cli.screen import console
from traindrop_cli.stack import Stack
from traindrop_cli.summary import print_run
from traindrop_cli.upload import check_files, drop


@dataclass(frozen=True)
class DropCall:
    """What the person asked for; `timeout` in seconds."""

    csv: Path
    dataset: str
    target: str | None
    test: Path | None
    config: Path | None
    timeout: float
    json: bool
    keep: Path | None


def run_drop(call: DropCall, *, use_local: bool, wait: bool, stack: str | None) -> int:
    """Drop, and follow to the end if asked to; the exit status."""
    check_files(call.csv, call.test, call.config)
    with ExitStack() as resources:
        # Standard output belongs to the result; with --json the progress goes beside it.
        screen = console(stderr=call.json)
        found = resources.enter_context(borrowed_local_stack(screen)) if use_local else find_stack(stack)
        if not wait:
            dropped = drop(found, call.csv, call.dataset, target=call.target, test=call.test, config=call.config)
            _say_dropped(found, dropped.key, call, screen)
            return 0
        run = drop_and_wait(found, call, screen)
        return _finish(found, run, call, screen)


def drop_and_wait(stack: Stack, call: DropCall, screen: Console) -> Run:
    dropped = drop(stack, call.csv, call.dataset, target=call.target, test=call.test, config=call.config)
    return watch(follow(stack, dropped, timeout=call.timeout), screen)


def _finish(stack: Stack, run: Run, call: DropCall, screen: Console) -> int:
    if call.keep is not None:
        kept = keep(stack, run, call.keep)
        screen.print(f"Kept {len(kept)} files of the run in {call.keep}", soft_wrap=True)
    if call.json:
        print(json_module.dumps(as_json(run), indent=2))
    else:
        print_run(run, screen)
    return exit_code(run)


def _say_dropped(stack: Stack, key: str, call: DropCall, screen: Console) -> None:
    if call.json:
        print(json_module.dumps({"dataset": call.dataset, "file": f"s3://{stack.bucket}/{key}", "status": "Uploaded"}))
    else:
        screen.print(f"Dropped {key} into {stack.where}. `traindrop runs` shows what becomes of it.", soft_wrap=True)
