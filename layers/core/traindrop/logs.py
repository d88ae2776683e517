"""The functions' log: JSON lines, each with the name of the run that it is about as its correlation id.

Never a cell of a file nor a value of `environment`: names, numbers of rows and what happened.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from aws_lambda_powertools import Logger

_RUN: ContextVar[str | None] = ContextVar("run", default=None)


@cache
def log() -> Logger:
    """Made on first use: it reads the environment. `service` is the function's name, which holds the stack's."""
    return Logger(service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "traindrop"))


def run_at_hand() -> str | None:
    """The run that is worked on just now; None outside of `about`."""
    return _RUN.get()


@contextmanager
def about(run: str) -> Iterator[None]:
    """Every line within is about `run`; an exception that leaves it is logged with it, once, and goes on."""
    outer = _RUN.get()
    if outer == run:
        yield
        return
    token = _RUN.set(run)
    log().append_keys(correlation_id=run)
    try:
        yield
    except Exception:
        log().exception("failed")
        raise
    finally:
        _RUN.reset(token)
        if outer is None:
            log().remove_keys(["correlation_id"])
        else:
            # powertools' own context manager would leave none.
            log().append_keys(correlation_id=outer)
