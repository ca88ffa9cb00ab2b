"""How much of a conversation is remembered."""

from hypothesis import given
from hypothesis import strategies as st

from services.chat.answerers.answerer import PastTurn
from services.chat.history import HISTORY_TOKENS, rough_tokens, within_budget


def test_a_short_conversation_is_remembered_whole() -> None:
    turns = [PastTurn(f"q{n}", f"a{n}") for n in range(10)]
    assert within_budget(turns) == tuple(turns)


def test_the_oldest_turns_go_first_and_go_whole() -> None:
    turns = [PastTurn(f"q{n}", "word " * 400) for n in range(10)]
    kept = within_budget(turns)
    assert kept == tuple(turns[-len(kept) :])
    assert 0 < len(kept) < 10


def test_a_newest_turn_over_the_budget_leaves_nothing() -> None:
    assert within_budget([PastTurn("q", "a"), PastTurn("q", "x" * 4 * HISTORY_TOKENS)]) == ()


def test_text_without_spaces_counts_too() -> None:
    assert rough_tokens("漢" * 100) >= 75
    assert rough_tokens("") == 0


@given(st.lists(st.builds(PastTurn, st.text(max_size=60), st.text(max_size=200)), max_size=20), st.integers(0, 300))
def test_what_is_kept_is_the_end_and_fits(turns: list[PastTurn], budget: int) -> None:
    kept = within_budget(turns, budget)
    assert kept == tuple(turns[len(turns) - len(kept) :])
    assert sum(rough_tokens(turn.question) + rough_tokens(turn.answer) for turn in kept) <= budget
