"""`traindrop model`."""

import json as json_module
import os
from pathlib import Path

from traindrop.artifacts import is_pickle
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack
from traindrop_cli.screen import console, plain
from traindrop_cli.trained import model_of, run_or_champion

_OF_PICKLES = "reading a pickle runs whatever code it holds. Do it only where you would run the training script itself."


def run_model(name: str | None, dataset: str | None, output: Path | None, *, json: bool, stack: str | None) -> None:
    """Unpack the model of a run, or of the dataset's champion, into a folder that is not there yet."""
    found = find_stack(stack)
    run = run_or_champion(found, name, dataset)
    folder = output or Path(f"{run.run}-model")
    _refuse_to_overwrite(folder)
    screen = console(stderr=json)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with screen.status(f"Fetching the model of {run.run} …"), model_of(run, folder.parent, pickles=True) as unpacked:
        _refuse_to_overwrite(folder)  # someone may have made it meanwhile
        unpacked.rename(folder)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    pickles = [file for file in files if is_pickle(folder / file)]
    if json:
        shown = {
            "run": run.run, "dataset": run.dataset, "framework": run.framework, "model": run.model_uri,
            "folder": str(folder), "files": files, "pickles": pickles,
        }  # fmt: skip
        print(json_module.dumps(shown, indent=2))
        return
    screen.print(plain(f"The model of {run.run} ({run.framework}) is in {folder}{os.sep}"), soft_wrap=True)
    for file in files:
        screen.print(plain(f"  {file}"), soft_wrap=True)
    if pickles:
        screen.print(plain(f"{', '.join(pickles)}: {_OF_PICKLES}"), soft_wrap=True)


def _refuse_to_overwrite(folder: Path) -> None:
    if folder.exists() or folder.is_symlink():
        raise CommandError(f"{folder} is there already, and is not overwritten. Choose another folder with --output.")
