"""The examples do what they say: dashboards know their entities, blueprints act."""

from pathlib import Path
import re
import shutil
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
import yaml

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .conftest import entity_id, eventually, set_up
from .fake_bridge import FakeBridge

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/home-assistant"
BLUEPRINTS = ROOT / "blueprints/automation/hoymiles_smiles"


@pytest.mark.parametrize(("language", "name"), [("en", "dashboard"), ("de", "dashboard.de")])
async def test_a_dashboard_shows_entities_that_there_are(
    hass: HomeAssistant, entry: MockConfigEntry, language: str, name: str
) -> None:
    hass.config.language = language
    await set_up(hass, entry)
    text = (EXAMPLES / f"{name}.yaml").read_text()
    assert yaml.safe_load(text)["views"]
    named = set(re.findall(r"(?:sensor|binary_sensor|event)\.\w+", text))
    assert named
    assert {each for each in named if hass.states.get(each) is None} == set()
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_table_of_panels_has_all_of_them(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry, language: str
) -> None:
    hass.config.language = language
    await set_up(hass, entry)
    card = yaml.safe_load((EXAMPLES / "panels.yaml").read_text())
    assert card["type"] == "markdown"
    lines = Template(card["content"], hass).async_render().splitlines()
    assert lines[0] == "| Panel | Now | Today |"
    watts = []
    for line in lines[2:]:
        found = re.fullmatch(r"\| PV \d · \S+ \d{12} \| (\d+) W \| \d\.\d\d kWh \|", line)
        assert found is not None, line
        watts.append(int(found[1]))
    assert len(watts) == sum(len(i["ports"]) for i in bridge.state["inverters"])
    assert watts == sorted(watts, reverse=True)
    await hass.config_entries.async_unload(entry.entry_id)


async def automate(
    hass: HomeAssistant, tmp_path: Path, blueprint: str, **inputs: Any
) -> list[ServiceCall]:
    """Set an automation up as an owner does, and return what it tells."""
    hass.config.config_dir = str(tmp_path)
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints/automation/hoymiles_smiles")
    told = async_mock_service(hass, "notify", "owner")
    data = {"title": "{{ title }}", "message": "{{ message }}"}
    automation = {
        "use_blueprint": {
            "path": f"hoymiles_smiles/{blueprint}.yaml",
            "input": inputs | {"notify": [{"action": "notify.owner", "data": data}]},
        }
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    [state] = hass.states.async_all("automation")
    assert state.state == "on", state
    return told


async def trigger(hass: HomeAssistant, *, to_its_end: bool = True) -> None:
    """Run the automation now, if its conditions hold."""
    [state] = hass.states.async_all("automation")
    data = {"entity_id": state.entity_id, "skip_condition": False}
    await hass.services.async_call("automation", "trigger", data, blocking=to_its_end)


async def end(hass: HomeAssistant) -> None:
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_the_owner_hears_of_a_panel_that_falls_behind(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    panels = [
        entity_id(hass, "sensor", f"116180000001_port{number}_today_production")
        for number in (1, 2, 3, 4)
    ]
    told = await automate(hass, tmp_path, "panel_behind", panels=panels, at="21:30:00")
    await trigger(hass)
    assert told == [], "all are alike"

    bridge.inverter("116180000001")["ports"][2]["today_production"] = 100
    bridge.send("state", bridge.state)
    await eventually(lambda: hass.states.get(panels[2]).state == "0.1")
    await trigger(hass)
    [call] = told
    assert call.data["message"].startswith("PV 3 (Inverter 116180000001): 100 Wh. The others made")
    await end(hass)


async def test_the_owner_hears_of_a_dtu_that_is_silent(
    hass: HomeAssistant, bridge: FakeBridge, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    # Where it is noon now, by the sun and by the clock: the condition of the sun goes by the days
    # of the time zone.
    east = 12 - dt_util.utcnow().hour
    hass.config.latitude, hass.config.longitude = 0, 15 * east
    await hass.config.async_set_time_zone(f"Etc/GMT{-east:+}")
    dtu = entity_id(hass, "binary_sensor", f"{loaded.unique_id}_dtu_House_connectivity")
    told = await automate(hass, tmp_path, "dtu_silent", dtu=dtu, minutes=15)
    await trigger(hass)
    assert told == [], "it answers"

    bridge.dtu("House")["phase"] = "failing"
    bridge.send("state", bridge.state)
    await eventually(lambda: hass.states.get(dtu).state == "off")
    await trigger(hass, to_its_end=False)
    await eventually(lambda: len(told) == 1)
    bridge.dtu("House")["phase"] = "online"
    bridge.send("state", bridge.state)
    await eventually(lambda: len(told) == 2)
    assert [call.data["title"] for call in told] == ["DTU House", "DTU House"]
    assert [call.data["message"] for call in told] == [
        "The DTU does not answer.",
        "The DTU answers again.",
    ]
    await end(hass)
