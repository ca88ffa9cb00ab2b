"""Citations: `[1]`, `[1][3]`, `[1, 2]`, `[1-3]` leave the text as it streams.

What they name is remembered.

Square brackets that hold nothing but such numbers are marks wherever they stand outside of Markdown code, also where
no passage has the number, in doubled brackets, in parentheses of their own, and as the text of a link, whose target
goes with them. A number is 0 to 999: `[2024]` is text. Models that were taught other marks write `【1†source】`, `[^1]`
or `[Passage 1]`, which are marks as well, and some repeat the tags of the prompt, whose opening ones name a passage.
White space before a mark goes too where none is needed, and so does that at
both ends of the answer. Only what may still become a mark is held back.
"""

import re

from services.chat.answerers.model.code_spans import CodeSpans
from services.chat.answerers.model.tags import end_of_tag, number_in

_OPEN, _CLOSE = "[\\[【［]", "[\\]】］]"
_NUMBER = r"(?:0|[1-9]\d{0,2})(?!\d)"
_WORD = r"(?i:passages?|sources?)"
_ITEM = rf"(?:\^|{_WORD}[ \t]*)?{_NUMBER}(?:[ \t]*[-–][ \t]*{_NUMBER})?"
# Where in the passage it stands, by the model's own account.
_PLACE = r"†[^\[\]【】［］\n]{0,40}"
_MARK = rf"{_OPEN}[ \t]*{_ITEM}(?:[ \t]*[,;][ \t]*{_ITEM})*(?:{_PLACE})?[ \t]*{_CLOSE}"
_MARKS = rf"{_MARK}(?:[ \t,;]*{_MARK})*"
_WHOLE = re.compile(rf"{_MARK}|\([ \t]*{_MARKS}[ \t]*\)|\[[ \t]*{_MARKS}[ \t]*\]")
_PART_OF_WORD = r"(?i:p(?:a(?:s(?:s(?:ag?)?)?)?)?|s(?:o(?:u(?:rc?)?)?)?)"
_END = rf"(?:{_PART_OF_WORD}|{_PLACE})?\Z"
_INSIDE = rf"(?:[\d \t,;^–-]|{_WORD})*"
_INSIDE_TWO = rf"(?:[\d \t,;^–\[\]【】［］-]|{_WORD}|{_PLACE}(?={_CLOSE}))*"
_UNFINISHED = re.compile(rf"{_OPEN}{_INSIDE}{_END}|[(\[][ \t]*(?:{_OPEN}{_INSIDE_TWO}{_END})?\Z")
_TARGET = re.compile(r"\((?:[A-Za-z][\w+.-]*:|[/.#])[^\s()<>]*\)")
_UNFINISHED_TARGET = re.compile(r"\([^\s()<>]*\Z")
_PLACES = re.compile(_PLACE)
_ITEMS = re.compile(rf"({_NUMBER})(?:[ \t]*[-–][ \t]*({_NUMBER}))?")
_WORD_AS_IT_IS = r"[^\s\[【［(`<]+"
# As many words as stand in one line: most answers have nothing else.
_PLAIN = re.compile(rf"{_WORD_AS_IT_IS}(?:[ \t]+{_WORD_AS_IT_IS})*")
_SPACE = re.compile(r"\s+")
_BACKTICKS = re.compile(r"`+")
# Before these, in any script, stands no space.
_CLOSING = ".,;:!?)]}…»”’" + "。．，、；：！？）］｝】〕〉》」』〗・" + "،؛؟۔٪" + "।॥။၊။።፣"

MAXIMUM_LENGTH = 120
MAXIMUM_TARGET_LENGTH = 500


class Marks:
    """Reads a text that may mark `passages` passages.

    `numbers`: those marked, in order of their first mark.
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self.numbers: list[int] = []
        self._rest = ""
        self._code = CodeSpans()
        self._space = ""
        # The white space that stood before marks just taken away; None when none were.
        self._before: str | None = None
        self._begun = False

    def feed(self, text: str) -> str:
        """The text without marks, as far as it is certain."""
        return self._read(self._rest + text, final=False)

    def finish(self) -> str:
        """What is left. White space at the end is nothing."""
        return self._read(self._rest, final=True)

    def _read(self, text: str, *, final: bool) -> str:
        said: list[str] = []
        position = 0
        while position < len(text):
            character = text[position]
            if space := _SPACE.match(text, position):
                self._space += space.group()
                self._code.space(space.group())
                position = space.end()
            elif run := _BACKTICKS.match(text, position):
                if run.end() == len(text) and not final:
                    break
                self._code.backticks(len(run.group()))
                self._say(run.group(), said)
                position = run.end()
            elif character == "<":
                end = end_of_tag(text, position, in_code=self._code.inside, final=final)
                if end is None:
                    break
                self._tag(text[position:end], said)
                position = max(end, position + 1)
            elif character in "[【［(" and not self._code.inside:
                end = _end_of_marks(text, position, final=final)
                if end is None:
                    break
                if end > position:
                    self._take(text[position:end])
                    position = end
                else:
                    self._say(character, said)
                    position += 1
            else:
                plain = _PLAIN.match(text, position)
                end = plain.end() if plain else position + 1
                self._say(text[position:end], said)
                position = end
        self._rest = text[position:]
        return "".join(said)

    def _take(self, marks: str) -> None:
        for first, last in _ITEMS.findall(_PLACES.sub("", marks.split("](")[0])):
            for number in range(int(first), int(last or first) + 1):
                self._mark(number)
        self._leave_out()

    def _tag(self, tag: str, said: list[str]) -> None:
        """A tag of the prompt, or "" for a bracket that begins none."""
        if not tag:
            self._say("<", said)
            return
        number = number_in(tag)
        if number is not None:
            self._mark(number)
        self._leave_out()

    def _mark(self, number: int) -> None:
        if 1 <= number <= self._passages and number not in self.numbers:
            self.numbers.append(number)

    def _leave_out(self) -> None:
        if self._before is None:
            self._before = self._space
        # Between marks there is nothing to keep apart.
        self._space = ""

    def _say(self, text: str, said: list[str]) -> None:
        said += (self._space_before(text), text)
        self._space, self._before, self._begun = "", None, True
        self._code.words()

    def _space_before(self, text: str) -> str:
        if not self._begun:
            return ""
        if self._before is None:
            return self._space
        if "\n" in self._before:
            return self._before + self._space.lstrip(" \t")
        return self._space or ("" if text[0] in _CLOSING else self._before)


def _end_of_marks(text: str, start: int, *, final: bool) -> int | None:
    """The end of the marks that begin at `start`.

    `start` when there are none, None when more text is needed to know.
    """
    whole = _WHOLE.match(text, start)
    if whole is None or whole.end() - start > MAXIMUM_LENGTH:
        return start if final or not _reaches_end(_UNFINISHED, text, start, MAXIMUM_LENGTH) else None
    end = whole.end()
    if text[end - 1] == ")":
        return end
    target = _TARGET.match(text, end)
    if target and target.end() - end <= MAXIMUM_TARGET_LENGTH:
        return target.end()
    may_go_on = end == len(text) or _reaches_end(_UNFINISHED_TARGET, text, end, MAXIMUM_TARGET_LENGTH)
    return None if may_go_on and not final else end


def _reaches_end(pattern: re.Pattern[str], text: str, start: int, maximum: int) -> bool:
    return len(text) - start <= maximum and pattern.match(text, start) is not None
