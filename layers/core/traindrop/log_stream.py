"""A job's lines in CloudWatch Logs while it runs, in the group and stream that SageMaker writes."""

import logging
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef

GROUP = "/aws/sagemaker/TrainingJobs"
FLUSH_SECONDS = 0.2
# Limits of PutLogEvents: 10,000 events and 1 MiB a call, each event counted with 26 bytes more; 256 KiB an event.
_BATCH_EVENTS, _BATCH_BYTES, _EVENT_BYTES, _OVERHEAD = 10_000, 1_048_576, 262_144, 26

logger = logging.getLogger(__name__)


class LogStream:
    """Collects lines from any thread; another one sends them every 0.2 seconds."""

    def __init__(self, client: "CloudWatchLogsClient", stream: str) -> None:
        self._client = client
        self._stream = stream
        self._lines: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._sender = threading.Thread(target=self._send, name=f"logs of {stream}", daemon=True)

    def write(self, line: str) -> None:
        if line:  # CloudWatch refuses empty messages, and the log driver drops them
            self._lines.put((int(time.time() * 1000), line))

    def open(self) -> None:
        self._sender.start()

    def close(self) -> None:
        """Send what is left."""
        self._closed.set()
        self._sender.join()

    def _send(self) -> None:
        try:
            self._create()
            while True:
                last = self._closed.wait(FLUSH_SECONDS)
                for batch in _batches(self._waiting()):
                    self._client.put_log_events(logGroupName=GROUP, logStreamName=self._stream, logEvents=batch)
                if last:
                    return
        except (ClientError, BotoCoreError) as error:
            # As in AWS: a role that may not write logs trains without leaving any.
            logger.warning("no log lines of %s reach CloudWatch Logs: %s", self._stream, error)

    def _create(self) -> None:
        exists = self._client.exceptions.ResourceAlreadyExistsException
        try:
            self._client.create_log_stream(logGroupName=GROUP, logStreamName=self._stream)
        except self._client.exceptions.ResourceNotFoundException:
            with suppress(exists):  # another job made it meanwhile
                self._client.create_log_group(logGroupName=GROUP)
            with suppress(exists):
                self._client.create_log_stream(logGroupName=GROUP, logStreamName=self._stream)
        except exists:
            logger.debug("%s is written on", self._stream)

    def _waiting(self) -> Iterator[tuple[int, str]]:
        while True:
            try:
                yield self._lines.get_nowait()
            except queue.Empty:
                return


@contextmanager
def log_stream(client: "CloudWatchLogsClient", stream: str) -> Iterator[LogStream]:
    """A LogStream that has sent everything when the block ends."""
    lines = LogStream(client, stream)
    lines.open()
    try:
        yield lines
    finally:
        lines.close()


def _batches(lines: Iterator[tuple[int, str]]) -> Iterator[list["InputLogEventTypeDef"]]:
    batch: list[InputLogEventTypeDef] = []
    size = 0
    for timestamp, line in lines:
        message = line.encode()[: _EVENT_BYTES - _OVERHEAD].decode(errors="ignore")
        weight = len(message.encode()) + _OVERHEAD
        if batch and (len(batch) == _BATCH_EVENTS or size + weight > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append({"timestamp": timestamp, "message": message})
        size += weight
    if batch:
        yield batch
