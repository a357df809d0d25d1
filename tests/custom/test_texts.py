"""Each form for an own endpoint has its texts, and each error can be shown."""

from enum import StrEnum

from custom_components.api_balance.api.curl import EndpointProblem
from homeassistant.core import HomeAssistant

from ..config_flow.texts import STEPS, Seen
from ..test_texts import ENGLISH, leaves, placeholders
from .conftest import Endpoint, Flow, add
from .test_existing import reconfigure

# Errors of the form for the key; some say what the server has sent.
REQUEST_ERRORS = {
    "no_number": {"provider", "content_type", "size"},
    "not_json": {"provider", "content_type", "size"},
    "too_large": {"provider", "content_type"},
    "unexpected_status": {"provider", "reason"},
}
CHOICE_ERRORS = {"invalid_amount", "invalid_choice", "invalid_divisor", "invalid_unit"}


async def test_every_form(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """The forms have texts for their fields, and use all texts."""
    seen = Seen()

    async def submit(flow: Flow, **user_input: object) -> None:
        await flow.submit(**user_input)
        seen.add(flow.result)

    seen.add(flow.result)
    await submit(flow, name="Acme", address="https://nas.local")
    again = await reconfigure(hass, await add(await start_again(flow), endpoint))
    seen.add(again.result)
    await submit(again, name="Acme", address=endpoint.url)
    await submit(again, auth="header", auth_name="x-api-key")
    await submit(again, **again.suggested)
    new = await start_again(flow)
    await new.submit(name="Acme", address=endpoint.url)
    await new.submit(auth="none")
    await submit(new, balance="data.limit", unit="credits", advanced={})
    assert seen.texts == {
        step: set(dict(leaves(texts))) for step, texts in STEPS.items() if step.startswith("custom")
    }


async def start_again(flow: Flow) -> Flow:
    """Start another flow for an own endpoint."""
    flows = flow.hass.config_entries.flow
    again = Flow(flow.hass, await flows.async_init("api_balance", context={"source": "user"}))
    await again.submit(provider="My own endpoint")
    return again


def test_errors() -> None:
    """Each error has a text that uses only what the form fills in."""
    texts = ENGLISH["config"]["error"]
    problems: type[StrEnum] = EndpointProblem
    for error in (*problems, *CHOICE_ERRORS, "unencrypted", "verification_required"):
        assert not placeholders(texts[error]), error
    for error, filled in REQUEST_ERRORS.items():
        assert placeholders(texts[error]) == filled
