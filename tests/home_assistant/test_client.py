"""The client alone: it needs no Home Assistant."""

import ast
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.hoymiles_smiles import client as package
from custom_components.hoymiles_smiles.client import (
    CannotConnect,
    Client,
    Dtu,
    EnergySeries,
    Info,
    Inverter,
    Message,
    NotReady,
    Plant,
    State,
    UnexpectedAnswer,
    sse,
)
from custom_components.hoymiles_smiles.client.models import Failure, Port

from .fake_bridge import FakeBridge, captured, problem


@pytest.fixture
async def client(bridge: FakeBridge) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, "127.0.0.1", bridge.port, token="secret")


def test_it_is_free_of_home_assistant() -> None:
    for path in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            assert not any(name.startswith(("homeassistant", "custom_")) for name in names), path


async def test_it_says_who_it_is_and_never_follows_a_redirect(
    bridge: FakeBridge, client: Client
) -> None:
    assert (await client.info()).instance_id == bridge.info["instance_id"]
    assert bridge.headers[-1]["Authorization"] == "Bearer secret"
    elsewhere = web.Response(status=302, headers={"Location": "/stats"})
    bridge.broken["/api/state"] = elsewhere
    with pytest.raises(UnexpectedAnswer, match="status 302"):
        await client.state()
    assert bridge.requests[-1] == "/api/state"


@pytest.mark.parametrize(("said", "seconds"), [("7", 7.0), ("soon", None), (None, None)])
async def test_how_long_to_wait(
    bridge: FakeBridge, client: Client, said: str | None, seconds: float | None
) -> None:
    headers = {} if said is None else {"Retry-After": said}
    bridge.broken["/stats"] = problem(503, "The database is away.", headers)
    with pytest.raises(NotReady, match="The database is away") as caught:
        await client.stats()
    assert caught.value.retry_after == seconds


async def test_answers_that_are_none(bridge: FakeBridge, client: Client) -> None:
    bridge.state = {"inverters": []}
    with pytest.raises(UnexpectedAnswer, match="lacks the plant"):
        await client.state()
    bridge.stats = ["a", "list"]
    with pytest.raises(UnexpectedAnswer, match="/stats cannot be read"):
        await client.stats()
    bridge.broken["/stats"] = web.Response(status=400, text="<html>")
    with pytest.raises(UnexpectedAnswer, match="status 400"):
        await client.stats()


async def test_a_bridge_that_says_nothing(bridge: FakeBridge, client: Client) -> None:
    bridge.stream_is_mute = True

    class Impatient(aiohttp.ClientTimeout):
        pass

    package.rest.STREAM_TIMEOUT, kept = (
        aiohttp.ClientTimeout(sock_read=0.05),
        package.rest.STREAM_TIMEOUT,
    )
    try:
        with pytest.raises(CannotConnect):
            await anext(aiter(client.stream()))
    finally:
        package.rest.STREAM_TIMEOUT = kept


async def test_a_stream_that_is_refused(bridge: FakeBridge, client: Client) -> None:
    bridge.broken["/api/stream"] = problem(503, "Too many streams are open.")
    with pytest.raises(NotReady, match="Too many"):
        await anext(aiter(client.stream()))


async def read(*chunks: bytes) -> list[Message]:
    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return [message async for message in sse.messages(arriving())]


async def test_messages_wherever_they_are_cut() -> None:
    whole = (
        b': hello\n\nevent: state\nid: 1-1\ndata: {"a":\ndata: 1}\n\n'
        b'data:{"b": "\xc3\xa4"}\r\n\r\nevent: nothing\n\nretry: 5\nid: 1-3\ndata: [1]\n\n'
    )
    expected = [
        Message("state", "1-1", {"a": 1}),
        Message("message", "1-1", {"b": "ä"}),
        Message("message", "1-3", {}),
    ]
    assert await read(whole) == expected
    for cut in range(1, len(whole)):
        assert await read(whole[:cut], whole[cut:]) == expected
    assert await read(*(bytes([byte]) for byte in whole)) == expected


async def test_a_stream_without_an_end_of_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    with pytest.raises(UnexpectedAnswer, match="without an end"):
        await read(*[b"x" * 10] * 11)


async def test_data_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    with pytest.raises(UnexpectedAnswer, match="without an end"):
        await read(*[b"data: 0123456789\n"] * 11)


RUBBISH: list[Any] = [None, True, "", "text", -1, 1.5, [], [None, 1, {}], {}, {"name": 3}]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_any_field_may_be_anything(rubbish: Any) -> None:
    """Nothing that a bridge answers ends in an exception, nor in a number that it did not say."""
    for name, parse in (("state_day", State.parse), ("info", Info.parse)):
        for path in paths(captured(name)):
            raw = captured(name)
            replaced(raw, path, rubbish)
            parse(raw)
    raw = captured("energy_inverter")
    for path in paths(raw["series"][0]["points"][0]):
        raw = captured("energy_inverter")
        replaced(raw["series"][0]["points"][0], path, rubbish)
        EnergySeries.parse_all(raw)


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an answer; of a list the first place, as the others are alike."""
    found = [before] if before else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += paths(item, (*before, key))
    elif isinstance(value, list) and value:
        found += paths(value[0], (*before, 0))
    return found


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


def test_what_cannot_be_told_apart_is_left_out() -> None:
    assert Dtu.parse({"phase": "online"}) is None
    assert Inverter.parse({"dtu_name": "roof"}) is None
    assert Port.parse({"pv_power": 1.0}) is None
    assert Failure.parse({}) is None
    assert Info.parse({"version": "3.0.0"}) is None
    assert Plant.parse({"power_w": float("nan")}).power_w is None
    assert Plant.parse({"power_w": True}).power_w is None
    assert Plant.parse({"time": "2026-06-21T12:00:00"}).time is None
    assert Plant.parse({"time": "today"}).time is None
    assert Plant.parse({"time": "2026-06-21T12:00:00Z"}).time == datetime(
        2026, 6, 21, 12, tzinfo=UTC
    )


def test_a_dtu_that_another_bridge_polls_answers() -> None:
    for phase, stale, answers in [
        ("online", False, True),
        ("standby", False, True),
        ("standby", True, False),
        ("failing", False, False),
        ("starting", False, False),
        ("asleep", False, False),
    ]:
        dtu = Dtu.parse({"name": "roof", "phase": phase, "stale": stale})
        assert dtu is not None
        assert dtu.answers is answers
