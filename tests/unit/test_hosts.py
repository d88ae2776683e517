"""Instances side by side: who ends whom, and whose end is the job's. Without processes."""

import threading
import time
from contextlib import ExitStack

import pytest

from traindrop.container import Outcome
from traindrop_cli.local.sagemaker.hosts import Part, run_together
from traindrop_cli.local.sagemaker.loopback import NoAddresses, loopback_instances

DONE = Outcome(0, None, stopped=False, timed_out=False, seconds=1)
FAILED = Outcome(1, "AlgorithmError: lost the other", stopped=False, timed_out=False, seconds=1)
KILLED = Outcome(-9, "AlgorithmError: ExitCode -9", stopped=False, timed_out=False, seconds=1)
TIMED_OUT = Outcome(-15, None, stopped=False, timed_out=True, seconds=1)
STOPPED = Outcome(-15, None, stopped=True, timed_out=False, seconds=1)


def at_once(outcome: Outcome) -> Part:
    return lambda _: outcome


def until_halted(halt: threading.Event) -> Outcome:
    return STOPPED if halt.wait(30) else DONE


def test_a_job_is_done_when_every_instance_is() -> None:
    def late(_: threading.Event) -> Outcome:
        time.sleep(0.1)
        return Outcome(0, None, stopped=False, timed_out=False, seconds=2)

    assert run_together([at_once(DONE), late], threading.Event()).seconds == 2


@pytest.mark.parametrize("outcome", [FAILED, KILLED, TIMED_OUT])
def test_an_instance_that_does_not_end_well_ends_the_others(outcome: Outcome) -> None:
    assert run_together([until_halted, at_once(outcome), until_halted], threading.Event()) == outcome


@pytest.mark.parametrize("cause", [KILLED, TIMED_OUT])
def test_what_others_suffer_for_want_of_one_is_not_the_reason(cause: Outcome) -> None:
    assert run_together([at_once(FAILED), at_once(cause)], threading.Event()) == cause


def test_a_job_that_is_stopped_stops_every_instance() -> None:
    stop = threading.Event()
    stop.set()
    assert run_together([until_halted, until_halted], stop) == STOPPED


def test_an_error_of_our_own_leaves_no_instance_running() -> None:
    def broken(_: threading.Event) -> Outcome:
        raise RuntimeError("no such folder")

    ended = threading.Event()

    def watched(halt: threading.Event) -> Outcome:
        until_halted(halt)
        ended.set()
        return STOPPED

    with pytest.raises(RuntimeError, match="no such folder"):
        run_together([watched, broken], threading.Event())
    assert ended.is_set()


def test_one_instance_is_algo_1_as_in_sagemaker() -> None:
    with loopback_instances(1) as (only,):
        assert (only.host, only.hosts, only.network_interface) == ("algo-1", ("algo-1",), "eth0")


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux has more than one loopback address by itself")
def test_jobs_at_the_same_time_have_addresses_of_their_own() -> None:
    with ExitStack() as jobs:
        first, second = (jobs.enter_context(loopback_instances(2)) for _ in range(2))
    assert [each.host.rpartition(".")[2] for each in (*first, *second)] == ["1", "2", "1", "2"]
    assert len({*first[0].hosts, *second[0].hosts}) == 4
    assert {each.network_interface for each in first} == {"lo"}


def test_where_there_is_one_loopback_address_several_instances_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(NoAddresses, match="2 instances need an address each on the loopback"), loopback_instances(2):
        pass
