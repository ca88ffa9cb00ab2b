"""Sentences that are said for what stands beside them."""

from services.chat.answerers.answerer import Question
from services.chat.answerers.extractive.extractive import extracted
from tests.chat.test_extractive import answer, passage
from tests.each import for_each

STORM = "The fleet left for Acre in April. A storm drove its ships apart. The king reached Cyprus in May."


@for_each(
    ("text", "closeness", "is_said"),
    [
        (STORM, 0.6, True),
        (STORM, 0.3, False),
        (STORM.replace(". A storm", ".\n\nA storm"), 0.6, False),
        (STORM.replace("drove its ships apart", "came"), 0.6, False),
    ],
)
async def test_what_follows_in_the_paragraph_comes_too_if_it_is_nearly_as_good(
    text: str, closeness: float, is_said: bool
) -> None:
    pages = [
        passage(text, {"fleet": 0.9, "storm": closeness}),
        passage("The fleet had been built at Messina in winter.", {"Messina": 0.85}, url="https://b"),
    ]
    said, cited = await answer("What befell the fleet on its way to Acre?", *pages)
    assert ("A storm" in said) is is_said
    assert "Cyprus" not in said
    assert cited == (1, 2)


def test_the_better_sentence_alone_comes_without_what_follows() -> None:
    question = Question("What befell the fleet?", (passage(STORM, {"fleet": 0.9, "storm": 0.8}),))
    assert extracted(question, sentences=1).text == "The fleet left for Acre in April."


COLUMNS = """The table of tides has these columns

hw.time: : The time of high water, in hours after midnight

The column hw.time is left empty for harbours that the sea does not reach."""


@for_each(
    ("question", "is_first"),
    [
        ("What does the column hw.time hold?", True),
        ("What is hw.time?", True),
        ("Where is the column left empty?", False),
    ],
)
async def test_a_term_that_the_question_names_is_explained_by_its_line(question: str, is_first: bool) -> None:
    page = passage(COLUMNS, {"hours after": 0.5, "left empty": 0.6, "these columns": 0.1})
    said = extracted(Question(question, (page,)), sentences=1).text
    assert said.startswith("hw.time: : The time of high water") is is_first


@for_each("ending", ["is installed with", "is installed when you type", "is there once you run"])
async def test_a_sentence_that_breaks_off_comes_with_the_line_that_completes_it(ending: str) -> None:
    text = f"The tide reader\n\nWith the tables in place, the reader {ending}\n\ntides install reader\n\nUpdates"
    said, _ = await answer("What is the command to install the reader?", passage(text, {"in place": 0.8}))
    assert said == f"With the tables in place, the reader {ending}\n\ntides install reader"
