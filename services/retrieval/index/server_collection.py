"""The collection of an index on a Qdrant server."""

import logging

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from services.retrieval.index.schema import LEXICAL, SCOPE, SENTENCES, STATE, VECTOR, VERSION, Fingerprint

logger = logging.getLogger(__name__)


def collection_name(fingerprint: Fingerprint) -> str:
    """One collection per fingerprint: vectors that can't stand in for each other are never mixed."""
    return f"chatmount_{fingerprint.short()}"


async def ensure_collection(client: AsyncQdrantClient, fingerprint: Fingerprint) -> str:
    """The name of the collection, which is there when this returns. Several replicas may do this at once."""
    name = collection_name(fingerprint)
    if not await client.collection_exists(name):
        try:
            await client.create_collection(
                name,
                vectors_config=_vectors(fingerprint),
                sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            )
            logger.info("made the collection %s", name)
        except (UnexpectedResponse, ValueError):
            # Another replica was quicker; anything else that is wrong shows at once.
            if not await client.collection_exists(name):
                raise
    for field in (SCOPE, STATE, VERSION):
        # Making an index that is there does nothing. Keeping a tenant's points together speeds up its searches.
        schema = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=field == SCOPE)
        await client.create_payload_index(name, field, schema, wait=True)
    return name


def _vectors(fingerprint: Fingerprint) -> dict[str, models.VectorParams]:
    if fingerprint.dimension is None:
        return {}
    rows = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)
    return {
        VECTOR: models.VectorParams(size=fingerprint.dimension, distance=models.Distance.COSINE),
        # Sentences are only looked up among candidates, never searched as a whole: no graph over them.
        SENTENCES: models.VectorParams(
            size=fingerprint.dimension,
            distance=models.Distance.COSINE,
            multivector_config=rows,
            hnsw_config=models.HnswConfigDiff(m=0),
        ),
    }
