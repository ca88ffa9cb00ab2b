"""How full the listeners are: the pressure by which Envoy closes idle connections sooner."""

import asyncio
import logging
import re
from pathlib import Path

from services.config.addresses import Address
from services.edge.admin import ask_admin

logger = logging.getLogger("chatmount.edge")

FILE_NAME = "connection-pressure"
LOOK_SECONDS = 1.0
# From the first on it is a warning, below the second it is over.
FULL, FREE = 0.9, 0.8
# Connections of which no byte was seen yet, and the others; the listeners have these names in envoy.yaml.
STATS = r"/stats?filter=^listener\.https?\.downstream_(pre_)?cx_active$"

_LINE = re.compile(r"^listener\.(https?)\.downstream_(?:pre_)?cx_active: ([0-9]{1,18})\r?$", re.MULTILINE | re.ASCII)


def write_pressure(pressure: float, file: Path) -> None:
    """Tell Envoy how full the fuller listener is, 0 to 1.

    In one step: Envoy reads the file when it is replaced.
    """
    draft = file.with_suffix(".new")
    draft.write_text(f"{pressure:.2f}")
    draft.replace(file)


class ConnectionWatch:
    """A watch over the Envoy behind `admin`, whose listeners take `limit` connections each."""

    def __init__(self, admin: Path | Address, limit: int, file: Path) -> None:
        self._admin = admin
        self._limit = limit
        self._file = file
        self._written = ""
        self._warned = False

    async def keep(self) -> None:
        """Watch until cancelled."""
        complaint = ""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                reply = await ask_admin(self._admin, "GET", STATS)
                if reply.status != 200:
                    raise ValueError(f"its admin port answers {reply.status}")
                self.read(reply.text)
                complaint = ""
            except (ConnectionError, TimeoutError):
                continue  # Envoy is being started again
            except Exception as error:
                # Were this loop to end, Envoy would act on the last number for as long as it runs.
                if str(error) != complaint:
                    complaint = str(error)
                    logger.error("Envoy can't be told how many connections there are: %s", complaint)

    def read(self, stats: str) -> None:
        """Read lines such as `listener.http.downstream_cx_active: 17` and pass over others.

        ValueError when there are only others, OSError when the file can't be written.
        """
        active: dict[str, int] = {}
        for listener, value in _LINE.findall(stats):
            active[listener] = active.get(listener, 0) + int(value)
        if stats and not active:
            raise ValueError("the answer of its admin port holds no number of connections")
        fullest = max(active, key=lambda listener: active[listener], default="")
        pressure = min(1.0, active.get(fullest, 0) / self._limit)
        if pressure >= FULL and not self._warned:
            self._warned = True
            logger.warning(
                "%d of %d connections of the %s listener are in use: idle ones are closed after seconds, and when none "
                "is left, new ones are refused",
                min(active[fullest], self._limit),  # those that are being closed are counted too
                self._limit,
                fullest,
            )
        elif pressure < FREE and self._warned:
            self._warned = False
            logger.info("the listeners have room for connections again")
        if f"{pressure:.2f}" != self._written:
            write_pressure(pressure, self._file)
            self._written = f"{pressure:.2f}"
