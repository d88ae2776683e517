"""A SageMaker on the loopback that takes every job and says when it was asked for the last one."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from benchmarks.loopback import serving

# Also to DescribeTrainingJob, which the SDK v3 asks for at once.
_ANSWER = json.dumps(
    {
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:000000000000:training-job/benchmark",
        "TrainingJobName": "benchmark",
        "TrainingJobStatus": "InProgress",
    }
).encode()


@dataclass
class Stub:
    """`asked_at`: the moments of the CreateTrainingJob requests, on the machine's monotonic clock."""

    url: str = ""
    asked_at: list[float] = field(default_factory=list)


@contextmanager
def stub_sagemaker() -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("X-Amz-Target") == "SageMaker.CreateTrainingJob":
                stub.asked_at.append(time.monotonic())
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(_ANSWER)))
            self.end_headers()
            self.wfile.write(_ANSWER)

        def log_message(self, *_: object) -> None:
            """Nothing: the table is the output."""

    with serving(Handler) as stub.url:
        yield stub
