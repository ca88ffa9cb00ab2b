"""The widget as its page shows it: which sightings are of which site, and which sites others can read."""

from chatmount.auth.v1.widget_pb2 import WidgetSighting

from services.auth.widget.origins import admits
from services.web.dashboard.widgets import Site
from tests.each import for_each

SITES = (
    "https://example.com",
    "http://example.com",
    "https://example.com:8443",
    "http://example.com:8080",
    "https://*.example.com",
    "http://*.example.com",
    "https://*.example.com:8443",
)
ORIGINS = (
    *(f"{scheme}://{name}example.com" for scheme in ("http", "https") for name in ("", "www.", "a.b.", "my")),
    *(f"https://{name}example.com:8443" for name in ("", "www.")),
    "http://example.com:8080",
    "https://example.com:8080",
    "https://example.com.evil.test",
    "https://example.org",
)


@for_each("site", SITES)
def test_a_sighting_is_of_the_sites_that_admit_it(site: str) -> None:
    seen = {origin for origin in ORIGINS if Site.of(site, [WidgetSighting(origin=origin, last_seen_at=1)]).seen_at}
    assert seen == {origin for origin in ORIGINS if admits([site], origin)}
    assert seen


def test_the_latest_sighting_counts() -> None:
    latest = WidgetSighting(origin="https://b.example.com", last_seen_at=9)
    earlier = WidgetSighting(origin="https://a.example.com", last_seen_at=5)
    foreign = WidgetSighting(origin="https://example.org", last_seen_at=10)
    site = Site.of("https://*.example.com", [foreign, latest, earlier])
    assert (site.seen_on, site.seen_at) == ("https://b.example.com", 9)


@for_each(
    ("origin", "is_unprotected"),
    [
        ("https://example.com", False),
        ("http://example.com", True),
        ("http://localhost.example.com", True),
        ("http://localhost", False),
        ("http://shop.localhost:3000", False),
        ("http://127.0.0.1:8000", False),
    ],
)
def test_others_can_read_what_goes_over_http_to_another_machine(origin: str, is_unprotected: bool) -> None:
    assert Site(origin).is_unprotected == is_unprotected
