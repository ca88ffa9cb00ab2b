"""When to say "I don't know": held against absolute measures, because fused scores mean nothing beyond their search."""

from collections.abc import Sequence

from services.chat.findings import Passage


def is_answerable(passages: Sequence[Passage], threshold: float) -> bool:
    """Whether a passage has a sentence close enough to the question.

    `threshold`, the chatbot's, is a cosine. Where there are no vectors it is the share of the question's informative
    words that one sentence must contain. At 0.4, on encyclopaedia and government pages, the first keeps 97 % of the
    questions that have an answer and refuses 98 % of those from elsewhere; the second 84 to 92 %, and 70 to 93 %.
    """
    cosines = [passage.cosine for passage in passages if passage.cosine is not None]
    shares = [sentence.lexical for passage in passages for sentence in passage.sentences]
    return max(cosines or shares, default=-1.0) >= threshold
