"""Each form of an own endpoint has texts for its fields, and fills in their placeholders."""

from homeassistant.core import HomeAssistant

from ..config_flow.texts import STEPS, Seen
from ..test_texts import leaves
from .conftest import KEY, Endpoint, Flow
from .test_existing import reconfigure


async def test_every_form(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """The forms have their texts, and use all texts."""
    seen = Seen()
    seen.add(flow.result)
    seen.add(await flow.submit(name="Acme", address=endpoint.url))
    seen.add(await flow.submit(auth="bearer", api_key=KEY))
    balance = {"balance": "data.limit", "unit": "USD", "advanced": {}}
    seen.add(await flow.submit(**balance))
    result = await flow.submit(choose_again=False)

    existing = await reconfigure(hass, result["result"])
    seen.add(existing.result)
    # The certificate of a private address may be left unverified.
    seen.add(await existing.submit(name="Acme", address="https://192.168.1.2/balance"))

    existing = await reconfigure(hass, result["result"])
    await existing.submit(name="Acme", address=endpoint.url)
    await existing.submit(auth="bearer")
    seen.add(await existing.submit(**balance))
    assert seen.texts == {
        step: set(dict(leaves(texts))) for step, texts in STEPS.items() if step.startswith("custom")
    }
