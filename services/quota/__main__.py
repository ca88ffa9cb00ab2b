"""The Quota process: `python -m services.quota`."""

from services.config.plans import load_plans
from services.config.settings import Settings
from services.quota.build import SERVICE, open_quota
from services.rpc.process import Open, Part, run_parts


def prepare(settings: Settings) -> Open:
    """What opens Quota. SettingsError for a setting that can't be used."""
    plans = load_plans(settings.plans_file)
    return lambda *_: open_quota(settings, plans)


PART = Part(SERVICE, prepare)


def main() -> None:
    """Serves until it is told to stop."""
    run_parts([PART])


if __name__ == "__main__":
    main()
