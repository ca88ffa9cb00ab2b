"""Streams from one service to another: the same over the wire and within a process."""

import asyncio
from contextlib import aclosing, suppress

import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.errors import ChatmountError, Reason
from services.rpc.failures import NoReply
from services.rpc.links import stub_on
from services.rpc.memory import AHEAD
from services.trust.principal_tokens import TokenSigner
from tests.rpc.ways import FEW, MANY, Open, beside
from tests.waiting import until


async def test_a_stream_arrives_whole_and_in_order(way: Open) -> None:
    async with way() as chat, aclosing(chat.stub.StreamChat(chat_pb2.StreamChatRequest(message="many"))) as events:
        assert [event.type async for event in events] == [str(number) for number in range(MANY)]
        await until(lambda: chat.chat.done == 1)


async def test_a_stream_that_is_read_too_slowly_does_not_end_as_if_it_were_whole(way: Open) -> None:
    async with way() as chat:
        request = chat_pb2.StreamChatRequest(message="few")
        # A machine that is busy may be too slow for the first event as well.
        for seconds in (0.5, 5, 50):
            async with aclosing(chat.stub.StreamChat(request, timeout=seconds)) as events:
                with suppress(NoReply):
                    await anext(events)
                    await asyncio.sleep(seconds + 0.1)
                    with pytest.raises(NoReply) as caught:
                        [event async for event in events]
                    break
    assert chat.chat.sent >= FEW
    assert caught.value.reason is Reason.TOO_SLOW


async def test_a_stream_that_is_left_early_ends_at_the_callee(way: Open) -> None:
    async with way() as chat:
        async with aclosing(chat.stub.StreamChat(chat_pb2.StreamChatRequest(message="many"))) as events:
            await anext(events)
            await until(lambda: chat.chat.sent > AHEAD)
        await until(lambda: (chat.chat.cancelled, chat.chat.done) == (1, 1))


async def test_an_error_in_the_middle_of_a_stream_comes_after_what_was_sent(way: Open) -> None:
    async with way() as chat, aclosing(chat.stub.StreamChat(chat_pb2.StreamChatRequest(message="break off"))) as events:
        assert (await anext(events)).content == "begun"
        with pytest.raises(ChatmountError) as caught:
            await anext(events)
    assert (caught.value.reason, caught.value.retry_after) == (Reason.MONTH_LIMIT, 7)


async def test_a_reader_that_is_slow_holds_up_the_callee_in_memory(signer: TokenSigner) -> None:
    async with beside(signer) as (chat, _, link):
        stub = stub_on(link, chat_pb2_grpc.ChatServiceStub)
        async with aclosing(stub.StreamChat(chat_pb2.StreamChatRequest(message="many"))) as events:
            await anext(events)
            await asyncio.sleep(0.05)
            assert chat.sent <= AHEAD + 2
        await until(lambda: chat.cancelled == 1)
