"""A model of ours and a raw test file: what the evaluator makes of them, as a cold process.

By the evaluator's own functions. Leaves scored.json in the folder --out: metrics and intervals, and the seconds of each
step; with --predictions also scores.npy, as the peers leave it; with --whole it does all that the evaluator does.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--score", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--without-arrow", action="store_true", help="as in the Lambda layer, which has none")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--predictions", action="store_true")
    options = parser.parse_args()
    if options.without_arrow:
        # What Python takes for a module that is not there.
        sys.modules["pyarrow"] = None  # type: ignore[assignment]
    document = whole(options) if options.whole else scored(options)
    (options.out / "scored.json").write_text(json.dumps(document), "utf-8")


def scored(options: argparse.Namespace) -> dict[str, Any]:
    """Read, predict, score: what pandas and scikit-learn are measured by."""
    import numpy as np  # here and below: whether Arrow is there is decided before

    from traindrop import predictions, scoring
    from traindrop.held_out import read_held_out
    from traindrop.model_files import read_schema

    schema = read_schema(options.model / "dataset.json")
    predict = predictions.by_booster(options.model / "model.ubj", schema)
    found = read_held_out(options.score, schema, predict, file=options.score.name)
    assert found.predictions is not None
    if options.predictions:
        np.save(options.out / "scores.npy", np.stack([found.truth, found.predictions.astype(np.float64)]))
    scores = scoring.binary(found.truth.astype(np.int64), found.predictions)
    return {"metrics": scores.metrics, "intervals": scores.intervals}


def whole(options: argparse.Namespace) -> dict[str, Any]:
    """With importances, curves, the file's digest, and all else that stands in evaluation.json."""
    from traindrop.evaluation import Subject, evaluate_model

    subject = Subject(run="benchmark", dataset="benchmark", model_uri=str(options.model))
    evaluation = evaluate_model(options.model, options.score, output_dir=None, subject=subject)
    return {"metrics": evaluation.metrics, "intervals": evaluation.intervals, "timings": evaluation.timings}


if __name__ == "__main__":
    main()
