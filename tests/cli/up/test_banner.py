import json
import shlex
from pathlib import Path

from services.cli.up.banner import Doors, banner, curl
from services.cli.up.demo import Demo
from services.cli.up.public_address import PublicAddress
from services.config.settings import load_settings
from tests.each import for_each

PUBLIC = PublicAddress("0.0.0.0", 8080, 8443)  # noqa: S104


def test_the_curl_line_survives_a_shell() -> None:
    words = shlex.split(curl("http://localhost:8080", "cm_live_x", stream=True))
    assert words[:3] == ["curl", "-N", "http://localhost:8080/v1/chat"]
    assert "Authorization: Bearer cm_live_x" in words
    assert json.loads(words[-1]) == {"message": "How do I rotate a key?", "stream": True}


def test_the_first_banner_shows_the_key_and_lines_to_paste(tmp_path: Path) -> None:
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path)})
    text = banner(settings, PUBLIC, Demo("acct_1", "bot_1", "cm_live_x"), Doors(), colour=False)
    assert "http://localhost:8080/v1/chat" in text
    assert text.count("Bearer cm_live_x") == 2
    assert "\x1b" not in text


def test_a_later_banner_says_how_to_make_a_key(tmp_path: Path) -> None:
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path)})
    text = banner(settings, PUBLIC, Demo("acct_1", "bot_1"), Doors(), colour=False)
    assert f"CHATMOUNT_HOME={tmp_path}" in text
    assert "key create --bot bot_1 --name NAME" in text
    assert "YOUR_KEY" in text


def test_a_banner_without_a_demo_says_how_to_begin(tmp_path: Path) -> None:
    for switch in ("on", "off"):
        settings = load_settings({"CHATMOUNT_HOME": str(tmp_path), "CHATMOUNT_DASHBOARD": switch})
        text = banner(settings, PUBLIC, None, Doors(), colour=False)
        assert "account create NAME --plan plus" in text
        assert ("user link --first" in text) == (switch == "on")
        assert "Dashboard" not in text


@for_each("secret", ["", "abc"])
def test_the_dashboard_is_shown_by_the_link_that_somebody_has_to_open_first(tmp_path: Path, secret: str) -> None:
    dashboard = "http://localhost:8080/dashboard/"
    link = f"{dashboard}link?secret={secret}" if secret else ""
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path)})
    text = banner(settings, PUBLIC, Demo("acct_1", "bot_1"), Doors(dashboard, link), colour=False)
    assert f"  Dashboard  {link or dashboard}\n" in text
    assert ("first owner" in text) == bool(secret)


@for_each(
    ("host", "url", "seen"),
    [
        ("0.0.0.0", "", "http://localhost:8080/dashboard/"),  # noqa: S104
        ("127.0.0.1", "", "http://localhost:8080/dashboard/"),
        ("::", "", "http://localhost:8080/dashboard/"),
        ("192.0.2.7", "", "https://192.0.2.7:8443/dashboard/"),
        ("0.0.0.0", "https://chat.example.com", "https://chat.example.com/dashboard/"),  # noqa: S104
    ],
)
def test_the_dashboard_is_where_browsers_keep_its_cookies(host: str, url: str, seen: str) -> None:
    settings = load_settings({"CHATMOUNT_DASHBOARD_URL": url})
    assert PublicAddress(host, 8080, 8443).dashboard(settings) == seen


@for_each(
    ("host", "url", "friendly"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080", "http://localhost:8080"),  # noqa: S104
        ("::", "http://[::1]:8080", "http://localhost:8080"),
        ("192.0.2.7", "http://192.0.2.7:8080", "http://192.0.2.7:8080"),
        ("2001:db8::7", "http://[2001:db8::7]:8080", "http://[2001:db8::7]:8080"),
    ],
)
def test_a_listener_is_named_as_a_client_can_reach_it(host: str, url: str, friendly: str) -> None:
    address = PublicAddress(host, 8080, 8443)
    assert address.url("http") == url
    assert address.friendly_url("http") == friendly
    assert address.grpc == url.removeprefix("http://")
