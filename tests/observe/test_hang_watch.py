"""A service whose event loop hangs ends itself and says what it was doing."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

Services = dict[str, "subprocess.Popen[str]"]
HANGING = ("sleep", "hold_the_lock", "turn_in_circles")

# A service process with a patience of PATIENCE seconds; `hang` runs in its event loop a moment after it says that it
# serves.
SERVICE = """
import asyncio, logging, os, re, signal, sys, time
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

class Serving(logging.Handler):
    def emit(self, record):
        if "is serving" in record.getMessage():
            asyncio.get_running_loop().call_later(0.3, hang)

logging.getLogger().addHandler(Serving())
PATIENCE, hang = 1.0, globals()[sys.argv[1]]
signer = TokenSigner([b"s" * 32])
neighbours = Neighbours(load_settings({}), signer, None)
run_services([Hosted("slow", "127.0.0.1:0", build)], signer, neighbours, patience=PATIENCE)
"""


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """A service for each function, all at the same time: most of it is waiting."""
    began = {
        name: subprocess.Popen([sys.executable, "-c", SERVICE, name], stderr=subprocess.PIPE, text=True)
        for name in (*HANGING, "stop_after_a_while")
    }
    yield began
    for process in began.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("hang", HANGING)
def test_a_loop_that_hangs_ends_the_process_and_the_log_says_where(services: Services, hang: str) -> None:
    _, log = services[hang].communicate(timeout=60)
    assert services[hang].returncode == 1
    assert "slow is serving on port" in log
    assert "Timeout (0:00:01)!" in log
    assert f"in {hang}" in log


def test_a_loop_that_runs_ends_nothing_and_a_stop_is_as_ever(services: Services) -> None:
    _, log = services["stop_after_a_while"].communicate(timeout=60)
    assert services["stop_after_a_while"].returncode == 0
    assert "slow is stopping" in log
    assert "Timeout" not in log
