"""The SageMaker Python SDK, asked in an environment of its own (`make oracle`), which no test imports from."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
# No account, and none of the person's own settings: only what the code says decides what the SDK sends.
_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
    "HOME": os.devnull,
    "PATH": os.defpath,
}


def python(sdk: int) -> Path:
    return ROOT / f".venv-oracle{sdk}" / "bin" / "python"


def absent(sdk: int) -> str | None:
    """Why the SDK cannot be asked, for a skipped test; None where it can."""
    if (python(sdk).parent.parent / ".ready").exists():
        return None
    return f"the SageMaker SDK v{sdk} is not installed: run `make oracle`"


def ask(sdk: int, script: str, question: object = None) -> Any:
    """What `sdk/<script>` prints on its last line as JSON; it reads the question as JSON from its standard input.

    It runs by its path: the SDK's environments have a package of the name `tests`.
    """
    done = subprocess.run(  # noqa: S603 - our own script
        [python(sdk), FOLDER / "sdk" / script],
        input=json.dumps(question),
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{script} failed with SDK v{sdk}:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])
