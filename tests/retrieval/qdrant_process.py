"""A Qdrant server's stand-in as a process of its own; see qdrant_stand_in.py.

`python -m tests.retrieval.qdrant_process PORT_FILE [FOLDER]` serves until SIGTERM on a free loopback port that it
writes to PORT_FILE, or on the one that it finds there; FOLDER keeps the index over a restart.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from tests.retrieval.qdrant_stand_in import QdrantStandIn


async def _serve(port_file: Path, folder: Path | None) -> None:
    known = port_file.read_text() if port_file.exists() else ""
    stand_in = QdrantStandIn(folder, int(known or 0))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stand_in.start()
    draft = port_file.with_name(f"{port_file.name}.{time.monotonic_ns()}")
    draft.write_text(str(stand_in.port))
    draft.replace(port_file)
    await stop.wait()
    await stand_in.stop()
    stand_in.close()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
