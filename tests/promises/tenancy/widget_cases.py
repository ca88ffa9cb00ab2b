"""Methods of the widget: of its owners, of the web process, of visitors. See cases.py."""

from tests.promises.tenancy.case import Case, always, names, plus
from tests.promises.tenancy.tenant import SITE

_WIDGET = names(widget_id="widget_id")
_BUDGET = {"channel": "widget"}

WIDGETS = {
    "WidgetService/GetWidget": Case("operator@chatbot viewer@chatbot", "operator@chatbot", always({})),
    "WidgetService/UpdateWidget": Case(
        "operator@chatbot editor@chatbot",
        "operator@chatbot",
        lambda tenant: [{"enabled": False}, {"remove_origins": [SITE]}, {"add_origins": ["new.example"]}],
        ends=True,
    ),
    "WidgetService/RenewWidgetId": Case("operator@chatbot editor@chatbot", "operator@chatbot", always({}), ends=True),
    "WidgetService/OpenFrame": Case("web", "web", _WIDGET),
    "WidgetService/AdmitVisitor": Case("web", "web", plus(_WIDGET, origin=SITE)),
}
BUDGETS = {
    "QuotaService/GetChannelBudget": Case("operator@chatbot viewer@chatbot", "operator@chatbot", always(_BUDGET)),
    "QuotaService/SetChannelBudget": Case(
        "operator@chatbot owner@chatbot", "operator@chatbot", always({**_BUDGET, "per_day": 5}), ends=True
    ),
}
VISITORS = {
    "AppearanceService/GetAppearance": Case(
        "operator@chatbot viewer@chatbot visitor@chatbot", "operator@chatbot", always({})
    ),
    "AppearanceService/UpdateAppearance": Case(
        "operator@chatbot editor@chatbot",
        "operator@chatbot",
        always({"appearance": {"greeting": "New."}, "update_mask": "greeting"}),
        ends=True,
    ),
    "VisitorService/GetConversation": Case("visitor@chatbot", "visitor@chatbot", always({})),
    "VisitorService/DeleteConversation": Case("visitor@chatbot", "visitor@chatbot", always({}), ends=True),
    "VisitorService/RateTurn": Case(
        "visitor@chatbot", "visitor@chatbot", plus(names(request_id="visit_id"), rating="down"), ends=True
    ),
}
