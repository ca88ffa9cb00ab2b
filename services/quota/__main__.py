"""The Quota process: `python -m services.quota`."""

from services.config.plans import load_plans, load_widget_limits
from services.config.settings import Settings
from services.quota.build import SERVICE, open_quota
from services.rpc.process import Open, Part, run_parts


def prepare(settings: Settings) -> Open:
    """What opens Quota. SettingsError for a setting that can't be used."""
    plans, widget_limits = load_plans(settings.plans_file), load_widget_limits(settings.plans_file)
    return lambda *_: open_quota(settings, plans, widget_limits=widget_limits)


PART = Part(SERVICE, prepare)


def main() -> None:
    """Serves until it is told to stop."""
    run_parts([PART])


if __name__ == "__main__":
    main()
