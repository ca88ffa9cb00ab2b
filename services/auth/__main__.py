"""The Auth process: `python -m services.auth`."""

from services.auth.build import SERVICE, open_auth
from services.config.plans import load_plans
from services.config.settings import Settings, SettingsError
from services.rpc.process import Open, Part, run_parts


def prepare(settings: Settings) -> Open:
    """What opens Auth. SettingsError for a setting that can't be used."""
    if not settings.quota_address:
        raise SettingsError("CHATMOUNT_QUOTA_ADDRESS must say where the Quota service is (host:port).")
    plans = load_plans(settings.plans_file)
    return lambda signer, neighbours: open_auth(settings, plans, signer, neighbours=neighbours)


PART = Part(SERVICE, prepare)


def main() -> None:
    """Serve until a signal."""
    run_parts([PART])


if __name__ == "__main__":
    main()
