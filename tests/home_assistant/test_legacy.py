"""Entities of version 2 and version 1 live on, with their ids and their history."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .conftest import eventually, set_up
from .fake_bridge import FakeBridge


@pytest.fixture
def version_2(hass: HomeAssistant, bridge: FakeBridge) -> MockConfigEntry:
    """What version 2 leaves: its entry, its devices, its entities."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Hoymiles S-Miles Bridge (127.0.0.1)",
        unique_id=f"127.0.0.1:{bridge.port}",
        data={"host": "127.0.0.1", "port": bridge.port},
        options={"scan_interval": 30},
        version=1,
    )
    entry.add_to_hass(hass)
    return entry


def leave(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    unique_id: str,
    entity_id: str,
    *,
    domain: str = "sensor",
    platform: str = DOMAIN,
    device: str | None = None,
) -> None:
    device_id = None
    if device is not None:
        device_id = (
            dr.async_get(hass)
            .async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, device)})
            .id
        )
    er.async_get(hass).async_get_or_create(
        domain,
        platform,
        unique_id,
        suggested_object_id=entity_id.partition(".")[2],
        config_entry=entry,
        device_id=device_id,
    )


async def test_entities_of_version_2_live_on(
    hass: HomeAssistant, bridge: FakeBridge, version_2: MockConfigEntry
) -> None:
    serial = bridge.state["inverters"][0]["serial_number"]
    dtu = bridge.state["dtus"][0]["name"]
    old, new = version_2.entry_id, bridge.info["instance_id"]
    expected = {
        "sensor.uptime": (f"{old}_uptime", f"{new}_uptime", old),
        "sensor.dtu_power": (
            f"{old}_dtu_{dtu}_total_power",
            f"{new}_dtu_{dtu}_total_power",
            f"dtu_{dtu}",
        ),
        "sensor.inverter_temperature": (
            f"{old}_{serial}_temperature",
            f"{serial}_temperature",
            serial,
        ),
        "sensor.port_energy": (
            f"{old}_{serial}_port1_total_production",
            f"{serial}_port1_total_production",
            f"{serial}_port1",
        ),
    }
    for entity_id, (unique_id, _, device) in expected.items():
        leave(hass, version_2, unique_id, entity_id, device=device)
    leave(
        hass,
        version_2,
        f"{old}_healthy",
        "binary_sensor.bridge",
        domain="binary_sensor",
        device=old,
    )
    registry, devices = er.async_get(hass), dr.async_get(hass)
    # Home Assistant has been started since.
    devices._live_device_ids.clear()
    device_ids = {entity_id: registry.async_get(entity_id).device_id for entity_id in expected}

    await set_up(hass, version_2)
    assert version_2.state is ConfigEntryState.LOADED
    assert version_2.version == 2
    assert version_2.unique_id == new
    assert version_2.data == {"host": "127.0.0.1", "port": bridge.port}
    assert version_2.options == {}
    for entity_id, (_, unique_id, _) in expected.items():
        assert registry.async_get(entity_id).unique_id == unique_id
        assert registry.async_get(entity_id).device_id == device_ids[entity_id]
        assert hass.states.get(entity_id).state not in ("unavailable", "unknown")
    assert registry.async_get("binary_sensor.bridge").unique_id == f"{new}_healthy"
    # A PV input is a part of its inverter now, under the id that automations know.
    child = devices.async_get(device_ids["sensor.port_energy"])
    assert child.parent_device_id == device_ids["sensor.inverter_temperature"]
    await hass.config_entries.async_unload(version_2.entry_id)


async def test_a_place_that_is_taken_is_left_alone(
    hass: HomeAssistant, bridge: FakeBridge, version_2: MockConfigEntry
) -> None:
    serial = bridge.state["inverters"][0]["serial_number"]
    leave(hass, version_2, f"{serial}_temperature", "sensor.new")
    leave(hass, version_2, f"{version_2.entry_id}_{serial}_temperature", "sensor.old")
    await set_up(hass, version_2)
    registry = er.async_get(hass)
    assert registry.async_get("sensor.new").unique_id == f"{serial}_temperature"
    left = registry.async_get("sensor.old").unique_id
    assert left.endswith(f"_{serial}_temperature")
    await hass.config_entries.async_unload(version_2.entry_id)


