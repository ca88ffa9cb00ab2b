import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.characters import Characters
from services.chat.answerers.model.thoughts import Thoughts

from .pieces_of import CUTS, cut, through


def test_halves_of_a_character_that_come_apart_are_joined() -> None:
    assert through(Characters(), ["a\ud83d", "\ude00b"]) == "a😀b"


def test_a_half_that_stays_alone_is_replaced_so_that_the_text_can_be_sent() -> None:
    assert through(Characters(), ["a\ud83d", "b", "\ude00", "c\ud83d"]) == "a\ufffdb\ufffdc\ufffd"


def test_controls_are_taken_away_but_line_ends_and_tabs() -> None:
    assert through(Characters(), ["a\0b\x1b[1m\r\n\tc\x7f"]) == "ab[1m\n\tc"


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0, exclude_categories=[])), CUTS)
def test_every_text_can_be_sent_however_it_comes(text: str, cuts: list[int]) -> None:
    sent = through(Characters(), cut(text, cuts))
    assert sent.encode().decode() == through(Characters(), [text])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<think>Hm.\nWell</think>\n\nYes.", "\n\nYes."),
        ("\n <think></think>Yes. <think>x</think>", "Yes. <think>x</think>"),
        ("Yes <think>x</think>", "Yes <think>x</think>"),
        ("<thi", "<thi"),
        ("<thing>", "<thing>"),
        ("<think>for ever", ""),
        (" \n", " \n"),
        ("", ""),
    ],
)
def test_what_a_model_thinks_before_its_answer_is_not_said(written: str, said: str) -> None:
    assert through(Thoughts(), [written]) == said
    assert through(Thoughts(), written) == said


def test_thoughts_are_not_collected() -> None:
    thoughts = Thoughts()
    thoughts.feed("<think>")
    for _ in range(100):
        thoughts.feed("x" * 1000)
    assert len(thoughts._held) < 10
