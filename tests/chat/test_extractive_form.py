"""Sentences of an answer are understood where they stand: no bare "Yes.", echo or fragment."""

from services.chat.answerers.answerer import Question
from services.chat.answerers.extractive.extractive import extracted
from tests.chat.extractive_pages import answer, passage
from tests.each import for_each

FAQ = """May I bring my dog?

Yes. It has to be on a leash.

Is there a toilet?

No."""


@for_each(
    ("close", "right"),
    [
        ({"dog": 0.9}, "Yes. It has to be on a leash."),
        ({"toilet": 0.9}, "Is there a toilet?\n\nNo."),
        ({"leash": 0.8, "dog": 0.7}, "It has to be on a leash."),
    ],
)
async def test_a_yes_or_no_comes_with_what_it_means(close: dict[str, float], right: str) -> None:
    assert (await answer("Dogs? Toilets?", passage(FAQ, close)))[0] == right


async def test_a_sentence_that_only_says_the_question_again_is_no_answer() -> None:
    page = passage("I have lost my key.\nAsk for a new one at the desk.", {"lost": 0.9, "desk": 0.6})
    assert (await answer("I have lost my key, what now?", page))[0] == "Ask for a new one at the desk."


@for_each("question", ["Is the shop open on Sundays?", "What is the shop, open or closed on Sundays?"])
async def test_a_question_that_holds_its_answer_is_answered_by_it(question: str) -> None:
    page = passage("The shop is open on Sundays.\nThe bell rings.", {"Sundays": 0.9})
    assert (await answer(question, page))[0] == "The shop is open on Sundays."


@for_each(
    "worse",
    ["Manage your bikes Rent a bike Bikes for all Prices of bikes and more", "of bikes that cost nothing at all."],
)
async def test_a_whole_sentence_goes_before_one_that_is_cut(worse: str) -> None:
    page, other = passage(worse, {worse: 0.46}), passage("Bikes cost ten euros.", {"euros": 0.4}, url="https://b")
    assert (await answer("Do bikes cost a lot?", page, other))[1][0] == 2


async def test_a_fragment_stands_on_a_line_of_its_own() -> None:
    page = passage("Bring two papers.\n- proof of where you live\n", {"papers": 0.8, "proof": 0.8})
    assert (await answer("Which papers do I bring?", page))[0] == "Bring two papers.\nproof of where you live"


async def test_a_footnote_does_not_keep_a_sentence_from_being_whole() -> None:
    page = passage("It was built in 1932.[citation needed]\nIt was opened in 1933.", {"It was": 0.8})
    text, _ = await answer("When?", page)
    assert text == "It was built in 1932.[citation needed] It was opened in 1933."


@for_each(
    "question",
    [
        "Wie lange gilt die Karte?",
        "Ab welcher Karten-Version?",
        "¿Cuántos viajes permite?",
        "¿Desde qué versión?",
        "Combien de trajets ?",
        "Depuis quelle version ?",
        "カードは何回使えますか?",
        "どのバージョンからですか?",
    ],
)
def test_a_question_for_a_number_is_answered_with_one_in_other_languages(question: str) -> None:
    page = passage("Abcd efgh ijkl mnop qrst.\n\nUvwx yzab cdef 30 ghij.", {"efgh": 0.5, "yzab": 0.4})
    assert extracted(Question(question, [page]), sentences=1).text == "Uvwx yzab cdef 30 ghij."
