"""How jobs are listed: which, in what order, page by page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

Parameters = Mapping[str, Any]


class Listed(Protocol):
    """What can be asked of a job in a list. Times are seconds since the epoch."""

    @property
    def name(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def created(self) -> float: ...

    @property
    def modified(self) -> float: ...


J = TypeVar("J", bound=Listed)


def asked_for(jobs: Iterable[J], parameters: Parameters, *, by: str, order: str) -> list[J]:
    """Those that the parameters ask for, in their order; `by` and `order` are the operation's defaults."""
    found = [job for job in jobs if _is_asked_for(job, parameters)]
    by, order = parameters.get("SortBy", by), parameters.get("SortOrder", order)
    found.sort(key=lambda job: _place(job, by), reverse=order == "Descending")
    return found


def page(name: str, summaries: Sequence[Mapping[str, Any]], parameters: Parameters) -> dict[str, Any]:
    """The page that the parameters ask for, under `name`, with the token of the next one if there is one."""
    start, size = int(parameters.get("NextToken", 0)), parameters.get("MaxResults", 10)
    rest = {"NextToken": str(start + size)} if start + size < len(summaries) else {}
    return {name: list(summaries[start : start + size]), **rest}


def _is_asked_for(job: Listed, parameters: Parameters) -> bool:
    status, part = parameters.get("StatusEquals", job.status), parameters.get("NameContains", "")
    return bool(job.status == status) and part.lower() in job.name.lower() and _is_in_time(job, parameters)


def _is_in_time(job: Listed, parameters: Parameters) -> bool:
    after, before = parameters.get("CreationTimeAfter", 0), parameters.get("CreationTimeBefore", float("inf"))
    changed_after = parameters.get("LastModifiedTimeAfter", 0)
    changed_before = parameters.get("LastModifiedTimeBefore", float("inf"))
    return bool(after <= job.created <= before and changed_after <= job.modified <= changed_before)


def _place(job: Listed, by: str) -> Any:
    return {"Name": job.name, "Status": job.status}.get(by, job.created)
