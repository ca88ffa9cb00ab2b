"""The only SQL of Auth. Reads stand alone; writes happen in a transaction that the caller's rules run inside of."""

from services.auth.store.store import AuthStore
from services.auth.store.transaction import Transaction

__all__ = ["AuthStore", "Transaction"]