async def test_an_entry_of_the_future_is_not_touched(
    hass: HomeAssistant, bridge: FakeBridge
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, data={"host": "127.0.0.1"}, version=3)
    entry.add_to_hass(hass)
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR


async def test_entities_of_version_1_live_on(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    inverter = bridge.state["inverters"][0]
    serial = inverter["serial_number"]
    dtu = bridge.state["dtus"][0]
    mqtt = MockConfigEntry(domain="mqtt")
    mqtt.add_to_hass(hass)
    old = MockConfigEntry(domain="hoymiles_mqtt")
    old.add_to_hass(hass)
    bridge_id = entry.unique_id
    living: dict[str, tuple[Any, str, str, str]] = {
        "sensor.a": (
            mqtt,
            "mqtt",
            f"hoymiles_mqtt_inv_{serial}_temperature",
            f"{serial}_temperature",
        ),
        "sensor.b": (
            mqtt,
            "mqtt",
            f"hoymiles_mqtt_port_1_{serial}_total_production",
            f"{serial}_port1_total_production",
        ),
        "sensor.c": (
            mqtt,
            "mqtt",
            f"hoymiles_mqtt_DTU_{dtu['serial_number']}_total_production",
            f"{bridge_id}_dtu_{dtu['name']}_energy_lifetime",
        ),
        "sensor.d": (old, "hoymiles_mqtt", f"{old.entry_id}_uptime", f"{bridge_id}_uptime"),
    }
    for entity_id, (owner, platform, unique_id, _) in living.items():
        leave(hass, owner, unique_id, entity_id, platform=platform)
    theirs = {
        "sensor.x": (mqtt, "mqtt", "hoymiles_mqtt_inv_116900000001_temperature"),
        "sensor.y": (mqtt, "mqtt", f"hoymiles_mqtt_port_9_{serial}_pv_power"),
        "sensor.z": (mqtt, "mqtt", "zigbee_lamp"),
        "sensor.v": (mqtt, "mqtt", "hoymiles_mqtt_DTU_10f8ffffffff_pv_power"),
        "sensor.w": (old, "hoymiles_mqtt", f"{old.entry_id}_mqtt_errors"),
    }
    for entity_id, (owner, platform, unique_id) in theirs.items():
        leave(hass, owner, unique_id, entity_id, platform=platform)
    leave(
        hass,
        old,
        f"{old.entry_id}_health",
        "binary_sensor.u",
        domain="binary_sensor",
        platform="hoymiles_mqtt",
    )

    await set_up(hass, entry)
    registry = er.async_get(hass)
    for entity_id, (_, _, _, unique_id) in living.items():
        found = registry.async_get(entity_id)
        assert (found.platform, found.unique_id) == (DOMAIN, unique_id)
        assert found.config_entry_id == entry.entry_id
        assert hass.states.get(entity_id).state not in ("unavailable", "unknown")
    for entity_id, (_, platform, unique_id) in theirs.items():
        found = registry.async_get(entity_id)
        assert (found.platform, found.unique_id) == (platform, unique_id)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_what_a_broker_still_announces_is_the_brokers(
    hass: HomeAssistant,
    bridge: FakeBridge,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serial = bridge.state["inverters"][0]["serial_number"]
    mqtt = MockConfigEntry(domain="mqtt")
    mqtt.add_to_hass(hass)
    leave(hass, mqtt, f"hoymiles_mqtt_inv_{serial}_temperature", "sensor.a", platform="mqtt")
    monkeypatch.setattr(
        "homeassistant.helpers.entity.entity_sources", lambda _: {"sensor.a": {"domain": "mqtt"}}
    )
    await set_up(hass, entry)
    assert er.async_get(hass).async_get("sensor.a").platform == "mqtt"
    await eventually(lambda: entry.runtime_data.coordinator.streaming)
    await hass.config_entries.async_unload(entry.entry_id)
