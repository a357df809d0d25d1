"""Each form has texts for its fields, and fills in their placeholders."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant

from ..common import Providers
from ..test_texts import leaves
from .common import choose_provider, submit
from .texts import STEPS, Seen


async def test_every_form(hass: HomeAssistant, providers: Providers) -> None:
    """The forms of all providers have their texts, and use all texts."""
    seen, flows = Seen(), hass.config_entries.flow
    seen.add(await flows.async_init(DOMAIN, context={"source": SOURCE_USER}))
    for slug, provider in BY_SLUG.items():
        result = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        seen.add(await submit(hass, result["flow_id"], {"provider": slug}))
        data = {
            "provider": slug,
            "main_balance": "USD",
            **{each.name: "key" for each in provider.credentials},
        }
        entry = MockConfigEntry(domain=DOMAIN, title=provider.name, data=data)
        entry.add_to_hass(hass)
        seen.add(await entry.start_reauth_flow(hass))
        seen.add(await entry.start_reconfigure_flow(hass))
    for slug, scenario in (("crun", "active"), ("lumenfall", "postpaid")):
        flow_id = await choose_provider(hass, slug)
        seen.add(await submit(hass, flow_id, providers.form(slug, scenario)))
    assert seen.texts == {
        step: set(dict(leaves(texts)))
        for step, texts in STEPS.items()
        if not step.startswith("custom")
    }


def test_same_field_in_every_form() -> None:
    """A field has the same text wherever it means the same."""
    first = STEPS["credentials"]
    for name in ("reauth_confirm", "reconfigure"):
        assert first["data"].items() <= STEPS[name]["data"].items()
        assert first["sections"] == STEPS[name]["sections"]
        for field in ("host", "identifier"):
            for part in ("data", "data_description"):
                assert first[part].get(field) == STEPS[name][part].get(field)
