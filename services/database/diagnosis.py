"""Why a database can't be used, for the operator."""

import asyncio
import struct

from sqlalchemy import URL, make_url

from services.database.refusals import describe
from services.errors import ChatmountError
from services.sqlite_files import DamagedDatabase

ANSWER_SECONDS = 2.0
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# TLS or no TLS, in one byte. Servers that can't take a connection just now begin with an error.
_ANSWERS = (b"S", b"N")
_ERROR = b"E"


async def diagnose(url: str, error: BaseException) -> str:
    """The trouble with a database: a clause without a full stop and without the password."""
    cause = error
    while isinstance(cause, ChatmountError) and cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, DamagedDatabase):
        return str(cause)
    said = describe(cause)
    place = make_url(url)
    if place.get_backend_name() != "postgresql" or not place.host or await _is_postgres(place):
        return f"the database can't be used ({said})"
    return (
        f"what listens at {place.host}:{place.port or 5432} does not answer as a Postgres server does ({said}): "
        "check the host and the port"
    )


async def _is_postgres(place: URL) -> bool:
    """False when something listens there that is another server, or frozen."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(place.host, place.port or 5432)
    except (OSError, TimeoutError):
        return True
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            writer.write(_SSL_REQUEST)
            answer = await reader.read(64)
    except (OSError, TimeoutError):
        answer = b""
    finally:
        writer.close()
    return answer in _ANSWERS or answer.startswith(_ERROR)
