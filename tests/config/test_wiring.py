"""Which services share a process, as it is written down."""

import pytest

from services.config.settings import SettingsError, load_settings
from services.config.wiring import Groups
from tests.each import for_each


@for_each(
    ("text", "groups"),
    [
        ("", None),
        ("none", ()),
        ("None", ()),
        ("auth,quota", (("auth", "quota"),)),
        ("chat,auth,quota", (("auth", "quota", "chat"),)),
        ("auth,quota,chat  retrieval", (("auth", "quota", "chat"),)),
        ("quota,auth retrieval,chat", (("auth", "quota"), ("retrieval", "chat"))),
    ],
)
def test_groups_have_spaces_between_them_and_their_services_commas(text: str, groups: Groups | None) -> None:
    assert load_settings({"CHATMOUNT_TOGETHER": text}).together == groups


@for_each(
    ("text", "complaint"),
    [
        ("auth,envoy", "knows no service 'envoy': there are auth, quota, retrieval, chat."),
        ("auth,,quota", "knows no service ''"),
        ("all", "knows no service 'all'"),
        ("auth,quota auth,chat", "names auth twice."),
        ("auth,auth", "names auth twice."),
        ("chat,web", ": web shares no process, because it must not know the services' secrets."),
    ],
)
def test_what_names_no_groups_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"CHATMOUNT_TOGETHER": text})
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("CHATMOUNT_TOGETHER")
