from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.characters import Characters
from tests.each import for_each

from .pieces_of import CUTS, cut, through


@for_each(
    ("pieces", "sent"),
    [
        (["a\ud83d", "\ude00b"], "a😀b"),
        (["a\ud83d", "b", "\ude00", "c\ud83d"], "a\ufffdb\ufffdc\ufffd"),
        (["a\0b\x1b[1m\r\n\tc\x7f"], "ab[1m\n\tc"),
    ],
)
def test_halves_are_joined_or_replaced_and_controls_but_line_ends_and_tabs_go(pieces: list[str], sent: str) -> None:
    assert through(Characters(), pieces) == sent


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0, exclude_categories=[])), CUTS)
def test_every_text_can_be_sent_however_it_comes(text: str, cuts: list[int]) -> None:
    sent = through(Characters(), cut(text, cuts))
    assert sent.encode().decode() == through(Characters(), [text])
