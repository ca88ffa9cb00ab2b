"""A service whose event loop hangs ends itself and says what it was doing."""

import subprocess
import sys
import time

import pytest

# A service process with a patience of PATIENCE seconds; `hang` runs in its event loop a moment after it says that it
# serves.
SERVICE = """
import asyncio, logging, os, re, signal, sys, time
from contextlib import asynccontextmanager
from services.rpc.server import run_service
from services.trust.principal_tokens import TokenSigner

logging.basicConfig(level=logging.INFO)

def sleep():
    time.sleep(600)

def hold_the_lock():
    re.match(r"(a+)+$", "a" * 100 + "b")

def turn_in_circles():
    while True:
        pass

def stop_after_a_while():
    asyncio.get_running_loop().call_later(3 * PATIENCE, os.kill, os.getpid(), signal.SIGTERM)

@asynccontextmanager
async def build():
    time.sleep(2 * PATIENCE)  # the start may take longer than that
    yield []

class Serving(logging.Handler):
    def emit(self, record):
        if "is serving" in record.getMessage():
            asyncio.get_running_loop().call_later(0.3, hang)

logging.getLogger().addHandler(Serving())
PATIENCE, hang = 1.0, globals()[sys.argv[1]]
run_service("slow", "127.0.0.1:0", TokenSigner([b"s" * 32]), build, patience=PATIENCE)
"""


def run(hang: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", SERVICE, hang], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("hang", ["sleep", "hold_the_lock", "turn_in_circles"])
def test_a_loop_that_hangs_ends_the_process_and_the_log_says_where(hang: str) -> None:
    began = time.monotonic()
    ended = run(hang)
    assert time.monotonic() - began < 30
    assert ended.returncode == 1
    assert "slow is serving on port" in ended.stderr
    assert "Timeout (0:00:01)!" in ended.stderr
    assert f"in {hang}" in ended.stderr


def test_a_loop_that_runs_ends_nothing_and_a_stop_is_as_ever() -> None:
    ended = run("stop_after_a_while")
    assert ended.returncode == 0
    assert "slow is stopping" in ended.stderr
    assert "Timeout" not in ended.stderr
