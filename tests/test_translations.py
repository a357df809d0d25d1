"""The translations match the English texts, and Home Assistant displays them."""

from collections import defaultdict
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.generated.languages import LANGUAGES
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations

from .common import Providers, set_up
from .test_texts import ENGLISH, PACKAGE, leaves, placeholders

DOCUMENT: Final = (PACKAGE.parent.parent / "docs/adding-a-language.md").read_text()
# The table of terms: its header, and a row for each term.
WORDS: Final = [
    row.split(" | ")
    for row in re.findall(r"^\| (.+) \|$", DOCUMENT[DOCUMENT.index("| English |") :], re.MULTILINE)
]
FILES: Final = sorted((PACKAGE / "translations").glob("*.json"))
OTHERS: Final = [path.stem for path in FILES if path.stem != "en"]
TEXTS: Final = dict(leaves(ENGLISH))

# The same in every language.
NAMES: Final = {"API Balance"}
# Words that the language shares with English.
SAME_WORDS: Final = {
    "de": {"Limit{unit}", "Name", "OK", "Postpaid", "Prepaid", "Status"},
    "es": {"OK", "Plan", "token|tokens"},
    "fr": {"Message", "OK", "message|messages", "point|points"},
    "it": {"Account", "OK"},
    "ja": set[str](),
    "nl": {
        "Account",
        "Accounts",
        "OK",
        "Postpaid",
        "Prepaid",
        "Provider",
        "Status",
        "credit|credits",
        "token|tokens",
    },
    "pl": {"Limit{unit}", "OK", "Plan"},
    "pt-BR": {"OK", "Status", "token|tokens"},
    "zh-Hans": set[str](),
}


def read(language: str) -> dict[str, Any]:
    """Return the translations into a language."""
    loaded: dict[str, Any] = json.loads((PACKAGE / f"translations/{language}.json").read_text())
    return loaded


def flat(language: str) -> dict[str, str]:
    """Return the texts of a language, by path."""
    return dict(leaves(read(language)))


def markup(text: str) -> list[str]:
    """Return the markup in a text: links, addresses, bold text, code and paragraphs."""
    return sorted(re.findall(r"\]\([^)]*\)|https?://\w*|\*\*|`|\n+", text))


def test_languages() -> None:
    """Each language is in the table of terms and is known to Home Assistant."""
    documented = [code.strip("`") for code in WORDS[0][1:]]
    assert documented == OTHERS == sorted(SAME_WORDS)
    assert set(OTHERS) < LANGUAGES


@pytest.mark.parametrize("language", OTHERS)
def test_words(language: str) -> None:
    """The language uses the terms of the table."""
    texts = " ".join(flat(language).values()).lower()
    column = OTHERS.index(language) + 1
    assert len(WORDS) > 10
    for row in WORDS[1:]:
        assert row[column].lower() in texts, row[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_layout(path: Path) -> None:
    """All files have the same format."""
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("language", OTHERS)
def test_keys(language: str) -> None:
    """The keys are the same as in English, in the same order."""
    assert list(flat(language)) == list(TEXTS)


@pytest.mark.parametrize("language", OTHERS)
def test_texts(language: str) -> None:
    """Each text has the placeholders and the markup of the English text."""
    for path, text in flat(language).items():
        assert text, path
        assert text == text.strip(), path
        assert not re.search(r"  |<[a-z/]|\[%key|\{\{|\}\}|['\"]\{", text), path
        assert placeholders(text) == placeholders(TEXTS[path]), path
        assert markup(text) == markup(TEXTS[path]), path


@pytest.mark.parametrize("language", OTHERS)
def test_addresses_stand_alone(language: str) -> None:
    """There is a space before and after an address; otherwise the link would be wrong."""
    for path, text in flat(language).items():
        bare = re.sub(r"\]\([^)]*\)", "]", text)
        for before, after in re.findall(r"(.?)\{base_url\}(.?)", bare):
            assert before == " ", path
            assert after in {"", " ", "."}, path


@pytest.mark.parametrize("language", OTHERS)
def test_translated(language: str) -> None:
    """All texts with words in them are translated."""
    same = {text for path, text in flat(language).items() if text == TEXTS[path]}
    words = {text for text in same if re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", text))}
    assert words == NAMES | SAME_WORDS[language]


@pytest.mark.parametrize("language", [path.stem for path in FILES])
def test_units_in_names(language: str) -> None:
    """A unit, which begins with a space, stands at the end of a name without another space."""
    for path, text in flat(language).items():
        if path.startswith("entity.") and "{unit}" in text:
            assert re.fullmatch(r"[^{}]*[^{} ]\{unit\}", text), path


@pytest.mark.parametrize("language", OTHERS)
def test_same_words(language: str) -> None:
    """Texts that are the same in English are the same in each language."""
    words = defaultdict(set)
    for path, text in flat(language).items():
        words[TEXTS[path]].add(text)
    assert {english: found for english, found in words.items() if len(found) > 1} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_different_words(language: str) -> None:
    """Entities of a platform, and states of an entity, have different names."""
    texts = read(language)
    for entities in texts["entity"].values():
        names = [entity["name"] for entity in entities.values()]
        assert len(names) == len(set(names))
        for entity in entities.values():
            states = list(entity.get("state", {}).values())
            assert len(states) == len(set(states))
    for kind in ("triggers", "conditions"):
        names = [each["name"] for each in texts[kind].values()]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("language", OTHERS)
async def test_home_assistant_shows_them(hass: HomeAssistant, language: str) -> None:
    """Home Assistant loads each text of the file, and uses the English text for none."""
    shown: dict[str, str] = {}
    for category in ENGLISH:
        shown |= await async_get_translations(hass, language, category, {"api_balance"})
    texts = flat(language)
    assert shown == {f"component.api_balance.{path}": text for path, text in texts.items()}


@pytest.mark.parametrize("language", OTHERS)
async def test_names_of_entities(hass: HomeAssistant, providers: Providers, language: str) -> None:
    """Entities have the names of the language of Home Assistant."""
    hass.config.language = language
    entry = await set_up(hass, providers.entry("crun"))
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    texts = flat(language)
    assert entities
    for entity in entities:
        path = f"entity.{entity.domain}.{entity.translation_key}.name"
        # The unit is part of the name only if an account has several balances.
        assert entity.original_name == texts[path].format(unit="")
