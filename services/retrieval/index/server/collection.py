"""The collection of an index on a Qdrant server."""

import logging
from typing import Any

from grpc import StatusCode
from grpc.aio import AioRpcError
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from services.retrieval.index.schema import KEYWORDS, LEXICAL, SCOPE, SENTENCES, VECTOR, Fingerprint, in_space

logger = logging.getLogger(__name__)

FINGERPRINT_KEY = "fingerprint"
NONE, SCALAR = "none", "scalar"


def collection_name(fingerprint: Fingerprint) -> str:
    """The name of a fingerprint's collection: different vectors are never mixed."""
    return f"chatmount_{fingerprint.short()}"


async def ensure_collection(client: AsyncQdrantClient, fingerprint: Fingerprint, quantization: str = NONE) -> str:
    """The name of the collection, which is there and as it should be when this returns.

    `quantization`: "none" or "scalar". Several replicas may do this at once.
    """
    name = collection_name(fingerprint)
    if not await client.collection_exists(name):
        try:
            await client.create_collection(
                name,
                vectors_config=_vectors(fingerprint, quantization),
                sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                metadata={FINGERPRINT_KEY: fingerprint.as_json()},
            )
            logger.info("made the collection %s", name)
        except (UnexpectedResponse, AioRpcError, ValueError):
            # Another replica was quicker; anything else that is wrong shows at once.
            if not await client.collection_exists(name):
                raise
    for field in KEYWORDS:
        # Making an index that is there does nothing. Keeping a tenant's points together speeds up its searches.
        schema = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=field == SCOPE)
        await client.create_payload_index(name, field, schema, wait=True)
    info = await client.get_collection(name)
    differing = _otherwise_quantized(info, quantization)
    if differing:
        logger.info("the collection %s gets the quantization %s", name, quantization)
        wanted = _scalar() if quantization == SCALAR else models.Disabled.DISABLED
        diff = models.VectorParamsDiff(quantization_config=wanted)
        await client.update_collection(name, vectors_config=dict.fromkeys(differing, diff))
    return name


async def ensure_vectors(client: AsyncQdrantClient, name: str, space: str, dimension: int) -> None:
    """Have room for the vectors of a space in a collection.

    Several replicas may do this at once.
    """
    for kind, rows in ((VECTOR, None), (SENTENCES, _rows())):
        one = in_space(kind, space)
        if one in await _vector_names(client, name):
            continue
        config = models.DenseVectorConfig(size=dimension, distance=models.Distance.COSINE, multivector_config=rows)
        try:
            await client.create_vector_name(name, one, models.DenseVectorNameConfig(dense=config))
        except (UnexpectedResponse, AioRpcError, ValueError):
            # Another replica was quicker.
            if one not in await _vector_names(client, name):
                raise
        if rows is not None:
            diff = models.VectorParamsDiff(hnsw_config=_no_graph())
            await client.update_collection(name, vectors_config={one: diff})


async def _vector_names(client: AsyncQdrantClient, name: str) -> set[str]:
    vectors = (await client.get_collection(name)).config.params.vectors
    return set(vectors) if isinstance(vectors, dict) else set()


async def pending(client: AsyncQdrantClient, fingerprint: Fingerprint, quantization: str) -> list[str]:
    """What `ensure_collection` would have to do, in words; nothing when all is as it should be."""
    name = collection_name(fingerprint)
    if not await client.collection_exists(name):
        return [f"collection {name}"]
    info = await client.get_collection(name)
    lacking = [f"payload index {field}" for field in KEYWORDS if field not in info.payload_schema]
    return lacking + [f"quantization of {vector}" for vector in _otherwise_quantized(info, quantization)]


async def fingerprint_of(client: AsyncQdrantClient, name: str) -> Fingerprint | None:
    """The fingerprint of a collection; None where there is no such collection, or it tells none."""
    try:
        info = await client.get_collection(name)
    except (UnexpectedResponse, AioRpcError, ValueError) as error:
        if is_not_found(error):
            return None
        raise
    recorded = (info.config.metadata or {}).get(FINGERPRINT_KEY)
    return Fingerprint.from_json(recorded) if isinstance(recorded, str) else None


def is_not_found(error: Exception) -> bool:
    """Whether a server said that there is no such collection.

    Local mode says so with a ValueError.
    """
    if isinstance(error, UnexpectedResponse):
        return error.status_code == 404
    if isinstance(error, AioRpcError):
        return error.code() == StatusCode.NOT_FOUND
    return isinstance(error, ValueError) and "not found" in str(error)


def _otherwise_quantized(info: models.CollectionInfo, quantization: str) -> list[str]:
    vectors = info.config.params.vectors
    named = vectors if isinstance(vectors, dict) else {}
    return [name for name, one in named.items() if (one.quantization_config is not None) != (quantization == SCALAR)]


def _scalar() -> models.ScalarQuantization:
    # A byte for a number instead of four; the engine looks at the originals for the order of the best.
    return models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
    )


def _rows() -> models.MultiVectorConfig:
    return models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)


def _no_graph() -> models.HnswConfigDiff:
    """Of sentences, which are only looked up among candidates, never searched as a whole."""
    return models.HnswConfigDiff(m=0)


def _vectors(fingerprint: Fingerprint, quantization: str) -> dict[str, models.VectorParams]:
    if fingerprint.dimension is None:
        return {}
    quantized: Any = _scalar() if quantization == SCALAR else None
    return {
        VECTOR: models.VectorParams(
            size=fingerprint.dimension, distance=models.Distance.COSINE, quantization_config=quantized
        ),
        SENTENCES: models.VectorParams(
            size=fingerprint.dimension,
            distance=models.Distance.COSINE,
            multivector_config=_rows(),
            hnsw_config=_no_graph(),
            quantization_config=quantized,
        ),
    }
