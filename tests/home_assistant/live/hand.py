"""The hand of the live test on a real Home Assistant.

    hand.py CONFIG_DIRECTORY COMPONENTS_DIRECTORY TIME_ZONE

Starts Home Assistant in that directory, with the integration installed as an owner would install
it, and makes an owner's account. Then it does what each line on stdin asks and answers with a line
on stdout. Everything goes through Home Assistant's own HTTP and WebSocket interfaces.

    {"do": "ws", "message": {"type": "config/device_registry/list"}}
    {"do": "get", "path": "/api/states"}
    {"do": "flow", "handler": "hoymiles_smiles", "answers": [{"host": "127.0.0.1"}]}
    {"do": "restart"}
"""

import asyncio
from contextlib import suppress
import json
from pathlib import Path
import shutil
import signal
import socket
import sys
from typing import Any

import aiohttp

# Generous, because the machine may have other work: it only ends a test that would fail anyway.
PATIENCE = 180

CONFIGURATION = """
homeassistant:
  name: Home
  time_zone: {time_zone}
  latitude: 0
  longitude: 0
  elevation: 40
  unit_system: metric
  currency: EUR
  country: DE
  language: en
http:
  server_host: 127.0.0.1
  server_port: {port}
frontend:
config:
history:
energy:
logbook:
recorder:
  commit_interval: 1
logger:
  default: warning
  logs:
    custom_components.hoymiles_smiles: debug
"""


class HomeAssistant:
    """A process, and an owner who is logged in."""

    def __init__(self, config: Path, components: Path, time_zone: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = config
        self.process: asyncio.subprocess.Process | None = None
        self.headers: dict[str, str] = {}
        self.token: dict[str, Any] = {}
        config.mkdir(parents=True, exist_ok=True)
        shutil.copytree(
            components,
            config / "custom_components",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        (config / "configuration.yaml").write_text(
            CONFIGURATION.format(time_zone=time_zone, port=self.port)
        )
        # Of the onboarding only the account is left to do.
        storage = config / ".storage"
        storage.mkdir()
        done = {"done": ["core_config", "analytics", "integration"]}
        (storage / "onboarding").write_text(
            json.dumps({"version": 4, "minor_version": 1, "key": "onboarding", "data": done})
        )

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start it and wait until it answers."""
        log = (self.config / "process.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "hass"),
            "-c",
            str(self.config),
            "--skip-pip",
            stdout=log,
            stderr=log,
            stdin=asyncio.subprocess.DEVNULL,
        )
        while True:
            if self.process.returncode is not None:
                raise SystemExit(f"Home Assistant ended with {self.process.returncode}")
            with suppress(aiohttp.ClientError):
                async with session.get(f"{self.url}/manifest.json") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """End it as a system that shuts down would."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def log_in(self, session: aiohttp.ClientSession) -> None:
        """Make the owner's account."""
        client_id = f"{self.url}/"
        owner = {
            "client_id": client_id,
            "name": "Owner",
            "username": "owner",
            "password": "owner",
            "language": "en",
        }
        async with session.post(f"{self.url}/api/onboarding/users", json=owner) as response:
            code = (await response.json())["auth_code"]
        grant = {"client_id": client_id, "grant_type": "authorization_code", "code": code}
        async with session.post(f"{self.url}/auth/token", data=grant) as response:
            self.token = await response.json()
        self.headers = {"Authorization": f"Bearer {self.token['access_token']}"}


class Hand:
    """Does what is asked."""

    def __init__(self, home: HomeAssistant, session: aiohttp.ClientSession) -> None:
        self.home = home
        self.session = session
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.asked = 0

    async def connect(self) -> None:
        """Open the WebSocket and wait until everything is set up."""
        self.socket = await self.session.ws_connect(
            f"{self.home.url}/api/websocket", max_msg_size=0
        )
        await self.socket.receive_json()
        await self.socket.send_json(
            {"type": "auth", "access_token": self.home.headers["Authorization"][7:]}
        )
        answer = await self.socket.receive_json()
        assert answer["type"] == "auth_ok", answer
        while (await self.ws({"type": "get_config"}))["state"] != "RUNNING":
            await asyncio.sleep(0.2)
        # Else these settings are taken back after five minutes.
        await self.ws({"type": "http/config/promote"})

    async def ws(self, message: dict[str, Any]) -> Any:
        assert self.socket is not None
        self.asked += 1
        await self.socket.send_json(message | {"id": self.asked})
        while True:
            answer = await self.socket.receive_json(timeout=PATIENCE)
            if answer.get("id") == self.asked and answer["type"] == "result":
                return answer["result"] if answer["success"] else {"error": answer["error"]}

    async def get(self, path: str) -> Any:
        async with self.session.get(self.home.url + path, headers=self.home.headers) as response:
            return await response.json()

    async def flow(self, handler: str, answers: list[dict[str, Any]]) -> Any:
        url = f"{self.home.url}/api/config/config_entries/flow"
        async with self.session.post(
            url, json={"handler": handler}, headers=self.home.headers
        ) as response:
            step = await response.json()
        for answer in answers:
            async with self.session.post(
                f"{url}/{step['flow_id']}", json=answer, headers=self.home.headers
            ) as response:
                step = await response.json()
        return {key: step.get(key) for key in ("type", "title", "errors", "reason", "step_id")}

    async def do(self, wanted: dict[str, Any]) -> Any:
        match wanted["do"]:
            case "ws":
                return await self.ws(wanted["message"])
            case "get":
                return await self.get(wanted["path"])
            case "flow":
                return await self.flow(wanted["handler"], wanted["answers"])
            case "restart":
                await self.home.stop()
                await self.home.start(self.session)
                await self.connect()
                return {}
            case "where":
                return {"url": self.home.url, "token": self.home.token}
        raise SystemExit(f"cannot do {wanted}")


async def main() -> None:
    config, components, time_zone = sys.argv[1:]
    home = HomeAssistant(Path(config), Path(components), time_zone)
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    try:
        async with aiohttp.ClientSession() as session:
            await home.start(session)
            await home.log_in(session)
            hand = Hand(home, session)
            await hand.connect()
            sys.stdout.write("{}\n")
            sys.stdout.flush()
            # Ends with the test, however that ends: then stdin is closed.
            while line := await lines.readline():
                sys.stdout.write(json.dumps(await hand.do(json.loads(line))) + "\n")
                sys.stdout.flush()
    finally:
        await home.stop()


asyncio.run(main())
