"""`python -m services.retrieval.ingest.reader.zygote`: forks the processes that read files.

It has imported what reading needs, so that a fork is all that a process costs, and never sees a file itself: no file
can leave anything here that another one meets. Standard input is a socket. A request there brings two sockets along:
one to the process that reads, and one that tells how that process ended, or, when the other side closes it, that it
must.
"""

import gc
import json
import os
import resource
import selectors
import signal
import socket
import sys
from contextlib import suppress

from services.retrieval.ingest.reader.answer import encode_fault
from services.retrieval.ingest.reader.sandbox import confine
from services.retrieval.ingest.reader.wire import ANSWER, FORK, STATUS
from services.retrieval.ingest.reader.worker import work

_DESCRIPTORS = 256


class Zygote:
    """Forks, watches and ends the processes that read."""

    def __init__(self, control: socket.socket, null: int, *, filter_calls: bool) -> None:
        self._control = control
        self._null = null
        self._filter_calls = filter_calls
        self._lines: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._ended, ended = socket.socketpair()
        self._ended.setblocking(False)
        ended.setblocking(False)
        self._selector.register(self._ended, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ended.detach(), warn_on_full_buffer=False)

    def serve(self) -> None:
        """Returns when the other side of the control socket is closed, and no process is left."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    request, descriptors, _, _ = socket.recv_fds(self._control, FORK.size, 2)
                    if not request:
                        return self._end()
                    self._fork(request, *descriptors)
                elif key.fileobj is self._ended:
                    with suppress(BlockingIOError):
                        self._ended.recv(4096)
                    self._reap()
                elif self._lines.get(key.data) is key.fileobj:
                    os.kill(key.data, signal.SIGKILL)
                    self._selector.unregister(key.fileobj)

    def _fork(self, request: bytes, data: int, line: int) -> None:
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            print(f"no process can be started to read a file: {error}", file=sys.stderr, flush=True)
            os.close(line)
            os.close(data)
            return
        if pid == 0:
            code = 1
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                work(data, self._null, parent, *FORK.unpack(request), filter_calls=self._filter_calls)
                code = 0
            except Exception as error:
                fault = encode_fault(error)
                os.write(data, ANSWER.pack(len(fault), False) + fault)
            finally:
                os._exit(code)
        os.close(data)
        self._lines[pid] = socket.socket(fileno=line)
        self._selector.register(self._lines[pid], selectors.EVENT_READ, pid)

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                with self._lines.pop(pid) as line:
                    with suppress(KeyError):
                        self._selector.unregister(line)
                    with suppress(OSError):
                        line.send(STATUS.pack(os.waitstatus_to_exitcode(status)))

    def _end(self) -> None:
        for pid in self._lines:
            os.kill(pid, signal.SIGKILL)
        for pid in self._lines:
            os.waitpid(pid, 0)


def main() -> None:
    """Says first what the kernel does not know of that by which it confines itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _DESCRIPTORS if most == resource.RLIM_INFINITY else min(_DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    control, null = socket.socket(fileno=0), os.open(os.devnull, os.O_RDWR)
    missing = confine()
    control.sendall(json.dumps(missing).encode() + b"\n")
    gc.collect()
    gc.freeze()
    Zygote(control, null, filter_calls="seccomp" not in missing).serve()


if __name__ == "__main__":
    main()
