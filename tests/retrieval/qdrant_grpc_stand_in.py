"""The gRPC half of a Qdrant server's stand-in.

The client's own stubs and conversions, over the same local mode. It shows that requests survive their way into Qdrant's
messages and back, codes of errors, and that a channel finds its server again. Beside what differs in the REST half, it
can't show what a server does with a message that the client's own conversions would not have understood.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from qdrant_client import grpc as wire
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc
from qdrant_client.grpc import collections_service_pb2_grpc, points_service_pb2_grpc, qdrant_pb2_grpc

from tests.retrieval.qdrant_grpc_points import Points
from tests.retrieval.qdrant_stand_in import QdrantStandIn, stand_in


class Doorkeeper(grpc.aio.ServerInterceptor):
    """Notes the keys, delays calls as the stand-in says, and gives failures their codes."""

    def __init__(self, rest: QdrantStandIn) -> None:
        self._rest = rest
        self.keys: set[str] = set()

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = await continuation(handler_call_details)
        self.keys |= {value for key, value in handler_call_details.invocation_metadata if key == "api-key"}

        async def answer(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            if seconds := self._rest.delay():
                await asyncio.sleep(seconds)
            try:
                return await handler.unary_unary(request, context)
            except ValueError as error:
                # Local mode has one exception for everything: the text tells them apart.
                text = str(error)
                codes = grpc.StatusCode
                code = codes.ALREADY_EXISTS if "already exists" in text else codes.INVALID_ARGUMENT
                await context.abort(codes.NOT_FOUND if "not found" in text else code, text)

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)


class Root(qdrant_pb2_grpc.QdrantServicer):
    def __init__(self, server: QdrantStandIn) -> None:
        self._server = server

    async def HealthCheck(self, request: Any, context: Any) -> Any:
        return wire.HealthCheckReply(title="qdrant - vector search engine", version=self._server.version)


class Collections(collections_service_pb2_grpc.CollectionsServicer):
    def __init__(self, server: QdrantStandIn) -> None:
        self._server = server

    async def CollectionExists(self, request: Any, context: Any) -> Any:
        exists = self._server.client.collection_exists(request.collection_name)
        return wire.CollectionExistsResponse(result=wire.CollectionExists(exists=exists))

    async def Create(self, request: Any, context: Any) -> Any:
        named = request.vectors_config.params_map.map
        self._server.client.create_collection(
            request.collection_name,
            vectors_config=GrpcToRest.convert_vectors_config(request.vectors_config) if named else {},
            sparse_vectors_config=GrpcToRest.convert_sparse_vector_config(request.sparse_vectors_config),
            metadata=GrpcToRest.convert_payload(request.metadata),
        )
        return wire.CollectionOperationResponse(result=True)

    async def Get(self, request: Any, context: Any) -> Any:
        info = RestToGrpc.convert_collection_info(self._server.describe(request.collection_name))
        return wire.GetCollectionInfoResponse(result=info)

    async def Update(self, request: Any, context: Any) -> Any:
        vectors = request.HasField("vectors_config") and GrpcToRest.convert_vectors_config_diff(request.vectors_config)
        metadata = GrpcToRest.convert_payload(request.metadata) or None
        return wire.CollectionOperationResponse(
            result=self._server.change(request.collection_name, vectors or None, metadata)
        )

    async def Delete(self, request: Any, context: Any) -> Any:
        self._server.client.delete_collection(request.collection_name)
        return wire.CollectionOperationResponse(result=True)

    async def ListAliases(self, request: Any, context: Any) -> Any:
        aliases = map(RestToGrpc.convert_alias_description, self._server.client.get_aliases().aliases)
        return wire.ListAliasesResponse(aliases=aliases)

    async def UpdateAliases(self, request: Any, context: Any) -> Any:
        actions = [GrpcToRest.convert_alias_operations(action) for action in request.actions]
        return wire.CollectionOperationResponse(result=self._server.client.update_collection_aliases(actions))


class GrpcHalf:
    """The gRPC server of a stand-in; it can be restarted on the same port."""

    def __init__(self, rest: QdrantStandIn) -> None:
        self._rest = rest
        self._server: grpc.aio.Server | None = None
        self.port = 0
        self.doorkeeper = Doorkeeper(rest)

    async def start(self) -> None:
        self._server = grpc.aio.server(interceptors=[self.doorkeeper])
        qdrant_pb2_grpc.add_QdrantServicer_to_server(Root(self._rest), self._server)
        collections_service_pb2_grpc.add_CollectionsServicer_to_server(Collections(self._rest), self._server)
        points_service_pb2_grpc.add_PointsServicer_to_server(Points(self._rest), self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop(None)


@asynccontextmanager
async def grpc_half() -> AsyncIterator[tuple[QdrantStandIn, GrpcHalf]]:
    """A stand-in that speaks REST and gRPC, and its gRPC half."""
    async with stand_in() as rest:
        half = GrpcHalf(rest)
        await half.start()
        try:
            yield rest, half
        finally:
            await half.stop()


@asynccontextmanager
async def both_halves() -> AsyncIterator[tuple[QdrantStandIn, int]]:
    """A stand-in that speaks REST and gRPC, and its gRPC port."""
    async with grpc_half() as (rest, half):
        yield rest, half.port
