"""Whether anything that the searches of a chatbot see may have changed."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count

MANY = 50_000
"""Chatbots whose last change is remembered one by one, of 0.1 KB each."""


class Changes:
    """A number for each chatbot. Every write moves it, before it begins and when it is over.

    So whoever finds the same number after a while has seen nothing that does not hold any more. Writes that belong to
    no chatbot move all numbers. Callable from any thread.
    """

    def __init__(self) -> None:
        # Drawing a number is one step, also where several threads do it.
        self._numbers = count(1)
        self._of_all = 0
        self._last: dict[str, int] = {}

    def version(self, chatbot_id: str) -> int:
        """The chatbot's number."""
        return self._last.get(chatbot_id, self._of_all)

    def move(self, chatbot_id: str) -> None:
        """Move the chatbot's number."""
        if len(self._last) >= MANY and chatbot_id not in self._last:
            self.move_all()
        self._last[chatbot_id] = next(self._numbers)

    @contextmanager
    def moving(self, chatbot_ids: Collection[str]) -> Iterator[None]:
        """Move the numbers of these chatbots before a write and after it, also after one that fails."""
        for one in chatbot_ids:
            self.move(one)
        try:
            yield
        finally:
            for one in chatbot_ids:
                self.move(one)

    def move_all(self) -> None:
        """Move the number of every chatbot."""
        # In this order: a number that is read in between is one of before, or the new one.
        self._of_all = next(self._numbers)
        self._last = {}
