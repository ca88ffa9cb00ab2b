"""Sentences that are said for what stands beside them."""

from services.chat.answerers.answerer import Question
from services.chat.answerers.extractive.extractive import extracted
from services.chat.answerers.extractive.question_type import question_type
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


FEES = (
    "- A pilot, as an extra. He comes on board at the first buoy. The way is long. He takes a boat of ours.\n- A tug."
)


@for_each(("best", "is_begun"), [("first buoy", True), ("The way is", True), ("a boat of ours", True), ("tug", False)])
async def test_an_item_of_a_list_is_said_from_its_beginning(best: str, is_begun: bool) -> None:
    said, _ = await answer("Where does he come on board?", passage(FEES, {best: 0.9}))
    assert said.startswith("A pilot, as an extra. He comes on board at the first buoy.") is is_begun


@for_each(
    ("heading", "question", "said"),
    [
        ("Leer los ajustes con read_settings", "¿Cómo leo los ajustes?", "Leer los ajustes con read_settings: "),
        ("Écrire dans harbour.toml:", "Où l'écrire ?", "Écrire dans harbour.toml: "),
        ("Leer los ajustes con read_settings", "¿Qué hace read_settings?", ""),
        ("Leer los ajustes", "¿Cómo leo los ajustes?", ""),
        ("With tides.toml", "How are tides read?", ""),
    ],
)
def test_a_heading_that_alone_names_something_in_code_is_said(heading: str, question: str, said: str) -> None:
    text = "El archivo se lee una sola vez, como tides.toml."
    page = passage(text, {"archivo": 0.9})._replace(headings=("Ajustes", heading))
    assert extracted(Question(question, (page,), language="es")).text == f"{said}{text}"


@for_each(
    ("other", "is_number"), [("api/v1", False), ("OAuth2.1", False), ("約15秒", True), ("$5", True), ("15", True)]
)
def test_digits_of_a_name_are_no_number(other: str, is_number: bool) -> None:
    assert question_type("How many ships are there?").is_answered_in(f"It is called by {other}.") is is_number
