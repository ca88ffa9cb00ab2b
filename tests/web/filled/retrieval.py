"""Retrieval's rows: sources, pairs, and how sources were last read again. Lists read no passages: there are none."""

import json
from collections.abc import Mapping
from typing import Any

from services.ids import new_id
from services.retrieval.store.source_rows import url_digest
from services.retrieval.store.tables import QaPairRow, SourceRow, SyncRow
from services.retrieval.syncs import MAXIMUM_FAILURES
from tests.web.filled.size import Owned, Rows, Size
from tests.web.filled.words import Words


def retrieval_rows(owned: Owned, size: Size, words: Words) -> Rows:
    """Of one chatbot."""
    yield SourceRow.__table__, [_source(owned, size, place, words) for place in range(size.sources)]
    yield QaPairRow.__table__, [_pair(owned, size, place, words) for place in range(size.pairs)]
    yield SyncRow.__table__, [_sync(owned, size, words)]


def _source(owned: Owned, size: Size, place: int, words: Words) -> Mapping[str, Any]:
    url = f"https://help.example.com/{words.some(4).replace(' ', '-')}/{place}"
    at_ms = owned.when(place, size.sources)
    named = {"id": new_id("src"), "chatbot_id": owned.chatbot_id, "url": url, "url_digest": url_digest(url)}
    content = {"title": words.some(5).capitalize(), "version": new_id("ver"), "digest": "", "enabled": place % 20 != 3}
    failed = {"error": "The file holds no text.", "passages": 0} if place % 20 == 7 else {"error": "", "passages": 5}
    return named | content | failed | {"size_bytes": 4_000 + place, "created_ms": at_ms, "updated_ms": at_ms}


def _pair(owned: Owned, size: Size, place: int, words: Words) -> Mapping[str, Any]:
    question = f"{words.some(12).capitalize()} {place}?"
    asked = {"question": question, "wording": question.lower(), "wording_digest": url_digest(question)}
    answer = {"answer": words.some(150), "url": f"https://help.example.com/{place}", "title": words.some(4)}
    named = {"id": new_id("qa"), "chatbot_id": owned.chatbot_id, "created_ms": owned.when(place, size.pairs)}
    return named | asked | answer


def _sync(owned: Owned, size: Size, words: Words) -> Mapping[str, Any]:
    at_ms = owned.when(size.sources - 1, size.sources)
    pages = [f"https://help.example.com/{words.some(4).replace(' ', '-')}" for _ in range(MAXIMUM_FAILURES)]
    failures = json.dumps([(page, f"{page} answered with status 500") for page in pages])
    counts = {"changed": 3, "unchanged": size.sources, "failed": MAXIMUM_FAILURES, "gone": 0}
    times = {"began_ms": at_ms, "ended_ms": at_ms, "every_seconds": 21_600}
    return {"chatbot_id": owned.chatbot_id, "failures": failures} | counts | times
