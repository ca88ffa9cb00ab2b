"""Lines of a Markdown text that are code, so that nothing in them is taken for markup."""

import re

_FENCE = re.compile(r"(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])[ \t])*[ \t]*(`{3,}(?=[^`]*$)|~{3,})(.*)")
_CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_CODE_INDENT = 4


def indent_of(line: str) -> int:
    """How far a line is indented, in columns."""
    stripped = len(line) - len(line.lstrip(" \t"))
    return len(line[:stripped].expandtabs(_CODE_INDENT))


class CodeLines:
    """Is told the lines one after the other."""

    def __init__(self) -> None:
        self._fence = ""
        self._is_indented_code = False
        self._is_after_blank = True
        self._is_in_list = False
        self.language = ""

    def is_code(self, line: str, *, indented: bool = True) -> bool:
        """Whether the next line is code, the lines of a fence included.

        `indented`: four spaces make code here, as they do in Markdown outside of lists, but not in MDX.
        """
        if self._fence:
            closing = _CLOSING.match(line)
            if closing and closing[1].startswith(self._fence):
                self.leave_fence()
            return True
        is_blank = not line.strip()
        if not is_blank and self._is_indented(line, indented=indented):
            self._is_indented_code, self._is_after_blank = True, False
            return True
        fence = _FENCE.match(line)
        if fence:
            self._fence, self.language = fence[1], (fence[2].strip().split() or [""])[0].lower()
        self._follow(line, is_blank=is_blank)
        return fence is not None

    @property
    def is_in_fence(self) -> bool:
        """Whether a fence is open behind the last line."""
        return bool(self._fence)

    def leave_fence(self) -> None:
        """Ends a fence: what holds it has ended."""
        self._fence, self._is_after_blank = "", False

    def _is_indented(self, line: str, *, indented: bool) -> bool:
        begins = self._is_after_blank or self._is_indented_code
        return indented and begins and not self._is_in_list and indent_of(line) >= _CODE_INDENT

    def _follow(self, line: str, *, is_blank: bool) -> None:
        if is_blank:
            self._is_after_blank = True
            return
        if _ITEM.match(line):
            self._is_in_list = True
        elif self._is_after_blank and not line[0].isspace():
            self._is_in_list = False
        self._is_indented_code = self._is_after_blank = False
