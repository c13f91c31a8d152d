"""Hoymiles S-Miles: the solar plant that a bridge at home reads."""

from __future__ import annotations

from datetime import datetime

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.typing import ConfigType
from homeassistant.helpers.update_coordinator import UpdateFailed

from .actions import async_register_actions
from .client import BridgeError, BridgeTooNew, BridgeTooOld, Client, Info
from .config_flow import make_client
from .const import DOMAIN
from .coordinator import (
    Coordinator,
    HoymilesConfigEntry,
    Runtime,
    StatsCoordinator,
    translated,
)
from .devices import Devices
from .history import History
from .issues import Issues, async_report_version, async_version_is_fine
from .legacy import VERSION, async_adopt, async_migrate_version_2, async_take_over_version_1

PLATFORMS = (Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR)
CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

# A bridge that has not reached its database has no id yet. It will.
ASK_FOR_ID_EVERY = 60


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, which exist also while no bridge is loaded."""
    async_register_actions(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HoymilesConfigEntry) -> bool:
    """Meet the bridge, and show its plant."""
    client = make_client(hass, entry.data)
    info = await _meet(hass, entry, client)
    coordinator = Coordinator(hass, entry, client, info)
    await coordinator.async_config_entry_first_refresh()

    devices = Devices(hass, coordinator)
    history = History(hass, coordinator)
    entry.runtime_data = Runtime(
        coordinator, StatsCoordinator(hass, entry, client), devices, history
    )
    async_take_over_version_1(hass, entry, coordinator.data)
    # Devices first, so that each finds the one that it hangs on.
    devices.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    Issues(hass, coordinator).async_start()
    coordinator.async_start()
    history.async_start()
    return True


async def _meet(hass: HomeAssistant, entry: HoymilesConfigEntry, client: Client) -> Info:
    """Ask who is there, and make sure that it is who it was."""
    try:
        info = await client.info()
    except BridgeError as error:
        if isinstance(error, BridgeTooOld | BridgeTooNew):
            async_report_version(hass, entry, error)
        why = translated(error)
        if isinstance(why, UpdateFailed):
            raise ConfigEntryNotReady(
                translation_domain=why.translation_domain,
                translation_key=why.translation_key,
                translation_placeholders=why.translation_placeholders,
            ) from error
        raise why from error
    async_version_is_fine(hass, entry)
    if info.instance_id is None:
        _ask_for_the_id_later(hass, entry, client)
    elif entry.unique_id is None:
        if hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, info.instance_id):
            raise ConfigEntryError(translation_domain=DOMAIN, translation_key="set_up_twice")
        async_adopt(hass, entry, info.instance_id)
    elif entry.unique_id != info.instance_id:
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="another_bridge")
    return info


@callback
def _ask_for_the_id_later(hass: HomeAssistant, entry: HoymilesConfigEntry, client: Client) -> None:
    """Reload the entry as soon as the bridge knows who it is."""
    if entry.unique_id is not None:
        return

    async def ask(_now: datetime) -> None:
        try:
            known = (await client.info()).instance_id is not None
        except BridgeError:
            known = False
        if known:
            hass.config_entries.async_schedule_reload(entry.entry_id)
        else:
            _ask_for_the_id_later(hass, entry, client)

    entry.async_on_unload(async_call_later(hass, ASK_FOR_ID_EVERY, ask))


async def async_unload_entry(hass: HomeAssistant, entry: HoymilesConfigEntry) -> bool:
    """Let go of the bridge."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_migrate_entry(hass: HomeAssistant, entry: HoymilesConfigEntry) -> bool:
    """Bring an entry of an earlier version up to date."""
    if entry.version > VERSION:
        return False
    if entry.version < VERSION:
        async_migrate_version_2(hass, entry)
    return True


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: HoymilesConfigEntry, device: AnyDeviceEntry
) -> bool:
    """Let people remove a device that the bridge does not know any more."""
    runtime = entry.runtime_data
    return not device.identifiers & runtime.devices.present(runtime.coordinator.data)
