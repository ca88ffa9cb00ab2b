"""Why an answer is as it is: what was found, who made it of that, how long it took."""

from collections.abc import Iterator
from dataclasses import dataclass

from chatmount.chat.v1 import chat_pb2 as pb
from chatmount.retrieval.v1 import retrieval_pb2

from services.web.dashboard.source_links import Link

SHOWN_WITHOUT_CITED = 3
"""Passages that are shown at once where the answer rests on none."""
EXCERPT_LENGTH = 200
"""Of a passage's beginning that is cut."""

_NOTHING_FOUND = -1.0


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was found. `scores`: names and figures of those that were computed."""

    title: str
    place: Link
    excerpt: str
    scores: tuple[tuple[str, str], ...]
    is_told: bool
    is_cited: bool

    @classmethod
    def of(cls, passage: pb.TracedPassage) -> "Passage":
        """From the message."""
        scores = tuple(scores_of(passage))
        excerpt = passage.excerpt + ("…" if len(passage.excerpt) >= EXCERPT_LENGTH else "")
        return cls(passage.title, Link.to(passage.url), excerpt, scores, passage.told, passage.cited)


def scores_of(passage: pb.TracedPassage | retrieval_pb2.Scores) -> Iterator[tuple[str, str]]:
    """Names and figures of the scores that were computed."""
    yield "fused", f"{passage.fused:.3f}"
    if passage.HasField("lexical"):
        yield "keywords", f"{passage.lexical:.2f}"
    if passage.HasField("vector"):
        yield "meaning", f"{passage.vector:.2f}"
    if passage.HasField("sentence"):
        yield "best sentence", f"{passage.sentence:.2f}"


@dataclass(frozen=True, slots=True)
class Reason:
    """How an answer came about.

    `closeness` and `threshold`: None where nothing was held against anything.
    """

    words: str
    closeness: float | None
    threshold: float | None
    passages: tuple[Passage, ...]
    facts: tuple[tuple[str, str], ...]
    is_fallback: bool

    @classmethod
    def of(cls, trace: pb.Trace) -> "Reason":
        """From the message."""
        is_judged = trace.HasField("closeness") and trace.closeness != _NOTHING_FOUND
        return cls(
            _words(trace),
            trace.closeness if is_judged else None,
            trace.threshold if is_judged else None,
            tuple(map(Passage.of, trace.passages)),
            tuple(_facts(trace)),
            is_fallback=trace.maker == pb.ANSWER_MAKER_FALLBACK,
        )

    @property
    def first(self) -> list[Passage]:
        """What the answer rests on; else the best that was found."""
        cited = [passage for passage in self.passages if passage.is_cited]
        return cited or list(self.passages[:SHOWN_WITHOUT_CITED])

    @property
    def rest(self) -> list[Passage]:
        """What else was found."""
        first = self.first
        return [passage for passage in self.passages if passage not in first]


def _words(trace: pb.Trace) -> str:
    match trace.maker:
        case pb.ANSWER_MAKER_PAIR:
            return "The question is that of a question-and-answer pair, whose answer was given."
        case pb.ANSWER_MAKER_EXTRACTIVE:
            return "The answer is made of the sources' own sentences."
        case pb.ANSWER_MAKER_MODEL:
            return (
                f"The language model {trace.model or 'of the settings'} was told what was found, and wrote the answer."
            )
        case pb.ANSWER_MAKER_FALLBACK if not trace.passages:
            return "Nothing was found, so the fallback text was given."
        case pb.ANSWER_MAKER_FALLBACK if trace.closeness < trace.threshold:
            return "Nothing that was found is close enough, so the fallback text was given."
        case pb.ANSWER_MAKER_FALLBACK:
            return "What was found is close, but nothing of it answers the question, so the fallback text was given."
        case _:
            return "The question ended before there was an answer."


def _facts(trace: pb.Trace) -> Iterator[tuple[str, str]]:
    known = (
        ("Ended early", trace.error.replace("_", " ")),
        ("Searched for", trace.searched_for),
        ("Pair's similarity", f"{trace.qa_similarity:.2f}" if trace.HasField("qa_similarity") else ""),
        ("Earlier questions told", str(trace.history_turns) if trace.history_turns else ""),
        ("Found after", f"{trace.found_ms:,} ms" if trace.HasField("found_ms") else ""),
        ("First text after", f"{trace.first_token_ms:,} ms" if trace.HasField("first_token_ms") else ""),
        ("Whole after", f"{trace.total_ms:,} ms"),
        ("Credits", str(trace.credits_used)),
        ("Provider", f"{trace.provider}{' (the second)' if trace.is_fallback_provider else ''}"),
        ("Prompt", trace.prompt_version),
        ("Model ended", trace.finish),
        ("Tries", str(trace.tries) if trace.tries > 1 else ""),
        ("Tokens of the prompt", f"{trace.prompt_tokens:,}" if trace.HasField("prompt_tokens") else ""),
        ("Tokens of the answer", f"{trace.answer_tokens:,}" if trace.HasField("answer_tokens") else ""),
    )
    return ((name, value) for name, value in known if value)
