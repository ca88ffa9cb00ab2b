"""Whether a text, read from its beginning, is inside Markdown code."""


class CodeSpans:
    """Fenced blocks and inline code. Inline code ends with its line: a mark that nobody closed spoils no more."""

    def __init__(self) -> None:
        self._fence = 0
        self._inline = 0
        self._line_is_blank = True

    @property
    def inside(self) -> bool:
        return bool(self._fence or self._inline)

    def space(self, text: str) -> None:
        """White space was read."""
        if "\n" in text:
            self._inline = 0
            self._line_is_blank = True

    def words(self) -> None:
        """Anything else was read, but backticks."""
        self._line_is_blank = False

    def backticks(self, count: int) -> None:
        """A whole run of backticks was read."""
        if self._fence:
            if self._line_is_blank and count >= self._fence:
                self._fence = 0
        elif self._inline:
            self._inline = 0 if count == self._inline else self._inline
        elif self._line_is_blank and count >= 3:
            self._fence = count
        else:
            self._inline = count
        self._line_is_blank = False
