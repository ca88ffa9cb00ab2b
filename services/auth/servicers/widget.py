"""WidgetService: messages to rules and back. Visitors' secrets are kept nowhere."""

from typing import Any

from chatmount.auth.v1 import widget_pb2 as pb
from chatmount.auth.v1 import widget_pb2_grpc

from services.auth.scope import current_scope
from services.auth.servicers.messages import id_in
from services.auth.widget.records import Widget, WidgetSighting
from services.auth.widget.visitors import Visitors
from services.auth.widget.widgets import WidgetChange, Widgets
from services.database.refused_visitors import RefusedVisitors
from services.rpc.messages import to_message
from services.trust.principal import Channel, Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.tickets import TTL_SECONDS

widget_message = to_message(Widget, pb.Widget)
sighting_message = to_message(WidgetSighting, pb.WidgetSighting)
refused_message = to_message(RefusedVisitors, pb.RefusedVisitors)


class WidgetServicer(widget_pb2_grpc.WidgetServiceServicer):
    """See widget.proto."""

    def __init__(self, widgets: Widgets, visitors: Visitors, signer: TokenSigner) -> None:
        self._widgets = widgets
        self._visitors = visitors
        self._signer = signer

    async def GetWidget(self, request: pb.GetWidgetRequest, context: Any) -> pb.GetWidgetResponse:
        widget, sightings, refused = await self._widgets.get(current_scope())
        return pb.GetWidgetResponse(
            widget=widget_message(widget),
            sightings=map(sighting_message, sightings),
            refused=map(refused_message, refused),
        )

    async def UpdateWidget(self, request: pb.UpdateWidgetRequest, context: Any) -> pb.UpdateWidgetResponse:
        change = WidgetChange(
            enabled=request.enabled if request.HasField("enabled") else None,
            allow_apps=request.allow_apps if request.HasField("allow_apps") else None,
            add_origins=request.add_origins,
            remove_origins=request.remove_origins,
        )
        return pb.UpdateWidgetResponse(widget=widget_message(await self._widgets.update(current_scope(), change)))

    async def RenewWidgetId(self, request: pb.RenewWidgetIdRequest, context: Any) -> pb.RenewWidgetIdResponse:
        return pb.RenewWidgetIdResponse(widget=widget_message(await self._widgets.renew(current_scope())))

    async def OpenFrame(self, request: pb.OpenFrameRequest, context: Any) -> pb.OpenFrameResponse:
        grant = await self._visitors.find(id_in(request, "widget_id"))
        reader = Principal(Role.ROLE_VISITOR, grant.account_id, grant.chatbot_id, channel=Channel.WIDGET)
        token = self._signer.sign_for_a_call(reader, "chat")
        return pb.OpenFrameResponse(origins=grant.origins, allow_apps=grant.allow_apps, token=token)

    async def AdmitVisitor(self, request: pb.AdmitVisitorRequest, context: Any) -> pb.AdmitVisitorResponse:
        widget_id = id_in(request, "widget_id")
        admitted = await self._visitors.admit(
            widget_id, request.origin, request.visitor, request.conversation, request.new
        )
        return pb.AdmitVisitorResponse(
            ticket=admitted.ticket,
            visitor=admitted.visitor,
            conversation=admitted.conversation,
            expires_in=TTL_SECONDS,
        )
