"""`chatmount trace`: how one answer came about, or why there was none."""

from functools import partial
from typing import Any

import click
import grpc
from chatmount.chat.v1 import chat_pb2
from rich.console import Group as Lines
from rich.text import Text

from services.cli.calls.stack import Stack, on_stack
from services.cli.failures import CommandFailed, is_reason
from services.cli.grammar import Command
from services.cli.output import output, shapes
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
    try:
        reply = await stack.sessions.GetTrace(chat_pb2.GetTraceRequest(request_id=request_id))
    except grpc.aio.AioRpcError as error:
        if is_reason(error, Reason.NOT_FOUND):
            raise CommandFailed(
                f"Nothing is known of {request_id!r}: it was refused before the search, or its session is over."
            ) from error
        raise
    value = shape(reply)
    passages = value["trace"]["passages"] if value["trace"] else []
    lines: list[Any] = [output.fields(_summary(value))]
    if passages:
        rows = [_row(number, passage) for number, passage in enumerate(passages, 1)]
        lines += ["", output.table(COLUMNS, rows, ""), ""]
        excerpts = [output.one_line(passage["excerpt"]) + "…" for passage in passages]
        lines += [Text(f"{number}  {excerpt}", style="dim") for number, excerpt in enumerate(excerpts, 1)]
    output.show(value, Lines(*lines))


def shape(reply: chat_pb2.GetTraceResponse) -> shapes.Shape:
    """The JSON shape; `trace` is null for turns of versions that did not keep it."""
    turn = shapes.turn(reply.turn)
    return {
        "chatbot_id": reply.chatbot_id,
        "session_id": reply.session_id or None,
        **turn,
        "answer": turn["answer"] or None,
        "trace": _details(reply.trace) if reply.HasField("trace") else None,
    }


def _known(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None


def _details(trace: chat_pb2.Trace) -> shapes.Shape:
    known = partial(_known, trace)
    made_by = shapes.word(chat_pb2.AnswerMaker.Name(trace.maker), "ANSWER_MAKER_")
    return {
        "made_by": None if made_by == "unspecified" else made_by,
        "error": trace.error or None,
        "searched_for": trace.searched_for or None,
        "closeness": known("closeness"),
        "threshold": known("threshold"),
        "qa_pair": {"id": trace.qa_pair_id, "similarity": known("qa_similarity")} if trace.qa_pair_id else None,
        "passages": [_passage(passage) for passage in trace.passages],
        "history_turns": trace.history_turns,
        "prompt_version": trace.prompt_version or None,
        "model": trace.model or None,
        "provider": trace.provider or None,
        "fallback_provider": trace.is_fallback_provider,
        "tries": trace.tries,
        "finish": trace.finish or None,
        "prompt_tokens": known("prompt_tokens"),
        "answer_tokens": known("answer_tokens"),
        "found_ms": known("found_ms"),
        "first_token_ms": known("first_token_ms"),
        "total_ms": trace.total_ms,
        "credits_used": trace.credits_used,
    }


def _passage(passage: chat_pb2.TracedPassage) -> shapes.Shape:
    known = partial(_known, passage)
    return {
        "id": passage.passage_id,
        "source_id": passage.source_id,
        "url": passage.url,
        "title": passage.title,
        "excerpt": passage.excerpt,
        "scores": {
            "fused": passage.fused,
            "lexical": known("lexical"),
            "vector": known("vector"),
            "sentence": known("sentence"),
        },
        "told": passage.told,
        "cited": passage.cited,
    }


def _summary(value: shapes.Shape) -> dict[str, object]:
    rows: dict[str, object] = {
        "chatbot": value["chatbot_id"],
        "session": value["session_id"],
        "time (UTC)": shapes.short(value["created_at"]),
        "question": value["question"],
        "answer": value["answer"],
        "sources": value["source_urls"],
    }
    trace = value["trace"]
    if trace is None:
        return rows | {"note": "How it came about was not kept by the version that answered."}
    if trace["error"]:
        rows["ended early"] = trace["error"]
    rows["made by"] = _made_by(trace)
    if trace["searched_for"]:
        rows["searched for"] = trace["searched_for"]
    if trace["qa_pair"]:
        rows["pair"] = f"{trace['qa_pair']['id']}, similarity {trace['qa_pair']['similarity']:.3f}"
    if trace["closeness"] is not None:
        rows["closeness"] = f"{trace['closeness']:.3f}, threshold {trace['threshold']:.3f}"
    if trace["model"]:
        rows["told"] = _told(trace)
    rows["times"] = _times(trace)
    rows["credits"] = trace["credits_used"]
    return rows


def _made_by(trace: shapes.Shape) -> str | None:
    if trace["made_by"] != "model":
        return MAKERS.get(trace["made_by"] or "")
    which = "the second provider, " if trace["fallback_provider"] else ""
    tries = f", {trace['tries']} tries" if trace["tries"] > 1 else ""
    ended = f", ended by {trace['finish']}" if trace["finish"] in ("length", "filtered") else ""
    return f"{trace['model']} at {which}{trace['provider']}{tries}{ended}" if trace["model"] else "a model"


def _told(trace: shapes.Shape) -> str:
    told = sum(passage["told"] for passage in trace["passages"])
    text = f"prompt {trace['prompt_version']}, {told} passages, {trace['history_turns']} earlier turns"
    if trace["prompt_tokens"] is not None:
        text += f"; {trace['prompt_tokens']:,} tokens in"
    if trace["answer_tokens"] is not None:
        text += f", {trace['answer_tokens']:,} out"
    return text


def _times(trace: shapes.Shape) -> str:
    times = {"found after": trace["found_ms"], "first text": trace["first_token_ms"], "end": trace["total_ms"]}
    return ", ".join(f"{name} {value:,} ms" for name, value in times.items() if value is not None)


def _row(number: int, passage: shapes.Shape) -> tuple[object, ...]:
    used = "cited" if passage["cited"] else "told" if passage["told"] else None
    return (number, *passage["scores"].values(), used, passage["title"])
