"""An object in S3 looked at by our own functions, as a cold process; `--out`: what was learned of it.

check: what the launcher does before money is spent. look: what the evaluator does with the training file. whole: the
object downloaded, and nothing done with it.
"""

import argparse
import json
import os
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.stub_s3 import BUCKET
from benchmarks.ways.options import TARGET

from traindrop import aws
from traindrop.code import OwnCode
from traindrop.drop import Drop, decide, new_run
from traindrop.events import Upload


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=["check", "look", "whole"])
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--scripts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    upload = aws.stored(BUCKET, f"datasets/benchmark/train/{options.size}.csv")
    assert upload is not None
    ways = {"check": checked, "look": looked_at, "whole": downloaded}
    options.out.write_text(json.dumps(ways[options.how](upload, options.scripts)), "utf-8")


def checked(upload: Upload, scripts: Path) -> dict[str, Any]:
    config = aws.Object(f"target: {TARGET}\n".encode(), {}, None)
    drop = Drop(upload, "benchmark", config, None, OwnCode({}))
    run = decide(drop, new_run("benchmark", "benchmark", upload), scripts).run
    return {"columns": run.columns, "instance_type": run.instance_type, "notes": list(run.notes)}


def looked_at(upload: Upload, _scripts: Path) -> dict[str, Any]:
    from traindrop.careful_look import doubts_about_files  # numpy, which the launcher has not
    from traindrop.file_parts import Source
    from traindrop.schema import Schema

    source = Source(upload.key, upload.size, partial(aws.byte_range, upload.bucket, upload.key, upload.etag))
    doubts, columns = doubts_about_files(source, None, Schema(TARGET, "auto", (), ()))
    return {"columns": len(columns), "doubts": [doubt.kind for doubt in doubts]}


def downloaded(upload: Upload, _scripts: Path) -> dict[str, Any]:
    with open(os.devnull, "wb") as nowhere:
        return {"found": aws.download(upload.bucket, upload.key, None, nowhere)}


if __name__ == "__main__":
    main()
