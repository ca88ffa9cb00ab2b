"""ReplayService: stored questions asked again."""

from chatmount.chat.v1 import replay_pb2, replay_pb2_grpc

from services.chat.comparison import Cause
from services.chat.replay import Replay, Replayed
from services.chat.servicers.session_messages import passage_message, traced_message
from services.rpc.interceptors import Context
from services.rpc.messages import to_message
from services.rpc.pages import page_size
from services.trust.principal import current_principal

_cause_message = to_message(Cause, replay_pb2.ReplayCause)


class ReplayServicer(replay_pb2_grpc.ReplayServiceServicer):
    """Turns of the chatbot in the caller's token."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    async def Replay(self, request: replay_pb2.ReplayRequest, context: Context) -> replay_pb2.ReplayResponse:
        return _replayed_message(await self._replay.again(current_principal().chatbot_id, request.request_id))

    async def ListReplayable(
        self, request: replay_pb2.ListReplayableRequest, context: Context
    ) -> replay_pb2.ListReplayableResponse:
        newest = await self._replay.replayable(current_principal().chatbot_id, page_size(request.page_size))
        return replay_pb2.ListReplayableResponse(request_ids=newest)


def _replayed_message(replayed: Replayed) -> replay_pb2.ReplayResponse:
    found = replayed.comparison
    return replay_pb2.ReplayResponse(
        then=traced_message(replayed.then),
        now=traced_message(replayed.now),
        changed=found.is_changed,
        differences=[replay_pb2.ReplayDifference.Value(f"REPLAY_DIFFERENCE_{each.name}") for each in found.differences],
        passages_in=map(passage_message, found.passages_in),
        passages_out=map(passage_message, found.passages_out),
        causes=map(_cause_message, found.causes),
    )
