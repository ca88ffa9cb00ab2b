"""One stack whose answers a scripted provider writes, which tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.chat.model.provider_thread import provider_thread
from tests.chat.model.scripted_provider import ScriptedProvider
from tests.contract.plans import with_plans
from tests.contract.stack import Stack, running


@pytest.fixture(scope="session")
def provider() -> Iterator[ScriptedProvider]:
    with provider_thread() as provider:
        yield provider


@pytest.fixture(scope="session")
def model_stack(provider: ScriptedProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose answers the scripted provider writes."""
    folder = tmp_path_factory.mktemp("model")
    environment = {
        **with_plans(folder),
        "CHATMOUNT_LLM_URL": provider.url,
        "CHATMOUNT_LLM_MODEL": "m",
        "CHATMOUNT_LLM_API_KEY": "sk-very-secret",
        # More than a busy machine is late by.
        "CHATMOUNT_LLM_FIRST_TOKEN_SECONDS": "4",
        "CHATMOUNT_LLM_TOKEN_SECONDS": "3",
    }
    with running(Stack(folder / "home", environment)) as stack:
        yield stack
