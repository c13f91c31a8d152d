"""The tree of devices, and how it follows the plant."""

import copy

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .conftest import entity_id, eventually, set_up, shown
from .fake_bridge import FakeBridge


def tree(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str | None]:
    """Each device's name with that of the device that it hangs on."""
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
    names = {device.id: device.name for device in devices}
    found = {device.name: names.get(device.via_device_id) for device in devices}
    for child in dr.async_child_entries_for_config_entry(registry, entry.entry_id):
        parent = names[child.parent_device_id]
        found[f"{parent}: {child.name}"] = parent
    return found


def expected(bridge: FakeBridge) -> dict[str, str | None]:
    found: dict[str, str | None] = {"Hoymiles S-Miles": None}
    for dtu in bridge.state["dtus"]:
        found[f"DTU {dtu['name']}"] = "Hoymiles S-Miles"
    for inverter in bridge.state["inverters"]:
        name = f"Inverter {inverter['serial_number']}"
        found[name] = f"DTU {inverter['dtu_name']}"
        for port in inverter["ports"]:
            found[f"{name}: PV {port['port_number']}"] = name
    return found


async def test_the_tree(hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry) -> None:
    assert tree(hass, loaded) == expected(bridge)
    registry = dr.async_get(hass)
    hub = registry.async_get_device_by_identifier((DOMAIN, loaded.unique_id), loaded.entry_id)
    assert hub.entry_type is dr.DeviceEntryType.SERVICE
    assert hub.sw_version == bridge.info["version"]
    assert hub.configuration_url == f"http://127.0.0.1:{bridge.port}"
    raw = bridge.state["inverters"][0]
    inverter = registry.async_get_device_by_identifier(
        (DOMAIN, raw["serial_number"]), loaded.entry_id
    )
    assert inverter.serial_number == raw["serial_number"]
    assert inverter.model == f"{raw['inverter_type']} ({len(raw['ports'])} PV)"
    assert inverter.model_id == raw["serial_number"][:4]


async def test_an_inverter_of_an_unknown_family_and_dtu(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    raw = bridge.state["inverters"][0]
    raw |= {"inverter_type": None, "dtu_name": "elsewhere"}
    await set_up(hass, entry)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, raw["serial_number"]), entry.entry_id
    )
    assert (device.model, device.via_device_id) == (None, None)
    assert shown(hass, "sensor", f"{raw['serial_number']}_total_power") == str(raw["pv_power"])
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_new_inverter_appears_without_a_reload(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    new = copy.deepcopy(bridge.state["inverters"][0])
    new["serial_number"] = "116199999999"
    for port in new["ports"]:
        port["serial_number"] = "116199999999"
    bridge.state["inverters"].append(new)
    bridge.send("state", bridge.state)
    await eventually(lambda: tree(hass, loaded) == expected(bridge))
    await hass.async_block_till_done()
    assert shown(hass, "sensor", "116199999999_total_power") == str(new["pv_power"])
    assert shown(hass, "sensor", "116199999999_port1_pv_power") != "unavailable"


async def test_a_retired_inverter_goes_and_comes_back(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    retired = bridge.state["inverters"][0]
    serial = retired["serial_number"]
    was = entity_id(hass, "sensor", f"{serial}_total_power")
    before = tree(hass, loaded)

    retired["retired"] = True
    bridge.send("state", bridge.state)
    await eventually(lambda: not any(serial in name for name in tree(hass, loaded)))
    assert er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{serial}_total_power") is None
    assert len(tree(hass, loaded)) == len(before) - 1 - len(retired["ports"])

    retired["retired"] = False
    bridge.send("state", bridge.state)
    await eventually(lambda: tree(hass, loaded) == before)
    await hass.async_block_till_done()
    assert entity_id(hass, "sensor", f"{serial}_total_power") == was
    assert hass.states.get(was).state == str(retired["pv_power"])


async def test_nothing_goes_while_the_bridge_is_starting(
    hass: HomeAssistant,
    bridge: FakeBridge,
    loaded: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = tree(hass, loaded)
    empty = copy.deepcopy(bridge.state)
    empty["plant"] |= {"state": "starting", "energy_month_wh": None}
    empty["inverters"] = []
    serial = bridge.state["inverters"][0]["serial_number"]
    bridge.send("state", empty)
    await eventually(lambda: shown(hass, "sensor", f"{serial}_total_power") == "unknown")
    assert shown(hass, "binary_sensor", f"{serial}_asleep") == "unknown"
    assert tree(hass, loaded) == before
    # Then it knows, and shows what it showed before.
    bridge.send("state", bridge.state)
    power = str(bridge.state["inverters"][0]["pv_power"])
    await eventually(lambda: shown(hass, "sensor", f"{serial}_total_power") == power)
    await hass.async_block_till_done()
    assert "does not generate unique IDs" not in caplog.text


async def test_a_dtu_that_left_the_configuration_goes(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    gone = bridge.state["dtus"].pop()["name"]
    bridge.state["inverters"] = [i for i in bridge.state["inverters"] if i["dtu_name"] != gone]
    bridge.send("state", bridge.state)
    await eventually(lambda: tree(hass, loaded) == expected(bridge))


async def test_a_panel_is_called_what_its_owner_calls_it(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    raw = bridge.state["inverters"][0]
    raw["ports"][0]["name"] = "Above the kitchen"
    bridge.send("state", bridge.state)
    name = f"Inverter {raw['serial_number']}: Above the kitchen"
    await eventually(lambda: name in tree(hass, loaded))


async def test_a_port_needs_its_inverter(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    runtime = loaded.runtime_data
    inverter = next(iter(runtime.coordinator.data.inverters.values()))
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, inverter.serial_number), loaded.entry_id
    )
    registry.async_remove_device(device.id)
    with pytest.raises(ValueError, match="is not registered"):
        runtime.devices.port(inverter, inverter.ports[1])
