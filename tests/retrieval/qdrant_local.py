"""The client's own local mode as an index, with what a server adds to it."""

import warnings
from pathlib import Path
from typing import Any

from aiohttp import web
from qdrant_client import QdrantClient, models


class LocalQdrant:
    """An index in memory, or in a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.client = QdrantClient(":memory:") if folder is None else QdrantClient(path=str(folder))
        self.payload_indexes: dict[str, set[str]] = {}

    def lose_everything(self) -> None:
        """As when its volume is gone and the collections were made again: they are there, and empty."""
        for one in self.client.get_collections().collections:
            self.client.delete(one.name, points_selector=models.FilterSelector(filter=models.Filter()))

    def describe(self, name: str) -> models.CollectionInfo:
        """The description of a server, with what local mode does not keep.

        That is the payload indexes and the quantization.
        """
        info = self.client.get_collection(name)
        info.payload_schema = {
            field: models.PayloadIndexInfo(data_type=models.PayloadSchemaType.KEYWORD, points=0)
            for field in sorted(self.payload_indexes.get(name, ()))
        }
        return info

    def change(self, name: str, vectors: Any, metadata: Any) -> bool:
        """Local mode only keeps the metadata."""
        held = self.client._client._get_collection(name).config.vectors  # type: ignore[attr-defined]
        for vector, diff in (vectors or {}).items():
            if diff.quantization_config is None:
                continue
            wanted = diff.quantization_config
            held[vector].quantization_config = None if wanted == models.Disabled.DISABLED else wanted
        return self.client.update_collection(name, metadata=metadata) or True

    def create_index(self, name: str, field: str) -> models.UpdateResult:
        self.payload_indexes.setdefault(name, set()).add(field)
        with warnings.catch_warnings():
            # That they do nothing here.
            warnings.simplefilter("ignore", UserWarning)
            return self.client.create_payload_index(name, field, None)

    def close(self) -> None:
        self.client.close()


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.model_dump(mode="json", exclude_none=True) if hasattr(value, "model_dump") else value


def result(value: Any) -> web.Response:
    return web.json_response({"result": plain(value), "status": "ok", "time": 0.0})


def failure(status: int, text: str) -> web.Response:
    return web.json_response({"status": {"error": text}, "time": 0.0}, status=status)
