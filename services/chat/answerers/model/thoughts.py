"""Thoughts of a model and signs of its chat format, kept out of the answer.

Some servers swallow the opening mark, so that a thought is known only by its end. Text is then held back until that
end: where it is known beforehand that one comes (`implied`), and where nobody reads along (`hold`). Elsewhere what was
said can't be taken back: the mark goes, and the next answer of the model is read as `implied`.
"""

import re
from collections import Counter
from enum import Enum, auto

from services.chat.answerers.model import thought_marks as marks
from services.chat.answerers.model.code_spans import CodeSpans


class _Mode(Enum):
    BEGINNING = auto()
    HEADER = auto()
    THINKING = auto()
    SPEAKING = auto()
    OVER = auto()


class Thoughts:
    """Reads one answer, with the same result however its text is cut.

    `implied`: it is known to begin within a thought. `hold`: nothing need be said before the end. `was_implied`:
    whether the opening mark was missing, None if this answer does not tell.
    """

    def __init__(self, *, implied: bool = False, hold: bool = False) -> None:
        self._implied = implied
        self._hold = implied or hold
        self._mode = _Mode.BEGINNING
        self._rest = ""
        self._ends: frozenset[str] = frozenset()
        self._said: list[str] = []
        self._held: list[str] = []
        self._taken_back = ""
        self._code = CodeSpans()
        self._last = ""
        self._spoke = False
        self._opened: Counter[str] = Counter()
        self.has_thought = False
        self.was_implied: bool | None = None

    def feed(self, text: str) -> str:
        """What of the text is spoken, as far as that is certain."""
        if self._mode is _Mode.SPEAKING and not self._rest and not marks.MAY_BEGIN.search(text):
            self._say(text)
        else:
            self._read(self._rest + text, final=False)
        return self._spoken()

    def finish(self, *, cut: bool = False) -> str:
        """What is left. `cut`: ended early, so half a mark is nothing, half a thought a thought."""
        self._read(self._rest, final=not cut, ended=True)
        last, self._rest = self._spoken(), ""
        if self._implied and self._held:
            if cut:
                return ""
            self.was_implied = False
        if self._taken_back and not self._spoke and not self._implied:  # a mark that nothing follows is left over
            self._held, self.was_implied = [self._taken_back], None
        return "".join(self._held) + last

    def _spoken(self) -> str:
        said, self._said = self._said, []
        return "".join(said)

    def _read(self, text: str, *, final: bool, ended: bool = False) -> None:
        """`ended`: nothing more comes; `final`: and nothing was cut off."""
        position, before = 0, (-1, self._mode)
        while position < len(text) and before != (position, self._mode):
            before = (position, self._mode)
            match self._mode:
                case _Mode.BEGINNING:
                    position = self._begin(text, position, final=final)
                case _Mode.HEADER:
                    position = self._head(text, position, final=final, ended=ended)
                case _Mode.THINKING:
                    position = self._think(text, position)
                case _Mode.SPEAKING:
                    position = self._speak(text, position, final=final)
                case _:
                    position = len(text)
        self._rest = text[position:]

    def _begin(self, text: str, position: int, *, final: bool) -> int:
        start = len(text) - len(text[position:].lstrip())
        found = marks.MARK.match(text, start)
        mark = found.group().lower() if found else ""
        if found and mark in marks.CLOSING_OF:
            self.was_implied = self.was_implied if self.has_thought else False
            self._thought()
            self._mode, self._ends = _Mode.THINKING, frozenset({marks.CLOSING_OF[mark]})
            return found.end()
        if found and mark in marks.HEADS:
            self._mode = _Mode.HEADER
            return start
        if found and (mark in marks.CLOSINGS or mark in marks.ANSWER_BEGINS):
            if mark in marks.CLOSINGS:
                self._thought()
            return found.end()
        if not final and marks.unfinished_from(text, start) == start:
            return position
        self._mode = _Mode.SPEAKING
        if self._last or not self.has_thought:
            self._say(text[position:start])
        return start

    def _head(self, text: str, position: int, *, final: bool, ended: bool) -> int:
        """From the mark of a channel to its message."""
        message = marks.message_in(text, position, position + marks.MAXIMUM_HEADER)
        if message is None:
            may_be = not ended or marks.is_head(text[position:], cut=not final)
            if may_be and len(text) - position < marks.MAXIMUM_HEADER:
                return position
            self._mode = _Mode.SPEAKING
            self._say(text[position])
            return position + 1
        header = text[position : message.start()].lower()
        if not self.has_thought and self._spoke:
            self.was_implied = True
        self._thought()
        thinks = any(channel in header for channel in marks.THOUGHT_CHANNELS)
        self._mode = _Mode.THINKING if thinks else _Mode.BEGINNING
        self._ends = marks.MESSAGE_ENDS | marks.HEADS
        return message.end()

    def _think(self, text: str, position: int) -> int:
        for found in marks.MARK.finditer(text, position):
            if found.group().lower() in self._ends:
                is_head = found.group().lower() in marks.HEADS
                self._mode = _Mode.HEADER if is_head else _Mode.BEGINNING
                return found.start() if is_head else found.end()
        return marks.unfinished_from(text, position)

    def _speak(self, text: str, position: int, *, final: bool) -> int:
        found = marks.MARK.search(text, position)
        end = found.start() if found else len(text) if final else marks.unfinished_from(text, position)
        self._say(text[position:end])
        if found is None:
            return end
        mark, end = found.group().lower(), found.end()
        surely_thinks = self._implied and bool(self._held) and mark in marks.CLOSINGS
        if self._code.is_in_code() and not surely_thinks:
            self._say(found.group())
        elif mark in marks.HEADS:
            self._mode = _Mode.HEADER
            return found.start()
        elif mark in marks.ENDS and not self._is_closed(mark):
            return self._end(text, found, final=final)
        elif mark in marks.CLOSINGS:
            if len(text) - end < marks.LOOK_AHEAD and not final:
                return found.start()
            if not surely_thinks and (self._is_closed(mark) or marks.is_mention(self._last, text, end)):
                self._say(found.group())
            else:
                if not self.has_thought:
                    self.was_implied = True
                self._thought()
                self._mode = _Mode.BEGINNING
        elif mark != marks.MESSAGE:
            self._opened[marks.CLOSING_OF.get(mark, "</s>")] += mark in marks.SPOKEN_OF
            self._say(found.group())
        return end

    def _is_closed(self, mark: str) -> bool:
        """Whether a mark closes one that was spoken of; once for each."""
        is_closed = self._opened[mark] > 0
        self._opened[mark] -= is_closed
        return is_closed

    def _end(self, text: str, found: re.Match[str], *, final: bool) -> int:
        """At a sign of the answer's end: it is text if an answer follows it."""
        run = marks.ENDS_AND_SPACE.match(text, found.start())
        after = run.end() if run else found.end()
        if after == len(text) or (not final and marks.unfinished_from(text, after) == after):
            return len(text) if final else found.start()
        following = marks.MARK.match(text, after)
        mark = following.group().lower() if following else ""
        if mark in marks.HEADS or mark in marks.NEXT_TURN:
            self._mode = _Mode.HEADER if mark in marks.HEADS else _Mode.OVER
            return after
        self._say(found.group())
        return found.end()

    def _thought(self) -> None:
        """What is held was a thought. From here on the answer is said as it comes."""
        if self._held:
            self._taken_back, self._held = "".join(self._held), []
            self._code, self._last = CodeSpans(), ""
        self._hold, self._spoke, self.has_thought = False, False, True

    def _say(self, text: str) -> None:
        self._last = (self._last + text)[-marks.LOOK_AHEAD :]
        self._spoke = self._spoke or bool(text and not text.isspace())
        self._code.add(text)
        (self._held if self._hold else self._said).append(text)
