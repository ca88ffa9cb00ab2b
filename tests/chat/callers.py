"""Who asks Chat in tests."""

from dataclasses import replace

from services.trust.principal import Principal, Role

KEY = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")
OTHER_KEY = Principal(Role.ROLE_API_KEY, "acct_2", "bot_2", "key_2", "plus", "api")
MEMBER = Principal(
    Role.ROLE_MEMBER,
    "acct_1",
    "bot_1",
    plan="plus",
    channel="playground",
    subject="usr_1",
    member_role="MEMBER_ROLE_EDITOR",
)
DIGEST = "0123456789abcdef" * 4
VISITOR = Principal(
    Role.ROLE_VISITOR,
    "acct_1",
    "bot_1",
    f"wgt_1:{DIGEST[:32]}",
    "plus",
    "widget",
    visitor_digest=DIGEST,
    conversation_id="cnv_1",
    may_begin=True,
)
RETURNING = replace(VISITOR, may_begin=False)
OPERATOR = Principal(Role.ROLE_OPERATOR, "acct_1", "bot_1")
OTHER_OPERATOR = Principal(Role.ROLE_OPERATOR, "acct_2", "bot_2")
