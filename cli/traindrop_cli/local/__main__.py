"""`python -m traindrop_cli.local`: a local AWS in the foreground."""

import argparse
from pathlib import Path

from traindrop_cli.local.server import serve
from traindrop_cli.local.settings import LocalSettings


def _parser() -> argparse.ArgumentParser:
    default = LocalSettings()
    parser = argparse.ArgumentParser(prog="python -m traindrop_cli.local", description=__doc__)
    add = parser.add_argument
    add("--host", default=default.host, help="address to listen on: one that only this machine can reach")
    add("--port", type=int, default=default.port, help="0 takes a free port")
    add("--state-dir", type=Path, help="keep everything here over a restart")
    add("--no-iam", dest="enforce_iam", action="store_false", help="allow every call")
    add("--retry-seconds", type=float, default=default.retry_seconds, help="before a failed handler is tried again")
    add("--concurrent-invocations", type=int, default=default.concurrent_invocations, help="of each function")
    add("--quota", action="append", type=_quota, default=[], metavar="TYPE=N", help="instances in use at a time")
    add("--concurrent-jobs", type=int, default=default.concurrent_jobs, help="trainings that run at a time")
    add("--event-copies", type=int, default=default.event_copies, help="events for each state change")
    add("--stop-grace", type=float, default=default.stop_grace, help="seconds from SIGTERM to SIGKILL")
    add("--log-level", default=default.log_level)
    add("--calls-file", type=Path, help="gets the number of calls by caller, service and operation as JSON at the end")
    add("--grants-file", type=Path, help="gets each permission of a role that has allowed a request, as lines of JSON")
    add("--ready-file", type=Path, help="gets the endpoint as JSON once it answers")
    add("--end-with-stdin", action="store_true", help="end when standard input is closed")
    return parser


def _quota(text: str) -> tuple[str, int]:
    kind, _, number = text.partition("=")
    return kind, int(number)


def main() -> None:
    arguments = vars(_parser().parse_args())
    ready_file, end_with_stdin = arguments.pop("ready_file"), arguments.pop("end_with_stdin")
    arguments["quotas"] = dict(arguments.pop("quota"))
    serve(LocalSettings(**arguments), ready_file, end_with_stdin=end_with_stdin)


if __name__ == "__main__":
    main()
