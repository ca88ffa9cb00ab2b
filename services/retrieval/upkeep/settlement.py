"""Brings the index in line with the store, version by version."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable

from services.errors import ChatmountError
from services.retrieval.index.index import KeptIndex
from services.retrieval.metrics import INDEX_FAULTS
from services.retrieval.records import LiveVersion
from services.retrieval.store.unsettled import UnsettledStore

logger = logging.getLogger(__name__)


class Settlement:
    """Removes, switches and strikes notes.

    Every change of a version is noted as unsettled in the same transaction that makes it; when the index has followed,
    the note is struck. So after a sudden end the notes tell what is left to do.
    """

    def __init__(
        self, index: KeptIndex, unsettled: UnsettledStore, index_again: Callable[[Collection[LiveVersion]], None]
    ) -> None:
        self._index = index
        self._unsettled = unsettled
        self._index_again = index_again
        # Two settlements of one version by this process would only repeat each other's work.
        self.lock = asyncio.Lock()
        self._owed: set[str] = set()
        # Of settlements that are not over.
        self._removed: set[str] = set()

    @property
    def owes(self) -> bool:
        """Whether the index does not follow a change of any version for now."""
        return bool(self._owed)

    def is_owed(self, version: str) -> bool:
        """Whether the index does not follow a change of this version for now."""
        return version in self._owed

    async def settle(self, versions: Collection[str]) -> None:
        """Bring the index in line with the store for these versions, and strike their notes.

        When the index or the store is away this is done later: what was removed or switched off is not found even so,
        for every search asks the store.
        """
        try:
            await self.settle_now(versions)
        except ChatmountError as error:
            INDEX_FAULTS.inc()
            logger.warning("the index does not follow for now: %s", error.__cause__ or error)
            self._owed.update(version for version in versions if version)

    async def settle_now(self, versions: Collection[str]) -> None:
        """The same, or UNAVAILABLE."""
        left: Collection[str] = [version for version in versions if version]
        if not left:
            return
        lacking: dict[str, LiveVersion] = {}
        async with self.lock:
            # Another replica may change a version between our look at the store and our write to the index. The last to
            # write to the index looks at the store once more, so that the last word is the store's.
            while left:
                live = await self._unsettled.live(left)
                gone = [version for version in left if version not in live]
                if gone:
                    await self._index.remove(gone)
                # A commit whose answer was not awaited any longer may come to its end all the same.
                lacking |= {version: one for version, one in live.items() if version in self._removed}
                self._removed.update(gone)
                await self._switch(live.values())
                left = await self._unsettled.settle({version: live.get(version) for version in left})
        self._removed.difference_update(versions)
        if lacking:
            self._index_again(lacking.values())

    async def catch_up(self) -> None:
        """Settle what is owed."""
        owed = set(self._owed)
        await self.settle_now(owed)
        self._owed -= owed

    async def _switch(self, versions: Iterable[LiveVersion]) -> None:
        groups: dict[tuple[str, bool], list[str]] = {}
        for one in versions:
            groups.setdefault((one.chatbot_id, one.enabled), []).append(one.version)
        for (chatbot_id, enabled), chosen in groups.items():
            await self._index.set_enabled(chatbot_id, chosen, enabled)
