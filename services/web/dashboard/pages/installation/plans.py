"""`installation/plans`: what accounts may use."""

from aiohttp import web

from services.web.dashboard.parts import part
from services.web.dashboard.plans import plans
from services.web.dashboard.visit import Visit


async def show(visit: Visit) -> web.Response:
    """The table."""
    return visit.page("installation/plans.html", plans=await part(plans(visit)))
