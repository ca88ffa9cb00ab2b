"""What may be logged, at any level."""

import subprocess
import sys
from pathlib import Path

STORE_SOMETHING = """
import asyncio, sys
import aiosqlite
from services.observe.telemetry import configure_logging

async def main():
    async with aiosqlite.connect(sys.argv[1]) as database:
        await database.execute("create table pages (text)")
        await database.execute("insert into pages values (?)", ("what a tenant wrote",))
        await database.commit()

configure_logging("DEBUG")
asyncio.run(main())
"""


def test_values_that_are_stored_are_logged_at_no_level(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STORE_SOMETHING, str(tmp_path / "some.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "what a tenant wrote" not in done.stdout + done.stderr


FAIL = """
import logging
from services.errors import ChatmountError, Reason
from services.observe.telemetry import configure_logging

configure_logging()
for error in (ChatmountError(Reason.UNAVAILABLE, "Please try again."), RuntimeError("broken")):
    try:
        raise error
    except Exception:
        logging.getLogger("chatmount").exception("the sweep failed")
"""


def test_a_refusal_is_logged_without_a_traceback_and_a_fault_with_one() -> None:
    done = subprocess.run([sys.executable, "-c", FAIL], capture_output=True, text=True, check=True)
    refusal, _, fault = done.stderr.partition("Please try again.")
    assert "the sweep failed" in refusal
    assert "Traceback" not in refusal
    assert "Traceback" in fault
    assert fault.endswith("RuntimeError: broken\n")
