"""The JSON Schema of `training.yaml`, for editors: `python -m traindrop.config_schema > docs/training.schema.json`."""

import json
import sys

from traindrop.config import TrainingConfig


def schema_text() -> str:
    """The schema as it is published, a JSON text that ends in a newline."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TrainingConfig.model_json_schema(),
        "title": "traindrop training.yaml",
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
