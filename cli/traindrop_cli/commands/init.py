"""`traindrop init`."""

import json as json_module
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import typer

from traindrop.checks import Accepted, called_like_a_target
from traindrop.csv_rows import DatasetError
from traindrop.errors import Rejected
from traindrop.findings import shown_names
from traindrop.upload_path import config_key, parse_key
from traindrop_cli.errors import CommandError
from traindrop_cli.screen import console, plain
from traindrop_cli.seen_file import SeenFile, look
from traindrop_cli.training_yaml import training_yaml, training_yaml_without_data

NAME = "training.yaml"


def run_init(path: Path, dataset: str | None, target: str | None, *, json: bool) -> None:
    """Write the config, and for a folder train/ and test/ as the bucket has them. Raises `CommandError`."""
    is_csv = path.suffix.lower() == ".csv"
    folder = path.parent if is_csv else path
    name = dataset or (path.stem if is_csv else path.resolve().name)
    _refuse(path, folder, name, is_csv=is_csv)
    csv = path if is_csv else _newest_csv(folder / "train")
    try:
        seen = None if csv is None else look(csv)
        accepted = None if seen is None else seen.check(target if target is not None else _target_of(seen))
        if seen is None or accepted is None:
            text = training_yaml_without_data(name, target)
        else:
            text = training_yaml(name, seen.file.name, seen.findings, accepted)
    except Rejected as error:
        raise CommandError(str(error)) from error
    for each in () if is_csv else (folder / "train", folder / "test"):
        each.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("x", encoding="utf-8") as file:
        file.write(text)
    told = _Told(name, folder, csv, target, seen, accepted)
    if json:
        print(json_module.dumps(told.as_json(), indent=2))
    else:
        console().print(plain(told.as_text()), soft_wrap=True)


def _refuse(path: Path, folder: Path, dataset: str, *, is_csv: bool) -> None:
    if is_csv and not path.is_file():
        raise CommandError(f"{path}: there is no such file.")
    if not is_csv and path.exists() and not path.is_dir():
        raise CommandError(f"{path} is neither a folder nor a CSV file.")
    if (folder / NAME).exists() or (folder / NAME).is_symlink():
        raise CommandError(f"{folder / NAME} is there already, and is not overwritten.")
    try:
        parse_key(config_key(dataset))
    except Rejected as error:
        raise CommandError(f"{error} Name it with --dataset.") from error


def _newest_csv(folder: Path) -> Path | None:
    """As of several test files in the bucket the newest is taken; None without one."""
    found = [file for file in folder.glob("*") if file.suffix.lower() == ".csv" and file.is_file()]
    return max(found, key=lambda file: (file.stat().st_mtime, file.name), default=None)


def _target_of(seen: SeenFile) -> str:
    """The one that is called like a target, else what the person says. Raises `CommandError` where nobody is asked."""
    likely = called_like_a_target(seen.findings)
    if len(likely) == 1:
        return likely[0]
    names = seen.findings.names
    columns = plain(f"The columns of {seen.file.name} are: {shown_names(names)}")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandError(f"Which column is to be predicted? Name it with --target. {columns.plain}")
    screen = console(stderr=True)
    screen.print(columns, soft_wrap=True)
    while True:
        answer: str = typer.prompt("Which one is to be predicted?", default=(likely or names[-1:])[0], err=True)
        try:
            return seen.findings.column(answer).name
        except DatasetError:
            screen.print(plain(f"There is no column {answer!r}."), soft_wrap=True)


@dataclass(frozen=True)
class _Told:
    """What was written, and of what."""

    dataset: str
    folder: Path
    csv: Path | None
    target: str | None
    seen: SeenFile | None
    accepted: Accepted | None

    def as_json(self) -> dict[str, object]:
        return {
            "dataset": self.dataset,
            "config": str(self.folder / NAME),
            "file": None if self.csv is None else str(self.csv),
            "target": self.accepted.target if self.accepted else self.target,
            "task": self.accepted.task if self.accepted else None,
            "rows": self.accepted.rows if self.accepted else None,
            "columns": self.seen.findings.names if self.seen else None,
        }

    def as_text(self) -> str:
        config = self.folder / NAME
        options = f"--dataset {shlex.quote(self.dataset)} --config {shlex.quote(str(config))}"
        if self.accepted is None or self.csv is None:
            train = self.folder / "train"
            return (
                f"Wrote {config}. Put a CSV into {train}, name the target in it, and then:\n"
                f"  traindrop drop {shlex.quote(str(train))}/FILE.csv {options} --wait"
            )
        file = shlex.quote(str(self.csv))
        if (test := _newest_csv(self.folder / "test")) is not None:
            options += f" --test {shlex.quote(str(test))}"
        notes = "".join(f"Note: {note}\n" for note in self.accepted.notes)
        return (
            f"Wrote {config}: target {self.accepted.target}, {self.accepted.task}.\n{notes}"
            f"What it would cost:  traindrop plan {file} {options}\n"
            f"To train:            traindrop drop {file} {options} --wait"
        )
