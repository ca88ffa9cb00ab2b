"""Credits by day: the totals of chatbots' days, and the shares of channels in them.

What the shares leave of a total is the API's. Each query is one statement, which sees one moment: a total and its
shares must fit each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, func, literal

from services.quota.ledger.entry import Totals
from services.quota.store.tables import ChatbotChannelDayRow, ChatbotDayRow
from services.quota.usage import CreditsBy, DailyCredits, Days
from services.trust.principal import Channel

_TOTAL, _SHARE = ChatbotDayRow.__table__.c, ChatbotChannelDayRow.__table__.c


def daily_query(account_id: str, chatbot_id: str, days: Days, by: CreditsBy | None) -> "sa.Select[Any]":
    """Day, chatbot, settled and reserved; and with each channel its name, settled and reserved."""
    if by is CreditsBy.CHANNEL:
        return _of_channels(account_id, chatbot_id, days)
    total = sa.select(_TOTAL.day, _TOTAL.chatbot_id, _TOTAL.settled, _TOTAL.reserved)
    total = total.where(*_within(_TOTAL, account_id, chatbot_id, days)).order_by(_TOTAL.day, _TOTAL.chatbot_id)
    if by is CreditsBy.CHATBOT:
        return total
    is_of_day = and_(*(_SHARE[key] == _TOTAL[key] for key in ("account_id", "chatbot_id", "day")))
    shares = total.add_columns(_SHARE.channel, _SHARE.settled, _SHARE.reserved)
    return shares.select_from(ChatbotDayRow).join(ChatbotChannelDayRow, is_of_day, isouter=True)


def daily_credits(rows: Iterable[Any], by: CreditsBy | None) -> list[DailyCredits]:
    """What the query has found, in its order."""
    if by is CreditsBy.CHATBOT:
        return [DailyCredits(row[0], row[1], "", row[2], row[3]) for row in rows if row[2] or row[3]]
    return [credits for total, shares in groupby(rows, itemgetter(0, 1, 2, 3)) for credits in _split(total, shares)]


def _of_channels(account_id: str, chatbot_id: str, days: Days) -> "sa.Select[Any]":
    def summed(columns: Any, *by: Any) -> "sa.Subquery":
        query = sa.select(*by, func.sum(columns.settled).label("settled"), func.sum(columns.reserved).label("reserved"))
        return query.where(*_within(columns, account_id, chatbot_id, days)).group_by(*by).subquery()

    totals, shares = summed(_TOTAL, _TOTAL.day), summed(_SHARE, _SHARE.day, _SHARE.channel)
    total, share = totals.c, shares.c
    query = sa.select(
        total.day, literal(""), total.settled, total.reserved, share.channel, share.settled, share.reserved
    )
    both = totals.outerjoin(shares, share.day == total.day)
    return query.select_from(both).order_by(total.day)


def _within(columns: Any, account_id: str, chatbot_id: str, days: Days) -> Sequence[Any]:
    own = [columns.account_id == account_id, columns.day.between(days.since, days.until)]
    return [*own, columns.chatbot_id == chatbot_id] if chatbot_id else own


def _split(total: tuple[str, str, int, int], rows: Iterable[Any]) -> Iterator[DailyCredits]:
    """What each channel has used of a day."""
    day, chatbot_id, settled, reserved = total
    shares = {row[4]: Totals(int(row[5]), int(row[6])) for row in rows if row[4] is not None}
    shares[Channel.API] = reduce(Totals.less, shares.values(), Totals(int(settled), int(reserved)))
    for channel, share in sorted(shares.items()):
        if share.used:
            yield DailyCredits(day, chatbot_id, channel, share.settled, share.reserved)
