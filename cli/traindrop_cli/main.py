"""The `traindrop` command."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import TyperException

from traindrop_cli import completion
from traindrop_cli.errors import CommandError, Interrupted
from traindrop_cli.exit_status import ExitStatus

app = typer.Typer(
    name="traindrop",
    help="Drop a CSV, get a trained, tested, explained model and one message.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
local = typer.Typer(help="The embedded local AWS: no account, no Docker, real training.")
app.add_typer(local, name="local")

StackName = Annotated[
    str | None, typer.Option("--stack", envvar="TRAINDROP_STACK", help="Name of a deployed stack in AWS.")
]
RunName = Annotated[str, typer.Argument(help="The run's name.", autocompletion=completion.runs, show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")]


@app.command()
def drop(
    csv: Annotated[Path, typer.Argument(help="The CSV file to train on.", show_default=False)],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="The dataset it belongs to. Default: the file's name without .csv.", autocompletion=completion.datasets
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column to predict.")] = None,
    test: Annotated[Path | None, typer.Option(help="Held-out CSV file to test the model on.")] = None,
    config: Annotated[Path | None, typer.Option(help="A training.yaml for the dataset.")] = None,
    use_local: Annotated[
        bool, typer.Option("--local", help="In the local AWS; starts and ends one if none runs. Waits.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run to its end.")] = False,
    code: Annotated[
        Path | None, typer.Option(help="Folder with a train.py of your own; becomes the dataset's code.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to follow the run at the most.", min=1)] = 7200,
    json: Json = False,
    keep: Annotated[Path | None, typer.Option(help="Folder to copy everything of the run to. Waits.")] = None,
    stack: StackName = None,
) -> None:
    """Upload a CSV and train on it.

    Exit status when it waits: 0 evaluated, 1 training or evaluation failed, 2 rejected; 3 a wrong call.
    """
    from traindrop_cli.commands.drop import DropCall, run_drop
    from traindrop_cli.upload import Files

    files = Files(csv, target, test, config, code)
    call = DropCall(files, dataset or csv.stem, timeout=timeout, json=json, keep=keep)
    raise typer.Exit(run_drop(call, use_local=use_local, wait=wait or use_local or keep is not None, stack=stack))


@app.command()
def init(
    path: Annotated[
        Path, typer.Argument(help="A CSV file, or the folder of a dataset, which is made.", show_default=False)
    ],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset's name. Default: the folder's, or the file's without .csv.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Column to predict. Default: guessed, or asked for at a terminal.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a commented training.yaml for a CSV.

    It comes to lie beside the CSV, or in a dataset's folder with a train/ and a test/.
    """
    from traindrop_cli.commands.init import run_init

    run_init(path, dataset, target, json=json)


@app.command()
def plan(
    csv: Annotated[str, typer.Argument(help="The CSV file, or s3://BUCKET/datasets/<dataset>/train/<file>.csv.")],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="The dataset it belongs to. Default: the file's name without .csv.", autocompletion=completion.datasets
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="Column to predict.")] = None,
    test: Annotated[Path | None, typer.Option(help="Held-out CSV file to test the model on.")] = None,
    config: Annotated[Path | None, typer.Option(help="A training.yaml for the dataset.")] = None,
    code: Annotated[Path | None, typer.Option(help="Folder with a train.py of your own.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Also show other places: time and cost of each.")] = False,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Say what a drop would do, take and cost.

    Nothing is uploaded or launched. Without a stack nobody is asked: it works offline.

    Exit status: 0, or 2 where the drop would be rejected; 3 a wrong call.
    """
    from traindrop_cli.commands.plan import PlanCall, run_plan
    from traindrop_cli.upload import Files

    files = Files(Path(csv), target, test, config, code)
    raise typer.Exit(run_plan(PlanCall(csv, files, dataset, compare, json), stack))


@app.command()
def runs(
    dataset: Annotated[
        str | None, typer.Option(help="Only this dataset's.", autocompletion=completion.datasets)
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="Only those of this status, such as Failed; may be given again.", autocompletion=completion.statuses
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only those begun since: 30m, 12h, 7d ago, or 2026-11-12, UTC.")
    ] = None,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """List the runs, newest first."""
    from traindrop_cli.commands.runs import run_runs

    run_runs(dataset, status or (), since, json=json, stack=stack)


@app.command()
def show(run: RunName, json: Json = False, stack: StackName = None) -> None:
    """Show one run: its message, the time of each step, and its trials where it tunes."""
    from traindrop_cli.commands.show import run_show

    run_show(run, json=json, stack=stack)


@app.command()
def logs(
    run: RunName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on to the end of the training.")] = False,
    trial: Annotated[
        int | None, typer.Option(help="Of a run that tunes: this trial's; 0 has the defaults.", min=0)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each line: job, line.")] = False,
    stack: StackName = None,
) -> None:
    """Print the log of a run's training.

    That of all its attempts. Ctrl-C ends the following, not the run.

    Of a run that tunes, where each trial has a log: those of the trials that run, or once it is over the best one's.

    Exit status: 0, or 130 after Ctrl-C; 3 a wrong call, such as a run that was never launched.
    """
    from traindrop_cli.commands.logs import run_logs

    raise typer.Exit(run_logs(run, follow=follow, json=json, stack=stack, trial=trial))


@app.command()
def report(
    run: RunName,
    output: Annotated[
        Path | None, typer.Option(help="File to write it to. Default: <run>.html in this folder.", show_default=False)
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open it in a browser.")] = False,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Fetch the report of a run and open it.

    It is one HTML file that needs no network; only a run that was evaluated has one.
    """
    from traindrop_cli.commands.report import run_report

    run_report(run, output, show=not no_open, json=json, stack=stack)


