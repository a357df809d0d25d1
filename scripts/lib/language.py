"""Change the language of a Home Assistant."""

from scripts.harness.const import DOMAIN
from scripts.harness.home_assistant import HomeAssistant


async def set_language(server: HomeAssistant, language: str) -> None:
    """Change the language of the installation and of the user, and start the accounts again."""
    value = {"language": language, "number_format": "language"}
    await server.command("frontend/set_user_data", key="language", value=value)
    await server.command("config/core/update", language=language)
    for entry in await server.command("config_entries/get", domain=DOMAIN):
        await server.reload(entry["entry_id"])
