"""Setting up a bridge: by hand, by discovery, again with another address or token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, override

import probatio
from yarl import URL

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_SSL, CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .client import (
    BridgeError,
    BridgeTooNew,
    BridgeTooOld,
    Client,
    Info,
    NotABridge,
    WrongToken,
)
from .const import CONF_HISTORY, DEFAULT_PORT, DOMAIN, HISTORY_INVERTER, HISTORY_LEVELS
from .legacy import VERSION

TITLE = "Hoymiles S-Miles"

_PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))

ADDRESS = probatio.Schema(
    {
        probatio.Required(CONF_HOST): TextSelector(),
        probatio.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
        probatio.Optional(CONF_TOKEN): _PASSWORD,
        probatio.Required(CONF_SSL, default=False): bool,
    }
)
TOKEN = probatio.Schema({probatio.Required(CONF_TOKEN): _PASSWORD})


def make_client(hass: HomeAssistant, data: Mapping[str, Any]) -> Client:
    """Return a client for what a config entry holds."""
    return Client(
        async_get_clientsession(hass),
        data[CONF_HOST],
        data[CONF_PORT],
        token=data.get(CONF_TOKEN),
        tls=data.get(CONF_SSL, False),
    )


def cleaned(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Read an address as people paste it: with spaces, or as the whole link of the dashboard."""
    data = dict(user_input)
    data[CONF_HOST] = host = data[CONF_HOST].strip()
    if "://" in host:
        try:
            url = URL(host)
        except ValueError:
            return data
        if url.host is not None:
            data[CONF_HOST] = url.host
            data[CONF_SSL] = url.scheme == "https"
            if url.explicit_port is not None:
                data[CONF_PORT] = url.explicit_port
    if not data.get(CONF_TOKEN):
        data.pop(CONF_TOKEN, None)
    return data


class HoymilesConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for an address and finds out what is there."""

    VERSION = VERSION

    def __init__(self) -> None:
        """Nothing was discovered yet."""
        self._discovered: dict[str, Any] = {}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> HoymilesOptionsFlow:
        """Return the flow of the options."""
        return HoymilesOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for an address."""
        problem = _Problem()
        if user_input is not None:
            data = cleaned(user_input)
            if (info := await self._meet(data, problem)) is not None:
                return await self._create(data, info)
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(ADDRESS, _without_token(user_input)),
            errors=problem.errors,
            description_placeholders=problem.placeholders,
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Take what a bridge announces of itself."""
        data: dict[str, Any] = {
            CONF_HOST: str(discovery_info.ip_address),
            CONF_PORT: discovery_info.port or DEFAULT_PORT,
            CONF_SSL: False,
        }
        if instance_id := discovery_info.properties.get("id"):
            await self.async_set_unique_id(instance_id)
            self._abort_if_unique_id_configured(updates=_address(data))
        return await self._look_at(data, name=data[CONF_HOST])

    @override
    async def async_step_hassio(self, discovery_info: HassioServiceInfo) -> ConfigFlowResult:
        """Take what the app of Home Assistant tells of the bridge in it."""
        told = discovery_info.config
        data: dict[str, Any] = {
            CONF_HOST: told[CONF_HOST],
            CONF_PORT: told[CONF_PORT],
            CONF_SSL: False,
        }
        if token := told.get(CONF_TOKEN):
            data[CONF_TOKEN] = token
        return await self._look_at(data, name=discovery_info.name)

    async def _look_at(self, data: dict[str, Any], name: str) -> ConfigFlowResult:
        """Find out what was discovered, and whether it is set up already."""
        problem = _Problem()
        info = await self._meet(data, problem)
        if info is not None and info.instance_id is not None:
            await self.async_set_unique_id(info.instance_id)
            self._abort_if_unique_id_configured(updates=_way_in(data))
        # A bridge that did not know its id when it was set up has none to be told by.
        self._async_abort_entries_match(_address(data))
        if info is None and problem.errors["base"] != "wrong_token":
            return self.async_abort(reason=problem.errors["base"])
        self._discovered = data
        self.context["title_placeholders"] = {"host": name}
        if info is None:
            return await self.async_step_discovery_token()
        return await self.async_step_discovery_confirm()

    async def async_step_discovery_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the bridge that was discovered shall be set up."""
        if user_input is None:
            self._set_confirm_only()
            return self.async_show_form(
                step_id="discovery_confirm", description_placeholders=self._where()
            )
        problem = _Problem()
        if (info := await self._meet(self._discovered, problem)) is None:
            return self.async_abort(reason=problem.errors["base"])
        return await self._create(self._discovered, info)

    async def async_step_discovery_token(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the token of the bridge that was discovered."""
        problem = _Problem()
        if user_input is not None:
            data = self._discovered | user_input
            if (info := await self._meet(data, problem)) is not None:
                return await self._create(data, info)
        return self.async_show_form(
            step_id="discovery_token",
            data_schema=TOKEN,
            errors=problem.errors,
            description_placeholders=self._where() | problem.placeholders,
        )

    def _where(self) -> dict[str, str]:
        return {"host": self._discovered[CONF_HOST], "port": str(self._discovered[CONF_PORT])}

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another address of the same bridge."""
        entry = self._get_reconfigure_entry()
        problem = _Problem()
        if user_input is not None:
            data = cleaned(user_input)
            if (info := await self._meet(data, problem)) is not None:
                if info.instance_id is not None and entry.unique_id is not None:
                    await self.async_set_unique_id(info.instance_id)
                    self._abort_if_unique_id_mismatch(reason="another_bridge")
                # Not merged with what was: a token that was left out is none.
                return self.async_update_reload_and_abort(entry, data=data)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(ADDRESS, user_input or entry.data),
            errors=problem.errors,
            description_placeholders=problem.placeholders,
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for the token that the bridge has now."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the token."""
        entry = self._get_reauth_entry()
        problem = _Problem()
        if user_input is not None:
            info = await self._meet({**entry.data, **user_input}, problem)
            if info is not None:
                if info.instance_id is not None and entry.unique_id is not None:
                    await self.async_set_unique_id(info.instance_id)
                    self._abort_if_unique_id_mismatch(reason="another_bridge")
                return self.async_update_reload_and_abort(entry, data_updates=user_input)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=TOKEN,
            errors=problem.errors,
            description_placeholders={"host": entry.data[CONF_HOST]} | problem.placeholders,
        )

    async def _meet(self, data: Mapping[str, Any], problem: _Problem) -> Info | None:
        """Ask who is there, and take down what is wrong."""
        try:
            client = make_client(self.hass, data)
        except ValueError:
            problem.is_("invalid_host")
            return None
        try:
            return await client.info()
        except BridgeError as error:
            problem.of(error)
            return None

    async def _create(self, data: dict[str, Any], info: Info) -> ConfigFlowResult:
        if info.instance_id is not None:
            await self.async_set_unique_id(info.instance_id, raise_on_progress=False)
            self._abort_if_unique_id_configured(updates=_address(data))
        else:
            # A bridge that has not reached its database yet. The setup learns its id later.
            self._async_abort_entries_match(_address(data))
        return self.async_create_entry(title=TITLE, data=data)


class _Problem:
    """What is wrong with an address, in the words of the form."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}
        self.placeholders: dict[str, str] = {"error": "", "version": ""}

    def is_(self, key: str) -> None:
        self.errors["base"] = key

    def of(self, error: BridgeError) -> None:
        self.placeholders["error"] = str(error)
        match error:
            case WrongToken():
                self.is_("wrong_token")
            case NotABridge():
                self.is_("not_a_bridge")
            case BridgeTooOld(version=version):
                self.is_("bridge_too_old")
                self.placeholders["version"] = version
            case BridgeTooNew(version=version):
                self.is_("bridge_too_new")
                self.placeholders["version"] = version
            case _:
                self.is_("cannot_connect")


def _address(data: Mapping[str, Any]) -> dict[str, Any]:
    return {CONF_HOST: data[CONF_HOST], CONF_PORT: data[CONF_PORT]}


def _way_in(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the address, and the token if whoever told the address told that too."""
    return {key: data[key] for key in (CONF_HOST, CONF_PORT, CONF_TOKEN) if key in data}


def _without_token(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (user_input or {}).items() if key != CONF_TOKEN}


class HoymilesOptionsFlow(OptionsFlowWithReload):
    """Preferences."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whose past energy is wanted."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        schema = probatio.Schema(
            {
                probatio.Required(CONF_HISTORY, default=HISTORY_INVERTER): SelectSelector(
                    SelectSelectorConfig(options=list(HISTORY_LEVELS), translation_key=CONF_HISTORY)
                )
            }
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, self.config_entry.options),
        )
