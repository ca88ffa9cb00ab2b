"""What belongs to a sentence is said with it: its list, its subject, its case."""

from services.chat.answerers.extractive.question_type import question_type
from tests.chat.extractive_pages import answer, passage
from tests.each import for_each

CREW = """A boat of ours is sailed by four people, whatever the weather. They sleep in turns.

- Skipper (S)
- Mate (M)
- Cook (C)
- Boy (B)

Nobody else sails."""


@for_each("question", ["What are the four people of a boat?", "Which people sail a boat?", "List all people"])
@for_each("best", ["four people", "They sleep", "Mate"])
async def test_a_list_comes_whole_with_the_sentence_that_announces_it(question: str, best: str) -> None:
    text, _ = await answer(question, passage(CREW, {best: 0.9}))
    assert CREW.partition("\n\n")[2].removesuffix("\n\nNobody else sails.") in text
    assert "Nobody" not in text


async def test_a_question_for_one_thing_gets_no_list() -> None:
    assert "Cook" not in (await answer("How many people sail a boat?", passage(CREW, {"four": 0.9})))[0]


@for_each(
    ("first", "second"),
    [
        ("Bring these three:\n\n1. Rope.\n2. Knife.", "2. Knife.\n3. Lamp."),
        ("Bring these three:\n\n1. Rope.\n2. Knife.", "3. Lamp.\n\nNo more."),
        ("Bring these three:\n\n- Rope\n- Knife", "- Knife\n- Lamp\n\nNo more."),
    ],
)
async def test_a_list_goes_on_in_another_passage(first: str, second: str) -> None:
    pages = [passage(first, {"Bring": 0.9}), passage("Another page.", url="https://b"), passage(second)]
    text, cited = await answer("What are the three things to bring?", *pages)
    assert text.count("Knife") == 1
    assert text.endswith(("\n3. Lamp.", "\n- Lamp"))
    assert cited == (1, 3)


async def test_a_list_does_not_go_on_in_another_section() -> None:
    pages = [
        passage("Bring these:\n\n1. Rope.\n2. Knife.", {"Bring": 0.9}),
        passage("3. Lamp.\n4. Pen.", url="https://b"),
    ]
    assert "Lamp" not in (await answer("What are the things to bring?", *pages))[0]


OPTIONS = """Set how boats are hired out.

- hire_days: the longest time in days for which a boat can be hired. By default 14. Shorter times cost less. Ask us.
- hire_people: the most people that may sail in a boat."""


async def test_an_item_of_a_list_is_said_with_its_next_sentences() -> None:
    text, _ = await answer("What is the longest time of hire?", passage(OPTIONS, {"longest time": 0.9}))
    assert "can be hired. By default 14. Shorter times cost less." in text
    assert "Ask us" not in text
    assert "hire_people" not in text


TOOLS = "Magpie is our tool for invoices. Here you write an invoice, or cancel one that was wrong. We are fond of it."


async def test_the_sentence_before_says_what_a_sentence_speaks_of() -> None:
    text, _ = await answer("Which tool cancels an invoice?", passage(TOOLS, {"cancel": 0.9, "fond": 0.5}))
    assert text == TOOLS.removesuffix(" We are fond of it.")


@for_each(
    "said",
    [
        "We collect the faults of the ovens here.",
        "Here we collect the faults of the ovens.",
        "It collects the faults of the ovens.",
        "Collects the faults of the ovens.",
    ],
)
async def test_the_heading_says_what_a_sentence_speaks_of(said: str) -> None:
    page = passage(said, {"faults": 0.9})._replace(headings=("Programs", "Plover"))
    assert (await answer("Which program collects faults?", page))[0] == f"Plover: {said}"
    assert (await answer("What does Plover collect?", page))[0] == said
    assert (await answer("Does it collect faults?", page))[0] == said


@for_each(
    "said",
    [
        "The faults of the ovens are collected by Plover.",
        "Click here to see faults.",
        "Here are the faults.",
        "Faults are many.",
    ],
)
async def test_a_sentence_that_names_its_subject_needs_no_heading(said: str) -> None:
    page = passage(said, {"aults": 0.9})._replace(headings=("Plover",))
    assert (await answer("Which program collects faults?", page))[0] == said


def test_questions_for_several_things_are_told_by_their_words() -> None:
    several = [
        "What are the ranks?",
        "Which side jobs are not OK?",
        "List all rules",
        "Which documents do I need?",
        "Who are the owners?",
        "What do I need to bring?",
        "Welche Ränge gibt es?",
        "Welches sind die drei Abzeichen?",
        "Wer sind die Besitzer?",
        "Chi sono i soci?",
    ]
    one = [
        "What is the rank?",
        "Which status has it?",
        "What does it cost?",
        "Which process is it?",
        "How many ranks are there?",
        "Welches Abzeichen ist es?",
        "Wie alt sind sie?",
    ]
    assert [question_type(question).asks_for_several for question in several + one] == [True] * len(several) + [
        False
    ] * len(one)


async def test_what_announces_a_formula_that_is_lost_is_said() -> None:
    text = "Nothing else is known of it. The pull grows with the mass and the radius of the planet:"
    assert "radius" in (await answer("What does the pull grow with?", passage(text, {"The pull": 0.9})))[0]


@for_each("question", ["What is a halyard?", "what's a halyard", "What is the halyard?", "Define halyard"])
async def test_the_definition_is_told_rather_than_an_example(question: str) -> None:
    text = (
        "For example, the red halyard of our boat is forty metres long. One halyard was cut in the storm. "
        "A halyard (or uphaul) is a rope with which a sail is hoisted."
    )
    found = passage(text, {"For example": 0.8, "One halyard": 0.75, "A halyard": 0.7})
    said, _ = await answer(question, found)
    assert "hoisted" in said
