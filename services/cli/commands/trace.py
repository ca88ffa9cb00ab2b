"""`chatmount trace`: how one answer came about, or why there was none."""

import click
import grpc
from chatmount.chat.v1 import chat_pb2
from rich.console import Group as Lines
from rich.console import RenderableType
from rich.text import Text

from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import CommandFailed, is_reason
from services.cli.grammar import Command
from services.cli.output import output
from services.cli.output.cleaning import one_line
from services.cli.output.shapes import Shape, shape, short
from services.cli.output.tables import fields, table
from services.errors import Reason

COLUMNS = ("#", "fused", "lexical", "vector", "sentence", "used", "title")
MAKERS = {
    "pair": "question-and-answer pair",
    "fallback": "the chatbot's fallback text",
    "extractive": "the sources' own sentences",
}


@click.command(cls=Command)
@click.argument("request_id")
@on_stack
async def trace(stack: Stack, request_id: str) -> None:
    """Show what the reply with the X-Request-Id REQUEST_ID rests on."""
    value = shape(await traced(stack, request_id))
    value["answer"] = value["answer"] or None
    passages = value["trace"]["passages"] if value["trace"] else []
    lines: list[RenderableType] = [fields(_summary(value))]
    if passages:
        rows = [_row(number, passage) for number, passage in enumerate(passages, 1)]
        lines += ["", table(COLUMNS, rows), ""]
        excerpts = [one_line(passage["excerpt"]) + "…" for passage in passages]
        lines += [Text(f"{number}  {excerpt}", style="dim") for number, excerpt in enumerate(excerpts, 1)]
    output.show(value, Lines(*lines))


async def traced(stack: Stack, request_id: str) -> chat_pb2.GetTraceResponse:
    """What is kept of a request, of whichever chatbot. CommandFailed for nothing."""
    try:
        return await stack.sessions.GetTrace(chat_pb2.GetTraceRequest(request_id=request_id))
    except grpc.aio.AioRpcError as error:
        if is_reason(error, Reason.NOT_FOUND):
            raise CommandFailed(
                f"Nothing is known of {request_id!r}: it was refused before the search, or its session is over."
            ) from error
        raise


def _summary(value: Shape) -> dict[str, object]:
    rows: dict[str, object] = {
        "chatbot": value["chatbot_id"],
        "session": value["session_id"],
        "time (UTC)": short(value["created_at"]),
        "question": value["question"],
        "answer": value["answer"],
        "sources": value["source_urls"],
    }
    trace = value["trace"]
    if trace is None:
        return rows | {"note": "How it came about was not kept by the version that answered."}
    if trace["error"]:
        rows["ended early"] = trace["error"]
    rows["made by"] = made_by(trace)
    if trace["searched_for"]:
        rows["searched for"] = trace["searched_for"]
    if trace["qa_pair"]:
        rows["pair"] = f"{trace['qa_pair']['id']}, similarity {trace['qa_pair']['similarity']:.3f}"
    if trace["closeness"] is not None:
        rows["closeness"] = f"{trace['closeness']:.3f}, threshold {trace['threshold']:.3f}"
    if trace["model"]:
        rows["told"] = _prompt(trace)
    rows["times"] = ", ".join(f"{name} {value:,} ms" for name, value in times(trace).items() if value is not None)
    rows["credits"] = trace["credits_used"]
    if trace["trace_id"]:
        rows["spans"] = f"trace {trace['trace_id']}"
    return rows


def made_by(trace: Shape) -> str | None:
    """Who made the answer, in words."""
    if trace["made_by"] != "model":
        return MAKERS.get(trace["made_by"] or "")
    which = "the second provider, " if trace["fallback_provider"] else ""
    tries = f", {trace['tries']} tries" if trace["tries"] > 1 else ""
    ended = f", ended by {trace['finish']}" if trace["finish"] in ("length", "filtered") else ""
    return f"{trace['model']} at {which}{trace['provider']}{tries}{ended}" if trace["model"] else "a model"


def _prompt(trace: Shape) -> str:
    passages = sum(passage["told"] for passage in trace["passages"])
    text = f"prompt {trace['prompt_version']}, {passages} passages, {trace['history_turns']} earlier turns"
    if trace["prompt_tokens"] is not None:
        text += f"; {trace['prompt_tokens']:,} tokens in"
    if trace["answer_tokens"] is not None:
        text += f", {trace['answer_tokens']:,} out"
    return text


def times(trace: Shape) -> dict[str, int | None]:
    """Milliseconds from the beginning; None for what was not reached."""
    return {"found after": trace["found_ms"], "first text": trace["first_token_ms"], "end": trace["total_ms"]}


def _row(number: int, passage: Shape) -> tuple[object, ...]:
    return (number, *passage["scores"].values(), used(passage), passage["title"])


def used(passage: Shape) -> str | None:
    """What the answer made of a passage."""
    return "cited" if passage["cited"] else "told" if passage["told"] else None
