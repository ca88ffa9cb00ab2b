"""`installation/`: the accounts; `installation/accounts/…`: another one, what each may use."""

import re

from aiohttp import web
from chatmount.auth.v1 import auth_pb2
from chatmount.quota.v1 import quota_pb2

from services.errors import ChatmountError
from services.web.callers import call
from services.web.dashboard.forms import Form
from services.web.dashboard.parts import part
from services.web.dashboard.plans import plans
from services.web.dashboard.views import Account
from services.web.dashboard.visit import PAGE_SIZE, Visit

PATH = "/dashboard/installation/"
AMOUNT = re.compile(r"[0-9]{1,9}")


async def show(visit: Visit) -> web.Response:
    """The list, oldest first."""
    request = auth_pb2.ListAccountsRequest(page_size=PAGE_SIZE, page_token=visit.page_token)
    listed = await visit.call(visit.services.accounts.ListAccounts, request)
    accounts = [Account.of(account) for account in listed.accounts]
    return visit.page("installation/accounts.html", accounts=accounts, next_token=listed.next_page_token)


async def new(visit: Visit, form: Form | None = None) -> web.Response:
    """The form of another one."""
    form = form or Form()
    return visit.page("installation/new_account.html", status=form.status, form=form, plans=await part(plans(visit)))


async def create(visit: Visit) -> web.Response:
    """Makes it and goes to where its first owner is invited."""
    form = await visit.form()
    request = auth_pb2.CreateAccountRequest(name=form.get("name"), plan=form.get("plan"), creation_id=form.creation_id)
    try:
        created = await visit.call(visit.services.accounts.CreateAccount, request)
    except ChatmountError as refused:
        return await new(visit, form.refused(refused))
    return visit.see(f"{Account.of(created.account).path}members", done="account-created")


async def ask_plan(visit: Visit, form: Form | None = None) -> web.Response:
    """`…/plan`: the form of another one."""
    account, choice = await _account(visit), await part(plans(visit))
    form = form or Form.of(plan=account.plan)
    return visit.page("installation/plan.html", status=form.status, form=form, account=account, plans=choice)


async def set_plan(visit: Visit) -> web.Response:
    """Moves the account to another plan."""
    form = await visit.form()
    request = auth_pb2.SetAccountPlanRequest(account_id=_account_id(visit), plan=form.get("plan"))
    try:
        await visit.call(visit.services.accounts.SetAccountPlan, request)
    except ChatmountError as refused:
        return await ask_plan(visit, form.refused(refused))
    return visit.see(PATH, done="plan-changed")


async def ask_credits(visit: Visit, form: Form | None = None) -> web.Response:
    """`…/credits`: how many to give, and what for."""
    form = form or Form()
    return visit.page("installation/credits.html", status=form.status, form=form, account=await _account(visit))


async def grant(visit: Visit) -> web.Response:
    """Gives the account credits, and goes to where they are seen."""
    form = await visit.form()
    amount = form.get("amount").strip()
    request = quota_pb2.GrantCreditsRequest(
        # What is no such number is refused as none.
        amount=int(amount) if AMOUNT.fullmatch(amount) else 0,
        note=form.get("note").strip(),
        grant_id=f"grt_{form.creation_id}",
    )
    scope = auth_pb2.IssueScopedTokenRequest(account_id=_account_id(visit))
    issued = await visit.call(visit.services.tokens.IssueScopedToken, scope)
    try:
        await call(visit.services.quota.GrantCredits, request, issued.token)
    except ChatmountError as refused:
        return await ask_credits(visit, form.refused(refused))
    return visit.see(f"/dashboard/{_account_id(visit)}/usage", done="credits-granted")


async def _account(visit: Visit) -> Account:
    request = auth_pb2.GetAccountRequest(account_id=_account_id(visit))
    return Account.of((await visit.call(visit.services.accounts.GetAccount, request)).account)


def _account_id(visit: Visit) -> str:
    return visit.request.match_info["of"]
