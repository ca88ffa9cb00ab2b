"""Forms with files, read part by part as they come."""

from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from services.errors import ChatmountError, invalid
from services.web.dashboard.forms import MULTIPART_TYPE

CHUNK_BYTES = 64 * 1024
MAXIMUM_PARTS = 1000
"""Parts of one form. Half a million empty ones kept the process from all else for half a minute."""


class CutOff(Exception):
    """The form ended in the middle of a part."""


async def parts_of(request: web.Request) -> AsyncIterator[BodyPartReader]:
    """The parts of a form; what is not read of one is passed over.

    CutOff where a part has no end, HTTPException for what no page of ours sends.
    """
    if request.content_type != MULTIPART_TYPE:
        raise web.HTTPUnsupportedMediaType(text=f"A form with files is sent as {MULTIPART_TYPE}.")
    try:
        reader, parts = await request.multipart(), 0
        while (part := await reader.next()) is not None:
            parts += 1
            if parts > MAXIMUM_PARTS:
                raise web.HTTPRequestEntityTooLarge(MAXIMUM_PARTS, text=f"A form has at most {MAXIMUM_PARTS} parts.")
            if not isinstance(part, BodyPartReader):
                raise web.HTTPBadRequest(text="A part of a form must not have parts itself.")
            yield part
            await part.release()
    except ValueError as error:
        raise CutOff from error
    # The last two are of a field `_charset_`.
    except (HttpProcessingError, RuntimeError, AssertionError) as error:
        raise web.HTTPBadRequest(text="The head of a part of the form can't be read.") from error


async def chunks_of(part: BodyPartReader) -> AsyncIterator[bytes]:
    """The content of a part in pieces. CutOff when it has no end."""
    try:
        while not part.at_eof():
            if chunk := await part.read_chunk(CHUNK_BYTES):
                yield chunk
    except ValueError as error:
        raise CutOff from error


async def text_of(part: BodyPartReader, maximum_bytes: int) -> str:
    """A field's text. INVALID_FIELD for one that is too long or not in UTF-8."""
    content = bytearray()
    async for chunk in chunks_of(part):
        content += chunk
        if len(content) > maximum_bytes:
            raise _no_text(part, maximum_bytes)
    with suppress(UnicodeDecodeError):
        # Browsers send line ends as CR LF, whatever was typed.
        return content.decode().replace("\r\n", "\n")
    raise _no_text(part, maximum_bytes)


def _no_text(part: BodyPartReader, maximum_bytes: int) -> ChatmountError:
    return invalid(f"{part.name} must be at most {maximum_bytes} bytes, in UTF-8.")
