from pathlib import Path

import pytest

from services.config.settings import SettingsError, load_settings
from tests.each import for_each


def test_an_empty_environment_gives_the_embedded_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.home == tmp_path / ".chatmount"
    assert (settings.http_port, settings.https_port) == (8080, 8443)
    assert settings.service_database_url("auth") == f"sqlite+aiosqlite:///{tmp_path}/.chatmount/auth.db"


WRONG = {
    "HTTP_PORT": ["eighty", "70000", "-1", "٨٠٨٠", "8_080", "8" * 5000],
    "DASHBOARD": ["perhaps"],
    "DASHBOARD_URL": [
        *("chat.example.com", "http://chat.example.com/dashboard/", "https://chat.example.com/app/dashboard/"),
        *("https://chat.example.com/?a=b", "https://chat.example.com/#a", "https://ada@chat.example.com/"),
    ],
    "DATABASE_URL": ["mysql://localhost/x", "postgresql://localhost/x"],
    "REDIS_URL": ["localhost:6379", "redis://localhost:many", "unix://"],
    "QDRANT_URL": ["localhost:6333", "http://[::1"],
    "QDRANT_API_KEY": ["two\nlines"],
    "QDRANT_TIMEOUT_MS": ["0"],
    "METRICS_LISTEN": ["9464", "127.0.0.1:９４６４"],
    "CRAWL_NETWORKS": ["everything", "10.0.0.1/8"],
    "LLM_URL": ["ftp://example.com", "http://", "http://localhost/v1"],
    "LLM_API_KEY": ["schlüssel"],
    "LLM_FALLBACK_URL": ["http://localhost/v1"],
    "LLM_WHEN_DOWN": ["panic"],
    "LLM_CONCURRENCY": ["0"],
    "LLM_TEMPERATURE": ["warm", "2.5", "nan"],
    "LLM_TOKENIZER": ["/nowhere/tokenizer.json"],
    "LLM_TOKEN_SECONDS": ["0"],
    "LLM_REWRITE": ["maybe"],
    "EMBEDDINGS_URL": ["http://localhost/v1"],
    "EMBEDDINGS_QUERY_PREFIX": ["query:"],
    "EMBEDDINGS_PASSAGE_PREFIX": ["two\nlines", "x" * 501],
    "MULTILINGUAL": ["german"],
    "PLANS_FILE": ["/nowhere/plans.toml"],
    "TLS_CERTIFICATE": ["/nowhere/cert.pem"],
    "AUTH_ADDRESS": ["localhost"],
    "TRUSTED_PROXIES": ["many"],
    "LOG_LEVEL": ["loud"],
    "SESSION_DAYS": ["0"],
    "OPERATOR": ["Ada\nGrace", "a" * 201],
}


@for_each(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_setting_is_refused_in_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({f"CHATMOUNT_{name}": value})
    text = str(caught.value)
    assert f"CHATMOUNT_{name.removesuffix('_URL')}" in text
    assert "\n" not in text


@for_each(
    ("given", "read"),
    [
        ("https://chat.example.com", "https://chat.example.com/dashboard/"),
        ("https://chat.example.com:8443/dashboard", "https://chat.example.com:8443/dashboard/"),
        ("http://localhost:9000/dashboard/", "http://localhost:9000/dashboard/"),
        ("", ""),
    ],
)
def test_the_dashboards_url_is_a_host_however_it_is_written(given: str, read: str) -> None:
    assert load_settings({"CHATMOUNT_DASHBOARD_URL": given}).dashboard_url == read


def test_a_prefix_may_have_a_line_break_that_is_written() -> None:
    settings = load_settings(
        {
            "CHATMOUNT_EMBEDDINGS_URL": "http://localhost/v1",
            "CHATMOUNT_EMBEDDINGS_MODEL": "e5",
            "CHATMOUNT_EMBEDDINGS_QUERY_PREFIX": r"Instruct: find passages\nQuery:",
        }
    )
    assert settings.embeddings_query_prefix == "Instruct: find passages\nQuery:"


@for_each("of", ["LLM", "LLM_FALLBACK", "EMBEDDINGS"])
@for_each("part", ["MODEL", "API_KEY"])
def test_a_model_without_its_url_is_refused_rather_than_passed_over(of: str, part: str) -> None:
    with pytest.raises(
        SettingsError, match=f"CHATMOUNT_{of}_{part} has no effect without CHATMOUNT_{of}_URL: set that"
    ):
        load_settings({f"CHATMOUNT_{of}_{part}": "something"})


def test_a_password_in_a_wrong_url_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"CHATMOUNT_REDIS_URL": "http://user:hunter2@example.com"})
    assert "hunter2" not in str(caught.value)


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = load_settings(
        {
            "CHATMOUNT_DATABASE_URL": "postgresql+asyncpg://u:hunter2@db/x",
            "CHATMOUNT_REDIS_URL": "redis://:hunter2@redis",
            "CHATMOUNT_LLM_URL": "https://example.com/v1",
            "CHATMOUNT_LLM_MODEL": "m",
            "CHATMOUNT_LLM_API_KEY": "hunter2",
            "CHATMOUNT_LLM_FALLBACK_URL": "https://example.com/v1",
            "CHATMOUNT_LLM_FALLBACK_MODEL": "m",
            "CHATMOUNT_LLM_FALLBACK_API_KEY": "hunter2",
            "CHATMOUNT_ADMIN_TOKEN": "hunter2",
        }
    )
    assert "hunter2" not in repr(settings)
