"""Prepare the configuration folder of a Home Assistant."""

import json
from pathlib import Path
import shutil
from typing import Final

from .const import DOMAIN, HOST, ROOT

# What the pages need, and nothing that uses the network. Home Assistant adds its own defaults.
_CONFIGURATION: Final = f"""\
homeassistant:
  auth_providers:
    # No password is required on this computer.
    - type: trusted_networks
      trusted_networks: [{HOST}]
      allow_bypass_login: true
    - type: homeassistant
# These log an error when the programs for cameras are missing.
logger:
  logs:
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
frontend:
history:
# The automation of the demo presses buttons every ten seconds.
logbook:
  exclude:
    domains: [automation, button]
my:
recorder:
  exclude:
    domains: [button]
automation: !include automations.yaml
scene: !include scenes.yaml
script: !include scripts.yaml
"""


def prepare(folder: Path, port: int, archive: Path | None = None) -> bool:
    """Create a configuration folder, or reuse an existing one; return whether it is new.

    Home Assistant will listen on the port. The integration is the one of this checkout, or the one
    in the archive of a release.
    """
    storage = folder / ".storage"
    if is_new := not storage.exists():
        _create(folder)
    link = folder / "custom_components" / DOMAIN
    if archive:
        shutil.unpack_archive(archive, link)
    else:
        # The checkout may have been moved since the folder was created.
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / "custom_components" / DOMAIN)
    # In configuration.yaml, Home Assistant would revert a changed address after five minutes.
    http = storage / "http"
    stored = json.loads(http.read_text())
    stored["data"]["stable"] |= {"server_host": [HOST], "server_port": port}
    http.write_text(json.dumps(stored))
    return is_new


def _create(folder: Path) -> None:
    """Create the files of a new configuration folder."""
    # Takes two seconds, which only a new folder costs.
    from homeassistant.components.http import config  # noqa: PLC0415

    storage = folder / ".storage"
    storage.mkdir(parents=True)
    (folder / "custom_components").mkdir()
    (folder / "configuration.yaml").write_text(_CONFIGURATION)
    for name in ("automations", "scenes", "scripts"):
        (folder / f"{name}.yaml").touch()
    # This onboarding step would set up a weather service and internet radio, which use the
    # network. What it asks for is set by HomeAssistant.onboard().
    store(storage / "onboarding", 4, 1, {"done": ["core_config"]})
    stable = {
        **config.HTTP_STORAGE_SCHEMA({}),
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    data = {"stable": stable, "pending": None, "yaml_migration_done": True}
    store(storage / "http", config.STORAGE_VERSION, config.STORAGE_MINOR_VERSION, data)


def store(path: Path, version: int, minor_version: int, data: object) -> None:
    """Write a file in the format of Home Assistant's storage."""
    head = {"version": version, "minor_version": minor_version, "key": path.name}
    path.write_text(json.dumps({**head, "data": data}))
