"""Small real things that tests are built from."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from traindrop.job import Job
from traindrop.ledger import Ledger
from traindrop.run import Run, Status

# The account that the samples in events/ are of.
ACCOUNT = "111122223333"

# Two numbers and a label that they decide: 60 rows, 3 columns.
CSV = b"length,width,species\n" + b"".join(
    f"{n % 7}.5,{n % 5},{'rose' if n % 7 > 3 else 'tulip'}\n".encode() for n in range(60)
)


def a_context(account: str = ACCOUNT, *, seconds: float = 900) -> LambdaContext:
    """What Lambda tells a function of itself, as far as our handlers look at it; `seconds` are left to it."""
    context = LambdaContext()
    context._memory_limit_in_mb = 1769
    context.get_remaining_time_in_millis = lambda: int(seconds * 1000)  # type: ignore[method-assign]
    context._invoked_function_arn = f"arn:aws:lambda:us-east-1:{account}:function:traindrop-Launcher-AbCdEf123456"
    return context


def client_error(operation: str, code: str, message: str) -> ClientError:
    """An error as botocore raises it for a service's answer."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def classic_event(bucket: str, encoded_keys: list[str], body: bytes) -> dict[str, Any]:
    """A classic S3 notification of several uploads of the same bytes."""
    return {
        "Records": [
            {
                "eventTime": "2026-11-12T00:00:00.000Z",
                "s3": {
                    "bucket": {"name": bucket},
                    "object": {"key": key, "size": len(body), "eTag": f"etag-of-{key}"},
                },
            }
            for key in encoded_keys
        ]
    }


def a_job(**changes: Any) -> Job:
    """What a training job request is made of: a binary target of the dataset flowers, with a test file."""
    job = Job(
        run="traindrop-flowers-0123456789ab",
        stack="traindrop",
        dataset="flowers",
        bucket="traindrop-dropbucket-1a2b3c4d",
        train_key="datasets/flowers/train/flowers.csv",
        test_key="datasets/flowers/test/held_out.csv",
        bundle_key="code/0f1e2d/sourcedir.tar.gz",
        target="species",
        task="binary",
        role_arn="arn:aws:iam::123456789012:role/traindrop-TrainingRole-1A2B3C4D5E6F",
        region="us-east-1",
        owner="research",
    )
    return replace(job, **changes)


def a_run(**changes: Any) -> Run:
    """A run of the dataset flowers that waits to be launched."""
    moment = datetime(2026, 11, 12, tzinfo=UTC)
    run = Run(
        run="traindrop-flowers-0123456789ab",
        dataset="flowers",
        status=Status.WAITING,
        created_at=moment,
        uploaded_at=moment,
        bucket="traindrop-dropbucket-1a2b3c4d",
        key="datasets/flowers/train/flowers.csv",
        etag="b1946ac92492d2347c6235b4d2611184",
        size=1024,
    )
    return run.model_copy(update=changes)


def stored(ledger: Ledger, run: Run) -> Run:
    """Accept a run, as the answer to an upload of its own; the run. Fails where it is there already."""
    assert ledger.accept(run, f"upload of {run.run}", run.created_at)
    return run
