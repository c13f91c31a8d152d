"""What somebody may attach to a report: everything but who they are and where.

Addresses, tokens and serial numbers are taken out, also from the middle of sentences. Each serial
number gets a stand-in, so that it can still be seen which values belong together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import AnyDeviceEntry

from .coordinator import HoymilesConfigEntry

TO_REDACT = {CONF_HOST, CONF_TOKEN, "address", "instance_id", "unique_id"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: HoymilesConfigEntry
) -> dict[str, Any]:
    """Describe the whole plant as it is shown."""
    coordinator = entry.runtime_data.coordinator
    return _anonymous(
        entry,
        {
            "entry": async_redact_data(
                {
                    "version": entry.version,
                    "source": entry.source,
                    "data": dict(entry.data),
                    "options": dict(entry.options),
                },
                TO_REDACT,
            ),
            "bridge": async_redact_data(asdict(coordinator.info), TO_REDACT),
            "connection": {
                "streaming": coordinator.streaming,
                "last_update_success": coordinator.last_update_success,
                "last_exception": repr(coordinator.last_exception),
            },
            "state": async_redact_data(asdict(coordinator.data), TO_REDACT),
        },
    )


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: HoymilesConfigEntry, device: AnyDeviceEntry
) -> dict[str, Any]:
    """Describe the entities of one device."""
    entities = er.async_entries_for_device(
        er.async_get(hass), device.id, include_disabled_entities=True
    )
    shown = {}
    for entity in entities:
        state = hass.states.get(entity.entity_id)
        shown[entity.entity_id] = {
            "disabled_by": entity.disabled_by,
            "state": None if state is None else state.state,
            "attributes": None if state is None else dict(state.attributes),
        }
    return _anonymous(entry, {"entities": shown})


def _anonymous(entry: HoymilesConfigEntry, data: dict[str, Any]) -> dict[str, Any]:
    """Replace what tells a home, wherever it stands: in keys, values and sentences."""
    state = entry.runtime_data.coordinator.data
    serials = [
        *(dtu.serial_number for dtu in state.dtus.values() if dtu.serial_number is not None),
        *state.inverters,
    ]
    stand_ins = {serial: f"serial_{number}" for number, serial in enumerate(serials, start=1)}
    for secret in (
        entry.data[CONF_HOST],
        entry.data.get(CONF_TOKEN),
        entry.unique_id,
        *(dtu.address for dtu in state.dtus.values()),
        *((dtu.address or "").rpartition(":")[0] for dtu in state.dtus.values()),
    ):
        if secret:
            stand_ins[secret] = REDACTED
    return {key: _replaced(value, stand_ins) for key, value in data.items()}


def _replaced(value: Any, stand_ins: Mapping[str, str]) -> Any:
    match value:
        case str():
            # The longest first: an address with its port before the address alone.
            for secret in sorted(stand_ins, key=len, reverse=True):
                value = value.replace(secret, stand_ins[secret])
            return value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {
                _replaced(key, stand_ins): _replaced(item, stand_ins) for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [_replaced(item, stand_ins) for item in value]
    return value
