"""IndexService."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from chatmount.retrieval.v1 import index_pb2 as pb
from chatmount.retrieval.v1 import index_pb2_grpc

from services.errors import Text, refusal
from services.retrieval.upkeep.verification import Report, Verification
from services.rpc.messages import to_message
from services.trust.principal import current_principal

FAULTS = 500
"""In one message, to keep it far below what gRPC carries."""


class IndexServicer(index_pb2_grpc.IndexServiceServicer):
    """The index, as operators ask for it."""

    def __init__(self, verification: Verification) -> None:
        self._verification = verification

    async def VerifyIndex(self, request: pb.VerifyIndexRequest, context: Any) -> AsyncIterator[pb.VerifyIndexResponse]:
        """Of the chatbot in the token, or of all when there is none."""
        principal = current_principal()
        if principal.account_id and not principal.chatbot_id:
            # Which chatbots an account has is not known here.
            raise refusal(Text.NEEDS_CHATBOT_OR_NO_SCOPE)
        async for report in self._verification.verify(principal.chatbot_id, repair=request.repair):
            for message in _messages(report):
                yield message


def _messages(report: Report) -> Iterator[pb.VerifyIndexResponse]:
    groups = Counter((fault.source_id, fault.version, fault.kind) for fault in report.faults)
    faults = [
        pb.IndexFault(source_id=source_id, version=version, what=kind, entries=entries)
        for (source_id, version, kind), entries in sorted(groups.items())
    ]
    message = _without_faults(report)
    for start in range(0, max(1, len(faults)), FAULTS):
        message.faults.extend(faults[start : start + FAULTS])
        yield message
        message = pb.VerifyIndexResponse(chatbot_id=report.chatbot_id)


_without_faults = to_message(Report, pb.VerifyIndexResponse, faults=lambda report: [])
