import grpc
from chatmount.errors.v1.error_reason_pb2 import ErrorReason

from services.errors import ChatmountError, Reason
from tests.each import for_each


def test_every_reason_of_the_proto_has_a_status_and_no_other_is_used() -> None:
    assert {reason.wire_name for reason in Reason} == set(ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}


def test_every_exhausted_resource_is_named_for_the_rate_limit_header() -> None:
    named = {reason: reason.limit for reason in Reason if reason.limit}
    assert named == {Reason.MINUTE_LIMIT: "minute", Reason.DAY_LIMIT: "day", Reason.MONTH_LIMIT: "month"}


@for_each("reason", Reason)
def test_what_can_be_tried_again_says_when(reason: Reason) -> None:
    error = ChatmountError(reason, "text")
    retryable = error.status in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
    assert ("retry-after" in dict(error.headers())) == retryable


def test_a_limit_says_which_it_was_and_for_how_long() -> None:
    error = ChatmountError(Reason.DAY_LIMIT, "text", retry_after=60)
    assert dict(error.headers()) == {"retry-after": "60", "x-ratelimit-reason": "day"}
