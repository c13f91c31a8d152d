"""What earlier versions have left in the registries, and how it is taken over.

An entity keeps its history, its name and its place in automations as long as its entry in the
registry lives on. So the entries are changed, not made anew:

* Version 2 began each unique id with the id of its config entry. Ids of inverters and PV inputs
  begin with the serial number now, those of the bridge and its DTUs with the bridge's own id.
* Version 1 announced its sensors over MQTT: ``hoymiles_mqtt_inv_116100000001_temperature``. Those
  that no broker announces any more are given to this integration.
"""

from __future__ import annotations

import re
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .client import State
from .const import DEFAULT_PORT, DOMAIN, LOGGER
from .coordinator import identity

VERSION: Final = 2

# Version 1 is another domain, and what it sent over MQTT belongs to that integration.
VERSION_1_DOMAIN: Final = "hoymiles_mqtt"
VERSION_1_PLATFORMS: Final = ("mqtt", VERSION_1_DOMAIN)

_SERIAL = r"[0-9a-fA-F]{12}"
_OF_INVERTER = re.compile(rf"{_SERIAL}_.+")
_OF_VERSION_1 = re.compile(
    rf"hoymiles_mqtt_(?:(?P<what>DTU|inv)|port_(?P<port>\d+))_(?P<serial>{_SERIAL})_(?P<key>.+)"
)

# Version 1 named what a DTU shows like what a PV input shows.
_DTU_KEYS: Final = {
    "pv_power": "total_power",
    "today_production": "energy_today",
    "total_production": "energy_lifetime",
}
_BRIDGE_KEYS: Final = (
    "uptime",
    "dtu_query_count",
    "dtu_error_count",
    "dtu_last_query",
    "database_size",
    "cached_records",
)


@callback
def async_migrate_version_2(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Bring an entry of version 2 up to date, as far as that goes without asking the bridge."""
    # Its unique id was the address, which is no identity. The setup finds the true one.
    hass.config_entries.async_update_entry(
        entry,
        unique_id=None,
        version=VERSION,
        minor_version=1,
        data={
            CONF_HOST: entry.data[CONF_HOST],
            CONF_PORT: entry.data.get(CONF_PORT, DEFAULT_PORT),
        },
        # How often it asks is not set by people any more.
        options={},
    )
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        rest = entity.unique_id.removeprefix(f"{entry.entry_id}_")
        if _OF_INVERTER.fullmatch(rest):
            _rename(registry, entity, rest)
    devices = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        for domain, identifier in device.identifiers:
            if domain == DOMAIN and identifier.startswith("dtu_"):
                devices.async_update_device(
                    device.id, new_identifiers={(DOMAIN, f"{entry.entry_id}_{identifier}")}
                )


@callback
def async_adopt(hass: HomeAssistant, entry: ConfigEntry, instance_id: str) -> None:
    """Give an entry the identity of its bridge, which was not known before."""
    old = identity(entry)
    hass.config_entries.async_update_entry(entry, unique_id=instance_id)
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.unique_id.startswith(f"{old}_"):
            rest = entity.unique_id.removeprefix(f"{old}_")
            _rename(registry, entity, f"{instance_id}_{rest}")
    devices = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        for domain, identifier in device.identifiers:
            if identifier == old or identifier.startswith(f"{old}_"):
                renamed = instance_id + identifier.removeprefix(old)
                devices.async_update_device(device.id, new_identifiers={(domain, renamed)})


def _rename(registry: er.EntityRegistry, entity: er.RegistryEntry, unique_id: str) -> None:
    taken = registry.async_get_entity_id(entity.domain, DOMAIN, unique_id)
    if taken is None:
        registry.async_update_entity(entity.entity_id, new_unique_id=unique_id)
    else:
        LOGGER.warning("%s is left alone: %s has its place already", entity.entity_id, taken)


@callback
def async_take_over_version_1(hass: HomeAssistant, entry: ConfigEntry, state: State) -> list[str]:
    """Take over what version 1 has left, and return the ids of these entities.

    Only what nobody provides any more can be taken: while a broker still announces an entity, or
    the old integration still runs, it is theirs.
    """
    registry = er.async_get(hass)
    taken = []
    for entity in list(registry.entities.values()):
        if entity.platform not in VERSION_1_PLATFORMS:
            continue
        unique_id = _successor(entry, entity, state)
        if (
            unique_id is None
            or registry.async_get_entity_id(entity.domain, DOMAIN, unique_id) is not None
        ):
            continue
        try:
            registry.async_update_entity_platform(
                entity.entity_id,
                DOMAIN,
                new_config_entry_id=entry.entry_id,
                new_unique_id=unique_id,
                new_device_id=None,
            )
        except ValueError:
            LOGGER.debug("%s is still provided by %s", entity.entity_id, entity.platform)
            continue
        taken.append(entity.entity_id)
    if taken:
        LOGGER.info("Taken over from version 1: %s", ", ".join(taken))
    return taken


def _successor(entry: ConfigEntry, entity: er.RegistryEntry, state: State) -> str | None:
    """Return the unique id under which an entity of version 1 lives on, if it does."""
    if entity.domain != "sensor":
        return None
    if entity.platform == VERSION_1_DOMAIN:
        for key in _BRIDGE_KEYS:
            if entity.unique_id.endswith(f"_{key}"):
                return f"{identity(entry)}_{key}"
        return None
    found = _OF_VERSION_1.fullmatch(entity.unique_id)
    if found is None:
        return None
    serial, key = found["serial"].lower(), found["key"]
    if found["what"] == "DTU":
        names = [dtu.name for dtu in state.dtus.values() if dtu.serial_number == serial]
        if names and key in _DTU_KEYS:
            return f"{identity(entry)}_dtu_{names[0]}_{_DTU_KEYS[key]}"
        return None
    inverter = state.inverters.get(serial)
    if inverter is None:
        return None
    if found["what"] == "inv":
        return f"{serial}_{key}"
    number = int(found["port"])
    return f"{serial}_port{number}_{key}" if number in inverter.ports else None
