"""What Auth and Quota tell the edge."""

import time
from typing import Any

from envoy.config.core.v3 import base_pb2
from envoy.service.auth.v3 import external_auth_pb2
from envoy.service.ratelimit.v3 import rls_pb2
from envoy.type.v3 import http_status_pb2
from google.protobuf import struct_pb2
from google.rpc import code_pb2, status_pb2


def metadata_of(context: Any) -> dict[str, str]:
    """The call's metadata; values of a name that was sent twice are joined."""
    seen: dict[str, str] = {}
    for name, value in context.invocation_metadata() or ():
        text = value if isinstance(value, str) else value.hex()
        seen[name] = f"{seen[name]},{text}" if name in seen else text
    return seen


def window(limit: int, remaining: int) -> list[tuple[str, str]]:
    """The three headers of a rate limit window."""
    return [
        ("X-RateLimit-Limit", str(limit)),
        ("X-RateLimit-Remaining", str(remaining)),
        ("X-RateLimit-Reset", str(int(time.time()) + 42)),
    ]


def header(name: str, value: str) -> base_pb2.HeaderValueOption:
    """A header that replaces any of its name."""
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=name, value=value),
        append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    )


def passed(token: str, **facts: Any) -> external_auth_pb2.CheckResponse:
    """A reply that admits the request with this token."""
    known = struct_pb2.Struct()
    known.update(facts)
    return external_auth_pb2.CheckResponse(
        status=status_pb2.Status(code=code_pb2.OK),
        ok_response=external_auth_pb2.OkHttpResponse(headers=[header("authorization", f"Bearer {token}")]),
        dynamic_metadata=known,
    )


def denied(
    status: int, text: str, *headers: tuple[str, str], code: Any = code_pb2.PERMISSION_DENIED
) -> external_auth_pb2.CheckResponse:
    """A reply that refuses the request in these words."""
    return external_auth_pb2.CheckResponse(
        status=status_pb2.Status(code=code),
        denied_response=external_auth_pb2.DeniedHttpResponse(
            status=http_status_pb2.HttpStatus(code=status),  # type: ignore[arg-type]
            headers=[header(*each) for each in headers],
            body=text,
        ),
    )


def limited(text: str, *headers: tuple[str, str]) -> rls_pb2.RateLimitResponse:
    """Over the limit, with this text; or within it, where there is none."""
    return rls_pb2.RateLimitResponse(
        overall_code=rls_pb2.RateLimitResponse.OVER_LIMIT if text else rls_pb2.RateLimitResponse.OK,
        response_headers_to_add=[base_pb2.HeaderValue(key=name, value=value) for name, value in headers],
        raw_body=text.encode(),
    )
