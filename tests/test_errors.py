import grpc
import pytest
from chatmount.errors.v1.error_reason_pb2 import ErrorReason

from services.errors import LIMIT_NAMES, STATUS_OF_REASON, ChatmountError

REASONS = [value for value in ErrorReason.values() if value != ErrorReason.ERROR_REASON_UNSPECIFIED]


def test_every_reason_has_exactly_one_status() -> None:
    assert sorted(STATUS_OF_REASON) == sorted(REASONS)


def test_every_exhausted_resource_is_named_for_the_rate_limit_header() -> None:
    exhausted = {reason for reason, code in STATUS_OF_REASON.items() if code == grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert set(LIMIT_NAMES) == exhausted


@pytest.mark.parametrize("reason", REASONS, ids=ErrorReason.Name)
def test_what_can_be_tried_again_says_when(reason: ErrorReason.ValueType) -> None:
    error = ChatmountError(reason, "text")
    retryable = error.status in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
    assert ("retry-after" in dict(error.headers())) == retryable


def test_a_limit_says_which_it_was_and_for_how_long() -> None:
    error = ChatmountError(ErrorReason.ERROR_REASON_DAY_LIMIT, "text", retry_after=60)
    assert dict(error.headers()) == {"retry-after": "60", "x-ratelimit-reason": "day"}
