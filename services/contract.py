"""Figures of the public contract that several parts need."""

KEY_PREFIX = "cm_live_"
"""The beginning of an API key."""

MAXIMUM_BODY_BYTES = 64 * 1024
"""Of a request."""

MAXIMUM_MESSAGE_LENGTH = 2000
"""Of a question, in Unicode code points."""

MAXIMUM_SESSION_ID_LENGTH = 256
MAXIMUM_IDEMPOTENCY_KEY_LENGTH = 255

MAXIMUM_SOURCES = 3
"""That an answer shows."""

WINDOW_SECONDS = 60
"""How long a window of the minute limit is open."""

UNARY_SECONDS = 60.0
"""How long an answer may take that is not streamed."""

RATE_LIMIT_DOMAIN = "chatmount"
"""In every question to Envoy's rate limit service."""

PING_SECONDS = 15.0
"""How long a stream is silent before a ping."""

SOURCE_HEADER_ACCEPTED = ("source-header", "accepted")
"""Metadata of AddSource: the content may come."""

SYNC_EVERY_SECONDS = (60, 30 * 86_400)
"""The least and the most after which sources are read again on a schedule."""

CREDITS_PER_ANSWER = 1
