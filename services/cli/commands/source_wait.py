"""`chatmount source wait`: until what was accepted is indexed."""

import asyncio

import click
import grpc
from chatmount.retrieval.v1 import retrieval_pb2

from services.cli.calls.pages import all_rows
from services.cli.calls.stack import ChatbotScope, Stack, on_stack
from services.cli.commands.source_progress import Told, events_option, progress
from services.cli.commands.source_table import bot_option, sources_table
from services.cli.documents.upload import RETRY_SECONDS
from services.cli.failures import CommandFailed
from services.cli.grammar import Command
from services.cli.output import output, shapes

WATCH_SECONDS = 24 * 3600.0


@click.command("wait", cls=Command)
@bot_option
@click.argument("source", nargs=-1)
@events_option
@on_stack
async def wait(stack: Stack, bot: str, source: tuple[str, ...], events: bool) -> None:
    """Wait until SOURCE… (ids; none: all of the chatbot) are indexed; fails when one of them could not be read."""
    scope = await stack.chatbot(bot)
    request = retrieval_pb2.WatchIngestRequest(source_ids=source)
    with progress("Indexing", await _left(scope, request), events=events) as told:
        await _watch(scope, request, told)
    values = [
        shapes.source(one)
        for one in await all_rows(
            scope.sources.ListSources, retrieval_pb2.ListSourcesRequest(), lambda page: list(page.sources)
        )
        if not source or one.id in source
    ]
    output.show({"sources": values}, sources_table(values, "No sources."))
    if unknown := set(source) - {value["id"] for value in values}:
        raise CommandFailed(f"No source {min(unknown)!r}; `chatmount source list --bot {bot}` shows those there are.")
    failed = [value for value in values if value["error"]]
    if failed:
        raise CommandFailed(
            f"{len(failed)} of {len(values)} could not be read; the first is {failed[0]['url']}: {failed[0]['error']}"
        )


async def _left(scope: ChatbotScope, request: retrieval_pb2.WatchIngestRequest) -> int:
    async for response in scope.sources.WatchIngest(request):
        return response.left
    return 0


async def _watch(scope: ChatbotScope, request: retrieval_pb2.WatchIngestRequest, told: Told) -> None:
    """Tells of what is on its way until nothing is, also over restarts of the service."""
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
                told("indexing", names, passages, finished, left=response.left)
                left = response.left
            return
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or not pauses:
                raise
            await asyncio.sleep(pauses.pop(0))
