"""Which wordings are one question, and what becomes of a decision."""

from services.chat.unanswered import ReviewState, normalised, question_id, when_asked_again
from tests.each import for_each


@for_each(
    ("one", "other"),
    [
        ("How do I pay?", "how do i PAY"),
        ("How do I pay?", "  How   do I\npay ?!? "),
        ("What's an e-mail?", "Whats an E‑Mail…"),
        ("“Was kostet das?”", "Was kostet das"),
        ("Straße?", "STRASSE"),
        ("¿Cuánto cuesta?", "cuánto cuesta"),
        ("ﬁle size", "file size"),
        ("C #", "c#"),
        ("1,5 GB?", "1.5 GB"),
        ("👍🏽 ok", "👍🏽ok"),
        ("?!", " ?! "),
    ],
)
def test_wordings_that_differ_in_nothing_that_tells_are_alike(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)
    assert question_id(one) == question_id(other)


@for_each(
    ("one", "other"),
    [
        ("Does A beat B?", "Does B beat A?"),
        ("Is 1.5 GB enough?", "Is 15 GB enough?"),
        ("C#", "C"),
        ("C++", "C"),
        ("5 %", "5"),
        ("5 €", "5 $"),
        ("cote", "côté"),
        ("मत", "मात"),
        ("?", "!"),
        ("?", ""),
    ],
)
def test_wordings_that_may_mean_something_else_are_apart(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)
    assert question_id(one) != question_id(other)


def test_an_id_is_short_whatever_was_asked() -> None:
    assert {len(question_id(question)) for question in ("", "q", "😀" * 2000)} == {28}
    assert question_id("q").startswith("unq_")


def test_what_is_not_ours_stays_that_and_what_has_an_answer_opens_again() -> None:
    assert [when_asked_again(state) for state in (None, *ReviewState)] == [
        ReviewState.OPEN,
        ReviewState.OPEN,
        ReviewState.OPEN,
        ReviewState.NOT_OURS,
    ]