@app.command()
def model(
    run: Annotated[
        str | None, typer.Argument(help="The run. Default: the champion of --dataset.", autocompletion=completion.runs)
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="The dataset whose champion's model is meant.", autocompletion=completion.datasets),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder to make and unpack into. Default: <run>-model.", show_default=False)
    ] = None,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Fetch and unpack a model.

    That of a run, or of a dataset's champion, into a new folder.
    """
    from traindrop_cli.commands.model import run_model

    run_model(run, dataset, output, json=json, stack=stack)


@app.command()
def predict(
    csv: Annotated[Path, typer.Argument(help="The CSV file; it needs no target.", show_default=False)],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset whose champion predicts.", autocompletion=completion.datasets)
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="The run whose model predicts instead.", autocompletion=completion.runs)
    ] = None,
    output: Annotated[Path, typer.Option(help="File to make.")] = Path("predictions.csv"),
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Predict the rows of a CSV by the champion.

    On this computer, a file of any size, with a model that XGBoost reads.

    The columns: row, counted from 0, then prediction (regression), or probability_<class> of each class.
    """
    from traindrop_cli.commands.predict import run_predict

    run_predict(csv, output, dataset=dataset, run=run, json=json, stack=stack)


@app.command()
def compare(
    runs: Annotated[
        list[str], typer.Argument(help="Two runs or more.", autocompletion=completion.runs, show_default=False)
    ],
    everything: Annotated[bool, typer.Option("--all", help="Also settings and data in which they are alike.")] = False,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Show runs side by side.

    What differs in settings and data, and result, cost and time.
    """
    from traindrop_cli.commands.compare import run_compare

    run_compare(runs, everything=everything, json=json, stack=stack)


@app.command()
def leaderboard(
    dataset: Annotated[str, typer.Option(help="The dataset.", show_default=False, autocompletion=completion.datasets)],
    metric: Annotated[str | None, typer.Option(help="Default: the main metric of the champion.")] = None,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """List a dataset's tested runs, the best first."""
    from traindrop_cli.commands.leaderboard import run_leaderboard

    run_leaderboard(dataset, metric, json=json, stack=stack)


@app.command()
def rerun(
    run: RunName,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the new run to its end.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to follow the run at the most.", min=1)] = 7200,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Train on the very files of a run once more.

    With today's training script, as a run of its own.

    Exit status when it waits: as of `traindrop drop`.
    """
    from traindrop_cli.commands.rerun import run_rerun

    raise typer.Exit(run_rerun(run, wait=wait, timeout=timeout, json=json, stack=stack))


@app.command()
def stop(
    run: RunName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Stop a run, be it training or waiting.

    Only one of this stack; shows first what it is and whose, and asks.

    Exit status: 0 stopped, 1 not stopped, 3 a wrong call.
    """
    from traindrop_cli.commands.stop import run_stop

    raise typer.Exit(run_stop(run, yes=yes, json=json, stack=stack))


@app.command()
def redrive(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what waits.")] = False,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Put dead letters back, once it is mended.

    They are the events that a function gave up on.

    Exit status: 0 nothing is left, 1 a message stays that cannot be understood.
    """
    from traindrop_cli.commands.redrive import run_redrive

    raise typer.Exit(run_redrive(dry_run=dry_run, json=json, stack=stack))


@app.command()
def doctor(json: Json = False, stack: StackName = None) -> None:
    """Check the installation, and say how to mend it.

    Region, credentials, stack, bucket, ledger, dead letters, permissions and quotas.

    Exit status: 0, or 1 where something is wrong. Nothing is changed.
    """
    from traindrop_cli.commands.doctor import run_doctor

    raise typer.Exit(run_doctor(json=json, stack=stack))


@app.command()
def prices(
    region: Annotated[str | None, typer.Option(help="Only this region's.")] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Get the region's from AWS first, for this computer and the named stack.")
    ] = False,
    json: Json = False,
    stack: StackName = None,
) -> None:
    """Show what training instances cost.

    Since when that is known and from whom; of a named stack what it goes by.
    """
    from traindrop_cli.commands.prices import run_prices

    run_prices(region, refresh=refresh, json=json, stack=stack)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Loopback port to listen on. Default: a free one.", show_default=False)] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the link, do not open it.")] = False,
    max_size: Annotated[int, typer.Option(help="The largest file that the page takes, in MB.", min=1)] = 5000,
    use_local: Annotated[
        bool, typer.Option("--local", help="On the local AWS; starts and ends one if none runs.")
    ] = False,
    stack: StackName = None,
) -> None:
    """Serve a page to drop files on and to watch runs, on this computer only, until Ctrl-C.

    TRAINDROP_UI_TOKEN: the secret of its link, to have the same one again; default: a new one each time.
    """
    from traindrop_cli.commands.ui import run_ui

    run_ui(port, show=not no_open, max_size=max_size, use_local=use_local, stack=stack)


@app.command()
def demo(
    files: Annotated[
        Path | None, typer.Option(help="Only write its train.csv and test.csv into this folder.", show_default=False)
    ] = None,
) -> None:
    """Train on a real data set, and show every step.

    In a local AWS of its own, which ends with it.
    """
    from traindrop_cli.commands.demo import run_demo, write_files

    raise typer.Exit(run_demo() if files is None else write_files(files))


@local.command()
def up(
    port: Annotated[int, typer.Option(help="Loopback port to listen on.")] = 4566,
    json: Json = False,
) -> None:
    """Start the local AWS, with traindrop in it.

    It stays in the background until `traindrop local down`.
    """
    from traindrop_cli.commands.local import run_up

    run_up(port, json=json)


@local.command()
def down(json: Json = False) -> None:
    """End the local AWS. Its runs are gone with it."""
    from traindrop_cli.commands.local import run_down

    run_down(json=json)


@local.command()
def status(json: Json = False) -> None:
    """Tell whether one runs, and how to reach it.

    Exit status: 0 it runs, 1 none does.
    """
    from traindrop_cli.commands.local import run_status

    raise typer.Exit(run_status(json=json))


@local.command()
def messages(json: Json = False) -> None:
    """Show the notifications that a subscriber got.

    Each is shown once.
    """
    from traindrop_cli.commands.local import run_messages

    run_messages(json=json)


def main() -> None:
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command, that of `sys.argv` where none is given; the exit status.

    What was to be expected is told in one message, whatever else happens with a traceback.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return app(given or ["--help"], prog_name="traindrop", standalone_mode=False) or ExitStatus.DONE
    except Interrupted as error:
        return _failed(str(error), ExitStatus.INTERRUPTED)
    except (CommandError, OSError, typer.Abort) as error:
        return _failed(_words(error))
    except TyperException as error:
        return _failed(f"{error.format_message().rstrip('.')}. `{_command(given)} --help` lists what it takes.")
    except Exception as error:
        from botocore.exceptions import BotoCoreError, ClientError

        if not isinstance(error, BotoCoreError | ClientError):
            raise
        # No credentials, no permission, no network: AWS's own words say which.
        return _failed(_words(error))


def _words(error: Exception) -> str:
    match error:
        case OSError(filename=str(file), strerror=str(why)):
            return f"{file}: {why}."
        case typer.Abort():
            return "Nobody answered, so nothing was done."
        case _:
            return str(error)


def _command(arguments: Sequence[str]) -> str:
    """`traindrop local up`, of what was called."""
    command: Any = typer.main.get_command(app)
    words = ["traindrop"]
    for word in arguments:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        words.append(word)
    return " ".join(words)


def _failed(message: str, status: ExitStatus = ExitStatus.WRONG_CALL) -> int:
    from traindrop import plain_text

    print(plain_text.printable(f"traindrop: {message}"), file=sys.stderr)
    return status
