"""A service at an embeddings endpoint that is silent, takes few texts, or refuses."""

import time
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.config.settings import load_settings
from services.errors import Reason
from services.retrieval.build import configured_embedder
from services.retrieval.ingest import refusals
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.embedders.openai_endpoint import Answer, Endpoint, at_most, raw, served, status
from tests.retrieval.retrieval_harness import Retrieval, refused, serving
from tests.waiting import PATIENCE, until

BOT = "bot_a"
QUESTION_MARKS = count(1)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    async with served(endpoint.handle) as endpoint.url:
        yield endpoint
        endpoint.gate.set()


def environment(endpoint: Endpoint) -> dict[str, str]:
    return {"CHATMOUNT_EMBEDDINGS_URL": endpoint.url, "CHATMOUNT_EMBEDDINGS_MODEL": "m"}


async def found(retrieval: Retrieval) -> tuple[list[str], bool, float]:
    """Texts, whether their vectors ranked them, and the seconds that it took.

    No question is asked twice: its vector would be remembered.
    """
    began = time.monotonic()
    question = "Is parking free" + "?" * next(QUESTION_MARKS)
    passages = (await retrieval.search(BOT, question, include_sentences=True)).passages
    seconds = time.monotonic() - began
    return [one.text for one in passages], any(one.scores.HasField("vector") for one in passages), seconds


async def test_words_answer_while_it_is_silent(tmp_path: Path, signer: TokenSigner, endpoint: Endpoint) -> None:
    settings = environment(endpoint)
    embedder = configured_embedder(load_settings(settings | {"CHATMOUNT_HOME": str(tmp_path)}))
    async with serving(tmp_path, signer, embedder, **settings) as retrieval:
        await retrieval.add(BOT, "Parking is free.", "parking.txt")
        assert (await found(retrieval))[:2] == (["Parking is free."], True)
        endpoint.gate.clear()
        text, by_meaning, seconds = await found(retrieval)
        assert (text, by_meaning) == (["Parking is free."], False)
        # 1.5 s by its own clock; a machine that is busy adds to it.
        assert seconds < PATIENCE / 2
        asked = len(endpoint.bodies)
        for _ in range(10):
            assert not (await found(retrieval))[1]
        probes = len(endpoint.bodies) - asked
        # Each takes seconds, and so may the questions on a machine that is busy.
        assert probes < 5, "no other question waits to find out"
        endpoint.gate.set()

        async def is_found_by_meaning() -> bool:
            return (await found(retrieval))[1]

        await until(is_found_by_meaning)


async def test_a_start_does_not_need_it_where_the_index_knows_its_vectors(
    tmp_path: Path, signer: TokenSigner, endpoint: Endpoint
) -> None:
    settings = environment(endpoint)
    for answer in (None, status(401)):
        embedder = configured_embedder(load_settings(settings | {"CHATMOUNT_HOME": str(tmp_path)}))
        if answer is not None:
            endpoint.usual = answer
        async with serving(tmp_path, signer, embedder, **settings) as retrieval:
            if answer is None:
                await retrieval.add(BOT, "Parking is free.", "parking.txt")
            texts, by_meaning, _ = await found(retrieval)
            assert texts == ["Parking is free."]
            assert by_meaning is (answer is None)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (status(401), "The embeddings endpoint answered 401 (Unauthorized). Check CHATMOUNT_EMBEDDINGS_API_KEY. "),
        (status(422), "The embeddings endpoint answered 422 "),
        (raw("{}"), "The embeddings endpoint's reply can't be used: it holds no embeddings. "),
    ],
)
async def test_what_it_refuses_fails_at_once_with_the_cause_and_can_be_added_again(
    tmp_path: Path, signer: TokenSigner, endpoint: Endpoint, answer: Answer, cause: str
) -> None:
    settings = environment(endpoint)
    embedder = configured_embedder(load_settings(settings | {"CHATMOUNT_HOME": str(tmp_path)}))
    async with serving(tmp_path, signer, embedder, **settings) as retrieval:
        well, endpoint.usual = endpoint.usual, answer
        text = await refused(retrieval.add(BOT, "Parking is free.", "parking.txt"), Reason.WRONG_STATE)
        (source,) = await retrieval.listed(BOT)
        assert source.error == text
        assert text.startswith(cause)
        assert "127.0.0.1" not in text
        assert source.status == pb.SOURCE_STATUS_FAILED
        accepted = await retrieval.accept(BOT, "Cats sleep.", "accepted.txt")
        assert (await retrieval.indexed(BOT, accepted.id))[-1].left == 0
        source = (await retrieval.listed(BOT))[1]
        assert (source.status, source.error) == (pb.SOURCE_STATUS_FAILED, text)
        endpoint.usual = well
        await retrieval.add(BOT, "Parking is free.", "parking.txt")
        source = (await retrieval.listed(BOT))[0]
        assert (source.status, source.error) == (pb.SOURCE_STATUS_READY, "")


@pytest.mark.parametrize("answer", [status(401), status(404), raw("<html>")])
async def test_accepted_content_outlives_an_endpoint_that_is_set_up_wrongly(
    tmp_path: Path, signer: TokenSigner, endpoint: Endpoint, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "REFUSED_SECONDS", 1.0)
    settings = environment(endpoint)
    embedder = configured_embedder(load_settings(settings | {"CHATMOUNT_HOME": str(tmp_path)}))
    async with serving(tmp_path, signer, embedder, **settings) as retrieval:
        well, endpoint.usual = endpoint.usual, answer
        await retrieval.accept(BOT, "Cats sleep.", "accepted.txt")

        async def is_shown_as(status: pb.SourceStatus) -> bool:
            return (await retrieval.listed(BOT))[0].status == status

        await until(lambda: is_shown_as(pb.SOURCE_STATUS_FAILED))
        endpoint.usual = well
        await until(lambda: is_shown_as(pb.SOURCE_STATUS_READY))
        assert (await retrieval.listed(BOT))[0].error == ""
        assert await retrieval.texts(BOT, "cats") == ["Cats sleep."]


async def test_ten_texts_at_a_time_are_enough(tmp_path: Path, signer: TokenSigner, endpoint: Endpoint) -> None:
    settings = environment(endpoint)
    endpoint.usual = at_most(10, 400)
    embedder = configured_embedder(load_settings(settings | {"CHATMOUNT_HOME": str(tmp_path)}))
    async with serving(tmp_path, signer, embedder, **settings) as retrieval:
        sentences = " ".join(f"Parking place number {number} is free." for number in range(60))
        added = await retrieval.add(BOT, sentences, "parking.txt")
        assert added.source.status == pb.SOURCE_STATUS_READY
        assert (await found(retrieval))[1]
