"""Words, icons and manifest fit the code and what Home Assistant and HACS demand."""

import json
from pathlib import Path
import re
from typing import Any

from awesomeversion import AwesomeVersion
import pytest
import yaml

from custom_components import hoymiles_smiles
import homeassistant

HERE = Path(hoymiles_smiles.__file__).parent
ROOT = HERE.parent.parent
CORE = Path(homeassistant.__file__).parent / "components"
SOURCE = "\n".join(path.read_text() for path in HERE.glob("*.py"))


def load(path: str) -> Any:
    return json.loads((HERE / path).read_text())


def leaves(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, str):
        return {path: value}
    return {k: v for key, item in value.items() for k, v in leaves(item, f"{path}/{key}").items()}


EN, DE = load("translations/en.json"), load("translations/de.json")


def test_every_word_is_there_in_both_languages_with_the_same_placeholders() -> None:
    english, german = leaves(EN), leaves(DE)
    assert english.keys() == german.keys()
    for key, words in english.items():
        assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", german[key])), key
        assert words.strip() == words
        assert words


def test_every_key_in_the_code_has_words() -> None:
    have = {
        *EN["exceptions"],
        *EN["issues"],
        *EN["device"],
        *EN["selector"],
        *(key for platform in EN["entity"].values() for key in platform),
    }
    used = set(re.findall(r'translation_key="(\w+)"', SOURCE))
    assert used
    assert used - have == set()


def test_every_field_of_a_form_is_described() -> None:
    for flow in ("config", "options"):
        for step in EN[flow]["step"].values():
            assert step.get("data", {}).keys() == step.get("data_description", {}).keys()
    steps = set(re.findall(r"async def async_step_(\w+)\(", SOURCE)) - {
        "zeroconf",
        "hassio",
        "reauth",
    }
    assert steps == EN["config"]["step"].keys() | EN["options"]["step"].keys()
    errors = set(re.findall(r'problem\.is_\("(\w+)"|self\.is_\("(\w+)"', SOURCE))
    found = {word for pair in errors for word in pair if word}
    assert found == EN["config"]["error"].keys()
    # A discovered bridge may have any of these problems too.
    assert found <= EN["config"]["abort"].keys()


def test_every_icon_belongs_to_an_entity_and_icons_are_nowhere_else() -> None:
    icons = load("icons.json")
    for platform, entities in icons["entity"].items():
        for key, icon in entities.items():
            words = EN["entity"][platform][key]
            assert icon.get("state", {}).keys() <= words.get("state", {"on": "", "off": ""}).keys()
            assert all(
                i.startswith("mdi:") for i in [icon["default"], *icon.get("state", {}).values()]
            )
    assert icons["services"].keys() == EN["services"].keys()
    assert "mdi:" not in SOURCE


def test_the_actions_are_described() -> None:
    described = yaml.safe_load((HERE / "services.yaml").read_text())
    assert described.keys() == EN["services"].keys()
    for name, action in described.items():
        assert action["fields"].keys() == EN["services"][name]["fields"].keys()


def test_the_quality_scale_is_answered() -> None:
    rules = yaml.safe_load((CORE / "enphase_envoy/quality_scale.yaml").read_text())["rules"]
    answers = yaml.safe_load((HERE / "quality_scale.yaml").read_text())["rules"]
    assert answers.keys() == rules.keys()
    for rule, answer in answers.items():
        if answer != "done":
            assert answer["status"] in ("done", "todo", "exempt"), rule
            assert answer["comment"], rule


def test_the_manifest() -> None:
    manifest = load("manifest.json")
    keys = list(manifest)
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    assert manifest["domain"] == HERE.name
    assert manifest["requirements"] == []
    assert AwesomeVersion(manifest["version"]).valid
    cargo = (ROOT / "Cargo.toml").read_text()
    assert f'version = "{manifest["version"]}"' in cargo
    assert not (CORE / HERE.name).exists()
    for dependency in manifest["after_dependencies"]:
        assert (CORE / dependency).is_dir()


def test_what_hacs_demands() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs.keys() <= {"name", "homeassistant", "render_readme", "country"}
    folders = [p for p in HERE.parent.iterdir() if p.is_dir() and p.name != "__pycache__"]
    assert folders == [HERE]


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [
        ("icon.png", 256, 256),
        ("icon@2x.png", 512, 512),
        ("logo.png", None, 128),
        ("logo@2x.png", None, 256),
        ("dark_logo.png", None, 128),
        ("dark_logo@2x.png", None, 256),
    ],
)
def test_the_brand(name: str, width: int | None, height: int) -> None:
    head = (HERE / "brand" / name).read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    size = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    assert size == (width or size[0], height)
