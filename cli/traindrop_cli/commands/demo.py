"""`traindrop demo`: the whole pipeline on a real data set, in a local AWS of its own."""

import csv
import tempfile
from pathlib import Path

from rich.rule import Rule

from traindrop_cli.commands.drop import DropCall, drop_and_wait
from traindrop_cli.errors import CommandError
from traindrop_cli.kept import keep
from traindrop_cli.local_stack import own_local_stack, read_inbox
from traindrop_cli.result import exit_code
from traindrop_cli.screen import console, plain
from traindrop_cli.summary import print_run
from traindrop_cli.upload import Files

TARGET = "diagnosis"
FILES = ("train.csv", "test.csv")
KEPT = Path(".traindrop/demo")


def run_demo() -> int:
    """Drop the Wisconsin breast cancer data that scikit-learn brings along; the run's exit status."""
    screen = console()
    with tempfile.TemporaryDirectory() as folder:
        train, test = write_breast_cancer(Path(folder))
        screen.print(
            "traindrop demo: 569 tumours, 30 measurements each, malignant or benign; a quarter of them held out to "
            f"test the model.\nThe same as: traindrop drop {train.name} --dataset breast-cancer --target {TARGET} "
            f"--test {test.name} --local",
            soft_wrap=True,
        )
        with own_local_stack(screen) as stack:
            call = DropCall(Files(train, TARGET, test), "breast-cancer", timeout=300, json=False, keep=None)
            run = drop_and_wait(stack, call, screen).run
            screen.print(Rule("The notification, as a subscriber gets it"))
            for found in read_inbox():
                screen.print(plain(f"Subject: {found['Subject']}\n\n{found['Message']}"), soft_wrap=True)
            print_run(run, screen, message=False, is_local=True)
            keep(stack, run, KEPT)
    screen.print(
        f"This local AWS has ended. Model, evaluation, request, log and message lie in {KEPT}/ now; its report, for a "
        f"browser, is {KEPT}/report.html.\n"
        "For one that stays: traindrop local up",
        soft_wrap=True,
    )
    return exit_code(run)


def write_files(folder: Path) -> int:
    """Write the data alone, to be dropped by hand. Raises `CommandError` where such files are there."""
    for name in FILES:
        if (folder / name).exists():
            raise CommandError(f"{folder / name} is there already, and is not overwritten.")
    folder.mkdir(parents=True, exist_ok=True)
    write_breast_cancer(folder)
    print(f"Wrote {folder / 'train.csv'} and {folder / 'test.csv'}; the column to predict is {TARGET}.")
    return 0


def write_breast_cancer(folder: Path) -> tuple[Path, Path]:
    """Write the data set as a training and a held-out test CSV: every fourth row is tested on."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    header = [*data.feature_names, TARGET]
    rows = [[*values, data.target_names[label]] for values, label in zip(data.data, data.target, strict=True)]
    paths = folder / FILES[0], folder / FILES[1]
    for path, held_out in zip(paths, (False, True), strict=True):
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *(row for at, row in enumerate(rows) if (at % 4 == 0) == held_out)])
    return paths
