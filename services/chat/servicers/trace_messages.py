"""Traces in the words of the wire."""

from chatmount.chat.v1 import chat_pb2

from services.chat.trace import Maker, Trace, TracedPassage

_MAKERS = {
    Maker.NOBODY: chat_pb2.ANSWER_MAKER_UNSPECIFIED,
    Maker.PAIR: chat_pb2.ANSWER_MAKER_PAIR,
    Maker.FALLBACK: chat_pb2.ANSWER_MAKER_FALLBACK,
    Maker.EXTRACTIVE: chat_pb2.ANSWER_MAKER_EXTRACTIVE,
    Maker.MODEL: chat_pb2.ANSWER_MAKER_MODEL,
}


def trace_message(trace: Trace) -> chat_pb2.Trace:
    """A trace for operators."""
    return chat_pb2.Trace(
        searched_for=trace.searched_for,
        passages=[_passage(passage, number, trace) for number, passage in enumerate(trace.passages, 1)],
        qa_pair_id=trace.pair_id,
        qa_similarity=trace.similarity,
        closeness=trace.closeness,
        threshold=trace.threshold,
        maker=_MAKERS[Maker(trace.maker)],
        history_turns=trace.turns_told,
        prompt_version=trace.prompt_version,
        model=trace.model,
        provider=trace.provider_name,
        is_fallback_provider=trace.provider > 1,
        tries=trace.tries,
        finish=trace.finish,
        prompt_tokens=trace.prompt_tokens,
        answer_tokens=trace.answer_tokens,
        found_ms=trace.found_ms,
        first_token_ms=trace.first_token_ms,
        total_ms=trace.total_ms or 0,
        credits_used=trace.credits_used,
        error=trace.error,
    )


def _passage(passage: TracedPassage, number: int, trace: Trace) -> chat_pb2.TracedPassage:
    return chat_pb2.TracedPassage(
        passage_id=passage.id,
        source_id=passage.source_id,
        url=passage.url,
        title=passage.title,
        excerpt=passage.text,
        fused=passage.fused,
        lexical=passage.lexical,
        vector=passage.vector,
        sentence=passage.sentence,
        told=number <= trace.told,
        cited=number in trace.cited,
    )
