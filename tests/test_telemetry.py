"""What may be logged, at any level."""

import subprocess
import sys
from pathlib import Path

STORE_SOMETHING = """
import asyncio, sys
import aiosqlite
from services.telemetry import configure_logging

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
