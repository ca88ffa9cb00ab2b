"""What a model thinks aloud before its answer, in tags, is not the answer."""

_OPEN = "<think>"
_CLOSE = "</think>"


class Thoughts:
    """Takes away one `<think>…</think>` with which a text begins, space before it included."""

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._over = False

    def feed(self, text: str) -> str:
        """What of the text is spoken."""
        if self._over:
            return text
        held = self._held + text
        if not self._thinking:
            beginning = held.lstrip()
            if len(beginning) < len(_OPEN) and _OPEN.startswith(beginning):
                self._held = held
                return ""
            if not beginning.startswith(_OPEN):
                return self._end(held)
            self._thinking, held = True, beginning
        _, closed, answer = held.partition(_CLOSE)
        if closed:
            return self._end(answer)
        # Enough to know the closing tag by, not all that was thought.
        self._held = held[-len(_CLOSE) :]
        return ""

    def finish(self) -> str:
        """What is left: nothing of a thought that did not end."""
        return "" if self._thinking or self._over else self._held

    def _end(self, spoken: str) -> str:
        self._over, self._thinking, self._held = True, False, ""
        return spoken
