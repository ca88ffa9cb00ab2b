"""How rare words are, remembered from one write to the next: finding out costs a query of the engine for each word."""

from collections.abc import Callable, Sequence

WORDS = 50_000
"""Words of all chatbots together that are remembered, of about 0.1 KB each."""


class Rarities:
    """Inverse document frequencies by chatbot and word. Whoever writes to the index calls `forget`."""

    def __init__(self, maximum: int = WORDS) -> None:
        self._maximum = maximum
        self._known: dict[tuple[str, int], float] = {}

    def forget(self) -> None:
        """From now on everything is found out anew."""
        self._known.clear()

    def known(self, chatbot_id: str, words: Sequence[int]) -> list[float] | None:
        """One for each word; None where one of them is not known yet."""
        found = [self._known.get((chatbot_id, word)) for word in words]
        return None if None in found else [one for one in found if one is not None]

    def of(
        self, chatbot_id: str, words: Sequence[int], find_out: Callable[[str, Sequence[int]], Sequence[float]]
    ) -> list[float]:
        """One for each word; `find_out` is asked for those that are not known yet."""
        unknown = [word for word in words if (chatbot_id, word) not in self._known]
        if len(self._known) + len(unknown) > self._maximum:
            self.forget()
            unknown = list(words)
        if unknown:
            found = find_out(chatbot_id, unknown)
            self._known.update(((chatbot_id, word), rarity) for word, rarity in zip(unknown, found, strict=True))
        return [self._known[chatbot_id, word] for word in words]
