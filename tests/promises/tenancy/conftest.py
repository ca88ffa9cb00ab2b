"""Four services in this process."""

from collections.abc import Iterator

import pytest

from tests.retrieval.lasting_zygote import lasting_zygote


@pytest.fixture(scope="session", autouse=True)
def zygote() -> Iterator[None]:
    with lasting_zygote():
        yield
