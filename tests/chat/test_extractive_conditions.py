"""The condition that fits a question is said with its sentence."""

from services.chat.answerers.extractive.conditions import fits, quantities
from tests.chat.extractive_pages import answer, passage
from tests.each import for_each

FARES = (
    "Guests who stay for less than 1 week pay 90 euros a night. Guests who stay for over 1 week pay 70 euros a night. "
    "Luggage up to 20 kg is free. Luggage over 20 kg and up to 30 kg costs 5 euros. Luggage over 30 kg stays at home. "
    "Children under 6 eat for free. Children who are 6 or older pay half."
)


@for_each(
    ("question", "right", "wrong"),
    [
        ("I stay for 3 days, what do guests pay?", "90 euros", "70 euros"),
        ("We stay for two weeks, what do guests pay?", "70 euros", "90 euros"),
        ("I stay for a month, what do guests pay?", "70 euros", "90 euros"),
        ("What does luggage of 25 kg cost?", "5 euros", "is free"),
        ("What does luggage of 8,000 g cost?", "is free", "5 euros"),
        ("What about luggage of 40 kilos?", "at home", "5 euros"),
        ("What do children pay? Mine is 4 years old.", "eat for free", "half"),
        ("What do children pay? Mine is 9.", "half", "for free"),
    ],
)
async def test_the_condition_that_fits_the_number_in_the_question_is_said(
    question: str, right: str, wrong: str
) -> None:
    close = {"Guests": 0.5, "Luggage": 0.5, "Children": 0.5}
    asked = next(word for word in close if word.casefold() in question.casefold())
    text, _ = await answer(question, passage(FARES, {asked: 0.8, wrong: 0.9}))
    assert right in text
    assert wrong not in text


async def test_a_condition_that_fails_is_said_where_no_other_holds() -> None:
    page = passage("Bikes rented for over 2 days come with a lock.", {"Bikes": 0.8})
    assert "lock" in (await answer("Does a bike for 1 day come with a lock?", page))[0]


@for_each(
    ("asked", "text", "right"),
    [
        ("8 months", "between 6 and 12 months", 1),
        ("8 months", "1–3 years", -1),
        ("8 months", "12 months or more", -1),
        ("less than 8 months", "between 8 and 12 months", -1),
        ("less than 8 months", "under 8 months", 1),
        ("over 5 kg", "up to 5 kg", -1),
        ("more than 5 kg", "over 5 kg", 1),
        ("up to 5 kg", "over 5 kg", -1),
        ("half a year", "up to one year", 1),
        ("1 year", "less than 1 year", -1),
        ("1 year", "at most 1 year", 1),
        ("12 people", "no more than 10 people", -1),
        ("12 people", "groups of 10 or more", 1),
        ("25 MB", "at most 1 GB", 1),
        ("$80", "orders from $50", 1),
        ("3 kg", "within 5 days", 0),
        ("3 kg", "the wages of 4 weeks, and 2 kg of rye", 0),
        ("in 1932", "less than 1 year", 0),
        ("3 m", "up to 2 m", -1),
        ("3 m", "companies of up to 2 m users", 0),
        ("3 m", "up to 2 m or 4 million", 0),
        ("$3 million", "up to $2 m", -1),
        ("$3", "up to $2 m", 1),
        ("$3", "up to 2 million", 0),
        ("900 €", "up to 1.000,50 €", 1),
        ("1,200 €", "up to 1.000,50 €", -1),
        ("1,200.50 €", "up to 1.000.000 €", 1),
        ("2 kg", "up to 1,5 kg", -1),
        ("0.125 kg", "up to 0,200 kg", 1),
        ("2 kg", "up to 1.500 kg", 0),
        ("2 kg", "1.500 to 3 kg", 0),
        ("2 kg", "version 1.2.3 takes up to 3 kg", 1),
    ],
)
def test_conditions_are_told_by_their_words_and_units(asked: str, text: str, right: int) -> None:
    assert fits(text, quantities(f"I ask about {asked}, what then?")) == right
