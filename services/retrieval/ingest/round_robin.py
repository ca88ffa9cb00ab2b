"""The order of accepted content: accounts take turns, and within them their chatbots."""

from collections import Counter

from services.retrieval.records import Accepted


class RoundRobin:
    """The content that was taken last, and the accounts with as much under way as one may have."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._under_way: Counter[str] = Counter()
        self._last_chatbots: dict[str, str] = {}
        self.last_account = ""

    @property
    def busy(self) -> list[str]:
        """The accounts of which nothing more is to be taken."""
        return [account for account, count in self._under_way.items() if count >= self._at_once]

    def last_chatbot(self, account: str) -> str:
        """The chatbot of an account whose content was taken last; empty: none was."""
        return self._last_chatbots.get(account, "")

    def forget(self) -> None:
        """Nothing waits: all begin at the same place again."""
        self._last_chatbots.clear()

    def begin(self, accepted: Accepted) -> None:
        """The content was taken; it is under way until `end`."""
        self.last_account = accepted.account
        self._last_chatbots[accepted.account] = accepted.chatbot_id
        self._under_way[accepted.account] += 1

    def end(self, accepted: Accepted) -> None:
        """The content is no longer under way."""
        self._under_way[accepted.account] -= 1
        if not self._under_way[accepted.account]:
            del self._under_way[accepted.account]
