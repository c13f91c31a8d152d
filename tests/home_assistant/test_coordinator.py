"""News come by the stream, by polling when it does not flow, and again by the stream."""

import copy
from datetime import datetime, timedelta
import logging
from zoneinfo import ZoneInfo

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.hoymiles_smiles import coordinator as module
from custom_components.hoymiles_smiles.client import Info
from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .conftest import eventually, set_up, shown
from .fake_bridge import FakeBridge, problem


def power(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    return shown(hass, "sensor", f"{entry.unique_id}_power")


def later(hass: HomeAssistant, **delta: float) -> None:
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(**delta))


async def test_a_snapshot_changes_what_it_is_about(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    news = copy.deepcopy(bridge.state)
    garage = [i for i in news["inverters"] if i["dtu_name"] == "Garage"]
    garage[0]["pv_power"] = 12.5
    news["plant"]["power_w"] = 1234.5
    bridge.send("snapshot", {"dtu_name": "Garage", **news, "inverters": garage})
    await eventually(lambda: power(hass, loaded) == "1234.5")
    assert shown(hass, "sensor", f"{garage[0]['serial_number']}_total_power") == "12.5"
    # The others are still there.
    for inverter in bridge.state["inverters"]:
        assert shown(hass, "sensor", f"{inverter['serial_number']}_total_power") != "unavailable"


async def test_a_status_keeps_the_inverters(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    serial = bridge.state["inverters"][0]["serial_number"]
    before = shown(hass, "sensor", f"{serial}_total_power")
    news = {key: copy.deepcopy(bridge.state[key]) for key in ("plant", "dtus")}
    news["plant"]["power_w"] = 7.5
    bridge.send("status", news)
    await eventually(lambda: power(hass, loaded) == "7.5")
    assert shown(hass, "sensor", f"{serial}_total_power") == before


async def test_what_is_older_or_unknown_changes_nothing(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    before = power(hass, loaded)
    old = {key: copy.deepcopy(bridge.state[key]) for key in ("plant", "dtus")}
    old["plant"] |= {"time": "2020-01-01T00:00:00Z", "power_w": 7.5}
    bridge.send("status", old)
    bridge.send("weather", bridge.state | {"plant": bridge.state["plant"] | {"power_w": 8.5}})
    bridge.send("event", {"no": "kind"})
    bridge.send("status", {"no": "plant"})
    new = {key: copy.deepcopy(bridge.state[key]) for key in ("plant", "dtus")}
    new["plant"] |= {"energy_today_wh": 99999}
    bridge.send("status", new)
    await eventually(lambda: shown(hass, "sensor", f"{loaded.unique_id}_energy_today") == "99.999")
    assert power(hass, loaded) == before


async def test_one_request_a_poll_and_none_while_it_streams(
    hass: HomeAssistant,
    bridge: FakeBridge,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # At midnight it asks as well, which is not the matter here.
    monkeypatch.setattr(module, "async_track_point_in_time", lambda *_: lambda: None)
    bridge.stream_is_mute = True
    await set_up(hass, entry)
    await eventually(lambda: bridge.requests.count("/api/stream") > 1)
    polled = bridge.requests.count("/api/state")
    bridge.state["plant"]["power_w"] = 7.5
    later(hass, seconds=70)
    await eventually(lambda: power(hass, entry) == "7.5")
    assert bridge.requests.count("/api/state") > polled

    bridge.stream_is_mute = False
    await eventually(lambda: entry.runtime_data.coordinator.streaming)
    await hass.async_block_till_done()
    polled = bridge.requests.count("/api/state")
    later(hass, minutes=20)
    await hass.async_block_till_done()
    assert bridge.requests.count("/api/state") == polled
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_bridge_that_goes_and_comes_back(
    hass: HomeAssistant,
    bridge: FakeBridge,
    loaded: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = power(hass, loaded)
    caplog.clear()
    bridge.is_gone()
    await eventually(lambda: power(hass, loaded) == "unavailable")
    failures = len(bridge.requests)
    await eventually(lambda: len(bridge.requests) > failures + 6)
    bridge.info["version"] = "3.1.0"
    bridge.is_back()
    await eventually(lambda: power(hass, loaded) == before)
    await eventually(lambda: loaded.runtime_data.coordinator.streaming)

    told = [r for r in caplog.records if r.levelno >= logging.INFO and "hoymiles" in r.name]
    assert len([r for r in told if r.levelno == logging.ERROR]) == 1
    assert len([r for r in told if "answers again" in r.message or "recovered" in r.message]) == 1
    bridge.send("state", bridge.state)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, loaded.unique_id), loaded.entry_id
    )
    await eventually(lambda: dr.async_get(hass).async_get(device.id).sw_version == "3.1.0")


async def test_a_stream_that_ends_is_taken_up_where_it_ended(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    bridge.send("state", bridge.state)
    await hass.async_block_till_done()
    bridge.end_streams()
    await eventually(lambda: any("Last-Event-ID" in headers for headers in bridge.headers))
    await eventually(lambda: loaded.runtime_data.coordinator.streaming)


async def test_a_stream_of_nonsense_is_left(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    bridge.send_raw(b"data: {nonsense\n\n")
    streams = bridge.requests.count("/api/stream")
    await eventually(lambda: bridge.requests.count("/api/stream") > streams)
    await eventually(lambda: loaded.runtime_data.coordinator.streaming)


async def test_a_token_that_changes(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    bridge.token = "new"
    bridge.end_streams()
    flows = hass.config_entries.flow
    await eventually(lambda: flows.async_progress_by_handler(DOMAIN))
    assert flows.async_progress_by_handler(DOMAIN)[0]["context"]["source"] == SOURCE_REAUTH
    assert loaded.state is ConfigEntryState.LOADED


async def test_who_it_is_cannot_be_asked_again(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    bridge.broken["/api/info"] = problem(503, "Soon.")
    bridge.end_streams()
    streams = bridge.requests.count("/api/stream")
    await eventually(lambda: bridge.requests.count("/api/stream") > streams)
    await eventually(lambda: loaded.runtime_data.coordinator.streaming)


async def test_energy_of_today_starts_anew_at_midnight(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry
) -> None:
    # In the plant's zone, which is not Home Assistant's.
    zone = ZoneInfo(bridge.info["time_zone"])
    assert str(dt_util.get_default_time_zone()) != str(zone)
    tomorrow = dt_util.now(zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, datetime.min.time(), zone)
    today = f"{loaded.unique_id}_energy_today"

    polled = bridge.requests.count("/api/state")
    async_fire_time_changed(hass, midnight)
    await hass.async_block_till_done()
    assert bridge.requests.count("/api/state") == polled

    bridge.state["plant"]["energy_today_wh"] = 0
    async_fire_time_changed(hass, midnight + timedelta(seconds=6))
    await eventually(lambda: float(shown(hass, "sensor", today)) == 0)


def test_it_polls_as_often_as_the_bridge_does(bridge: FakeBridge) -> None:
    def interval(*seconds: float) -> float:
        bridge.info["dtus"] = [
            {"name": str(n), "poll_interval_seconds": s} for n, s in enumerate(seconds)
        ]
        info = Info.parse(bridge.info)
        assert info is not None
        return module._poll_interval(info).total_seconds()

    assert interval(60, 30) == 30
    assert interval(1) == 10
    assert interval(86400) == 300
    assert interval() == 60
