"""`bot_x/conversations/export`: a list of conversations as a file, streamed page by page."""

import logging
from collections.abc import AsyncIterator

from aiohttp import web
from chatmount.chat.v1 import chat_pb2 as pb

from services.errors import ChatmountError
from services.exported_turns import UTF8_MARK, json_line, table_head, table_row
from services.web.dashboard.conversations import FIELDS, wanted
from services.web.dashboard.days import day_of
from services.web.dashboard.filters import Filter
from services.web.dashboard.pages import conversations
from services.web.dashboard.parts import part
from services.web.dashboard.visit import Visit

logger = logging.getLogger("chatmount.web")

TURNS_AT_A_TIME = 500

_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


async def export(visit: Visit) -> web.StreamResponse:
    """The file. While nothing can be read, the list, which says so.

    A file that can't be whole is cut off, so that no browser takes it for one.
    """
    chosen = Filter.of(visit.request.query, FIELDS)
    kind = visit.request.query.get("format", "jsonl")
    if chosen.is_wrong:
        return await conversations.show(visit)
    if kind not in _TYPES:
        raise web.HTTPBadRequest(text="format must be csv or jsonl.")
    request = pb.ExportTurnsRequest(page_size=TURNS_AT_A_TIME, filter=wanted(chosen))
    first = await part(_page(visit, request))
    if not first:
        return visit.see(f"{visit.chatbot.path}conversations?{chosen.query}")
    name = f"conversations-{visit.chatbot.id}-{day_of(visit.frame.now)}.{kind}"
    headers = {"Content-Type": _TYPES[kind], "Content-Disposition": f'attachment; filename="{name}"'}
    response = web.StreamResponse(headers=headers)
    await response.prepare(visit.request)
    try:
        async for lines in _pieces(visit, request, first.value, is_table=kind == "csv"):
            await response.write(lines.encode())
    except ChatmountError as refused:
        logger.warning("an export was cut off: %s", refused.text)
        if visit.request.transport is not None:
            visit.request.transport.abort()
        raise ConnectionResetError from refused
    return response


async def _pieces(
    visit: Visit, request: pb.ExportTurnsRequest, page: pb.ExportTurnsResponse, *, is_table: bool
) -> AsyncIterator[str]:
    if is_table:
        yield UTF8_MARK + table_head()
    line = table_row if is_table else json_line
    while True:
        yield "".join(map(line, page.turns))
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
        page = await _page(visit, request)


async def _page(visit: Visit, request: pb.ExportTurnsRequest) -> pb.ExportTurnsResponse:
    return await visit.call(visit.services.sessions.ExportTurns, request)
