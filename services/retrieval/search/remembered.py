"""What was last asked for, up to a number of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """Values by keys; `size_of` tells about how many bytes one takes.

    For more than `maximum_bytes`, what was not asked for the longest is forgotten.
    """

    def __init__(self, maximum_bytes: int, size_of: Callable[[Key, Value], int]) -> None:
        self._room = maximum_bytes
        self._size_of = size_of
        self._known: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """What is known by this key."""
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
        return known

    def put(self, key: Key, value: Value) -> None:
        """Remember a value, in place of the one with this key."""
        self.forget(key)
        self._room -= self._size_of(key, value)
        self._known[key] = value
        while self._room < 0:
            oldest, forgotten = self._known.popitem(last=False)
            self._room += self._size_of(oldest, forgotten)

    def forget(self, key: Key) -> None:
        """Forget what is known by this key, if anything is."""
        known = self._known.pop(key, None)
        if known is not None:
            self._room += self._size_of(key, known)
