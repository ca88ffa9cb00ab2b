from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.characters import Characters

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
