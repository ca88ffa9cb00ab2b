"""The token of the process itself: read from its file, and again when that is replaced."""

from pathlib import Path

import pytest

from services.errors import ChatmountError, Reason
from services.trust.private_files import replace_privately
from services.web.token import WebToken


def test_a_token_is_read_again_when_its_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = WebToken(file)
    with pytest.raises(ChatmountError) as caught:
        token.current()
    assert caught.value.reason == Reason.UNAVAILABLE
    for text in ("first", "other"):
        replace_privately(file, f"{text}\n")
        assert token.current() == text
    # For a moment nobody can write it: the one at hand is good for hours.
    file.unlink()
    assert token.current() == "other"
