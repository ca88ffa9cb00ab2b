"""When a chatbot says that it does not know."""

from pathlib import Path

from services.chat.abstention import DEFAULT_THRESHOLD, closeness
from services.chat.answer_parts import Sources
from services.chat.answerers.answerer import Question
from services.chat.answerers.extractive.extractive import ExtractiveAnswerer
from services.chat.answerers.extractive.implied_subject import asked_for, names_above
from services.chat.answering import answer
from services.chat.asked_in import is_asked_in
from services.chat.passages import Passage, Sentence, Source
from services.chat.trace import Maker
from tests.each import for_each


def found(*cosines: float | None, lexical: float = 0.0) -> tuple[Passage, ...]:
    source = Source("https://a", "A")
    sentence = Sentence("Parking is free for visitors.", lexical)
    return tuple(Passage(source, sentence.text, 1.0, cosine, (sentence,)) for cosine in cosines)


async def is_answered(passages: tuple[Passage, ...], threshold: float) -> bool:
    """Whether the passages are answered from; else the fallback is said, without sources."""
    question = Question("Is parking free?", passages, fallback="I do not know.")
    parts = [part async for part in answer(ExtractiveAnswerer(), question, None, threshold)]
    text = "".join(part.text for part in parts if not isinstance(part, Sources))
    trace = question.trace
    is_fallback = trace.maker is Maker.FALLBACK
    assert (text == "I do not know.") is is_fallback
    assert (parts[-1] == Sources(())) is is_fallback
    assert (trace.closeness, trace.threshold) == (closeness(passages, "Is parking free?"), threshold)
    return not is_fallback


async def test_nothing_found_is_nothing_to_answer_from() -> None:
    assert not await is_answered((), 0.0)


@for_each(
    ("cosine", "threshold", "answered"),
    [(0.45, 0.45, True), (0.449, 0.45, False), (0.4, 0.4, True), (0.3999, 0.4, False), (0.0, 0.0, True)],
)
async def test_the_best_cosine_is_held_against_the_threshold(cosine: float, threshold: float, answered: bool) -> None:
    assert await is_answered(found(-0.2, cosine), threshold) is answered


async def test_a_passage_without_cosine_does_not_hide_one_with() -> None:
    assert await is_answered(found(None, 0.6), 0.5)
    assert not await is_answered(found(None, 0.4, lexical=1.0), 0.5)


@for_each(
    ("lexical", "threshold", "answered"),
    [(0.375, 0.5, True), (0.3749, 0.5, False), (0.31, 0.4, True), (1.0, 1.0, True)],
)
async def test_without_vectors_a_share_of_words_is_held_against_it(
    lexical: float, threshold: float, answered: bool
) -> None:
    assert await is_answered(found(None, lexical=lexical), threshold) is answered


@for_each(
    ("question", "language", "lexical", "cosine", "threshold", "answered"),
    [
        ("Was kostet das Parken?", "de", 0.4, 0.4, 0.4, True),
        ("Was kostet das Parken?", "de", 0.35, 0.4, 0.4, False),
        ("¿Cuánto cuesta aparcar?", "es", 0.35, 0.4, 0.4, False),
        ("Combien coûte le parking ?", "fr", 1.0, 0.9, 1.0, True),
        ("駐車料金はいくらですか?", "ja", 0.9, 0.2, 0.4, True),
        ("駐車料金はいくらですか?", "ja", 0.0, 0.1, 0.0, True),
        ("How much is the parking fee?", "de", 0.0, 0.4, 0.4, True),
        ("How much is the parking fee?", "ja", 0.0, 0.4, 0.4, True),
        ("How much is the parking fee?", "en", 0.0, 0.4, 0.4, True),
    ],
)
def test_the_words_of_a_question_in_the_chatbots_language_count_beside_the_cosine(
    question: str, language: str, lexical: float, cosine: float, threshold: float, answered: bool
) -> None:
    assert (closeness(found(-0.2, cosine, lexical=lexical), question, language) >= threshold) is answered
    assert closeness(found(cosine, lexical=lexical), question, language) <= 1.0


TOOLS = "Magpie is our tool for invoices. Here you can write an invoice, or cancel one that was wrong."
LAMPS = "We repair broken lamps here."


def below(text: str, cosine: float = 0.2) -> Passage:
    sentences = tuple(Sentence(f"{one.rstrip('.')}.", 0.4, cosine) for one in text.split(". "))
    return Passage(Source("https://a", "Our tools"), text, 1.0, cosine, sentences, ("Magpie",))


@for_each(
    ("question", "text", "is_named"),
    [
        ("Which tool do we use to cancel an invoice?", TOOLS, True),
        ("In which tool can I write an invoice?", TOOLS, True),
        ("Where do I cancel my invoices?", TOOLS, True),
        ("Which tool repairs broken lamps?", LAMPS, True),
        ("Where can I have lamps repaired that are broken?", LAMPS, True),
        ("Which tool do we use to print an invoice?", TOOLS, False),
        ("Which tool repairs broken cars?", LAMPS, False),
        ("Which country repairs broken lamps?", LAMPS, False),
        ("Where are the lamps?", LAMPS, False),
        ("Do we repair broken lamps?", LAMPS, False),
        ("Which tool repairs broken lamps?", "Broken lamps are repaired in the hall.", False),
    ],
)
async def test_what_stands_above_names_what_a_sentence_leaves_out(question: str, text: str, is_named: bool) -> None:
    asked = asked_for(question)
    assert bool(asked and names_above(below(text), asked)) is is_named
    assert (closeness([below(text)], question) >= DEFAULT_THRESHOLD) is is_named
    assert closeness([below(text, 0.1)], question) < DEFAULT_THRESHOLD
    assert closeness([below(text, 0.9)], question) <= 1.0


@for_each(
    ("lexical", "cosine", "answered"),
    [(1.0, 0.33, True), (1.0, 0.31, False), (0.95, 0.39, False), (1.0, 0.9, True), (1.0, -0.9, False)],
)
def test_a_sentence_with_all_words_may_be_less_close(lexical: float, cosine: float, answered: bool) -> None:
    sentence = Sentence("Parking is free for visitors.", lexical, cosine)
    passage = Passage(Source("https://a", "A"), sentence.text, 1.0, cosine, (sentence,))
    assert (closeness([passage], "Is parking free?") >= DEFAULT_THRESHOLD) is answered
    assert -1.0 <= closeness([passage], "Is parking free?") <= 1.0


@for_each(
    ("folder", "words"),
    [
        ("docs", "from 0 to 1 that is {} by default"),
        ("docs", "from 0 to 1, by default {}"),
        ("services/cli", "default is {}"),
    ],
)
def test_the_default_is_told_as_it_is(folder: str, words: str) -> None:
    files = [file for file in (Path(__file__).parents[2] / folder).rglob("*") if file.suffix in {".md", ".py"}]
    assert any(words.format(DEFAULT_THRESHOLD) in file.read_text() for file in files)


@for_each(
    ("language", "question", "is_asked"),
    [
        ("fr", "Comment envoyer un SMS ?", True),
        ("fr", "Peut-on s'inscrire en ligne ?", True),
        ("fr", "How do I send a text?", False),
        ("de", "Versendet ihr nach Wien?", True),
        ("de", "Do they ship to Vienna?", False),
        ("es", "¿Tienen tallas grandes?", True),
        ("es", "Do they have large sizes?", False),
    ],
)
def test_a_question_is_known_to_be_in_a_language_by_its_small_words(
    language: str, question: str, is_asked: bool
) -> None:
    assert is_asked_in(question, language) is is_asked
