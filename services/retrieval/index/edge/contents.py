"""Reading out what the embedded engine holds."""

from collections.abc import Collection
from typing import Any

import qdrant_edge as edge

from services.retrieval.index.edge.requests import any_version, anything_of, without_vector
from services.retrieval.index.index import IndexedEntry, VersionState
from services.retrieval.index.points import PAGE, chatbots_in, counts, entries_of, states
from services.retrieval.index.schema import DISABLED, SCOPE, STATE, VERSION

ALL = 1_000_000_000


def chatbots(shard: edge.EdgeShard, among: edge.Filter | None = None) -> set[str]:
    """See Index; only those that have one of the entries `among` which they are looked for."""
    return chatbots_in(_count(shard, SCOPE, among))


def versions(shard: edge.EdgeShard, among: Collection[str] | None) -> dict[str, VersionState]:
    """See Index."""
    chosen = [] if among is None else [any_version(among)]
    off = edge.FieldCondition(STATE, match=edge.MatchValue(DISABLED))
    return states(_counts(shard, VERSION, chosen), _counts(shard, VERSION, [*chosen, off]))


def page(shard: edge.EdgeShard, chatbot_id: str, offset: Any, space: str) -> tuple[dict[str, IndexedEntry], Any]:
    """Some entries of the chatbot, and where the next ones begin; None: there are no more."""
    mine = edge.Filter(must=[anything_of(chatbot_id)])
    request = edge.ScrollRequest(offset, PAGE, mine, with_payload=[VERSION, STATE], with_vector=False)
    records, following = shard.scroll(request)
    among = edge.Filter(must=[edge.HasIdCondition({record.id for record in records}), without_vector(space)])
    bare, _ = shard.scroll(edge.ScrollRequest(limit=PAGE, filter=among, with_payload=False, with_vector=False))
    return entries_of(records, bare), following


def _counts(shard: edge.EdgeShard, field: str, among: list[edge.FieldCondition]) -> dict[str, int]:
    return _count(shard, field, edge.Filter(must=[*among]) if among else None)


def _count(shard: edge.EdgeShard, field: str, among: edge.Filter | None) -> dict[str, int]:
    return counts(shard.facet(edge.FacetRequest(field, ALL, True, among)).hits)
