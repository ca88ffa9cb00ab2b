"""The span of one try at a model, by OpenTelemetry's conventions for generative AI."""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from services.chat.answerers.model.request import ModelRequest
from services.chat.trace import Trace
from services.observe.spans import Span, span

_FINISHES = {"whole": "stop", "length": "length", "filtered": "content_filter"}


def begin_model_span(request: ModelRequest, provider: str, model: str) -> Span:
    """Begins it, with what is asked where a setting says so.

    `provider`: scheme, host and port.
    """
    begun = span(f"chat {model}", goes_out=True)
    begun.tell(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",  # the protocol; who speaks it is the address
            "gen_ai.request.model": model,
            "server.address": urlsplit(provider).hostname,
        }
    )
    if begun.with_content:
        messages = [_message(one["role"], one["content"]) for one in request.messages]
        begun.tell({"gen_ai.input.messages": json.dumps(messages)})
    return begun


def end_model_span(begun: Span, trace: Trace, outcome: str, said: Sequence[str]) -> None:
    """Ends it, with what the provider told of it.

    `outcome`: see `chatmount_model_tries_total`. `said`: its text.
    """
    begun.tell(
        {
            "gen_ai.response.finish_reasons": (_FINISHES.get(trace.finish, trace.finish),) if trace.finish else None,
            "gen_ai.usage.input_tokens": trace.prompt_tokens,
            "gen_ai.usage.output_tokens": trace.answer_tokens,
        }
    )
    if begun.with_content:
        message = {**_message("assistant", "".join(said)), "finish_reason": _FINISHES.get(trace.finish, trace.finish)}
        begun.tell({"gen_ai.output.messages": json.dumps([message])})
    if outcome != trace.finish:
        begun.fail(outcome, is_ours=outcome != "left")
    begun.end()


def _message(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}
