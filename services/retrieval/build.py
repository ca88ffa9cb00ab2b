"""Puts Retrieval's parts together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from chatmount.retrieval.v1 import index_pb2_grpc, retrieval_pb2_grpc

from services.clock import Clock, system_clock
from services.config.settings import Settings
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.retrieval.changes import Changes
from services.retrieval.embedders.choose import build_embedder, embedder_of_before
from services.retrieval.embedders.embedder import Embedder
from services.retrieval.embedders.embedders import NO_EMBEDDERS, Embedders, FurtherEmbedder
from services.retrieval.embedders.minilm.manifest import default_model_dir
from services.retrieval.embedders.multilingual.model import MultilingualEmbedder
from services.retrieval.embedders.multilingual.preparing import Preparing
from services.retrieval.embedders.prefixes import Prefixes
from services.retrieval.index.bm25 import Bm25Encoder
from services.retrieval.index.choose import known_dimension, open_index
from services.retrieval.index.editions import Editions
from services.retrieval.index.index import Index
from services.retrieval.index.indexer import EditionIndexer
from services.retrieval.index.schema import Fingerprint, space_of
from services.retrieval.ingest.ingest import Ingest
from services.retrieval.ingest.queue import IngestQueue
from services.retrieval.ingest.reader.reader import Reader
from services.retrieval.ingest.sources import Sources
from services.retrieval.search.qa_pairs import QaPairs
from services.retrieval.search.question_vectors import QuestionVectors
from services.retrieval.search.result_memory import ResultMemory
from services.retrieval.search.retriever import Retriever
from services.retrieval.search.search import Search
from services.retrieval.servicers.index import IndexServicer
from services.retrieval.servicers.pairs import QaPairServicer
from services.retrieval.servicers.search import SearchServicer
from services.retrieval.servicers.sources import SourceServicer
from services.retrieval.store.stores import Stores
from services.retrieval.upkeep.both_indexers import BothIndexers
from services.retrieval.upkeep.changeover import Changeover
from services.retrieval.upkeep.edition import Edition
from services.retrieval.upkeep.keeper import Keeper
from services.retrieval.upkeep.language_change import LanguageChange
from services.retrieval.upkeep.verification import Verification
from services.rpc.server import Registration
from services.tasks import Tasks

SERVICE = "retrieval"


def configured_embedder(settings: Settings) -> Embedder | None:
    """The embedder that the settings ask for; None: keywords alone.

    ModelRefused for a damaged model.
    """
    endpoint = settings.embeddings
    prefixes = Prefixes(settings.embeddings_query_prefix, settings.embeddings_passage_prefix)
    return build_embedder(endpoint.url, endpoint.model, endpoint.api_key, default_model_dir(), prefixes)


def multilingual_embedder(settings: Settings) -> MultilingualEmbedder | None:
    """The embedder for other languages than English, unless the settings do without.

    It is read with the first text, and its files need not be there before.
    """
    return MultilingualEmbedder() if settings.multilingual else None


@asynccontextmanager
async def open_retrieval(
    settings: Settings,
    embedder: Embedder | None,
    clock: Clock = system_clock,
    multilingual: FurtherEmbedder | None = None,
    preparing: Preparing | None = None,
) -> AsyncIterator[Sequence[Registration]]:
    """Open what Retrieval needs, bring tables and index up to date, and yield what to serve.

    Raises IndexInUse; SettingsError when the index does not fit the settings; EmbedderUnavailable when an endpoint
    that no index has vectors of can't be reached.
    """
    async with AsyncExitStack() as stack:
        database = open_database(settings, SERVICE)
        stack.push_async_callback(database.close)
        await migrate_patiently(database)
        shared = bool(settings.qdrant_url)
        if embedder is not None:
            stack.push_async_callback(embedder.close)
            await embedder.open(await known_dimension(settings, embedder.name))
        if multilingual is not None:
            stack.push_async_callback(multilingual.close)
        embedders = Embedders(embedder, multilingual)
        changes = Changes()
        editions = await open_index(settings, Fingerprint.of(embedder), changes)
        stack.push_async_callback(editions.close)
        stores = Stores(database, changes)
        vectors = QuestionVectors()
        wanted = _edition(editions.wanted, embedders, stores, vectors)
        earlier, of_before = _earlier(editions, embedders, settings, stores, vectors)
        if of_before is not None and of_before is not embedder:
            stack.push_async_callback(of_before.close)
            await of_before.open()
        changeover = Changeover(editions, wanted, earlier, changes, shared=shared)
        await changeover.prepare()
        if multilingual is not None and await stores.languages.uses(multilingual.name):
            await changeover.ensure_space(space_of(multilingual.name), multilingual.dimension)
        keeper = Keeper(changeover, wanted.indexer, stores, clock, shared=shared, is_found_meanwhile=changeover.finds)
        await keeper.reconcile()
        indexer, reader = BothIndexers(changeover), Reader()
        stack.push_async_callback(reader.close)
        finishing = await stack.enter_async_context(Tasks(finishes=True))
        ingest = Ingest(stores, indexer, keeper, reader, finishing, clock, settings.maximum_source_bytes)
        queue = IngestQueue(stores.ingests, ingest, finishing, clock, shared=shared)
        preparing = preparing or Preparing()
        language_change = LanguageChange(stores, indexer, keeper, clock, embedders, changeover, preparing.need)
        qa_pairs = QaPairs(stores.qa_pairs, indexer, keeper, finishing, clock)
        search = Search(changeover.serving, qa_pairs, stores.languages)
        # Where other replicas write, this process does not learn of it.
        memory = ResultMemory(changes) if database.is_sqlite and not shared else None
        verification = Verification(editions.wanted, embedders, stores, keeper, clock)
        tasks = await stack.enter_async_context(Tasks())
        keeper.start(tasks)
        tasks.start(changeover.run(keeper.rebuilt, keeper.look_for_missing), "changing over to the new index")
        await queue.start(tasks)
        tasks.start(language_change.run(), "changing languages")
        tasks.start(preparing.run(language_change.look), "preparing the multilingual model")
        yield (
            (
                SearchServicer(search, language_change, memory),
                retrieval_pb2_grpc.add_RetrievalServiceServicer_to_server,
            ),
            (
                SourceServicer(Sources(stores, keeper, finishing, clock), ingest, queue),
                retrieval_pb2_grpc.add_SourceServiceServicer_to_server,
            ),
            (QaPairServicer(qa_pairs), retrieval_pb2_grpc.add_QaPairServiceServicer_to_server),
            (IndexServicer(verification), index_pb2_grpc.add_IndexServiceServicer_to_server),
        )


def _edition(index: Index, embedders: Embedders, stores: Stores, vectors: QuestionVectors) -> Edition:
    encoder = Bm25Encoder()
    return Edition(
        Retriever(index, encoder, embedders, stores.sources, vectors),
        EditionIndexer(index, encoder, embedders, stores.languages),
        EditionIndexer(index, encoder, NO_EMBEDDERS, stores.languages, is_makeshift=True),
    )


def _earlier(
    editions: Editions, embedders: Embedders, settings: Settings, stores: Stores, vectors: QuestionVectors
) -> tuple[Edition | None, Embedder | None]:
    """The edition that serves until the wanted one is whole, and its questions' embedder."""
    if editions.earlier is None:
        return None, None
    embedder = of_before = embedders.main
    made_by = editions.earlier.fingerprint
    if embedder is None or embedder.name != made_by.embedder:
        of_before = None
        if made_by.embedder is not None and made_by.dimension is not None:
            endpoint = settings.embeddings
            of_before = embedder_of_before(
                made_by.embedder, made_by.dimension, endpoint.url, endpoint.api_key, default_model_dir()
            )
    edition = _edition(editions.earlier.index, replace(embedders, main=of_before), stores, vectors)
    if of_before is None and made_by.embedder is not None:
        edition = replace(edition, indexer=edition.makeshift)
    return edition, of_before
