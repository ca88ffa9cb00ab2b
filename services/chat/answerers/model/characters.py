"""Text that can be sent on: whole characters, and no controls."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
# Line ends and tabs are text; CR alone and the rest of the controls are not.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class Characters:
    """Joins characters whose halves a provider sent apart.

    A half that stays alone becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """The text as far as its characters are whole."""
        if text.isascii() and not self._half:
            return _CONTROL.sub("", text)
        text = self._half + text
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        if _SURROGATE.search(text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return _CONTROL.sub("", text)

    def finish(self) -> str:
        """What is left."""
        half, self._half = self._half, ""
        return "\N{REPLACEMENT CHARACTER}" if half else ""
