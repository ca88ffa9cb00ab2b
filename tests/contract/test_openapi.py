"""docs/openapi.yaml: made of what it is made of, valid, and kept by a whole stack for all that it allows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from tests.openapi_document import FILE, document

from .client import Client
from .operator_client import OperatorClient, Tenant
from .test_widget import SITE
from .visitor import Visitor

ROOT = Path(__file__).parents[2]
MODES = ("embedded",)
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def test_the_document_is_fresh_and_valid(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    subprocess.run([sys.executable, ROOT / "proto" / "openapi.py", "--into", fresh], check=True)
    assert fresh.read_text("utf-8") == FILE.read_text("utf-8"), "run: make proto"
    validate(document())
