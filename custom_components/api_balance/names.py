"""One name for an account: the title of its entry and the name of its device stay the same.

Users rename an account in either place. Everything that mentions an account uses the title.
"""

from functools import partial

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import DOMAIN


@callback
def async_sync_names(hass: HomeAssistant) -> None:
    """Keep titles and device names the same from now on."""
    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, partial(_entry_changed, hass))
    hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, partial(_device_changed, hass))


@callback
def _entry_changed(hass: HomeAssistant, change: ConfigEntryChange, entry: ConfigEntry) -> None:
    """Give the device the title of its entry."""
    if entry.domain != DOMAIN:
        return
    registry = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if entry.title != (device.name_by_user or device.name):
            registry.async_update_device(device.id, name=entry.title, name_by_user=None)
    if coordinator := getattr(entry, "runtime_data", None):
        coordinator.async_rename()


@callback
def _device_changed(hass: HomeAssistant, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
    """Give the entry the name that the user has given its device."""
    data = event.data
    if data["action"] != "update" or "name_by_user" not in data["changes"]:
        return
    device = dr.async_get(hass).async_get(data["device_id"])
    if device is None or not (name := device.name_by_user):
        return
    for domain, entry_id in device.identifiers:
        if domain == DOMAIN and (entry := hass.config_entries.async_get_entry(entry_id)):
            hass.config_entries.async_update_entry(entry, title=name)
