from pathlib import Path

import pytest

from services.config.settings import SettingsError, load_settings
from services.retrieval.index.choose import open_index
from services.retrieval.index.schema import Fingerprint


@pytest.mark.parametrize("grpc_port", [0, 1])
async def test_a_server_that_is_not_there_is_named_by_its_setting(tmp_path: Path, grpc_port: int) -> None:
    server = {"CHATMOUNT_QDRANT_URL": "http://127.0.0.1:1", "CHATMOUNT_QDRANT_GRPC_PORT": str(grpc_port)}
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path), **server})
    with pytest.raises(SettingsError, match=r"^CHATMOUNT_QDRANT_URL: the Qdrant server can't be used \([^<>]+\)\.$"):
        await open_index(settings, Fingerprint.of(None))
