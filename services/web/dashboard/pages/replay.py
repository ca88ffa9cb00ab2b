"""`bot_x/turns/…/replay`: a stored question asked again, and what is different now."""

from aiohttp import web
from chatmount.chat.v1 import replay_pb2 as pb

from services.web.callers import LONG_CALL_SECONDS
from services.web.dashboard.pages.turns import traced
from services.web.dashboard.parts import part
from services.web.dashboard.replays import Replayed
from services.web.dashboard.views import EDITOR
from services.web.dashboard.visit import Visit


async def ask(visit: Visit) -> web.Response:
    """The turn, and the button."""
    visit.require(EDITOR)
    return visit.page("replay.html", turn=await traced(visit, _request_id(visit)), replayed=None)


async def replay(visit: Visit) -> web.Response:
    """Asks it again. Nothing is stored, so the page is the reply itself."""
    visit.require(EDITOR)
    request = pb.ReplayRequest(request_id=_request_id(visit))
    replayed = await part(_replayed(visit, request))
    turn = replayed.value.then if replayed else await traced(visit, request.request_id)
    return visit.page("replay.html", status=200 if replayed else 503, turn=turn, replayed=replayed)


async def _replayed(visit: Visit, request: pb.ReplayRequest) -> Replayed:
    return Replayed.of(await visit.call(visit.services.replays.Replay, request, LONG_CALL_SECONDS))


def _request_id(visit: Visit) -> str:
    return visit.request.match_info["request_id"]
