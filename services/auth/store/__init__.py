"""The only SQL of Auth. Rules read and write within a transaction; lists stand alone."""

from services.auth.store import people_tables as people_tables  # known to the metadata
from services.auth.store.store import AuthStore
from services.auth.store.transaction import Transaction

__all__ = ["AuthStore", "Transaction"]
