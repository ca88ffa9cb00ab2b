from pathlib import Path

import grpc
import pytest

from services.trust.principal_tokens import TokenSigner

from .chat_harness import serving_chat
from .conftest import MovableClock
from .scripted_neighbours import ScriptedAnswerer


async def test_a_test_that_fails_leaves_no_server_running(
    tmp_path: Path, clocked_signer: TokenSigner, clock: MovableClock, answerer: ScriptedAnswerer
) -> None:
    with pytest.raises(AssertionError, match="at fault"):
        async with serving_chat(tmp_path, clocked_signer, clock, answerer) as chat:
            raise AssertionError("at fault")
    for server in (chat.quota_server, chat.retrieval_server):
        async with grpc.aio.insecure_channel(server.address) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await channel.unary_unary("/x/y")(b"", timeout=20)
        assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
