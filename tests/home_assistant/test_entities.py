"""What the entities show, by day, at night, and while something is wrong."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.util import dt as dt_util

from .conftest import entity_id, eventually, set_up, shown
from .fake_bridge import FakeBridge, captured, problem


@pytest.fixture
def _all_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entities that are off by default are on."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


def numeric(state: str) -> float | None:
    return None if state in ("unknown", "unavailable") else float(state)


def kwh(energy_wh: float | None) -> float | None:
    return None if energy_wh is None else energy_wh / 1000


def total(values: list[float | None]) -> float | None:
    return None if None in values else sum(values)


def expected_numbers(identity: str, state: Any) -> dict[str, float | None]:
    """Unique ids with what the bridge says, read by other means than the integration reads it."""
    plant = state["plant"]
    expected = {
        f"{identity}_power": plant["power_w"],
        f"{identity}_energy_today": kwh(plant["energy_today_wh"]),
        f"{identity}_energy_lifetime": kwh(plant["energy_lifetime_wh"]),
        f"{identity}_peak_today": plant["peak_today_w"],
        f"{identity}_inverters_reporting": plant["inverters"]["reporting"],
        f"{identity}_dtu_query_count": sum(dtu["query_count"] for dtu in state["dtus"]),
        f"{identity}_dtu_error_count": sum(dtu["error_count"] for dtu in state["dtus"]),
    }
    for dtu in state["dtus"]:
        prefix = f"{identity}_dtu_{dtu['name']}"
        expected |= {
            f"{prefix}_total_power": dtu["power_w"],
            f"{prefix}_energy_today": kwh(dtu["energy_today_wh"]),
            f"{prefix}_energy_lifetime": kwh(dtu["energy_lifetime_wh"]),
            f"{prefix}_inverter_count": dtu["inverters"]["known"],
            f"{prefix}_query_count": dtu["query_count"],
            f"{prefix}_error_count": dtu["error_count"],
            f"{prefix}_response_time": dtu["response_seconds"],
        }
    old = {dtu["name"] for dtu in state["dtus"] if dtu["stale"]}
    for inverter in state["inverters"]:
        serial, ports = inverter["serial_number"], inverter["ports"]
        now = not inverter["stale"] and inverter["dtu_name"] not in old
        expected |= {
            f"{serial}_total_today_production": kwh(total([p["today_production"] for p in ports])),
            f"{serial}_total_lifetime_production": kwh(
                total([p["total_production"] for p in ports])
            ),
            f"{serial}_alarm_count": inverter["alarm_count"],
        }
        for key, ours in {
            "total_power": "pv_power",
            "grid_voltage": "grid_voltage",
            "grid_frequency": "grid_frequency",
            "temperature": "temperature",
        }.items():
            expected[f"{serial}_{key}"] = inverter[ours] if now else None
        for port in ports:
            prefix = f"{serial}_port{port['port_number']}"
            expected |= {
                f"{prefix}_today_production": kwh(port["today_production"]),
                f"{prefix}_total_production": kwh(port["total_production"]),
            }
            for key in ("pv_power", "pv_voltage", "pv_current"):
                expected[f"{prefix}_{key}"] = port[key] if now else None
    return expected


@pytest.mark.usefixtures("_all_enabled")
@pytest.mark.parametrize("scene", ["state_day", "state_night", "state_outage"])
async def test_every_number_is_the_bridges(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry, scene: str
) -> None:
    bridge.state = captured(scene)
    await set_up(hass, entry)
    expected = expected_numbers(entry.unique_id, bridge.state)
    seen = {unique_id: numeric(shown(hass, "sensor", unique_id)) for unique_id in expected}
    assert seen == pytest.approx(expected)
    states = [
        hass.states.get(entity.entity_id)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    ]
    assert "unavailable" not in {state.state for state in states}
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("_all_enabled")
async def test_words_by_day_and_at_night(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    serial = bridge.state["inverters"][0]["serial_number"]
    dtu = f"{loaded.unique_id}_dtu_{bridge.state['dtus'][0]['name']}"
    day = {
        ("sensor", f"{loaded.unique_id}_plant_state"): "producing",
        ("sensor", f"{dtu}_communication_status"): "online",
        ("sensor", f"{serial}_operating_status"): "producing",
        ("sensor", f"{serial}_alarm_code"): "no_alarm",
        ("sensor", f"{serial}_link_status"): "connected",
        ("binary_sensor", f"{loaded.unique_id}_healthy"): "on",
        ("binary_sensor", f"{dtu}_connectivity"): "on",
        ("binary_sensor", f"{serial}_connectivity"): "on",
        ("binary_sensor", f"{serial}_asleep"): "off",
        ("binary_sensor", f"{serial}_alarm"): "off",
    }
    assert {key: shown(hass, *key) for key in day} == day

    night = day | {
        ("sensor", f"{loaded.unique_id}_plant_state"): "asleep",
        ("sensor", f"{serial}_operating_status"): "asleep",
        ("sensor", f"{serial}_link_status"): "disconnected",
        ("binary_sensor", f"{serial}_connectivity"): "off",
        ("binary_sensor", f"{serial}_asleep"): "on",
    }
    bridge.send("state", captured("state_night"))
    await eventually(lambda: {key: shown(hass, *key) for key in night} == night)


async def test_an_outage_in_words(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    outage = captured("state_outage")
    silent = next(dtu for dtu in outage["dtus"] if dtu["phase"] == "failing")
    prefix = f"{loaded.unique_id}_dtu_{silent['name']}"
    bridge.send("state", outage)
    await eventually(lambda: shown(hass, "binary_sensor", f"{prefix}_connectivity") == "off")
    status = hass.states.get(entity_id(hass, "sensor", f"{prefix}_communication_status"))
    assert status.state == "failing"
    assert status.attributes["last_failure"] == silent["last_failure"]["text"]
    healthy = hass.states.get(entity_id(hass, "binary_sensor", f"{loaded.unique_id}_healthy"))
    assert healthy.state == "on"
    assert healthy.attributes["verdict"] == "degraded"
    assert healthy.attributes["reasons"] == outage["plant"]["verdict"]["reasons"]
    for inverter in outage["inverters"]:
        if inverter["dtu_name"] == silent["name"]:
            serial = inverter["serial_number"]
            assert shown(hass, "binary_sensor", f"{serial}_connectivity") == "off"
            # One poll has failed. What was read a minute ago is still worth something …
            power = ("sensor", f"{serial}_total_power")
            assert float(shown(hass, *power)) == inverter["pv_power"]
    # … until the bridge says that it is too old.
    silent["stale"] = True
    bridge.send("status", {key: outage[key] for key in ("plant", "dtus")})
    await eventually(lambda: shown(hass, *power) == "unknown")
    assert shown(hass, "binary_sensor", f"{serial}_asleep") == "unknown"
    assert shown(hass, "sensor", f"{serial}_total_lifetime_production") != "unknown"


async def test_a_dtu_that_is_off_with_the_sun(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    """What the bridge says of a DTU inside an inverter at night is true: there is no power."""
    night = captured("state_night")
    dtu = night["dtus"][0]
    dtu |= {"phase": "asleep", "stale": True}
    bridge.send("state", night)
    prefix = f"{loaded.unique_id}_dtu_{dtu['name']}"
    status = ("sensor", f"{prefix}_communication_status")
    await eventually(lambda: shown(hass, *status) == "asleep")
    assert float(shown(hass, "sensor", f"{prefix}_total_power")) == 0
    assert shown(hass, "binary_sensor", f"{prefix}_connectivity") == "off"
    for inverter in night["inverters"]:
        assert float(shown(hass, "sensor", f"{inverter['serial_number']}_total_power")) == 0


async def test_an_alarm(hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry) -> None:
    raw = bridge.state["inverters"][0]
    raw |= {"status": "alarm", "alarm_code": 209, "alarm_text": "panel 1: no input"}
    bridge.send("state", bridge.state)
    alarm = entity_id(hass, "binary_sensor", f"{raw['serial_number']}_alarm")
    await eventually(lambda: hass.states.get(alarm).state == "on")
    assert hass.states.get(alarm).attributes["text"] == "panel 1: no input"
    assert shown(hass, "sensor", f"{raw['serial_number']}_alarm_code") == "panel 1: no input"


@pytest.mark.usefixtures("_all_enabled")
async def test_ac_power_appears_once_it_is_known_and_stays(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    raw = bridge.state["inverters"][0]
    serial = raw["serial_number"]
    registry = er.async_get(hass)
    keys = ("active_power", "reactive_power", "power_factor")
    for key in keys:
        assert registry.async_get_entity_id("sensor", DOMAIN, f"{serial}_{key}") is None

    raw |= {"active_power": 950.5, "reactive_power": 1.5, "power_factor": 0.99}
    bridge.send("state", bridge.state)
    await eventually(
        lambda: registry.async_get_entity_id("sensor", DOMAIN, f"{serial}_power_factor")
    )
    await hass.async_block_till_done()
    assert [shown(hass, "sensor", f"{serial}_{key}") for key in keys] == ["950.5", "1.5", "0.99"]

    raw |= {"active_power": None}
    bridge.send("state", bridge.state)
    await eventually(lambda: shown(hass, "sensor", f"{serial}_active_power") == "unknown")
    await hass.config_entries.async_reload(loaded.entry_id)
    await eventually(lambda: shown(hass, "sensor", f"{serial}_active_power") == "unknown")


async def test_a_word_that_is_not_known_here(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    bridge.state["plant"]["state"] = "dreaming"
    bridge.send("state", bridge.state)
    await eventually(lambda: shown(hass, "sensor", f"{loaded.unique_id}_plant_state") == "unknown")


async def test_a_sum_is_not_formed_while_a_port_is_missing(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    raw = bridge.state["inverters"][0]
    raw["ports"][0] |= {"today_production": None, "total_production": None}
    bridge.state["inverters"][1]["ports"] = []
    bridge.send("state", bridge.state)
    prefix = raw["serial_number"]
    await eventually(lambda: shown(hass, "sensor", f"{prefix}_total_today_production") == "unknown")
    assert shown(hass, "sensor", f"{prefix}_total_lifetime_production") == "unknown"
    other = bridge.state["inverters"][1]["serial_number"]
    assert shown(hass, "sensor", f"{other}_total_today_production") == "unknown"


async def test_a_port_that_the_dtu_left_out(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    raw = bridge.state["inverters"][0]
    raw["ports"][0]["stale"] = True
    bridge.send("state", bridge.state)
    prefix = f"{raw['serial_number']}_port1"
    await eventually(lambda: shown(hass, "sensor", f"{prefix}_pv_power") == "unknown")
    assert float(shown(hass, "sensor", f"{prefix}_today_production")) == pytest.approx(
        raw["ports"][0]["today_production"] / 1000
    )


@pytest.mark.usefixtures("_all_enabled")
async def test_what_is_stored_is_asked_only_for_who_wants_it(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    prefix = loaded.unique_id
    size = bridge.stats["database_size_bytes"] / 1_000_000
    await eventually(
        lambda: numeric(shown(hass, "sensor", f"{prefix}_database_size")) == pytest.approx(size)
    )
    assert shown(hass, "sensor", f"{prefix}_cached_records") == str(
        bridge.stats["production_cache_entries"]
    )
    bridge.broken["/stats"] = problem(503, "The database is away.")
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=6))
    # Not unavailable: the bridge is there.
    await eventually(lambda: shown(hass, "sensor", f"{prefix}_database_size") == "unknown")


async def test_nobody_asks_what_is_stored_by_default(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=6))
    await hass.async_block_till_done()
    assert "/stats" not in bridge.requests


@pytest.mark.usefixtures("_all_enabled")
async def test_times(hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry) -> None:
    dtu = bridge.state["dtus"][0]
    last = shown(hass, "sensor", f"{loaded.unique_id}_dtu_{dtu['name']}_last_query_time")
    assert dt_util.parse_datetime(last) == dt_util.parse_datetime(dtu["last_success"]).replace(
        microsecond=0
    )
    now = dt_util.utcnow()
    for key, since in (
        ("uptime", bridge.info["start_time"]),
        ("dtu_last_query", max(dtu["last_success"] for dtu in bridge.state["dtus"])),
    ):
        seconds = (now - dt_util.parse_datetime(since)).total_seconds()
        assert float(shown(hass, "sensor", f"{loaded.unique_id}_{key}")) == pytest.approx(
            seconds, abs=30
        )
    peak = hass.states.get(entity_id(hass, "sensor", f"{loaded.unique_id}_peak_today"))
    assert peak.attributes["at"] == dt_util.parse_datetime(bridge.state["plant"]["peak_today_at"])


async def test_what_an_owner_needs_is_on_and_the_rest_is_off(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, loaded.entry_id)
    port = [e for e in entities if "_port1_" in e.unique_id]
    on = {e.unique_id.rpartition("_port1_")[2] for e in port if not e.disabled}
    assert on == {"pv_power", "today_production", "total_production"}
    assert all(e.has_entity_name and (e.translation_key or e.original_name) for e in entities)


def event(kind: str, subject: str, ended: str | None = None, **whose: str) -> dict[str, Any]:
    started = "2026-06-21T12:00:00Z"
    return {
        "kind": kind,
        "subject": subject,
        "inverter": whose.get("inverter"),
        "dtu": whose.get("dtu"),
        "started_at": started,
        "ended_at": ended,
        "text": "What happened.",
    }


async def test_events(hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry) -> None:
    serial = bridge.state["inverters"][0]["serial_number"]
    dtu = bridge.state["dtus"][0]["name"]
    places = {
        "bridge": entity_id(hass, "event", f"{loaded.unique_id}_event"),
        "dtu": entity_id(hass, "event", f"{loaded.unique_id}_dtu_{dtu}_event"),
        "inverter": entity_id(hass, "event", f"{serial}_event"),
    }
    over = "2026-06-21T12:05:00Z"
    for where, sent, seen in [
        ("inverter", event("alarm", serial, inverter=serial), "alarm_began"),
        ("inverter", event("alarm", serial, over, inverter=serial), "alarm_ended"),
        (
            "inverter",
            event("counter_correction", f"{serial}/1", over, inverter=serial),
            "counter_correction",
        ),
        ("dtu", event("dtu_outage", dtu, dtu=dtu), "dtu_outage_began"),
        ("dtu", event("dtu_outage", dtu, over, dtu=dtu), "dtu_outage_ended"),
        ("bridge", event("database_outage", "database"), "database_outage_began"),
    ]:
        others = {place: hass.states.get(e).state for place, e in places.items() if place != where}
        bridge.send("event", sent)
        await eventually(
            lambda where=where, seen=seen: (
                hass.states.get(places[where]).attributes["event_type"] == seen
            )
        )
        assert hass.states.get(places[where]).attributes["text"] == "What happened."
        assert others == {place: hass.states.get(places[place]).state for place in others}


async def test_other_words_for_what_lasts_are_no_new_event(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    dtu = bridge.state["dtus"][0]["name"]
    entity = entity_id(hass, "event", f"{loaded.unique_id}_dtu_{dtu}_event")
    began = copy.deepcopy(event("dtu_outage", dtu, dtu=dtu))
    bridge.send("event", began)
    await eventually(lambda: hass.states.get(entity).attributes["event_type"])
    first = hass.states.get(entity)
    bridge.send("event", began | {"text": "It still does not answer."})
    bridge.send("event", event("something_new", dtu, dtu=dtu))
    bridge.send("event", event("database_outage", "database"))
    other = entity_id(hass, "event", f"{loaded.unique_id}_event")
    await eventually(lambda: hass.states.get(other).attributes["event_type"])
    assert hass.states.get(entity) == first
