"""Editions of the index on a Qdrant server: collections, and an alias for the serving one.

The alias is only read when a process starts: replicas that run go on with the collections that they know. So an old
collection stays for a while after it was replaced; until then replicas of before, which an update has not reached yet,
search it.
"""

import json

from qdrant_client import AsyncQdrantClient, models

from services.retrieval.index.editions import Earlier, refuse_other_dimension
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.collection import NONE, fingerprint_of
from services.retrieval.index.server.refusal import as_refusal
from services.retrieval.index.server.server import ServerIndex
from services.retrieval.index.server.version import check_version

ALIAS = "chatmount"
REPLACED_KEY = "replaced"
"""In a collection's metadata: names of the collections that it took the place of, as JSON."""


class ServerEditions:
    """See Editions."""

    def __init__(self, client: AsyncQdrantClient, wanted: ServerIndex, earlier: Earlier | None, serving: str) -> None:
        self._client = client
        self.wanted = wanted
        self.earlier = earlier
        self._serving = serving

    @classmethod
    async def open(
        cls, client: AsyncQdrantClient, fingerprint: Fingerprint, search_seconds: float, quantization: str = NONE
    ) -> "ServerEditions":
        """The collection for this fingerprint, and the one that serves.

        The client is closed with them. SettingsError: see editions; also for a server that is too old.
        """
        async with as_refusal():
            check_version((await client.info()).version)
            serving = await _aliased(client)
            recorded = await fingerprint_of(client, serving) if serving else None
            earlier = None
            if recorded is not None and recorded != fingerprint:
                refuse_other_dimension(fingerprint, recorded, f"the collection {serving}")
                earlier = Earlier(ServerIndex(client, serving, search_seconds), recorded)
        wanted = await ServerIndex.open(client, fingerprint, search_seconds, quantization)
        opened = cls(client, wanted, earlier, serving)
        if earlier is None:
            # Written while another edition was to take this one's place, without the model of this one.
            await wanted.remove_makeshift()
            await opened.promote()
        return opened

    async def promote(self) -> None:
        """See Editions."""
        name = self.wanted.collection
        async with as_refusal():
            serving = await _aliased(self._client)
            if serving == name:
                return
            before = {*await self._replaced(), *([serving] if serving else [])} - {name}
            await self._client.update_collection(name, metadata={REPLACED_KEY: json.dumps(sorted(before))})
            create = models.CreateAliasOperation(
                create_alias=models.CreateAlias(collection_name=name, alias_name=ALIAS)
            )
            delete = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=ALIAS))
            await self._client.update_collection_aliases([delete, create] if serving else [create])

    async def drop_earlier(self) -> None:
        """See Editions."""
        self.earlier = None
        async with as_refusal():
            # Replicas with other settings may have made another collection the serving one meanwhile.
            if await _aliased(self._client) != self.wanted.collection:
                return
            for name in await self._replaced():
                if name != self.wanted.collection and await self._client.collection_exists(name):
                    await self._client.delete_collection(name)
            await self._client.update_collection(self.wanted.collection, metadata={REPLACED_KEY: "[]"})

    async def close(self) -> None:
        """See Editions."""
        await self.wanted.close()

    async def _replaced(self) -> list[str]:
        info = await self._client.get_collection(self.wanted.collection)
        names = json.loads(str((info.config.metadata or {}).get(REPLACED_KEY, "[]")))
        return [str(name) for name in names]


async def serving_fingerprint(client: AsyncQdrantClient) -> Fingerprint | None:
    """The fingerprint of the collection that serves; None where none does."""
    async with as_refusal():
        serving = await _aliased(client)
        return await fingerprint_of(client, serving) if serving else None


async def _aliased(client: AsyncQdrantClient) -> str:
    aliases = (await client.get_aliases()).aliases
    return next((one.collection_name for one in aliases if one.alias_name == ALIAS), "")
