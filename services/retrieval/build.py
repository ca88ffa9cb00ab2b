"""Puts Retrieval's parts together, for its own process, for one that hosts all services, and for tests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from chatmount.retrieval.v1 import index_pb2_grpc, retrieval_pb2_grpc

from services.clock import Clock, system_clock
from services.config.settings import Settings
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.retrieval.embedders.choose import build_embedder, embedder_of_before
from services.retrieval.embedders.embedder import Embedder, understands
from services.retrieval.embedders.minilm.manifest import default_model_dir
from services.retrieval.embedders.prefixes import Prefixes
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.choose import QdrantServer, known_dimension, open_index
from services.retrieval.index.editions import Editions
from services.retrieval.index.index import Index
from services.retrieval.index.schema import Fingerprint
from services.retrieval.indexer import Indexer
from services.retrieval.ingest.ingest import Ingest
from services.retrieval.ingest.queue import IngestQueue
from services.retrieval.ingest.reader.reader import Reader
from services.retrieval.search.qa_pairs import QaPairs
from services.retrieval.search.retriever import Retriever
from services.retrieval.servicers.index import IndexServicer
from services.retrieval.servicers.pairs import QaPairServicer
from services.retrieval.servicers.search import SearchServicer
from services.retrieval.servicers.sources import SourceServicer
from services.retrieval.sources import Sources
from services.retrieval.store.contents import ContentsStore
from services.retrieval.store.ingests import IngestStore
from services.retrieval.store.languages import LanguageStore
from services.retrieval.store.qa_pairs import QaPairStore
from services.retrieval.store.sources import SourceStore
from services.retrieval.store.unsettled import UnsettledStore
from services.retrieval.upkeep.both_indexers import BothIndexers
from services.retrieval.upkeep.changeover import Changeover, beside
from services.retrieval.upkeep.edition_indexer import Makeshift, Serving
from services.retrieval.upkeep.inspection import Inspection
from services.retrieval.upkeep.keeper import Keeper
from services.retrieval.upkeep.language_change import Rewording
from services.rpc.server import Registration

SERVICE = "retrieval"
INDEX_FOLDER = "index"


def configured_embedder(settings: Settings) -> Embedder | None:
    """The embedder that the settings ask for; None: keywords alone. ModelRefused for a damaged model."""
    endpoint = settings.embeddings
    prefixes = Prefixes(settings.embeddings_query_prefix, settings.embeddings_passage_prefix)
    return build_embedder(endpoint.url, endpoint.model, endpoint.api_key, default_model_dir(), prefixes)


@asynccontextmanager
async def open_retrieval(
    settings: Settings, embedder: Embedder | None, clock: Clock = system_clock
) -> AsyncIterator[Sequence[Registration]]:
    """Opens what Retrieval needs, brings tables and index up to date, and yields what to serve; closes it on leaving.

    Raises IndexInUse; SettingsError when the index does not fit the settings; EmbedderUnavailable when an endpoint
    that no index has vectors of can't be reached.
    """
    async with AsyncExitStack() as stack:
        database = open_database(settings, SERVICE)
        stack.push_async_callback(database.close)
        await migrate_patiently(database)
        server = QdrantServer.of(settings)
        if embedder is not None:
            stack.push_async_callback(embedder.close)
            await embedder.open(await known_dimension(settings.home / INDEX_FOLDER, server, embedder.name))
        editions = await open_index(settings.home / INDEX_FOLDER, server, Fingerprint.of(embedder))
        stack.push_async_callback(editions.close)
        sources, pairs, unsettled = SourceStore(database), QaPairStore(database), UnsettledStore(database)
        languages = LanguageStore(database)
        wanted = _serving(editions.wanted, embedder, sources, languages)
        earlier, of_before = _earlier(editions, embedder, settings, sources, languages)
        if of_before is not None and of_before is not embedder:
            stack.push_async_callback(of_before.close)
            await of_before.open()
        changeover = Changeover(editions, wanted, earlier, shared=server is not None)
        await changeover.prepare()
        keeper = Keeper(
            changeover,
            wanted.indexer,
            sources,
            pairs,
            unsettled,
            clock,
            shared=server is not None,
            is_found_meanwhile=changeover.finds,
        )
        await keeper.reconcile()
        await stack.enter_async_context(keeper.working())
        await stack.enter_async_context(beside(changeover.run(keeper.rebuilt, keeper.look_for_missing)))
        indexer = BothIndexers(changeover, wanted.indexer)
        ingests = IngestStore(database)
        reader = Reader()
        stack.push_async_callback(reader.close)
        ingest = Ingest(sources, ingests, indexer, keeper, reader, clock, settings.maximum_source_bytes)
        stack.push_async_callback(ingest.close)
        queue = IngestQueue(ingests, ingest, clock, shared=server is not None)
        await stack.enter_async_context(queue.working())
        rewording = Rewording(languages, sources, indexer, keeper, clock)
        await stack.enter_async_context(rewording.working())
        qa_pairs = QaPairs(pairs, indexer, keeper, clock)
        inspection = Inspection(
            editions.wanted,
            ContentsStore(database),
            unsettled,
            keeper,
            clock,
            has_vectors=embedder is not None,
            understands=partial(_understands, embedder, languages),
        )
        known_sources = Sources(sources, ingests, unsettled, keeper, clock)
        yield (
            (
                SearchServicer(changeover, qa_pairs, languages, rewording),
                retrieval_pb2_grpc.add_RetrievalServiceServicer_to_server,
            ),
            (SourceServicer(known_sources, ingest, queue), retrieval_pb2_grpc.add_SourceServiceServicer_to_server),
            (QaPairServicer(qa_pairs), retrieval_pb2_grpc.add_QaPairServiceServicer_to_server),
            (IndexServicer(inspection), index_pb2_grpc.add_IndexServiceServicer_to_server),
        )


async def _understands(embedder: Embedder | None, languages: LanguageStore, chatbot_id: str) -> bool:
    return understands(embedder, (await languages.of(chatbot_id)).language)


def _serving(index: Index, embedder: Embedder | None, sources: SourceStore, languages: LanguageStore) -> Serving:
    encoder = Bm25Encoder()
    return Serving(
        Retriever(index, encoder, embedder, sources),
        Indexer(index, encoder, embedder, languages),
        Indexer(Makeshift(index), encoder, None, languages),
    )


def _earlier(
    editions: Editions, embedder: Embedder | None, settings: Settings, sources: SourceStore, languages: LanguageStore
) -> tuple[Serving | None, Embedder | None]:
    """The edition that serves until the wanted one is whole, and the embedder that its questions need."""
    if editions.earlier is None:
        return None, None
    of_before = embedder
    made_by = editions.earlier.fingerprint
    if embedder is None or embedder.name != made_by.embedder:
        of_before = None
        if made_by.embedder is not None and made_by.dimension is not None:
            endpoint = settings.embeddings
            of_before = embedder_of_before(
                made_by.embedder, made_by.dimension, endpoint.url, endpoint.api_key, default_model_dir()
            )
    serving = _serving(editions.earlier.index, of_before, sources, languages)
    if of_before is None and made_by.embedder is not None:
        serving = replace(serving, indexer=serving.makeshift)
    return serving, of_before
