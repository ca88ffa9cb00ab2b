"""Editions of the index on a Qdrant server, over REST and over gRPC.

See the stand-in for what it can't show.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from qdrant_client import AsyncQdrantClient

from services.config.settings import Settings, SettingsError, load_settings
from services.retrieval.index.choose import pending
from services.retrieval.index.schema import Fingerprint
from services.retrieval.index.server.client import open_client
from services.retrieval.index.server.collection import collection_name
from services.retrieval.index.server.editions import ALIAS, ServerEditions
from services.retrieval.index.server.server import ServerIndex
from tests.retrieval.index.index_contract import add
from tests.retrieval.qdrant_grpc_stand_in import both_halves
from tests.retrieval.qdrant_stand_in import QdrantStandIn

OLD, NEW = Fingerprint("words", 256), Fingerprint("other words", 256)


@dataclass
class Server:
    stand_in: QdrantStandIn
    grpc_port: int

    def client(self) -> AsyncQdrantClient:
        return open_client(self.stand_in.url, "", self.grpc_port, 30)

    async def editions(self, fingerprint: Fingerprint) -> ServerEditions:
        return await ServerEditions.open(self.client(), fingerprint, 30)

    def settings(self, quantization: str) -> Settings:
        named = {"URL": self.stand_in.url, "GRPC_PORT": str(self.grpc_port), "QUANTIZATION": quantization}
        return load_settings({f"CHATMOUNT_QDRANT_{name}": value for name, value in named.items()})

    @property
    def served(self) -> str:
        aliases = self.stand_in.client.get_aliases().aliases
        return next(one.collection_name for one in aliases if one.alias_name == ALIAS)

    @property
    def collections(self) -> set[str]:
        return {one.name for one in self.stand_in.client.get_collections().collections}


@pytest.fixture(params=["rest", "grpc"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with both_halves() as (stand_in, grpc_port):
        yield Server(stand_in, grpc_port if request.param == "grpc" else 0)


async def test_the_first_edition_serves_at_once(server: Server) -> None:
    editions = await server.editions(OLD)
    assert editions.earlier is None
    assert server.served == collection_name(OLD)
    await editions.close()


@pytest.mark.parametrize(
    ("version", "found"),
    [("1.18.3", "is version 1.18.3"), ("nightly", r"tells no version that can be read \('nightly'\)")],
)
async def test_a_server_that_weighs_words_over_all_chatbots_is_refused(
    server: Server, version: str, found: str
) -> None:
    server.stand_in.version = version
    complaint = rf"^CHATMOUNT_QDRANT_URL: Chatmount needs Qdrant 1\.19 or newer, and the server there {found}\.$"
    client = server.client()
    with pytest.raises(SettingsError, match=complaint):
        await ServerEditions.open(client, OLD, 30)
    await client.close()
    with pytest.raises(SettingsError, match=complaint):
        await pending(server.settings("none"), OLD, check=False)
    assert not server.collections


@pytest.mark.parametrize("version", ["1.19.0", "1.20.0-dev", "v2.0.0"])
async def test_newer_servers_are_taken(server: Server, version: str) -> None:
    server.stand_in.version = version
    await (await server.editions(OLD)).close()


async def test_the_alias_stays_with_the_earlier_edition_until_the_next_is_promoted(server: Server) -> None:
    first = await server.editions(OLD)
    await add(first.wanted, "bot_a", "v1", "Parking is free.")
    second = await server.editions(NEW)
    assert second.earlier is not None
    assert second.earlier.fingerprint == OLD
    assert set(await second.earlier.index.versions()) == {"v1"}
    assert await second.wanted.versions() == {}
    assert server.served == collection_name(OLD)
    await second.promote()
    assert server.served == collection_name(NEW)
    # Replicas of before still search it.
    assert set(await first.wanted.versions()) == {"v1"}
    await second.drop_earlier()
    assert server.collections == {collection_name(NEW)}
    await second.drop_earlier()
    await first.close()
    await second.close()


async def test_what_was_replaced_is_dropped_by_whoever_comes_later(server: Server) -> None:
    """The process that changed over has ended before it was time to drop the old collection."""
    for fingerprint in (OLD, NEW):
        editions = await server.editions(fingerprint)
        await editions.promote()
        await editions.close()
    later = await server.editions(NEW)
    assert later.earlier is None
    await later.drop_earlier()
    assert server.collections == {collection_name(NEW)}
    await later.close()


async def test_a_collection_that_serves_again_is_not_dropped(server: Server) -> None:
    old, new = await server.editions(OLD), await server.editions(NEW)
    await new.promote()
    await old.promote()
    await new.drop_earlier()
    assert server.collections == {collection_name(OLD), collection_name(NEW)}
    assert server.served == collection_name(OLD)
    await old.close()
    await new.close()


async def test_another_dimension_under_the_same_name_is_refused(server: Server) -> None:
    first = await server.editions(Fingerprint("endpoint/model", 256))
    client = server.client()
    with pytest.raises(SettingsError, match=r"128 numbers.*256.*remove the collection chatmount_"):
        await ServerEditions.open(client, Fingerprint("endpoint/model", 128), 30)
    await client.close()
    await first.close()


async def test_a_collection_is_made_and_quantized_as_the_settings_say(server: Server) -> None:
    name = collection_name(OLD)
    assert await pending(server.settings("none"), OLD, check=True) == [f"collection {name}"]
    assert server.collections == set()
    assert await pending(server.settings("none"), OLD, check=False) == [f"collection {name}"]
    assert await pending(server.settings("none"), OLD, check=True) == []
    lacking = ["quantization of vector", "quantization of sentences"]
    assert sorted(await pending(server.settings("scalar"), OLD, check=True)) == sorted(lacking)
    await pending(server.settings("scalar"), OLD, check=False)
    assert await pending(server.settings("scalar"), OLD, check=True) == []
    vectors = server.stand_in.describe(name).config.params.vectors
    assert isinstance(vectors, dict)
    assert {one: params.quantization_config is not None for one, params in vectors.items()} == {
        "vector": True,
        "sentences": True,
    }
    assert len(await pending(server.settings("none"), OLD, check=False)) == 2
    assert await pending(server.settings("none"), OLD, check=True) == []
    # An index that is opened brings its collection in line as well.
    index = await ServerIndex.open(server.client(), OLD, 30, "scalar")
    assert await pending(server.settings("scalar"), OLD, check=True) == []
    await index.close()
