"""Every way through the flow, every error, and that one can go on after it."""

from ipaddress import ip_address
from typing import Any

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hoymiles_smiles.config_flow import cleaned
from custom_components.hoymiles_smiles.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_HASSIO,
    SOURCE_USER,
    SOURCE_ZEROCONF,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .fake_bridge import FakeBridge, problem


@pytest.fixture
def _no_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set up after a flow is not the matter here."""

    async def done(*_: Any) -> bool:
        return True

    monkeypatch.setattr("custom_components.hoymiles_smiles.async_setup_entry", done)
    monkeypatch.setattr("custom_components.hoymiles_smiles.async_unload_entry", done)


pytestmark = pytest.mark.usefixtures("_no_setup")


def address(bridge: FakeBridge, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": bridge.port, "ssl": False, **more}


def announcement(bridge: FakeBridge, instance_id: str | None) -> ZeroconfServiceInfo:
    return ZeroconfServiceInfo(
        ip_address=ip_address("127.0.0.1"),
        ip_addresses=[ip_address("127.0.0.1")],
        port=bridge.port,
        hostname="bridge.local.",
        type="_hoymiles-smiles._tcp.local.",
        name="Hoymiles S-Miles._hoymiles-smiles._tcp.local.",
        properties={"version": "3.0.0"} | ({"id": instance_id} if instance_id else {}),
    )


async def start(hass: HomeAssistant) -> str:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    return result["flow_id"]


async def test_by_hand(hass: HomeAssistant, bridge: FakeBridge) -> None:
    flow = await start(hass)
    result = await hass.config_entries.flow.async_configure(flow, address(bridge))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Hoymiles S-Miles"
    assert result["data"] == address(bridge)
    assert result["result"].unique_id == bridge.info["instance_id"]


def _html(_status: int = 200) -> web.Response:
    return web.Response(text="<h1>My router</h1>", content_type="text/html")


@pytest.mark.parametrize(
    ("answers", "error", "words"),
    [
        ({"/api/info": problem(502, "Nobody home.")}, "cannot_connect", "Nobody home."),
        ({"/api/info": problem(503, "Soon.")}, "cannot_connect", "Soon."),
        ({"/api/info": _html(), "/health": _html()}, "not_a_bridge", ""),
        ({"/api/info": problem(404, "?"), "/health": problem(404, "?")}, "not_a_bridge", ""),
        ({"/api/info": web.json_response(["a", "list"]), "/health": _html()}, "not_a_bridge", ""),
        ({"/api/info": web.json_response({"api": 1}), "/health": _html()}, "not_a_bridge", ""),
        ({"/api/info": problem(404, "?")}, "bridge_too_old", "2.0.0"),
        ({"/api/info": problem(401, "Who?")}, "wrong_token", ""),
        ({"/api/info": problem(403, "No.")}, "wrong_token", ""),
    ],
)
async def test_errors_and_going_on(
    hass: HomeAssistant,
    bridge: FakeBridge,
    answers: dict[str, web.Response],
    error: str,
    words: str,
) -> None:
    bridge.broken.update(answers)
    flow = await start(hass)
    result = await hass.config_entries.flow.async_configure(flow, address(bridge))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    placeholders = result["description_placeholders"]
    assert words in placeholders["error"] or words == placeholders["version"]

    bridge.is_back()
    result = await hass.config_entries.flow.async_configure(flow, address(bridge))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_nothing_listens_there(hass: HomeAssistant, bridge: FakeBridge) -> None:
    flow = await start(hass)
    result = await hass.config_entries.flow.async_configure(flow, address(bridge) | {"port": 1})
    assert result["errors"] == {"base": "cannot_connect"}
    result = await hass.config_entries.flow.async_configure(
        flow, address(bridge) | {"host": "what is this?"}
    )
    assert result["errors"] == {"base": "invalid_host"}
    result = await hass.config_entries.flow.async_configure(flow, address(bridge))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_bridge_before_the_stream_is_too_old(
    hass: HomeAssistant, bridge: FakeBridge
) -> None:
    bridge.info["capabilities"] = ["history"]
    result = await hass.config_entries.flow.async_configure(await start(hass), address(bridge))
    assert result["errors"] == {"base": "bridge_too_old"}
    bridge.info["api_version"] = 2
    result = await hass.config_entries.flow.async_configure(result["flow_id"], address(bridge))
    assert result["errors"] == {"base": "bridge_too_new"}


async def test_a_token(hass: HomeAssistant, bridge: FakeBridge) -> None:
    bridge.token = "secret"
    flow = await start(hass)
    result = await hass.config_entries.flow.async_configure(flow, address(bridge, token="wrong"))
    assert result["errors"] == {"base": "wrong_token"}
    # What was typed comes back, but a token does not.
    suggested = {
        str(key): (key.description or {}).get("suggested_value")
        for key in result["data_schema"].schema
    }
    assert suggested["host"] == "127.0.0.1"
    assert suggested["token"] is None
    result = await hass.config_entries.flow.async_configure(flow, address(bridge, token="secret"))
    assert result["data"]["token"] == "secret"


async def test_the_same_bridge_twice(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, "host": "10.0.0.9"})
    result = await hass.config_entries.flow.async_configure(await start(hass), address(bridge))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    # It is where it was found last.
    assert entry.data["host"] == "127.0.0.1"


async def test_a_bridge_that_has_no_id_yet(hass: HomeAssistant, bridge: FakeBridge) -> None:
    bridge.info["instance_id"] = None
    result = await hass.config_entries.flow.async_configure(await start(hass), address(bridge))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id is None
    result = await hass.config_entries.flow.async_configure(await start(hass), address(bridge))
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ({"host": " 10.0.0.2 "}, {"host": "10.0.0.2", "port": 8080, "ssl": False}),
        ({"host": "http://10.0.0.2:81/"}, {"host": "10.0.0.2", "port": 81, "ssl": False}),
        ({"host": "https://sun.home/x"}, {"host": "sun.home", "port": 8080, "ssl": True}),
        ({"host": "http://[fe80::1]:81"}, {"host": "fe80::1", "port": 81, "ssl": False}),
        ({"host": "http://"}, {"host": "http://", "port": 8080, "ssl": False}),
        ({"host": "http://a:b:c"}, {"host": "http://a:b:c", "port": 8080, "ssl": False}),
        ({"host": "a", "token": ""}, {"host": "a", "port": 8080, "ssl": False}),
    ],
)
def test_addresses_as_people_type_them(typed: dict[str, Any], meant: dict[str, Any]) -> None:
    assert cleaned({"port": 8080, "ssl": False} | typed) == meant


async def discovered(hass: HomeAssistant, bridge: FakeBridge, instance_id: str | None) -> Any:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announcement(bridge, instance_id)
    )


async def test_discovery(hass: HomeAssistant, bridge: FakeBridge) -> None:
    result = await discovered(hass, bridge, bridge.info["instance_id"])
    assert result["step_id"] == "discovery_confirm"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == bridge.info["instance_id"]
    assert result["data"] == address(bridge)


async def told_by_the_app(hass: HomeAssistant, bridge: FakeBridge, **more: str) -> Any:
    """What the Supervisor hands on of the message that the bridge sends at its start."""
    told = {"host": "127.0.0.1", "port": bridge.port, "addon": "Hoymiles S-Miles"} | more
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_HASSIO},
        data=HassioServiceInfo(
            config=told,
            name="Hoymiles S-Miles",
            slug="0a1b2c3d_hoymiles_smiles",
            uuid="5bb2fd6b7f1c4b5b9e5f0d5a1b2c3d4e",
        ),
    )


async def test_the_app_of_home_assistant_brings_its_token(
    hass: HomeAssistant, bridge: FakeBridge
) -> None:
    bridge.token = "secret"
    result = await told_by_the_app(hass, bridge, token="secret")
    assert result["step_id"] == "discovery_confirm"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == bridge.info["instance_id"]
    assert result["data"] == address(bridge, token="secret")


async def test_the_app_of_home_assistant_has_another_token(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.token = "new"
    result = await told_by_the_app(hass, bridge, token="new")
    assert result["reason"] == "already_configured"
    assert entry.data == address(bridge, token="new")


async def test_discovery_of_a_bridge_that_vanishes(hass: HomeAssistant, bridge: FakeBridge) -> None:
    result = await discovered(hass, bridge, bridge.info["instance_id"])
    bridge.is_gone()
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})
    assert result["reason"] == "cannot_connect"
    result = await discovered(hass, bridge, None)
    assert result["reason"] == "cannot_connect"


async def test_discovery_of_a_bridge_with_a_token(hass: HomeAssistant, bridge: FakeBridge) -> None:
    bridge.token = "secret"
    result = await discovered(hass, bridge, bridge.info["instance_id"])
    assert result["step_id"] == "discovery_token"
    flow = result["flow_id"]
    result = await hass.config_entries.flow.async_configure(flow, {"token": "wrong"})
    assert result["errors"] == {"base": "wrong_token"}
    result = await hass.config_entries.flow.async_configure(flow, {"token": "secret"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"]["token"] == "secret"


@pytest.mark.parametrize("announces_id", [True, False])
async def test_discovery_finds_a_bridge_that_has_moved(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry, announces_id: bool
) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, "host": "10.0.0.9"})
    result = await discovered(hass, bridge, bridge.info["instance_id"] if announces_id else None)
    assert result["reason"] == "already_configured"
    assert entry.data["host"] == "127.0.0.1"


async def test_reconfigure(hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(
        entry, data={"host": "10.0.0.9", "port": 1, "ssl": False, "token": "old"}
    )
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    flow = result["flow_id"]
    bridge.broken["/api/info"] = problem(502, "Nobody home.")
    result = await hass.config_entries.flow.async_configure(flow, address(bridge))
    assert result["errors"] == {"base": "cannot_connect"}
    bridge.is_back()
    result = await hass.config_entries.flow.async_configure(flow, address(bridge))
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == address(bridge)


async def test_reconfigure_to_another_bridge(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.info["instance_id"] = "00000000-0000-0000-0000-000000000000"
    result = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], address(bridge))
    assert result["reason"] == "another_bridge"


async def test_reauthentication(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.token = "new"
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    flow = result["flow_id"]
    result = await hass.config_entries.flow.async_configure(flow, {"token": "wrong"})
    assert result["errors"] == {"base": "wrong_token"}
    result = await hass.config_entries.flow.async_configure(flow, {"token": "new"})
    assert result["reason"] == "reauth_successful"
    assert entry.data == address(bridge, token="new")


async def test_reauthentication_with_another_bridge(
    hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry
) -> None:
    bridge.info["instance_id"] = "00000000-0000-0000-0000-000000000000"
    result = await entry.start_reauth_flow(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"token": "x"})
    assert result["reason"] == "another_bridge"


async def test_options(hass: HomeAssistant, bridge: FakeBridge, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "init"
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"history": "plant"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"history": "plant"}
