"""The points of a Qdrant server's stand-in, over gRPC."""

from typing import Any

from qdrant_client import grpc as wire
from qdrant_client import models
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc
from qdrant_client.grpc import points_service_pb2_grpc

from tests.retrieval.qdrant_stand_in import QdrantStandIn


class Points(points_service_pb2_grpc.PointsServicer):
    def __init__(self, server: QdrantStandIn) -> None:
        self._server = server
        self._client = server.client

    async def CreateFieldIndex(self, request: Any, context: Any) -> Any:
        return _updated(self._server.create_index(request.collection_name, request.field_name))

    async def CreateVectorName(self, request: Any, context: Any) -> Any:
        asked = request.dense_config
        rows = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM)
        config = models.DenseVectorConfig(
            size=asked.size,
            distance=models.Distance.COSINE,
            multivector_config=rows if asked.HasField("multivector_config") else None,
        )
        named = models.DenseVectorNameConfig(dense=config)
        return _updated(self._client.create_vector_name(request.collection_name, request.vector_name, named))

    async def Upsert(self, request: Any, context: Any) -> Any:
        points = [GrpcToRest.convert_point_struct(point) for point in request.points]
        return _updated(self._client.upsert(request.collection_name, points))

    async def SetPayload(self, request: Any, context: Any) -> Any:
        chosen = GrpcToRest.convert_points_selector(request.points_selector)
        payload = GrpcToRest.convert_payload(request.payload)
        return _updated(self._client.set_payload(request.collection_name, payload, points=chosen))

    async def Delete(self, request: Any, context: Any) -> Any:
        chosen = GrpcToRest.convert_points_selector(request.points)
        return _updated(self._client.delete(request.collection_name, points_selector=chosen))

    async def Query(self, request: Any, context: Any) -> Any:
        return wire.QueryResponse(result=self._ranked(request.collection_name, [request])[0].result)

    async def QueryBatch(self, request: Any, context: Any) -> Any:
        return wire.QueryBatchResponse(result=self._ranked(request.collection_name, request.query_points))

    async def Scroll(self, request: Any, context: Any) -> Any:
        points, following = self._client.scroll(
            request.collection_name,
            GrpcToRest.convert_filter(request.filter),
            limit=request.limit,
            offset=GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None,
            with_payload=GrpcToRest.convert_with_payload_interface(request.with_payload),
            with_vectors=_with_vectors(request),
        )
        found = [
            RestToGrpc.convert_record(point.model_copy(update={"payload": point.payload or {}})) for point in points
        ]
        offset = None if following is None else RestToGrpc.convert_extended_point_id(following)
        return wire.ScrollResponse(result=found, next_page_offset=offset)

    async def Count(self, request: Any, context: Any) -> Any:
        counted = self._client.count(request.collection_name, GrpcToRest.convert_filter(request.filter))
        return wire.CountResponse(result=wire.CountResult(count=counted.count))

    async def Facet(self, request: Any, context: Any) -> Any:
        chosen = GrpcToRest.convert_filter(request.filter) if request.HasField("filter") else None
        facet = self._client.facet(request.collection_name, request.key, chosen, limit=request.limit, exact=True)
        return wire.FacetResponse(hits=map(RestToGrpc.convert_facet_value_hit, facet.hits))

    def _ranked(self, collection: str, requests: Any) -> list[Any]:
        asked = [GrpcToRest.convert_query_points(request) for request in requests]
        answers = self._client.query_batch_points(collection, asked)
        return [
            wire.BatchResult(result=[RestToGrpc.convert_scored_point(point) for point in answer.points])
            for answer in answers
        ]


def _with_vectors(request: Any) -> Any:
    return GrpcToRest.convert_with_vectors_selector(request.with_vectors) if request.HasField("with_vectors") else False


def _updated(result: models.UpdateResult) -> Any:
    return wire.PointsOperationResponse(result=RestToGrpc.convert_update_result(result))
