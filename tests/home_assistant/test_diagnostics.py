"""Diagnostics hold what helps, and nothing that tells a home."""

import json

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hoymiles_smiles.const import DOMAIN
from custom_components.hoymiles_smiles.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .conftest import eventually, set_up
from .fake_bridge import FakeBridge, captured


async def test_of_a_bridge(hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry) -> None:
    bridge.token = "a-secret-token"
    bridge.state = captured("state_outage")
    hass.config_entries.async_update_entry(entry, data={**entry.data, "token": bridge.token})
    await set_up(hass, entry)
    await eventually(lambda: entry.runtime_data.coordinator.streaming)

    found = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(found)
    secrets = [bridge.token, bridge.info["instance_id"], "127.0.0.1"]
    for dtu in bridge.state["dtus"]:
        secrets += [dtu["serial_number"], dtu["address"], dtu["address"].rpartition(":")[0]]
    secrets += [inverter["serial_number"] for inverter in bridge.state["inverters"]]
    for secret in secrets:
        assert secret not in text

    assert found["bridge"]["version"] == bridge.info["version"]
    assert found["connection"]["streaming"] is True
    assert found["state"]["plant"]["energy_today_wh"] == bridge.state["plant"]["energy_today_wh"]
    first = len(bridge.state["dtus"]) + 1
    assert list(found["state"]["inverters"]) == [
        f"serial_{n}" for n in range(first, first + len(bridge.state["inverters"]))
    ]
    # The words of the failure are there, without the address.
    silent = next(dtu for dtu in bridge.state["dtus"] if dtu["phase"] == "failing")
    words = silent["last_failure"]["text"].replace(silent["address"], "**REDACTED**")
    shown = found["state"]["dtus"][silent["name"]]["last_failure"]["text"]
    assert shown == words.replace("127.0.0.1", "**REDACTED**")
    await hass.config_entries.async_unload(entry.entry_id)


async def test_of_a_device(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    serial = bridge.state["inverters"][0]["serial_number"]
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, serial), loaded.entry_id)
    found = await async_get_device_diagnostics(hass, loaded, device)
    assert serial not in json.dumps(found)
    shown = {key.rpartition("_")[2]: value for key, value in found["entities"].items()}
    assert float(shown["power"]["state"]) == bridge.state["inverters"][0]["pv_power"]
    assert shown["frequency"] == {
        "disabled_by": "integration",
        "state": None,
        "attributes": None,
    }
