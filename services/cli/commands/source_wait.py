"""`chatmount source wait`: waiting until what was accepted is indexed."""

import asyncio

import click
import grpc
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, bot_option, on_chatbot
from services.cli.commands.source_report import sources_of, sources_table
from services.cli.documents.upload import RETRY_SECONDS
from services.cli.failures import CommandFailed, missing
from services.cli.grammar import Command
from services.cli.output import output
from services.cli.output.progress import Advance, events_option, progress
from services.cli.output.shapes import shape

WATCH_SECONDS = 24 * 3600.0


@click.command("wait", cls=Command)
@bot_option
@click.argument("source", nargs=-1)
@events_option
@on_chatbot
async def wait(scope: ChatbotScope, source: tuple[str, ...], events: bool) -> None:
    """Wait until SOURCE… (ids) are indexed. Without SOURCE: all of the chatbot.

    Fails when one of them could not be read.
    """
    request = retrieval_pb2.WatchIngestRequest(source_ids=source)
    with progress("Indexing", await _left(scope, request), events=events) as advance:
        await _watch(scope, request, advance)
    listed = await all_rows(scope.sources.ListSources, retrieval_pb2.ListSourcesRequest())
    values = [shape(one) for one in listed if not source or one.id in source]
    output.show({"sources": values}, sources_table(values, "No sources."))
    if unknown := set(source) - {value["id"] for value in values}:
        raise missing("source", min(unknown), sources_of(scope))
    failed = [value for value in values if value["error"]]
    if failed:
        raise CommandFailed(
            f"{len(failed)} of {len(values)} could not be read; the first is {failed[0]['url']}: {failed[0]['error']}"
        )


async def _left(scope: ChatbotScope, request: retrieval_pb2.WatchIngestRequest) -> int:
    async for response in scope.sources.WatchIngest(request):
        return response.left
    return 0


async def _watch(scope: ChatbotScope, request: retrieval_pb2.WatchIngestRequest, advance: Advance) -> None:
    """Reports what is being indexed until nothing is, also over restarts of the service."""
    pauses = list(RETRY_SECONDS)
    left: int | None = None
    done_before: dict[str, int] = {}
    while True:
        try:
            async for response in scope.sources.WatchIngest(request, timeout=WATCH_SECONDS):
                pauses = list(RETRY_SECONDS)
                now = {one.id: one.ingest.passages_done for one in response.working}
                passages = sum(max(0, done - done_before.get(name, 0)) for name, done in now.items())
                done_before |= now
                names = ", ".join(
                    f"{one.title} {one.ingest.passages_done}/{one.ingest.passages_all}" for one in response.working
                )
                finished = max(0, left - response.left) if left is not None else 0
                advance("indexing", names, passages, finished, left=response.left)
                left = response.left
            return
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or not pauses:
                raise
            await asyncio.sleep(pauses.pop(0))
