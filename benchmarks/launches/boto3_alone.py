"""The least that one can do: boto3, and a request that lies ready in a file."""

import json
import sys
from pathlib import Path

import boto3

if __name__ == "__main__":
    boto3.client("sagemaker").create_training_job(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
