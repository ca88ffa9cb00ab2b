"""Whether a text, read from its beginning, is inside Markdown code."""

import re

_RUN = re.compile(r"(\s+)|(`+)|[^\s`]+")


class CodeSpans:
    """Fenced blocks and inline code.

    Inline code ends with its line: a mark that was never closed spoils no more.
    """

    def __init__(self) -> None:
        self._fence = 0
        self._inline = 0
        self._line_is_blank = True
        self._unread: list[str] = []

    @property
    def inside(self) -> bool:
        return bool(self._fence or self._inline)

    def add(self, text: str) -> None:
        """More text that ends within no run of backticks; it is read when `is_in_code` is asked."""
        self._unread.append(text)

    def is_in_code(self) -> bool:
        """Whether what was added ends inside code."""
        for run in _RUN.finditer("".join(self._unread)):
            if run[1]:
                self.space(run[1])
            elif run[2]:
                self.backticks(len(run[2]))
            else:
                self.words()
        self._unread.clear()
        return self.inside

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
