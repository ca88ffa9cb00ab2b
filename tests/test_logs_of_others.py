"""Logs of a test hold nothing of the tests before it."""

import asyncio
import gc

import pytest


@pytest.mark.parametrize("is_closed", [True, False])
def test_what_is_left_of_a_loop_that_has_ended_is_in_no_log(caplog: pytest.LogCaptureFixture, is_closed: bool) -> None:
    loop = asyncio.new_event_loop()
    failed = loop.create_future()
    failed.set_exception(ValueError("of an earlier test"))
    if is_closed:
        loop.close()
    del failed
    gc.collect()
    assert ("of an earlier test" in caplog.text) is not is_closed
    loop.close()
