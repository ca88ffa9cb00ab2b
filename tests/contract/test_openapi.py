"""docs/openapi.yaml: made of what it is made of, valid, and kept by a whole stack for all that it allows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from tests.openapi_document import FILE, document

from .client import Client
from .visitor import Visitor

ROOT = Path(__file__).parents[2]
MODES = ("embedded",)
CONFIG = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def test_the_document_is_fresh_and_valid(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    subprocess.run([sys.executable, ROOT / "proto" / "openapi.py", "--into", fresh], check=True)
    assert fresh.read_text("utf-8") == FILE.read_text("utf-8"), "run: make proto"
    validate(document())


@pytest.mark.timeout(600)
def test_a_whole_stack_keeps_to_the_document(client: Client, visitor: Visitor, tmp_path: Path) -> None:
    """Statuses, content types, headers and schemas of replies, to what the document allows and to what it does not."""
    assert visitor.come().status == 200
    facts = {
        "CHATMOUNT_URL": client.base_url,
        "API_KEY": str(client.key),
        "TICKET": visitor.ticket,
        "WIDGET_ID": visitor.widget_id,
        "REQUEST_ID": visitor.ask().headers["x-request-id"],
        "SITE": visitor.site,
    }
    ran = subprocess.run(
        [SCHEMATHESIS, "--config-file", CONFIG, "run", FILE],
        cwd=tmp_path,
        env={**os.environ, **facts},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr
