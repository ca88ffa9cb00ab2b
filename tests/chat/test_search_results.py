"""Results as Chat reads them: the same response is read once, any other again."""

from typing import Any, cast

from chatmount.retrieval.v1 import retrieval_pb2

from services.chat.clients.retrieval import RetrievalClient

from .scripted_neighbours import passage


class Retrieval:
    """Finds what it is told to, whatever the question."""

    def __init__(self, found: retrieval_pb2.SearchResponse) -> None:
        self.found = found

    async def Search(
        self, request: retrieval_pb2.SearchRequest, *, timeout: float | None = None
    ) -> retrieval_pb2.SearchResponse:
        copy = retrieval_pb2.SearchResponse()
        copy.CopyFrom(self.found)
        return copy


async def test_a_response_that_comes_again_is_read_once() -> None:
    retrieval = Retrieval(retrieval_pb2.SearchResponse(passages=[passage("On Sundays until noon.")]))
    client = RetrievalClient(cast(Any, retrieval))
    first = await client.search("When is it open?", ())
    assert await client.search("When is it open on Sundays?", ()) is first


async def test_a_page_that_changed_is_read_anew() -> None:
    retrieval = Retrieval(retrieval_pb2.SearchResponse(passages=[passage("On Mondays until noon.")]))
    client = RetrievalClient(cast(Any, retrieval))
    await client.search("When is it open?", ())
    retrieval.found = retrieval_pb2.SearchResponse(passages=[passage("On Mondays until two.")])
    assert [one.text for one in (await client.search("When is it open?", ())).passages] == ["On Mondays until two."]
