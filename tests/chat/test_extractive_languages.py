"""What answers in other languages than English are made of."""

from services.chat.answerers.answerer import Question
from services.chat.answerers.extractive.extractive import extracted
from services.chat.passages import Passage, Sentence, Source
from tests.each import for_each


def page(*sentences: tuple[str, float, float | None], url: str = "https://a.example", joined_by: str = " ") -> Passage:
    """A passage of sentences, each with its share of words and its cosine."""
    found = tuple(Sentence(*one) for one in sentences)
    text = joined_by.join(one.text for one in found)
    return Passage(Source(url, "Hafen"), text, 1.0, max(one.vector or 0.0 for one in found), found)


@for_each(
    ("language", "cosine", "said"),
    [
        ("de", 0.7, "Schiffe warten vor der Mole."),
        ("en", 0.7, "Im Hafen liegt die Werft."),
        ("de", None, "Im Hafen liegt die Werft."),
    ],
)
def test_words_count_less_beside_a_cosine(language: str, cosine: float | None, said: str) -> None:
    with_words = ("Im Hafen liegt die Werft.", 0.5, None if cosine is None else 0.4)
    close = ("Schiffe warten vor der Mole.", 0.27, cosine if cosine is None else 0.6)
    question = Question("Wo ist der Hafen?", (page(with_words, close, joined_by="\n\n"),), language=language)
    assert extracted(question, sentences=1).text == said


@for_each(("language", "closeness", "is_said"), [("de", 0.85, True), ("de", 0.6, False), ("en", 0.85, False)])
def test_a_second_sentence_may_be_less_good(language: str, closeness: float, is_said: bool) -> None:
    pages = (
        page(("Die Werft liegt im alten Hafen.", 0.0, 0.9)),
        page(("Dort liegen auch zwei Schlepper.", 0.0, closeness), url="https://b.example")._replace(fused=0.5),
    )
    said = extracted(Question("Wo ist die Werft?", pages, language=language)).text
    assert ("Schlepper" in said) is is_said


@for_each(("language", "is_said"), [("ja", True), ("de", False)])
def test_a_third_sentence_is_said_where_no_spaces_part_words(language: str, is_said: bool) -> None:
    texts = (
        "造船所は古い港の北側にあります。",
        "港には引き船が二隻停泊しています。",
        "倉庫は川沿いの通りに並んでいます。",
    )
    pages = tuple(page((text, 0.0, 0.6), url=f"https://{place}.example") for place, text in enumerate(texts))
    said = extracted(Question("造船所はどこですか", pages, language=language)).text
    assert (texts[2] in said) is is_said


@for_each(
    ("language", "ending", "is_said"), [("de", ":", True), ("de", "", False), ("en", ":", False), ("ja", "：", True)]
)
def test_what_announces_an_example_that_is_not_there_is_whole(language: str, ending: str, is_said: bool) -> None:
    announces = f"Der Lotse wird mit rufe_lotsen an Bord geholt{ending}"
    sentences = ((announces, 0.0, 0.6), ("Der Hafen hat zwei tiefe Becken.", 0.0, 0.5))
    question = Question("Wie kommt der Lotse an Bord?", (page(*sentences, joined_by="\n\n"),), language=language)
    assert (extracted(question, sentences=1).text == announces) is is_said
