"""Files on their way from a form to the Retrieval service, never held whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import grpc
from chatmount.auth.v1 import auth_pb2
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import ChatmountError, Reason, Text, refusal, unreadable
from services.file_kinds import READABLE, extension_of, kind_of
from services.web.callers import call, refusal_of
from services.web.dashboard.visit import Visit

MAXIMUM_FILES = 100
"""Files of one form."""
PATIENCE_SECONDS = 30.0
"""How long the service may take to take in a piece, or to keep the whole safe."""
RENEWAL_SECONDS = 20.0
"""A form of many files may take longer than a token lives: each file that begins later has a newer one."""

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
        self._renewed = asyncio.get_running_loop().time()

    async def file(self, name: str, content: AsyncIterator[bytes]) -> Outcome:
        """Make a source of a file.

        ChatmountError for what is wrong with the request and not with the file.
        """
        try:
            if kind_of(name, "") is None:
                kind = f"{extension_of(name)} files" if extension_of(name) else "a file without an extension"
                raise unreadable(f"Files of this kind can't be read ({kind}). Readable are {', '.join(READABLE)}.")
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
        header.no_wait = True
        adding = self._visit.services.sources.AddSource(metadata=self._visit.metadata())
        left = self._visit.dashboard.maximum_source_bytes
        try:
            await _write(adding, pb.AddSourceRequest(header=header))
            async for chunk in content:
                left -= len(chunk)
                if left < 0:
                    # The service would say so too. It may go unheard: https://github.com/grpc/grpc/issues/36066.
                    raise _too_large(self._visit.dashboard.maximum_source_bytes)
                await _write(adding, pb.AddSourceRequest(chunk=chunk))
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
        now = asyncio.get_running_loop().time()
        if now - self._renewed < RENEWAL_SECONDS:
            return
        self._renewed = now
        issue = auth_pb2.IssueMemberTokenRequest(chatbot_id=self._visit.chatbot.id)
        # The person's own token ends after a minute too: the one at hand then has to do.
        with suppress(ChatmountError):
            issued = await call(self._visit.services.tokens.IssueMemberToken, issue, self._visit.user_token)
            self._visit.token = issued.token


async def _write(
    adding: "grpc.aio.StreamUnaryCall[pb.AddSourceRequest, pb.AddSourceResponse]", message: pb.AddSourceRequest
) -> None:
    # A call that the service has ended says why when it is awaited.
    if not adding.done():
        async with asyncio.timeout(PATIENCE_SECONDS):
            await adding.write(message)


def _too_large(maximum_bytes: int) -> ChatmountError:
    return unreadable(
        f"The file is too large: at most {maximum_bytes / 2**20:g} MiB can be read. Split it into smaller ones."
    )
