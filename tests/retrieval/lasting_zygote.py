"""One process for a whole run, from which all processes that read files are forked.

Starting it takes half a second, which every Retrieval of the tests would take.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.retrieval.ingest.reader import workers

_MODULE, _start = workers.MODULE, workers.Workers._start


class _Lasting(workers._Zygote):
    """Forks for everybody; it is not ended by those whom it has served."""

    def end(self) -> None:
        pass


@contextmanager
def lasting_zygote() -> Iterator[None]:
    """During the block files are read by its forks, except where a test has others read them."""
    started: list[_Lasting] = []

    async def start(of: workers.Workers) -> workers._Zygote:
        if workers.MODULE != _MODULE:
            return await _start(of)
        if not started:
            started.append(_Lasting())
        return started[0]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(workers.Workers, "_start", start)
        yield
    for lasting in started:
        workers._Zygote.end(lasting)
