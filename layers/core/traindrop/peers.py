"""The instances of a distributed job: all there before it begins, and none lost without the others ending too.

What sums gradients over instances waits for one that has gone, for minutes or for ever. So each instance holds a TCP
connection to the first one and says every moment that it is alive. A process that dies closes its connection at once;
a machine that is cut off falls silent. The first instance tells the others which one was lost.

It goes with a training script into the container: standard library only, and Python 3.10-safe.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from traindrop.training_script import fail

PATIENCE = 300.0  # seconds for all to come: instances of one job do not start at the same moment
SILENCE = 20.0  # seconds without a word; a machine that is busy, not gone, speaks again within a few
SETTLING = 2.0  # seconds in which an error of one's own may turn out to follow from another's end


@contextmanager
def together(
    hosts: Sequence[str], own: str, port: int, *, patience: float = PATIENCE, silence: float = SILENCE
) -> Iterator[int]:
    """Gives the own rank once every host has come, and leaves once every host has left.

    `port` is one that the first host listens on. If in between another host fails, ends or falls silent, this process
    writes which one and why as its failure reason and exits with 1, whatever its own threads are waiting for.
    """
    if own not in hosts:
        fail(f"SM_CURRENT_HOST is {own!r}, which is not one of SM_HOSTS: {', '.join(hosts)}.")
    rank = list(hosts).index(own)
    if len(hosts) == 1:
        yield rank
        return
    if rank == 0:
        watch = Watch(own, gathered(hosts, port, patience), silence, silence)
    else:
        # The first one speaks when all have come.
        watch = Watch(own, {hosts[0]: joined(hosts[0], own, port, patience)}, patience, silence)
        watch.all_there.wait()
    try:
        yield rank
    except BaseException as error:
        time.sleep(SETTLING)
        watch.over.set()
        watch.tell(f"failed {own}: {str(error) or repr(error)}")
        raise
    watch.leave(last=rank == 0)


def gathered(hosts: Sequence[str], port: int, patience: float) -> dict[str, socket.socket]:
    """The connections of all other hosts, at the first."""
    found: dict[str, socket.socket] = {}
    until = time.monotonic() + patience
    try:
        server = socket.create_server((hosts[0], port))
    except OSError as error:
        fail(f"{hosts[0]} cannot listen on port {port}, where the job's instances meet: {error}.")
    with server:
        while missing := [name for name in hosts[1:] if name not in found]:
            server.settimeout(max(until - time.monotonic(), 0.001))
            with suppress(TimeoutError, UnicodeDecodeError, ConnectionError):
                connection, _ = server.accept()
                connection.settimeout(5)
                name = connection.makefile("rb", buffering=0).readline(1000).decode().strip()
                if name in missing:
                    found[name] = connection
                else:  # anybody else has no business here
                    connection.close()
            if time.monotonic() > until:
                fail(f"These instances of the job did not come within {patience:.0f} seconds: {', '.join(missing)}.")
    return found


def joined(first: str, own: str, port: int, patience: float) -> socket.socket:
    """A connection to the first host, which may not listen yet."""
    until = time.monotonic() + patience
    while True:
        try:
            connection = socket.create_connection((first, port), timeout=5)
            connection.sendall(f"{own}\n".encode())
        except OSError as error:
            if time.monotonic() > until:
                fail(f"{own} cannot reach {first} on port {port} for {patience:.0f} seconds: {error}.")
            time.sleep(0.1)
        else:
            return connection


class Watch:
    """Speaks and listens on connections by host, in threads of its own, until `leave` or until `over` is set.

    `first_word`, `silence`: seconds that another may take before its first line, and between two.
    """

    def __init__(self, own: str, connections: dict[str, socket.socket], first_word: float, silence: float) -> None:
        self.own, self.connections, self.first_word, self.silence = own, connections, first_word, silence
        self.all_there, self.over, self.ending = threading.Event(), threading.Event(), threading.Lock()
        self.done = {name: threading.Event() for name in connections}
        self.threads = [threading.Thread(target=self._listen, args=[name], daemon=True) for name in connections]
        self.threads.append(threading.Thread(target=self._speak, daemon=True))
        for thread in self.threads:
            thread.start()

    def tell(self, line: str) -> None:
        """To everybody whom a connection still reaches, as one line."""
        for connection in self.connections.values():
            with suppress(OSError):
                connection.sendall(f"{' '.join(line.split())}\n".encode())

    def leave(self, *, last: bool) -> None:
        """Wait until all are done; `last` is whom the others wait for."""
        if not last:
            self.tell("done")
        for done in self.done.values():
            done.wait()
        if last:
            self.tell("done")
        self.over.set()
        # Closed with unread lines in it, a connection would take back what was just said.
        for connection in self.connections.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        for thread in self.threads:
            thread.join()
        for connection in self.connections.values():
            connection.close()

    def _speak(self) -> None:
        self.tell("alive")
        while not self.over.wait(self.silence / 10):
            self.tell("alive")

    def _listen(self, name: str) -> None:
        connection = self.connections[name]
        connection.settimeout(self.first_word)
        with suppress(ConnectionError), connection.makefile("rb") as lines:
            try:
                for line in lines:
                    connection.settimeout(self.silence)
                    self.all_there.set()
                    word, _, reason = line.decode("utf-8", "replace").strip().partition(" ")
                    if word == "failed":
                        self._end(reason)
                    if word == "done":
                        self.done[name].set()
            except TimeoutError:
                self._end(f"{name} has not been heard of for {connection.gettimeout():.0f} seconds.")
        if not self.done[name].is_set():
            self._end(
                f"{name} ended before the training was over. Its own log may say why; memory that ran out does not."
            )

    def _end(self, reason: str) -> None:
        with self.ending:
            if self.over.is_set():
                return
            self.tell(f"failed {reason}")
            with suppress(SystemExit):
                fail(reason)
            print(reason, file=sys.stderr)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(1)  # the main thread may be waiting in a call that nothing interrupts
