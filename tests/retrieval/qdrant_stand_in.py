"""A Qdrant server's stand-in: its REST protocol over the client's own local mode.

As far as our index uses it. So several processes can share one index without a server. What differs from the real one:

- one thread, every request after the other, and nothing is approximate: no graph, no segments, no optimiser;
- `wait=false` waits all the same, so it can't show a write that is acknowledged before it is visible;
- payload indexes and quantization are remembered and do nothing, and requests that the real one would refuse as
  malformed may pass;
- equal scores come in the order of insertion, not of ids.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError
from qdrant_client import models

from tests.retrieval.qdrant_local import LocalQdrant, failure, plain, result

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
COLLECTION = "/collections/{name}"
LARGEST_BODY = 64 * 1024 * 1024


class QdrantStandIn(LocalQdrant):
    """An index, and a server of it that can be restarted on the same port."""

    def __init__(self, folder: Path | None = None, port: int = 0) -> None:
        super().__init__(folder)
        self._runner: web.AppRunner | None = None
        self.port = port
        self.version = "1.19.1"
        self.delay: Callable[[], float] = lambda: 0.0
        """How long each request waits before it is looked at, in seconds; infinite: it hangs."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        application = web.Application(middlewares=[self._answer], client_max_size=LARGEST_BODY)
        application.add_routes(
            [
                web.get("/", self._about),
                web.get("/collections", self._list),
                web.get("/aliases", self._aliases),
                web.post("/collections/aliases", self._change_aliases),
                web.get(COLLECTION, self._describe),
                web.patch(COLLECTION, self._change),
                web.delete(COLLECTION, self._drop),
                web.get(COLLECTION + "/exists", self._exists),
                web.put(COLLECTION, self._create),
                web.put(COLLECTION + "/index", self._create_index),
                web.put(COLLECTION + "/vectors/{vector}", self._create_vectors),
                web.put(COLLECTION + "/points", self._upsert),
                web.post(COLLECTION + "/points/payload", self._set_payload),
                web.post(COLLECTION + "/points/delete", self._delete),
                web.post(COLLECTION + "/points/query", self._query),
                web.post(COLLECTION + "/points/query/batch", self._query_batch),
                web.post(COLLECTION + "/points/scroll", self._scroll),
                web.post(COLLECTION + "/points/count", self._count),
                web.post(COLLECTION + "/facet", self._facet),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Take the server away; the index stays."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if seconds := self.delay():
            await asyncio.sleep(seconds)
        try:
            return await handler(request)
        except (ValidationError, TypeError) as error:
            return failure(400, str(error))
        except ValueError as error:
            # Local mode has one exception for everything: the text tells them apart.
            text = str(error)
            return failure(409 if "already exists" in text else 404 if "not found" in text else 400, text)

    async def _about(self, request: web.Request) -> web.Response:
        return web.json_response({"title": "qdrant - vector search engine", "version": self.version})

    async def _list(self, request: web.Request) -> web.Response:
        return result(self.client.get_collections())

    async def _exists(self, request: web.Request) -> web.Response:
        return result({"exists": self.client.collection_exists(request.match_info["name"])})

    async def _aliases(self, request: web.Request) -> web.Response:
        return result(self.client.get_aliases())

    async def _change_aliases(self, request: web.Request) -> web.Response:
        asked = models.ChangeAliasesOperation.model_validate(await request.json())
        return result(self.client.update_collection_aliases(asked.actions))

    async def _describe(self, request: web.Request) -> web.Response:
        return result(self.describe(request.match_info["name"]))

    async def _change(self, request: web.Request) -> web.Response:
        asked = models.UpdateCollection.model_validate(await request.json())
        return result(self.change(request.match_info["name"], asked.vectors, asked.metadata))

    async def _drop(self, request: web.Request) -> web.Response:
        return result(self.client.delete_collection(request.match_info["name"]))

    async def _create(self, request: web.Request) -> web.Response:
        asked = models.CreateCollection.model_validate(await request.json())
        made = self.client.create_collection(
            request.match_info["name"],
            vectors_config=asked.vectors or {},
            sparse_vectors_config=asked.sparse_vectors,
            metadata=asked.metadata,
        )
        return result(made)

    async def _create_index(self, request: web.Request) -> web.Response:
        asked = models.CreateFieldIndex.model_validate(await request.json())
        self.client.get_collection(request.match_info["name"])
        return result(self.create_index(request.match_info["name"], asked.field_name))

    async def _create_vectors(self, request: web.Request) -> web.Response:
        config = models.DenseVectorNameConfig.model_validate(await request.json())
        return result(self.client.create_vector_name(request.match_info["name"], request.match_info["vector"], config))

    async def _upsert(self, request: web.Request) -> web.Response:
        asked = models.PointsList.model_validate(await request.json())
        return result(self.client.upsert(request.match_info["name"], asked.points))

    async def _set_payload(self, request: web.Request) -> web.Response:
        asked = models.SetPayload.model_validate(await request.json())
        chosen: Any = asked.filter if asked.points is None else asked.points
        return result(self.client.set_payload(request.match_info["name"], asked.payload, points=chosen))

    async def _delete(self, request: web.Request) -> web.Response:
        asked = models.FilterSelector.model_validate(await request.json())
        return result(self.client.delete(request.match_info["name"], points_selector=asked))

    async def _query(self, request: web.Request) -> web.Response:
        asked = models.QueryRequest.model_validate(await request.json())
        return result(self.client.query_batch_points(request.match_info["name"], [asked])[0])

    async def _query_batch(self, request: web.Request) -> web.Response:
        asked = models.QueryRequestBatch.model_validate(await request.json())
        return result(self.client.query_batch_points(request.match_info["name"], asked.searches))

    async def _scroll(self, request: web.Request) -> web.Response:
        asked = models.ScrollRequest.model_validate(await request.json())
        points, following = self.client.scroll(
            request.match_info["name"],
            asked.filter,
            limit=asked.limit or 10,
            offset=asked.offset,
            with_payload=asked.with_payload if asked.with_payload is not None else True,
            with_vectors=asked.with_vector or False,
        )
        return result({"points": [plain(point) for point in points], "next_page_offset": following})

    async def _count(self, request: web.Request) -> web.Response:
        asked = models.CountRequest.model_validate(await request.json())
        return result(self.client.count(request.match_info["name"], asked.filter, exact=asked.exact or False))

    async def _facet(self, request: web.Request) -> web.Response:
        asked = models.FacetRequest.model_validate(await request.json())
        return result(
            self.client.facet(
                request.match_info["name"], asked.key, asked.filter, limit=asked.limit or 10, exact=asked.exact or False
            )
        )


@asynccontextmanager
async def stand_in() -> AsyncIterator[QdrantStandIn]:
    """One that runs, with an empty index."""
    server = QdrantStandIn()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        server.close()
