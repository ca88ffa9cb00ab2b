"""Answers made of the passages' own sentences."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.answerer import Question
from services.chat.answerers.extractive.extractive import extracted
from services.chat.answerers.pieces import in_pieces
from services.chat.passages import Passage, Sentence, Source
from tests.chat.extractive_pages import answer, passage
from tests.each import for_each

HARBOUR = ("Der Hafen liegt im Norden.", "Gerufen wird über Kanal neun.", "Tauwerk gibt es beim Wart.")
WARDEN = ("Der Wart hilft gern.", "Er ist oft da.")
LIGHT = "Bei Nacht hat der Hafen Licht."


def harbour(*others: str, share: float = 0.0) -> Passage:
    """A page on a harbour. `share`: of the question's words, in the sentence on how to call it."""
    scores = {HARBOUR[0]: (0.2, 0.8), HARBOUR[1]: (share, 0.5 - share), LIGHT: (0.2, 0.65)}
    sentences = [Sentence(one, *scores.get(one, (0.1, 0.1))) for one in (*HARBOUR, *others, LIGHT)]
    return Passage(
        Source("https://a.example", "Title"), " ".join(one.text for one in sentences), 1.0, 0.8, tuple(sentences)
    )


@for_each(
    ("language", "share", "others", "said"),
    [
        ("de", 0.0, WARDEN, HARBOUR[:2]),
        ("en", 0.0, WARDEN, (HARBOUR[0], LIGHT)),
        ("de", 0.1, WARDEN, (HARBOUR[0], LIGHT)),
        ("de", 0.1, WARDEN[:1], (*HARBOUR, *WARDEN[:1], LIGHT)),
        ("en", 0.1, WARDEN[:1], (*HARBOUR, *WARDEN[:1], LIGHT)),
    ],
)
def test_small_gaps_are_filled_and_outside_english_what_has_no_word_of_the_question_leans(
    language: str, share: float, others: tuple[str, ...], said: tuple[str, ...]
) -> None:
    question = Question("Wie ruft man den Hafen?", (harbour(*others, share=share),), language=language)
    assert extracted(question).text == " ".join(said)


async def test_the_best_sentence_and_a_second_that_is_nearly_as_good() -> None:
    page = passage("Cats sleep a lot at night. Dogs bark. Cats sleep sixteen hours a day.", {"Cats": 0.7})
    assert await answer("How long do cats sleep?", page) == (
        "Cats sleep a lot at night. Cats sleep sixteen hours a day.",
        (1, 1),
    )


async def test_a_second_sentence_that_is_much_worse_is_left_out() -> None:
    page = passage("The shop opens at nine. Bicycles have two wheels and a bell.", {"shop": 0.9})
    assert (await answer("When does the shop open?", page))[0] == "The shop opens at nine."


async def test_sentences_stand_in_reading_order_and_sources_best_first() -> None:
    first = passage("Bikes cost ten euros in the summer months.", {"Bikes": 0.7}, fused=1.0)
    second = passage("Bikes cost eight euros in all other months.", {"Bikes": 0.95}, url="https://b", fused=0.9)
    text, cited = await answer("What do bikes cost?", first, second, passage("Else.", fused=0.0))
    assert text == "Bikes cost ten euros in the summer months. Bikes cost eight euros in all other months."
    assert cited == (2, 1)


def test_one_sentence_is_the_better_of_the_two_whichever_is_read_first() -> None:
    page = passage(
        "Cats sleep a lot at night. Dogs bark. Cats sleep sixteen hours a day.", {"sixteen": 0.9, "Cats": 0.8}
    )
    question = Question("How long do cats sleep?", (page,))
    assert extracted(question).text == "Cats sleep a lot at night. Cats sleep sixteen hours a day."
    assert extracted(question, sentences=1).text == "Cats sleep sixteen hours a day."


@for_each(
    ("further", "second"),
    [
        ("This bridge carries trains across the river today.", "This bridge carries"),
        ("Trains cross the river on rails of steel today.", "Ferries to the island"),
    ],
)
async def test_a_sentence_that_begins_with_what_the_best_one_names_goes_with_it(further: str, second: str) -> None:
    page = passage(
        f"The old crossing was built in 1932. {further} Ferries to the island leave at noon and at six.",
        {"crossing": 0.7, "river": 0.45, "Ferries": 0.5},
    )
    assert second in (await answer("What about the old crossing?", page))[0]


