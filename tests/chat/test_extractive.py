"""Answers made of the passages' own sentences."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.answerer import Citations, Question
from services.chat.answerers.extractive.extractive import ExtractiveAnswerer, extracted
from services.chat.answerers.pieces import in_pieces
from services.chat.passages import Passage, Sentence, Source
from tests.each import for_each

KEYS_PAGE = """To rotate a key, run chatmount key rotate with its id. The old secret stops working at once.

    chatmount key list --bot BOT_ID
    chatmount key rotate KEY_ID

The key keeps its name."""


def sentences_of(text: str) -> list[str]:
    """Sentences as retrieval cuts them, near enough for texts as plain as these."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("    "):
            found.append(block)
            continue
        for line in block.split("\n"):
            mark = re.match(r"\s*(?:-|\d+\.)\s+", line)
            head = mark[0] if mark else ""
            parts = re.split(r"(?<=[.!?])\s+", line[len(head) :])
            found += [head + parts[0], *parts[1:]]
    return [sentence for sentence in found if sentence.strip()]


def passage(
    text: str,
    close: dict[str, float] | None = None,
    *,
    url: str = "https://a.example",
    fused: float = 1.0,
    vectors: bool = True,
) -> Passage:
    """A passage.

    `close` gives the closeness to the question of sentences that contain a text, others have 0.1.
    """

    def sentence(each: str) -> Sentence:
        value = next((value for part, value in (close or {}).items() if part in each), 0.1)
        return Sentence(each, value, value if vectors else None)

    found = tuple(map(sentence, sentences_of(text)))
    cosine = max((each.vector or 0.0 for each in found), default=0.0) if vectors else None
    return Passage(Source(url, "Title"), text, fused, cosine, found)


async def answer(question: str, *passages: Passage) -> tuple[str, tuple[int, ...]]:
    text = ""
    cited: tuple[int, ...] = ()
    async for part in ExtractiveAnswerer().answer(Question(question, passages)):
        if isinstance(part, Citations):
            assert not cited
            cited = part.numbers
        else:
            assert part.text
            text += part.text
    return text, cited


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


async def test_a_how_to_question_gets_the_sentence_and_its_command_whole() -> None:
    text, _ = await answer("How do I rotate a key?", passage(KEYS_PAGE, {"To rotate": 0.8}))
    assert text == KEYS_PAGE.removesuffix("\n\nThe key keeps its name.")


async def test_a_command_that_answers_brings_the_sentence_before_it() -> None:
    text, _ = await answer("chatmount key list", passage(KEYS_PAGE, {"key list": 0.8}))
    assert text.endswith("    chatmount key list --bot BOT_ID\n    chatmount key rotate KEY_ID")
    assert text.startswith("The old secret")


async def test_other_questions_get_no_command() -> None:
    text, _ = await answer("When does the old secret stop working?", passage(KEYS_PAGE, {"old secret": 0.8}))
    assert text == "The old secret stops working at once."


async def test_an_introduction_comes_with_its_list() -> None:
    page = "What to bring to the desk:\n\n- your passport\n- a photo\n- the fee of 20 euros\n\nWe open at nine."
    text, _ = await answer("What do I have to bring?", passage(page, {"bring": 0.8}))
    assert text == page.removesuffix("\n\nWe open at nine.")


async def test_an_introduction_whose_list_is_not_there_is_not_said() -> None:
    page = passage("You have to bring the following:", {"bring": 0.9})
    other = passage("Please bring your passport to the desk.", {"passport": 0.5})
    assert (await answer("What do I have to bring?", page, other))[0] == "Please bring your passport to the desk."


async def test_steps_come_together_and_an_item_alone_comes_without_its_mark() -> None:
    page = "To pay:\n\n1. Open the app.\n2. Choose your card.\n3. Press the button."
    assert (await answer("How do I pay?", passage(page, {"Choose": 0.8})))[0] == page
    assert (await answer("Which card?", passage(page, {"Choose": 0.8})))[0] == "Choose your card."


async def test_headings_stubs_and_questions_are_not_answers() -> None:
    page = "Opening hours of the shop\n\nWhen is the shop open?\n\n- Shop\n\nDoors open at nine in the morning."
    scores = {"Opening": 0.9, "When": 0.9, "- Shop": 0.9, "Doors": 0.2}
    assert (await answer("When is the shop open?", passage(page, scores)))[0] == "Doors open at nine in the morning."


async def test_the_sentence_after_a_question_in_the_page_is_its_answer() -> None:
    page = "Can I bring my dog? Yes, on a leash. Horses stay outside. Cats stay outside too."
    scores = {"dog": 0.9, "leash": 0.1, "Horses": 0.4}
    assert (await answer("May my dog come along?", passage(page, scores)))[0] == "Yes, on a leash."


async def test_where_nothing_can_stand_alone_the_best_is_said_all_the_same() -> None:
    assert (await answer("Boss?", passage("Managing Director Ada Lovelace", {"Boss": 0.9})))[0]


async def test_rows_of_a_table_stand_on_lines_of_their_own() -> None:
    page = "Day: Monday; Open: 9 to 5\nDay: Tuesday; Open: 9 to 6"
    text, _ = await answer("When is it open?", passage(page, {"Day": 0.8}))
    assert text == page


async def test_a_page_in_another_script_is_answered_too() -> None:
    page = passage("店は九時に開きます。犬は入れません。", {"店": 0.8})
    assert (await answer("店は何時に開きますか", page))[0].startswith("店は九時に開きます。")


async def test_where_no_spaces_part_words_a_second_sentence_follows_without_one() -> None:
    first, second = "返品は三十日以内に受け付けます。", "送料はお客様の負担です。"
    found = Sentence(first, 0.8), Sentence(second, 0.7)
    page = Passage(Source("https://a.example", "返品"), first + second, 1.0, None, found)
    assert await answer("返品の送料は？", page) == (first + second, (1, 1))


async def test_an_item_of_a_list_is_a_sentence_without_spaces_too() -> None:
    page = passage("- 返品は三十日以内に受け付けます\n- 送料はお客様の負担です", {"返品": 0.8}, vectors=False)
    assert (await answer("返品はいつまで？", page))[0] == "返品は三十日以内に受け付けます"


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
