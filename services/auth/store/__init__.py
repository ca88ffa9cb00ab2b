"""The only SQL of Auth. Rules read and write within a transaction; lists stand alone."""

from services.auth.store.people_store import PeopleStore
from services.auth.store.store import AuthStore
from services.auth.store.transaction import Transaction
from services.auth.store.visits import Visits
from services.auth.store.widget_store import WidgetStore
from services.auth.store.widget_tables import REFUSED

__all__ = ["REFUSED", "AuthStore", "PeopleStore", "Transaction", "Visits", "WidgetStore"]
