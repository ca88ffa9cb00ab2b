"""`chatmount replay`: stored questions asked again, and what is different now."""

import asyncio
from dataclasses import dataclass

import click
import grpc
from chatmount.chat.v1 import replay_pb2

from services.cli.calls.stack import ChatbotScope, Stack, on_stack
from services.cli.commands.replay_report import one_table, summary, summary_table
from services.cli.commands.trace import traced
from services.cli.failures import CommandFailed, describe, is_reason, wrong_usage
from services.cli.grammar import Command
from services.cli.options.numbers import WholeNumber
from services.cli.output import output
from services.cli.output.progress import Advance, events_option, progress
from services.cli.output.shapes import Shape, shape
from services.errors import Reason

PATIENCE_SECONDS = 330.0
"""A model may write as long as CHATMOUNT_LLM_TOTAL_SECONDS says."""
BUSY_PAUSES = (2.0, 4.0, 8.0)
"""Users go first: a service that has no place for a replay is asked again after so many seconds."""


@click.command(cls=Command)
@click.argument("request_id", required=False)
@click.option("--bot", help="With --last: id of the chatbot.")
@click.option("--last", type=WholeNumber(1, 1000), help="Ask so many of the chatbot's newest questions again.")
@click.option(
    "--at-once", type=WholeNumber(1, 32), default=4, show_default=True, help="With --last: so many at a time."
)
@events_option
@on_stack
async def replay(
    stack: Stack, request_id: str | None, bot: str | None, last: int | None, at_once: int, events: bool
) -> None:
    """Ask the question of the reply with the X-Request-Id REQUEST_ID again.

    What is different is shown. The question is asked on today's sources, settings and model. It costs no credit, and
    nothing of it is kept.
    """
    if request_id is not None and bot is None and last is None:
        await _one(stack, request_id)
    elif request_id is None and bot is not None and last is not None:
        await _many(await stack.chatbot(bot), last, at_once, events=events)
    else:
        raise wrong_usage("Give either REQUEST_ID, or --bot and --last.")


async def _one(stack: Stack, request_id: str) -> None:
    known = await traced(stack, request_id)
    scope = await stack.chatbot(known.chatbot_id)
    value = shape(await _ask(scope, request_id))
    output.show(value, one_table(value))


@dataclass(slots=True)
class _Asked:
    """A question that was asked again: what came of it, or why nothing did."""

    request_id: str
    value: Shape | None = None
    error: str | None = None


async def _many(scope: ChatbotScope, number: int, at_once: int, *, events: bool) -> None:
    request = replay_pb2.ListReplayableRequest(page_size=number)
    asked = [_Asked(one) for one in (await scope.replays.ListReplayable(request)).request_ids]
    places = asyncio.Semaphore(at_once)
    with progress("Asking again", len(asked), events=events) as advance:
        await asyncio.gather(*(_again(scope, one, places, advance) for one in asked))
    values = [{"request_id": one.request_id, "error": one.error} | (one.value or {}) for one in asked]
    result = summary(values)
    output.show(result, summary_table(result))
    failed = [one for one in asked if one.error]
    if failed:
        raise CommandFailed(f"{len(failed)} of {len(asked)} could not be asked again; the first: {failed[0].error}")


async def _again(scope: ChatbotScope, one: _Asked, places: asyncio.Semaphore, advance: Advance) -> None:
    async with places:
        try:
            one.value = shape(await _ask(scope, one.request_id))
        except grpc.aio.AioRpcError as error:
            one.error, _ = describe(error)
    advance("failed" if one.error else "asked", one.request_id)


async def _ask(scope: ChatbotScope, request_id: str) -> replay_pb2.ReplayResponse:
    request = replay_pb2.ReplayRequest(request_id=request_id)
    for pause in BUSY_PAUSES:
        try:
            return await scope.replays.Replay(request, timeout=PATIENCE_SECONDS)
        except grpc.aio.AioRpcError as error:
            if not is_reason(error, Reason.OVERLOADED):
                raise
        await asyncio.sleep(pause)
    return await scope.replays.Replay(request, timeout=PATIENCE_SECONDS)
