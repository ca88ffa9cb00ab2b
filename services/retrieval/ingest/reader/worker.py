"""Reads files in a forked process."""

import ctypes
import json
import os
import resource
import signal
import sys

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.by_kind import read
from services.retrieval.ingest.reader.answer import TOO_COMPLEX, encode, encode_fault, encode_refusal
from services.retrieval.ingest.reader.sandbox import confine_worker
from services.retrieval.ingest.reader.wire import ANSWER, REQUEST

_KILL_SECONDS = 5
"""Of processor time between the signal that ends a process whose file took too long and the one that can't be ignored.
"""

_PR_SET_PDEATHSIG = 1
_FIT_KIBIBYTES = 256 * 1024
"""Of memory at most. Who took more may have too little left for the next file."""


def work(data: int, null: int, parent: int, seconds: int, memory_bytes: int, *, filter_calls: bool) -> None:
    """Answers the requests that come from `data`, until there are no more.

    All other descriptors are closed before. The process may not live longer than its `parent`.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    for descriptor, to in ((data, 0), (data, 1), (null, 2)):
        os.dup2(descriptor, to)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    try:
        confine_worker(seconds + _KILL_SECONDS, memory_bytes, filter_calls=filter_calls)
        while size := sys.stdin.buffer.read(REQUEST.size):
            head, _, content = sys.stdin.buffer.read(*REQUEST.unpack(size)).partition(b"\n")
            answer, is_fit = _answer(content, **json.loads(head))
            is_fit = is_fit and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < _FIT_KIBIBYTES
            _send(answer, is_fit=is_fit)
    except Exception as error:
        _send(encode_fault(error), is_fit=False)


def _send(answer: bytes, *, is_fit: bool) -> None:
    sys.stdout.buffer.write(ANSWER.pack(len(answer), is_fit) + answer)
    sys.stdout.buffer.flush()


def _answer(content: bytes, kind: str, media_type: str, seconds: int) -> tuple[bytes, bool]:
    _bound_processor_time(seconds)
    try:
        return b"".join(encode(read(content, kind, media_type))), True
    except ChatmountError as refusal:
        return encode_refusal(refusal.text), True
    except (MemoryError, RecursionError):
        return encode_refusal(TOO_COMPLEX), False
    except Exception as error:
        return encode_fault(error), False


def _bound_processor_time(seconds: int) -> None:
    """Has this process ended by a signal when it has used `seconds` more."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    limit = max(1, round(usage.ru_utime + usage.ru_stime + seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (min(limit, most), most))
