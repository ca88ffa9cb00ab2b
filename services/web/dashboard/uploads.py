"""Files on their way from a form to the Retrieval service, never held whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import grpc
from chatmount.auth.v1 import auth_pb2
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.contract import SOURCE_HEADER_ACCEPTED
from services.errors import ChatmountError, Reason, Text, refusal, unreadable
from services.web.callers import call, refusal_of
from services.web.dashboard.visit import Visit

MAXIMUM_FILES = 100
"""Files of one form."""
PATIENCE_SECONDS = 30.0
"""How long the service may take to take in a piece, or to keep the whole safe."""
LEAST_SECONDS = 40.0
"""A form of many files may take longer than a token lives: a file that begins with less than that has a newer one."""

Adding: TypeAlias = "grpc.aio.StreamUnaryCall[pb.AddSourceRequest, pb.AddSourceResponse]"

_WHOLE_REQUEST = frozenset({Reason.MEMBER_ROLE, Reason.ROLE_NOT_ALLOWED, Reason.NOT_FOUND, Reason.SESSION_ENDED})
_TOO_LATE = "It came too late. Send fewer files at a time."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: the source that it is now, or why it is none."""

    name: str
    source_id: str = ""
    error: str = ""


class Uploads:
    """The files of one request, one after the other."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._ends = visit.token_ends

    async def file(self, name: str, content: AsyncIterator[bytes]) -> Outcome:
        """Make a source of a file.

        ChatmountError for what is wrong with the request and not with the file.
        """
        try:
            added = await self.add(pb.AddSourceHeader(name=name), content)
        except ChatmountError as refused:
            if refused.reason in _WHOLE_REQUEST:
                raise
            return Outcome(name, error=_TOO_LATE if refused.reason == Reason.INVALID_TOKEN else refused.text)
        return Outcome(name, added.source.id)

    async def add(self, header: pb.AddSourceHeader, content: AsyncIterator[bytes]) -> pb.AddSourceResponse:
        """The source, which is read and indexed later.

        ChatmountError otherwise; the content is then read in part.
        """
        await self._renew()
        header.no_wait = header.end_follows = True
        adding = self._visit.services.sources.AddSource(metadata=self._visit.metadata())
        left = self._visit.dashboard.maximum_source_bytes
        try:
            await _write(adding, pb.AddSourceRequest(header=header))
            # The content waits until the header was accepted: gRPC may tell of a failed write of its own instead of the
            # refusal, https://github.com/grpc/grpc/issues/36066.
            async with asyncio.timeout(PATIENCE_SECONDS):
                if SOURCE_HEADER_ACCEPTED not in tuple(await adding.initial_metadata()):
                    return await adding
            async for chunk in content:
                left -= len(chunk)
                if left < 0:
                    # For the same reason: the service would refuse it in the middle of the content.
                    raise _too_large(self._visit.dashboard.maximum_source_bytes)
                await _write(adding, pb.AddSourceRequest(chunk=chunk))
            await _write(adding, pb.AddSourceRequest(end=True))
            async with asyncio.timeout(PATIENCE_SECONDS):
                if not adding.done():
                    await adding.done_writing()
                added: pb.AddSourceResponse = await adding
                return added
        except grpc.aio.AioRpcError as error:
            raise refusal_of(error, header) from error
        except TimeoutError as error:
            raise refusal(Text.SERVICE_SILENT, service="Retrieval") from error
        finally:
            # What has not ended well leaves no half of a source behind.
            adding.cancel()

    async def _renew(self) -> None:
        clock = self._visit.dashboard.clock
        if self._ends - clock() >= LEAST_SECONDS:
            return
        issue = auth_pb2.IssueMemberTokenRequest(chatbot_id=self._visit.chatbot.id)
        # The person's own token ends after a minute too: then the one at hand has to do, or nothing does.
        with suppress(ChatmountError):
            issued = await call(self._visit.services.tokens.IssueMemberToken, issue, self._visit.user_token)
            self._visit.token, self._ends = issued.token, issued.expires_at
        if clock() >= self._ends:
            raise refusal(Text.INVALID_TOKEN)


async def _write(adding: Adding, message: pb.AddSourceRequest) -> None:
    # A call that the service has ended says why when it is awaited.
    if not adding.done():
        async with asyncio.timeout(PATIENCE_SECONDS):
            await adding.write(message)


def _too_large(maximum_bytes: int) -> ChatmountError:
    return unreadable(
        f"The file is too large: at most {maximum_bytes / 2**20:g} MiB can be read. Split it into smaller ones."
    )
