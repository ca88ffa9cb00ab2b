"""When to say "I don't know": held against absolute measures, because fused scores mean nothing beyond their search."""

from collections.abc import Sequence

from services.chat.findings import Passage
from services.chat.profile import DEFAULT_THRESHOLD

# Where there are no vectors: the share of the question's informative words that one sentence must contain, for a
# chatbot at the default threshold. Other thresholds shift it in proportion. On encyclopaedia and government pages it
# keeps 84 to 92 % of the questions that have an answer, and refuses 70 to 93 % of those from elsewhere.
DEFAULT_LEXICAL_THRESHOLD = 0.4


def is_answerable(passages: Sequence[Passage], threshold: float) -> bool:
    """Whether a passage has a sentence close enough to the question. `threshold`: the chatbot's, a cosine."""
    cosines = [passage.cosine for passage in passages if passage.cosine is not None]
    if cosines:
        return max(cosines) >= threshold
    lexical = [sentence.lexical for passage in passages for sentence in passage.sentences]
    return bool(lexical) and max(lexical) >= min(1.0, threshold / DEFAULT_THRESHOLD * DEFAULT_LEXICAL_THRESHOLD)
