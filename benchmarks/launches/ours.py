"""Our launcher, as a cold process: the handler of functions/launcher, with the event of an upload in a file.

Reads the settings, the dataset's training.yaml, a megabyte of the CSV and the ledger, checks and records the run,
copies its input, and launches.
"""

import json
import sys
from pathlib import Path

from aws_lambda_powertools.utilities.typing import LambdaContext
from functions.launcher.app import lambda_handler


class Context(LambdaContext):
    """What Lambda tells of the function, as far as the handler looks at it."""

    _invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:traindrop-Launcher"


if __name__ == "__main__":
    lambda_handler(json.loads(Path(sys.argv[1]).read_text("utf-8")), Context())
