"""The accounts at the simulator that are polled."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import simulator

if TYPE_CHECKING:
    from custom_components.api_balance.api import Provider

_FIRST_FIVE: Final = ("crun", "engagelab_otp", "lensmor", "lumenfall", "lunos")
_SELF_HOSTED: Final = ("litellm", "new_api", "new_api_account", "sub2api")
_APIS: Final = simulator.load()
_ALL: Final = tuple(slug for slug in _APIS if slug not in _SELF_HOSTED)
PROVIDERS: Final = {5: _FIRST_FIVE, len(_ALL): _ALL}
"""Providers by their number."""


class Account:
    """One account at the simulator."""

    def __init__(self, url: str, number: int, slugs: tuple[str, ...]) -> None:
        """Spread the accounts over the providers."""
        self.api = _APIS[slugs[number % len(slugs)]]
        self.slug = self.api.slug
        self.name = f"{self.slug} {number}"
        self.base_url = f"{url}/{self.slug}"
        active = "active" if "active" in self.api.scenarios else next(iter(self.api.scenarios))
        self.credentials = simulator.credentials(self.api, f"{active}.{number}")
        expected = self.api.scenarios[active].expect
        self.unit = str(expected.get("unit") or expected["balances"][0]["unit"])

    @property
    def _provider(self) -> Provider:
        """Return what the integration knows about the provider."""
        from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415

        return BY_SLUG[self.slug]

    @property
    def verify_ssl(self) -> bool:
        """Return whether to verify certificates: that of the simulator is self-signed."""
        return not self.base_url.startswith("https")

    @property
    def url(self) -> str:
        """Return the address of the balance."""
        provider = self._provider
        query = {**provider.query, **provider.auth.request_query(self.credentials)}
        pairs = "&".join(f"{name}={value}" for name, value in query.items())
        path = self.api.path.format(**self.credentials)
        return f"{self.base_url}{path}?{pairs}".removesuffix("?")

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        provider = self._provider
        return {**provider.headers, **provider.auth.request_headers(self.credentials)}

    def templates(self) -> dict[str, str]:
        """Return what a RESTful sensor needs to read each field."""
        response = self.api.response
        item = f"value_json.{response['each']}[0]." if "each" in response else "value_json."
        fields = {field: _template(item, place) for field, place in response["fields"].items()}
        outside = response.get("account_fields", {})
        return fields | {field: _template("value_json.", place) for field, place in outside.items()}


def _template(base: str, place: str | Mapping[str, Any]) -> str:
    """Return the template of a field, which may be calculated from several numbers."""
    if isinstance(place, str):
        return f"{{{{ {base}{place} }}}}"
    terms = [f"{base}{place['path']}|float(0)"]
    terms += [f"- {base}{place['minus']}|float(0)"] if "minus" in place else []
    terms += [f"+ {base}{path}|float(0)" for path in place.get("plus", ())]
    return f"{{{{ ({' '.join(terms)}) / {place.get('divisor', 1)} }}}}"