async def test_a_sentence_gains_nothing_from_one_that_would_not_be_said() -> None:
    page = passage(
        "The best answer of all is this sentence here. Clouds hang low over the hills in autumn. "
        "Mills turned at every bend. They ground the corn of three villages. Barges brought the sacks upriver.",
        {"best": 0.8, "Mills": 0.3, "They ground": 0.58, "Barges": 0.6},
    )
    assert "Barges" in (await answer("What is the best answer?", page))[0]


async def test_a_sentence_that_two_passages_share_is_said_once() -> None:
    shared = "The warranty of every bike lasts two years from purchase."
    one, other = passage(shared, {"warranty": 0.9}), passage(f"{shared} Keep the receipt.", {"warranty": 0.9})
    assert (await answer("How long is the warranty?", one, other))[0].count("warranty") == 1


async def test_only_passages_of_the_three_best_sources_are_read() -> None:
    others = [passage(f"Nothing here number {number}.", url=f"https://{number}") for number in range(3)]
    late = passage("The answer is here.", {"answer": 0.99}, url="https://late")
    text, cited = await answer("Where is the answer?", *others, late)
    assert "answer" not in text
    assert 4 not in cited


@for_each(
    ("question", "right"),
    [
        ("When was the bridge built?", "The bridge was finished in 1932."),
        ("Who built the bridge?", "The bridge was planned by Ada Lovelace."),
        ("Where is the bridge?", "The bridge is found in Sydney."),
        ("How many people cross the bridge?", "The bridge carries 200,000 people a day."),
    ],
)
async def test_what_the_question_asks_for_decides_between_equals(question: str, right: str) -> None:
    page = passage(
        "The bridge was finished in 1932. The bridge was planned by Ada Lovelace. The bridge is found in Sydney. "
        "The bridge carries 200,000 people a day. The bridge is made of steel.",
        {"bridge": 0.6},
    )
    text, _ = await answer(question, page)
    assert right in text


async def test_where_nothing_can_stand_alone_the_best_is_said_all_the_same() -> None:
    assert (await answer("Boss?", passage("Managing Director Ada Lovelace", {"Boss": 0.9})))[0]


async def test_a_page_in_another_script_is_answered_too() -> None:
    page = passage("店は九時に開きます。犬は入れません。", {"店": 0.8})
    assert (await answer("店は何時に開きますか", page))[0].startswith("店は九時に開きます。")


async def test_where_no_spaces_part_words_a_second_sentence_follows_without_one() -> None:
    first, second = "返品は三十日以内に受け付けます。", "送料はお客様の負担です。"
    found = Sentence(first, 0.8), Sentence(second, 0.7)
    page = Passage(Source("https://a.example", "返品"), first + second, 1.0, None, found)
    assert await answer("返品の送料は？", page) == (first + second, (1, 1))


async def test_words_alone_decide_where_there_are_no_vectors() -> None:
    page = passage("Cats sleep. Dogs bark at strangers.", {"Dogs": 0.9}, vectors=False)
    assert (await answer("Do dogs bark?", page))[0] == "Dogs bark at strangers."


async def test_nothing_is_said_of_passages_without_sentences() -> None:
    assert await answer("Anything?", Passage(Source("https://a", "A"), "", 1.0)) == ("", ())


async def test_the_same_question_gets_the_same_answer() -> None:
    pages = [passage("Same words here. Same words here now.", {"Same": 0.5}, url=f"https://{n}") for n in range(3)]
    assert len({await answer("Same?", *pages) for _ in range(5)}) == 1


def test_pieces_joined_are_the_text() -> None:
    for text in ("a b", " a\n\n  b ", "a", "   ", "tab\tand\u00a0space\n"):
        assert "".join(piece.text for piece in in_pieces(text)) == text
    assert list(in_pieces("")) == []


def test_a_piece_has_several_words() -> None:
    assert [piece.text for piece in in_pieces("a b c d e f g h i  j ")] == ["a b c d e f g h", " i  j", " "]


LINES = st.sampled_from(
    [
        "A sentence of words.",
        "Title",
        "- item",
        "1. Do this.",
        "    code --flag",
        "",
        "Intro:",
        "Why?",
        "a: b; c: d",
        "漢字。",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=8), st.sampled_from(["How do I?", "When?", "x", "Who is A?"]), st.randoms())
async def test_every_line_of_an_answer_stands_in_a_passage(lines: list[str], question: str, random: object) -> None:
    text = "\n".join(lines).strip("\n")
    values = {line: random.random() for line in lines if line}  # type: ignore[attr-defined]
    page = passage(text, values)
    said, cited = await answer(question, page)
    for line in said.split("\n"):
        for sentence in re.split(r"(?<=\.) |(?<=。)", line):
            assert sentence.strip() in text
    assert set(cited) <= {1}
    assert bool(said) == bool(page.sentences)
