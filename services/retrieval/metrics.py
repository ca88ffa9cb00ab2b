"""Metrics of search and of the index."""

from functools import partial

import prometheus_client

from services.observe.metrics import REGISTRY, SECONDS

Counter = partial(prometheus_client.Counter, registry=REGISTRY)
Gauge = partial(prometheus_client.Gauge, registry=REGISTRY)
Seconds = partial(prometheus_client.Histogram, registry=REGISTRY, buckets=SECONDS)

EMBEDDING_SECONDS = Seconds(
    "chatmount_embedding_duration_seconds",
    "How long it took to embed the texts of one question, or of a part of a source.",
    ("of",),
)
EMBEDDER_AWAY = Gauge(
    "chatmount_embedder_away",
    "Embeddings endpoints that are passed over because they failed; searches use words alone meanwhile.",
)
SEARCH_SECONDS = Seconds(
    "chatmount_search_duration_seconds",
    "How long searches took, from the question to the ranked passages, embedding included.",
)
REMEMBERED = Counter(
    "chatmount_search_remembered_total",
    "Vectors of questions, and results of searches, that were looked for in memory, by whether they were there.",
    ("what", "found"),
)
SOURCES_ADDED = Counter(
    "chatmount_sources_added_total",
    "Documents that were given to be added, by what became of them.",
    ("outcome",),
)
PASSAGES_INDEXED = Counter("chatmount_passages_indexed_total", "Passages that were put into the index.")
INDEX_MISSING = Gauge(
    "chatmount_index_missing",
    "Sources and questions that are waiting to be indexed again; searches do not find them until then, "
    "unless an earlier index serves.",
)
INDEX_FAULTS = Counter("chatmount_index_faults_total", "Background work on the index that failed and is tried again.")
SOURCES_WAITING = Gauge(
    "chatmount_sources_waiting",
    "Documents that were accepted and are not indexed yet, of all chatbots; replicas tell the same number.",
)
SOURCES_WAITING_SECONDS = Gauge(
    "chatmount_sources_waiting_seconds",
    "How long the oldest of the documents that are not indexed yet has been waiting; 0 when there is none.",
)
