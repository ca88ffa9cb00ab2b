"""One file is read, by a process that was forked for it and ends with it."""

import ctypes
import json
import os
import signal
import sys

from services.errors import ChatmountError
from services.retrieval.reader.answer import encode, encode_fault, encode_refusal, too_complex
from services.retrieval.reader.sandbox import confine_worker
from services.retrieval.reading import read

_PR_SET_PDEATHSIG = 1


def work(data: int, null: int, parent: int, seconds: int, memory_bytes: int, *, filter_calls: bool) -> None:
    """Reads a line of JSON (`kind`, `media_type`) and the file from `data`, and writes the answer there.

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
        confine_worker(seconds, memory_bytes, filter_calls=filter_calls)
        head = json.loads(sys.stdin.buffer.readline())
        content = sys.stdin.buffer.read()
        for line in encode(read(content, head["kind"], head["media_type"])):
            sys.stdout.buffer.write(line)
    except ChatmountError as refusal:
        sys.stdout.buffer.write(encode_refusal(refusal.text))
    except (MemoryError, RecursionError):
        sys.stdout.buffer.write(encode_refusal(too_complex().text))
    except Exception as error:
        sys.stdout.buffer.write(encode_fault(error))
    sys.stdout.buffer.flush()
