from pathlib import Path

import pytest

from services.retrieval.index.choose import open_index
from services.retrieval.index.schema import Fingerprint
from services.settings import SettingsError


async def test_a_server_that_is_not_there_is_named_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^CHATMOUNT_QDRANT_URL: the Qdrant server can't be used \(.+\)\.$"):
        await open_index(tmp_path, "http://127.0.0.1:1", "", Fingerprint.of(None))
