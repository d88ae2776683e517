"""`traindrop predict`."""

import json as json_module
import tempfile
from pathlib import Path

from traindrop.errors import EvaluationFailed
from traindrop.predicting import write_predictions
from traindrop.predictions import columns_of
from traindrop_cli.errors import CommandError
from traindrop_cli.find import find_stack
from traindrop_cli.predictor import NEEDED, Predictor, predictor_of
from traindrop_cli.screen import console, plain
from traindrop_cli.trained import model_of, run_or_champion


def run_predict(
    csv: Path, output: Path, *, dataset: str | None, run: str | None, json: bool, stack: str | None
) -> None:
    """Write the predictions for `csv` to `output`, which must not be there. Raises `CommandError`."""
    if not csv.is_file():
        raise CommandError(f"{csv}: there is no such file.")
    _refuse_to_overwrite(output)
    found = run_or_champion(find_stack(stack), run, dataset)
    screen = console(stderr=json)
    with (
        tempfile.TemporaryDirectory() as name,
        screen.status("Predicting …"),
        model_of(found, Path(name), only=NEEDED) as folder,
    ):
        try:
            predictor = predictor_of(found, folder)
            rows = _write(csv, output, predictor)
        except EvaluationFailed as error:
            raise CommandError(str(error)) from error
    schema = predictor.schema
    if json:
        shown = {
            "run": found.run, "dataset": found.dataset, "task": schema.task, "target": schema.target, "rows": rows,
            "predictions": str(output), "columns": ["row", *columns_of(schema)],
        }  # fmt: skip
        print(json_module.dumps(shown, indent=2))
    else:
        screen.print(plain(f"{rows:,} rows, {schema.target} predicted by {found.run}: {output}"), soft_wrap=True)


def _write(csv: Path, output: Path, predictor: Predictor) -> int:
    """Under another name until it is whole; the number of rows."""
    part = output.with_name(f".{output.name}.part")
    try:
        rows = write_predictions(
            csv, predictor.schema, predictor.predict, csv, part, file=csv.name, reader=predictor.reader
        )
        _refuse_to_overwrite(output)  # someone may have made it meanwhile
        part.rename(output)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _refuse_to_overwrite(output: Path) -> None:
    if output.exists() or output.is_symlink():
        raise CommandError(f"{output} is there already, and is not overwritten. Choose another file with --output.")
    if not output.parent.is_dir():
        raise CommandError(f"{output}: there is no folder {output.parent}.")
