"""A service whose event loop hangs ends itself and says what it was doing."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.promptness import ATTEMPTS
from tests.waiting import PATIENCE

Services = dict[str, "subprocess.Popen[str]"]
HANGING = ("sleep", "hold_the_lock", "turn_in_circles")

# A service process with a patience of PATIENCE seconds; `hang` runs in its event loop a moment after it is watched.
SERVICE = """
import asyncio, faulthandler, logging, os, re, signal, sys, time
from contextlib import asynccontextmanager
from services.config.settings import load_settings
from services.rpc.links import Neighbours
from services.rpc.process import Hosted, run_services
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
async def build(signer, neighbours):
    time.sleep(2 * PATIENCE)  # the start may take longer than that
    yield []

def watch_and_hang(*arguments, **options):
    faulthandler.dump_traceback_later = watch
    watch(*arguments, **options)
    asyncio.get_running_loop().call_later(0.3, hang)

watch, faulthandler.dump_traceback_later = faulthandler.dump_traceback_later, watch_and_hang
PATIENCE, hang = 1.0, globals()[sys.argv[1]]
signer = TokenSigner([b"s" * 32])
neighbours = Neighbours(load_settings({}), signer, None)
run_services([Hosted("slow", "127.0.0.1:0", build)], signer, neighbours, patience=PATIENCE)
"""


def started(name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", SERVICE, name], stderr=subprocess.PIPE, text=True)


def end_of(services: Services, name: str, as_expected: str) -> tuple[int, str]:
    """Exit code and log of a service.

    On a machine that stands still for its patience every loop hangs: then it is tried again.
    """
    for _ in range(ATTEMPTS):
        _, log = services[name].communicate(timeout=PATIENCE)
        code = services[name].returncode
        if as_expected in log:
            break
        services[name] = started(name)
    return code, log


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """A service for each function, all at the same time: most of it is waiting."""
    began = {name: started(name) for name in (*HANGING, "stop_after_a_while")}
    yield began
    for process in began.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("hang", HANGING)
def test_a_loop_that_hangs_ends_the_process_and_the_log_says_where(services: Services, hang: str) -> None:
    code, log = end_of(services, hang, f"in {hang}")
    assert code == 1
    assert "slow is serving on port" in log
    assert "Timeout (0:00:01)!" in log
    assert f"in {hang}" in log


def test_a_loop_that_runs_ends_nothing_and_a_stop_is_as_ever(services: Services) -> None:
    code, log = end_of(services, "stop_after_a_while", "slow is stopping")
    assert code == 0
    assert "slow is stopping" in log
    assert "Timeout" not in log
