"""The process of a local AWS: MiniStack with a SageMaker that trains, on a port of the loopback or of `host`.

It has a process of its own because MiniStack keeps its state in modules and its settings in the environment.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from traindrop.job_state import Scope
from traindrop_cli.local.sagemaker.errors import ApiError
from traindrop_cli.local.sagemaker.surroundings import Settings
from traindrop_cli.local.settings import LocalSettings, ministack_environment, without_foreign_settings

SHUTDOWN_SECONDS = 3.0


def serve(settings: LocalSettings, ready_file: Path | None, *, end_with_stdin: bool) -> None:
    """Serve until SIGTERM or SIGINT, or until standard input is closed where asked; never returns.

    The endpoint is written to `ready_file` once it answers.
    """
    try:
        listener = socket.create_server((settings.host, settings.port), backlog=128)
    except OSError as error:
        sys.exit(
            f"Port {settings.port} of {settings.host}: {error.strerror}. "
            "Choose another with --port, or 0 for a free one."
        )
    port = listener.getsockname()[1]
    docker_host = os.environ.get("DOCKER_HOST")  # MiniStack is to find none, but a job's own image needs it
    environment = without_foreign_settings(os.environ) | ministack_environment(settings, port)
    os.environ.clear()
    os.environ.update(environment)
    with tempfile.TemporaryDirectory(prefix="traindrop-jobs-") as work_dir:
        training = _sagemaker_settings(settings, f"http://{settings.host}:{port}", Path(work_dir), docker_host)
        asyncio.run(_serve(settings, training, listener, ready_file, end_with_stdin))
    # Not sys.exit: it would wait for threads that wait for a script which ignores SIGTERM.
    os._exit(0)


async def _serve(
    settings: LocalSettings, training: Settings, listener: socket.socket, ready_file: Path | None, end_with_stdin: bool
) -> None:
    # Only now: MiniStack reads the environment when it is imported.
    from hypercorn.asyncio import serve as hypercorn_serve

    from traindrop_cli.local import ministack_adapter as adapter
    from traindrop_cli.local.calls import CallCounter
    from traindrop_cli.local.grants import GrantFile
    from traindrop_cli.local.sagemaker.api import SageMaker

    # MiniStack has read it. Handlers inherit the environment, and powertools would take it for the level of their own
    # log: no line of a handler that succeeds would come out.
    os.environ.pop("LOG_LEVEL")
    sagemaker = SageMaker(training, adapter.surroundings())

    async def call(operation: str, scope: Scope, parameters: Mapping[str, Any]) -> adapter.Response:
        try:
            return adapter.answer(await asyncio.to_thread(sagemaker.handle, operation, scope, parameters))
        except ApiError as error:
            return adapter.answer({"__type": error.code, "message": error.message}, 400)

    granted = GrantFile(settings.grants_file).add if settings.grants_file is not None else None
    adapter.install(call, sagemaker.tags, concurrent_invocations=settings.concurrent_invocations, granted=granted)
    ended = _end_of_service(end_with_stdin)
    calls = CallCounter(adapter.asgi_app(), adapter.owner_of)
    app = _telling_when_ready(calls, lambda: _write_ready(ready_file, training.endpoint_url))

    async def until_the_end() -> None:
        await ended.wait()
        if settings.calls_file is not None:
            calls.write(settings.calls_file)
        _end_hard_after(SHUTDOWN_SECONDS)
        await asyncio.to_thread(sagemaker.shut_down, SHUTDOWN_SECONDS / 2)

    await hypercorn_serve(app, _hypercorn_config(listener, settings.log_level), shutdown_trigger=until_the_end)
    adapter.end_lambda_workers()


def _sagemaker_settings(
    settings: LocalSettings, endpoint_url: str, work_dir: Path, docker_host: str | None
) -> Settings:
    if settings.state_dir is not None:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
    return Settings(
        endpoint_url=endpoint_url,
        work_dir=work_dir,
        state_file=settings.state_dir / "training-jobs.json" if settings.state_dir is not None else None,
        tuning_file=settings.state_dir / "tuning-jobs.json" if settings.state_dir is not None else None,
        registry_file=settings.state_dir / "model-registry.json" if settings.state_dir is not None else None,
        quotas=settings.quotas,
        concurrent_jobs=settings.concurrent_jobs,
        event_copies=settings.event_copies,
        stop_grace=settings.stop_grace,
        docker_host=docker_host,
    )


def _hypercorn_config(listener: socket.socket, log_level: str) -> Any:
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = log_level
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    return config


def _telling_when_ready(app: Any, tell: Callable[[], None]) -> Any:
    """The application, calling `tell` when its start-up is complete. The socket takes connections before that."""

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Mapping[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                tell()

        await app(scope, receive, sending if scope["type"] == "lifespan" else send)

    return telling


def _write_ready(ready_file: Path | None, endpoint_url: str) -> None:
    if ready_file is None:
        print(f"Local AWS ready at {endpoint_url}", flush=True)
        return
    partial = ready_file.with_suffix(".partial")
    partial.write_text(json.dumps({"endpoint_url": endpoint_url, "pid": os.getpid()}), encoding="utf-8")
    partial.replace(ready_file)


def _end_of_service(end_with_stdin: bool) -> asyncio.Event:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def watch_stdin() -> None:
        sys.stdin.buffer.read()  # the parent holds the other end: it closes when the parent ends, however it ends
        loop.call_soon_threadsafe(ended.set)

    if end_with_stdin:
        threading.Thread(target=watch_stdin, daemon=True, name="parent-watch").start()
    return ended


def _end_hard_after(seconds: float) -> None:
    """A handler or a script may hold things up; nobody waits for a local AWS to end."""

    def end() -> None:
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
