"""What a failed call to another service becomes: a refusal, whatever way the call went."""

import logging

import grpc

from services.errors import ChatmountError, Text, from_rpc_error, refusal

logger = logging.getLogger("chatmount.server")

# CANCELLED is what a server says of the calls that its stop cut off; our own cancelling raises another exception.
_DOWN = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})


class NoReply(ChatmountError):
    """No service answered the call: it is down, or too slow. `why` is for the log."""

    def __init__(self, text: Text, why: str) -> None:
        refused = refusal(text)
        super().__init__(refused.reason, refused.text, retry_after=refused.retry_after)
        self.why = why


def failure_of(error: grpc.aio.AioRpcError) -> ChatmountError:
    """The refusal that the other service sent; `NoReply` when it sent nothing."""
    sent = from_rpc_error(error)
    if sent is not None:
        return sent
    if error.code() in _DOWN:
        return NoReply(Text.UNAVAILABLE, str(error.details()))
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return NoReply(Text.TOO_SLOW, str(error.details()))
    logger.error("unexpected error", exc_info=error)
    return refusal(Text.INTERNAL)
