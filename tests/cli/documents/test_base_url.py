"""The public address of files is looked at before any of them is sent."""

import pytest

from services.cli.documents.document import checked_base_url, public_url
from tests.each import for_each


@for_each(
    ("base", "url"),
    [
        ("https://a.example", "https://a.example/b/100%25%20%23.md"),
        ("HTTPS://A.Example:443/%64ocs/", "https://a.example/docs/b/100%25%20%23.md"),
        ("http://[2001:db8::1]:8080/ü", "http://[2001:db8::1]:8080/%C3%BC/b/100%25%20%23.md"),
    ],
)
def test_names_of_files_stand_behind_it(base: str, url: str) -> None:
    assert public_url(checked_base_url(base), "b/100% #.md") == url


@for_each(
    ("base", "why"),
    [
        ("a.example", "must begin"),
        ("//a.example", "must begin"),
        ("ftp://a.example", "must begin"),
        ("https://", "no URL"),
        ("https://a.example:99999/", "no URL"),
        ("https://[::1/", "no URL"),
        ("https://a.example/b c", "no URL"),
        ("https://user:secret@a.example/", "password"),
        ("https://a.example/?page=", "must not contain"),
        ("https://a.example/#", "must not contain"),
    ],
)
def test_what_can_be_no_base_is_refused_with_the_reason(base: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        checked_base_url(base)
    assert "secret" not in str(caught.value)
