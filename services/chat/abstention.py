"""The threshold of a chatbot: its range, its default, and what is held against it.

Only absolute measures are, because fused scores mean nothing beyond their search. Cosines come from Retrieval on the
scale of its built-in model, so that a threshold means the same with every embedding model.
"""

import math
from collections.abc import Sequence

from services.chat.answerers.extractive.implied_subject import AskedFor, asked_for, names_above
from services.chat.asked_in import is_asked_in
from services.chat.missing_names import has_missing_rate, names_what_is_missing
from services.chat.passages import Passage, SearchResult
from services.errors import invalid
from services.languages import DEFAULT

DEFAULT_THRESHOLD = 0.4
"""Of 0 to 1: how close the best sentence must be to the question. Below it, the fallback text is said."""

SHARE_OF_THRESHOLD = 0.75
"""So much of a threshold is asked of a share of words: few sentences hold most words of a question, and many that
answer it come closer in meaning than in words."""

SHARE_OF_COSINE = 0.4
"""What a sentence leaves to what stands above it is missing in its cosine, though every word of it fits: of 800
questions from elsewhere no one has such a sentence, and one had it if all sentences left something out."""

SHARE_WITH_ALL_WORDS = 0.8
"""A sentence that has all informative words of a question may be less close. Of 800 questions from elsewhere none is
answered for it, and of 26 that were refused though they have an answer, 5 are."""

ALL_WORDS = 0.999

MISSING_NAME = 0.2
"""What a name that nothing found has takes from it. In bench/retrieval/languages, of 40 questions without an answer 28
are refused with it and 16 without, and the same 119 of 120 others are answered; of 1,190 others on encyclopaedia pages
in Spanish and German 1,149 are, without it 1,159. Its size was set on the questions with odd numbers; of the 20 others
without an answer, whose names were seen when the rule was chosen, 15 are refused, not 7."""

MISSING_RATE = 0.25
"""What a rate takes from it whose unit of time nothing found has: so much because all else in such a question may well
be what the pages are about. In bench/retrieval/languages 36 of 40 questions without an answer are refused with it, and
28 without; it was made from them. Of 1,178 questions with an answer on encyclopaedia pages none has such a rate."""

WORDS_WEIGHT, USUAL_SHARE = 0.5, 0.4
"""What a share of words adds to a cosine in some languages, and the share that adds nothing. In the multilingual model
all sentences of one field are close; what a question is about is often named in none of them. Of
bench/retrieval/languages, where most questions are of the pages' own field, 119 of 120 with an answer are kept at a
threshold of 0.4 and 16 of 40 others refused; with cosines alone all and 5."""


def checked_threshold(threshold: float | None) -> float | None:
    """The threshold as it is stored; None for none. INVALID_FIELD outside of its range."""
    if threshold is not None and not (math.isfinite(threshold) and 0 <= threshold <= 1):
        raise invalid("abstention_threshold must be a number from 0 to 1")
    return threshold


def is_enough(result: SearchResult, threshold: float, question: str) -> bool:
    """Whether a result holds an answer: a pair, or a sentence close enough to the question."""
    return result.pair is not None or closeness(result.passages, question, result.language) >= threshold


def closeness(passages: Sequence[Passage], question: str, language: str = DEFAULT) -> float:
    """How close the best sentence is to the question: its cosine, -1 to 1.

    A threshold is held against it. Where the passage names what is asked for above a sentence that says the rest,
    two fifths of a threshold are enough; where a sentence has all informative words, four fifths. To a question in
    the chatbot's `language`, of those in asked_in.py, the best share of its informative words that a sentence has
    counts as well, and the names and rates in it must stand somewhere. Where there are no vectors, it is that share
    alone, so scaled that a chatbot's threshold asks three quarters of itself of it. -1 without passages.

    At a threshold of 0.4, on encyclopaedia and government pages, cosines keep 97 % of the questions that have an answer
    and refuse 98 % of those from elsewhere. Without vectors, it is 86 to 98 % in German, Spanish, Russian, Japanese,
    Chinese and Thai, and 60 to 86 %.
    """
    asked = asked_for(question)
    cosines = [_cosine(passage.cosine, passage, asked) for passage in passages if passage.cosine is not None]
    if cosines:
        best = max(cosines)
        if not is_asked_in(question, language):
            return best
        missing = MISSING_NAME * names_what_is_missing(question, passages, language)
        missing += MISSING_RATE * has_missing_rate(question, passages, language)
        return _with_words(best, _best_share(passages), missing)
    return min(1.0, _best_share(passages) / SHARE_OF_THRESHOLD) if any(one.sentences for one in passages) else -1.0


def _best_share(passages: Sequence[Passage]) -> float:
    return max((sentence.lexical for passage in passages for sentence in passage.sentences), default=0.0)


def _with_words(cosine: float, share: float, missing: float) -> float:
    """A cosine with what the words add to it. What a threshold of 0 lets pass stays above it."""
    return max(min(cosine, 0.0), min(1.0, cosine + WORDS_WEIGHT * (share - USUAL_SHARE)) - missing)


def _cosine(cosine: float, passage: Passage, asked: AskedFor | None) -> float:
    if asked and cosine > 0 and names_above(passage, asked):
        return min(1.0, cosine / SHARE_OF_COSINE)
    in_words = [one.vector for one in passage.sentences if one.vector is not None and one.lexical >= ALL_WORDS]
    full = max(in_words, default=0.0)
    return max(cosine, min(1.0, full / SHARE_WITH_ALL_WORDS)) if full > 0 else cosine
