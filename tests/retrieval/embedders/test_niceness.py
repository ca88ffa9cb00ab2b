"""Work that gives way to answers, whatever niceness the service was started with."""

import subprocess
import sys

import psutil

from services.retrieval.embedders.niceness import give_way
from tests.each import for_each


@for_each("before, after", [(0, 5), (5, 5), (10, 10)])
def test_what_is_nicer_already_stays_so(before: int, after: int) -> None:
    own = psutil.Process().nice()
    code = f"import os, sys; os.nice({before}); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        give_way(process.pid, own + 5)
        assert psutil.Process(process.pid).nice() == own + after
        process.communicate()
