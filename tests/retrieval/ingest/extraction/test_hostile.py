"""No text costs more than its length, however often something is nested in it."""

import time
from contextlib import suppress
from functools import partial

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.by_kind import TEXT_READERS, read
from tests.promptness import is_once_within
from tests.retrieval.ingest.extraction.hostile_texts import KNOWN, SIZE, hostile_texts

SECONDS = 15
"""Of processor time for a text of SIZE. The slowest takes one or two; what is not linear takes minutes."""

PART = 16
"""All texts are read at this part of SIZE, in that part of the time, so that all together take a few seconds."""


def seconds(kind: str, content: bytes) -> float:
    begin = time.thread_time()
    with suppress(ChatmountError):
        read(content, kind, "")
    return time.thread_time() - begin


@pytest.mark.parametrize("kind", TEXT_READERS)
def test_hostile_texts_are_read_or_refused_soon(kind: str) -> None:
    texts = {name: text for name, text in hostile_texts(SIZE // PART).items() if text[0] == kind}
    assert texts, "there is no hostile text of this kind"
    for text in texts.values():
        is_once_within(SECONDS / PART, partial(seconds, *text))


@pytest.mark.parametrize("name", KNOWN)
def test_what_has_once_held_the_service_is_read_soon_at_full_size(name: str) -> None:
    assert seconds(*hostile_texts()[name]) < SECONDS
