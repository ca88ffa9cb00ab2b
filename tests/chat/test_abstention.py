"""When a chatbot says that it does not know."""

import pytest

from services.chat.abstention import is_enough
from services.chat.findings import Findings, Pair, Passage, Sentence, Source


def found(*cosines: float | None, lexical: float = 0.0) -> Findings:
    source = Source("https://a", "A")
    sentence = Sentence("Text.", lexical)
    return Findings(tuple(Passage(source, "Text.", 1.0, cosine, (sentence,)) for cosine in cosines))


def test_nothing_found_is_nothing_to_answer_from() -> None:
    assert not is_enough(Findings(), 0.0)
    assert is_enough(Findings(pair=Pair("Yes.")), 1.0)


@pytest.mark.parametrize(
    ("cosine", "threshold", "answered"), [(0.45, 0.45, True), (0.449, 0.45, False), (0.0, 0.0, True)]
)
def test_the_best_cosine_is_held_against_the_threshold(cosine: float, threshold: float, answered: bool) -> None:
    assert is_enough(found(-0.2, cosine), threshold) is answered


def test_a_passage_without_cosine_does_not_hide_one_with() -> None:
    assert is_enough(found(None, 0.6), 0.5)
    assert not is_enough(found(None, 0.4, lexical=1.0), 0.5)


@pytest.mark.parametrize(
    ("lexical", "threshold", "answered"), [(0.31, 0.4, True), (0.29, 0.4, False), (1.0, 1.0, True)]
)
def test_without_vectors_a_share_of_words_is_held_against_it(lexical: float, threshold: float, answered: bool) -> None:
    assert is_enough(found(None, lexical=lexical), threshold) is answered
