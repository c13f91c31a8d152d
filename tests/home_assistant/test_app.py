"""The Home Assistant app: what the Supervisor reads of it, by the rules of its documentation.

https://developers.home-assistant.io/docs/apps/configuration. There is no Supervisor here, so the
rules are written down once more, and stricter: a key that the documentation does not know is a
mistake.
"""

from pathlib import Path
import re
import subprocess
import tomllib
from typing import Any

from PIL import Image
from probatio import All, Coerce, In, Length, Match, Optional, Range, Required, Schema
from probatio import Any as OneOf
import pytest
import yaml

ROOT = Path(__file__).parents[2]
APP = ROOT / "packaging/home-assistant"
LANGUAGES = ("en", "de")

RANGE = r"(\((-?\d+(\.\d+)?)?,(-?\d+(\.\d+)?)?\))?"
TYPE = Match(
    rf"^(str{RANGE}|bool|int{RANGE}|float{RANGE}|email|url|password|port|match\(.+\)"
    rf"|list\([^()]+\)|device(\(subsystem=[a-z]+\))?)\??$"
)
# At most two deep, and no list directly in a list.
FIELDS = {str: OneOf(TYPE, [TYPE])}
OPTIONS = {str: OneOf(TYPE, [OneOf(TYPE, FIELDS)], FIELDS)}
PORT = All(int, Range(min=1, max=65535))
VERSION = Match(r"^\d+\.\d+\.\d+$")
ADDRESS = r"\[HOST\]:(\[PORT:\d+\]|\d+)"

CONFIGURATION = Schema(
    {
        Required("name"): All(str, Length(min=1)),
        Required("version"): VERSION,
        Required("slug"): Match(r"^[-_.A-Za-z0-9]+$"),
        Required("description"): All(str, Length(min=1)),
        Required("arch"): All([In(["aarch64", "amd64"])], Length(min=1)),
        Optional("url"): Match(r"^https://"),
        Optional("startup"): In(["initialize", "system", "services", "application", "once"]),
        Optional("boot"): In(["auto", "manual", "manual_only"]),
        Optional("init"): bool,
        Optional("ports"): {Match(r"^\d+/(tcp|udp)$"): OneOf(None, PORT)},
        Optional("ingress"): bool,
        Optional("ingress_port"): OneOf(0, PORT),
        Optional("ingress_entry"): str,
        Optional("panel_icon"): Match(r"^mdi:[a-z0-9-]+$"),
        Optional("panel_title"): str,
        Optional("panel_admin"): bool,
        Optional("watchdog"): Match(rf"^((https?|\[PROTO:\w+\])://{ADDRESS}.*|tcp://{ADDRESS})$"),
        Optional("discovery"): [str],
        Optional("backup"): In(["hot", "cold"]),
        Optional("backup_exclude"): [str],
        Optional("homeassistant"): VERSION,
        Optional("image"): str,
        Optional("map"): [{Required("type"): str, "read_only": bool, "path": str}],
        Optional("environment"): {Match(r"^\w+$"): str},
        Optional("timeout"): All(Coerce(int), Range(min=10, max=300)),
        Optional("options"): dict,
        Optional("schema"): OPTIONS,
    }
)

WORDS = {Required("name"): str, Optional("description"): str}
TRANSLATION = Schema(
    {
        Required("configuration"): {str: {**WORDS, Optional("fields"): {str: WORDS}}},
        Required("network"): {str: str},
    }
)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.fixture(name="app")
def _app() -> Any:
    return read(APP / "config.yaml")


def test_the_store_finds_one_app_in_the_repository() -> None:
    Schema({Required("name"): str, "url": str, "maintainer": str})(read(ROOT / "repository.yaml"))
    # It looks at every file of this name, wherever it is, and takes it for an app.
    tracked = subprocess.run(  # noqa: S603
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    found = [
        path
        for path in tracked
        if re.fullmatch(r"(?:(?!\.)[^/]+/)*config\.(yaml|yml|json)", path)
        and "rootfs" not in Path(path).parts
    ]
    assert found == ["packaging/home-assistant/config.yaml"]


def test_the_configuration_is_as_documented(app: Any) -> None:
    CONFIGURATION(app)
    for wrong in (
        {"watchdog": "http://localhost:8080/ready"},
        {"arch": ["armv7"]},
        {"schema": {"port": "integer"}},
        {"advanced": True},
    ):
        with pytest.raises(Exception, match=r".+"):
            CONFIGURATION(app | wrong)


def test_every_option_without_a_default_may_be_left_out(app: Any) -> None:
    for name, kind in app["schema"].items():
        of_one = kind[0] if isinstance(kind, list) else kind
        may_be_left_out = isinstance(of_one, str) and of_one.endswith("?")
        assert may_be_left_out == (name not in app["options"]), name
    assert app["options"].keys() <= app["schema"].keys()


def test_ingress_and_watchdog_ask_where_the_bridge_listens(app: Any) -> None:
    ports = {
        str(app["ingress_port"]),
        *(port.split("/")[0] for port in app["ports"]),
        *re.findall(r"\[PORT:(\d+)\]", app["watchdog"]),
    }
    assert ports == {"8080"}
    # A bridge whose only DTU is away fails at /health, and a restart would not bring the DTU back.
    assert app["watchdog"].endswith("/ready")
    assert "HEALTHCHECK NONE" in (APP / "Dockerfile").read_text()


def test_there_is_one_version(app: Any) -> None:
    of_the_bridge = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]
    base = re.search(r"^FROM (\S+):(\S+)$", (APP / "Dockerfile").read_text(), re.MULTILINE)
    assert base is not None
    assert app["version"] == of_the_bridge["version"] == base[2]
    assert f"## {app['version']}" in (APP / "CHANGELOG.md").read_text()


def test_the_integration_is_the_one_that_is_discovered(app: Any) -> None:
    assert app["discovery"] == ["hoymiles_smiles"]
    assert (ROOT / "custom_components/hoymiles_smiles/manifest.json").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_has_words(app: Any, language: str) -> None:
    words = TRANSLATION(read(APP / f"translations/{language}.yaml"))
    assert words["configuration"].keys() == app["schema"].keys()
    assert words["network"].keys() == app["ports"].keys()
    for name, kind in app["schema"].items():
        fields = kind[0].keys() if isinstance(kind, list) and isinstance(kind[0], dict) else set()
        assert words["configuration"][name].get("fields", {}).keys() == fields, name


def test_there_is_a_page_and_a_picture() -> None:
    for name in ("README.md", "DOCS.md"):
        assert (APP / name).read_text().startswith("# Hoymiles S-Miles\n")
    with Image.open(APP / "icon.png") as icon:
        assert icon.size == (128, 128)
    with Image.open(APP / "logo.png") as logo:
        assert logo.width == 250
