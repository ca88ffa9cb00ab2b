"""Logs: one readable line per event on stderr, with the ids of its request and trace."""

import logging
import sys
from typing import Any

from services.errors import ChatmountError
from services.observe.spans import current_span
from services.request_id import request_id

FORMAT = "%(asctime)s %(levelname)-7s %(name)s [%(request_id)s] %(message)s"


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        # A refusal is no fault of the code: where it was raised helps nobody, and a disk stays full for hours.
        return ei[1].text if isinstance(ei[1], ChatmountError) else super().formatException(ei)


class _RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = " ".join(filter(None, (request_id.get(), current_span().trace_id)))
        return True


def _is_of_ours(record: logging.LogRecord) -> bool:
    # Of a header that is no text gRPC logs a traceback. It is a client's, and is read all the same.
    return record.msg != "Invalid encoding on %s"


def configure_logging(level: str = "INFO") -> None:
    """Sets up the process's root logger; called once, by a composition root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(FORMAT))
    handler.addFilter(_RequestIdFilter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("alembic", "asyncio", "grpc._cython", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("grpc._cython.cygrpc").addFilter(_is_of_ours)
    # It would write down every value of every row, the pages and answers of all tenants among them.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
