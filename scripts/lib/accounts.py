"""The simulated accounts that the scripts add to Home Assistant, and the dashboard of the demo."""

from collections.abc import Iterable, Mapping
from typing import Final

from scripts.harness.home_assistant import HomeAssistant

type Account = Mapping[str, str | int]
"""The user input of the config flow."""

_PANEL: Final = "api-balance"

ACCOUNTS: Final[tuple[Account, ...]] = (
    {"provider": "lunos", "api_key": "sk-active"},
    {"provider": "lensmor", "api_key": "uak_subscribed", "low_balance_threshold": 5000},
    {"provider": "crun", "api_key": "ak_low", "low_balance_threshold": 200},
    {"provider": "lumenfall", "api_key": "lmnfl_active", "low_balance_threshold": 5},
    {
        "provider": "engagelab_otp",
        "identifier": "active",
        "api_key": "secret",
        "low_balance_threshold": 20,
    },
)

# The simulated endpoint that belongs to no provider.
OWN_ENDPOINT: Final[Account] = {
    "provider": "My own endpoint",
    "name": "Wallet",
    "address": "curl '{simulator}/own_endpoint/api/v2/wallet' -H 'X-API-Key: own_active'",
    "balance": "wallet.granted_cents",
    "unit": "USD (wallet.currency)",
    "minus": "wallet.used_cents",
    "divisor": "100",
    "reset": "next_renewal",
    "low_balance_threshold": 10,
}

# The same providers and well-known ones, with accounts that have a month of history in the
# simulator.
STORY_ACCOUNTS: Final[tuple[Account, ...]] = (
    {"provider": "lunos", "api_key": "sk-active.story", "low_balance_threshold": 10},
    {"provider": "lensmor", "api_key": "uak_subscribed.story", "low_balance_threshold": 5000},
    {"provider": "crun", "api_key": "ak_empty.story", "low_balance_threshold": 100},
    {"provider": "lumenfall", "api_key": "lmnfl_postpaid.story"},
    {
        "provider": "engagelab_otp",
        "identifier": "active.story",
        "api_key": "secret",
        "low_balance_threshold": 20,
    },
    {"provider": "openrouter", "api_key": "sk-or-v1-active.story", "low_balance_threshold": 60},
    {"provider": "deepseek", "api_key": "sk-both_topped_up.story", "low_balance_threshold": 20},
    {"provider": "elevenlabs", "api_key": "sk_active.story", "low_balance_threshold": 1000},
    {
        "provider": "twilio",
        "identifier": "ACactive.story",
        "api_key": "secret",
        "low_balance_threshold": 3,
    },
)


async def add_accounts(
    server: HomeAssistant, simulator: str, accounts: Iterable[Account] = ACCOUNTS
) -> list[str]:
    """Add accounts through the config flow; return the IDs of their config entries."""
    entries = []
    for account in accounts:
        address = str(account.get("address", "")).replace("{simulator}", simulator)
        base_url = f"{simulator}/{account['provider']}"
        entries.append(
            await server.add_account({**account, "base_url": base_url, "address": address})
        )
    return entries


async def add_dashboard(server: HomeAssistant) -> None:
    """Add the dashboard of all accounts and make it the default one."""
    panel = {"url_path": _PANEL, "title": "API Balance", "icon": "mdi:wallet"}
    await server.command("lovelace/dashboards/create", **panel)
    config = {"strategy": {"type": "custom:api-balance"}}
    await server.command("lovelace/config/save", url_path=_PANEL, config=config)
    await server.command("frontend/set_system_data", key="core", value={"default_panel": _PANEL})
