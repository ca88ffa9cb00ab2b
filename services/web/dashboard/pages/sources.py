"""`bot_x/sources`: the list; `bot_x/sources/src_x/…`: switching and removing one."""

import asyncio

from aiohttp import web
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import ChatmountError, Reason
from services.file_kinds import ACCEPTED, READABLE
from services.web.dashboard.last_sync import LastSync
from services.web.dashboard.parts import part
from services.web.dashboard.sources import STATES, Chosen, Counts, Listed, Source
from services.web.dashboard.uploads import MAXIMUM_FILES
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import PAGE_SIZE, Visit


async def show(visit: Visit, error: str = "") -> web.Response:
    """The list. `error`: what is wrong with the files that were sent."""
    chosen = Chosen.of(visit.request.query)
    return visit.page(
        "sources/list.html",
        status=422 if error else 200,
        listed=await part(listed(visit, chosen, with_last_sync=chosen.is_all and not chosen.page)),
        error=error,
        accept=",".join(ACCEPTED),
        readable=" ".join(READABLE),
        maximum_bytes=visit.dashboard.maximum_source_bytes,
        maximum_files=MAXIMUM_FILES,
        states=STATES,
    )


async def switch(visit: Visit) -> web.Response:
    """Takes a source out of the search, or back in."""
    enabled = bool((await visit.form()).get("enabled"))
    request = pb.SetSourceEnabledRequest(source_id=_source_id(visit), enabled=enabled)
    await visit.call(visit.services.sources.SetSourceEnabled, request)
    return visit.see(_list_path(visit), done="source-on" if enabled else "source-off")


async def back_to_list(visit: Visit) -> web.Response:
    """For whoever comes back to the path of a form that has no page of its own."""
    return visit.see(_list_path(visit))


async def ask_to_remove(visit: Visit) -> web.Response:
    """The question before a removal."""
    visit.require(EDITOR)
    return visit.page(
        "sources/remove.html",
        source=await _get(visit, _source_id(visit)),
        query=Chosen.of(visit.request.query).query,
        back=_list_path(visit),
    )


async def remove(visit: Visit) -> web.Response:
    """Removes a source."""
    request = pb.RemoveSourceRequest(source_id=_source_id(visit))
    await visit.call(visit.services.sources.RemoveSource, request)
    return visit.see(_list_path(visit), done="source-removed")


async def listed(visit: Visit, chosen: Chosen, *, with_last_sync: bool = False) -> Listed:
    """The sources that are asked for, as they are now."""
    counts_request = pb.GetSourceCountsRequest(include_last_sync=with_last_sync)
    counting = visit.call(visit.services.sources.GetSourceCounts, counts_request)
    if chosen.added:
        getting = asyncio.gather(*(_if_there(visit, source_id) for source_id in chosen.added))
        counts, found = await asyncio.gather(counting, getting)
        return Listed(chosen, Counts.of(counts), [source for source in found if source is not None])
    request = pb.ListSourcesRequest(
        page_size=PAGE_SIZE, page_token=chosen.page, statuses=chosen.statuses, text=chosen.text
    )
    counts, page = await asyncio.gather(counting, visit.call(visit.services.sources.ListSources, request))
    last_sync = LastSync.of(counts.last_sync, visit.frame.now) if counts.HasField("last_sync") else None
    return Listed(chosen, Counts.of(counts), list(map(Source.of, page.sources)), page.next_page_token, last_sync)


async def _if_there(visit: Visit, source_id: str) -> Source | None:
    try:
        return await _get(visit, source_id)
    except ChatmountError as refused:
        if refused.reason != Reason.NOT_FOUND:
            raise
        return None


async def _get(visit: Visit, source_id: str) -> Source:
    got = await visit.call(visit.services.sources.GetSource, pb.GetSourceRequest(source_id=source_id))
    return Source.of(got.source)


def _source_id(visit: Visit) -> str:
    return visit.request.match_info["source_id"]


def _list_path(visit: Visit) -> str:
    """The list that the visit comes from: its address goes with the forms of its rows."""
    query = Chosen.of(visit.request.query).query
    return f"{visit.chatbot.path}sources{f'?{query}' if query else ''}"
