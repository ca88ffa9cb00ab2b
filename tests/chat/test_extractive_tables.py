"""A table comes whole when its rows are what is asked for."""

from tests.chat.extractive_pages import answer, passage
from tests.each import for_each

FEES = """Each of three categories pays another fee. It is the same all year.

Category: Juniors; Fee: 10 euros
Category: Adults; Fee: 20 euros
Category: Clubs; Fee: 90 euros

Nobody pays in May."""


@for_each("question", ["What are the three categories?", "Which categories are there?"])
@for_each("best", ["three categories", "all year", "Adults"])
async def test_a_table_comes_whole_when_its_rows_are_asked_for(question: str, best: str) -> None:
    text, _ = await answer(question, passage(FEES, {best: 0.9}))
    assert FEES.partition("\n\n")[2].removesuffix("\n\nNobody pays in May.") in text
    assert "Nobody" not in text


@for_each("question", ["Which fees do adults pay?", "What are the months?", "What does a category pay?"])
async def test_a_question_for_something_else_gets_no_table(question: str) -> None:
    text, _ = await answer(question, passage(FEES, {"Adults": 0.9, "all year": 0.8}))
    assert "Clubs" not in text
