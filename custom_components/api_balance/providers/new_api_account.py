"""New API and One API, gateways: https://github.com/QuantumNous/new-api.

The balance of a user, for keys with an unlimited quota. One API ignores the user ID.
"""

from collections.abc import Mapping
from decimal import Decimal

from ..api import (
    API_KEY,
    IDENTIFIER,
    AccountDisabledError,
    AuthenticationError,
    Credential,
    Evidence,
    Field,
    Money,
    Provider,
    Reader,
    Resolve,
    header,
)


def _fields(units: Decimal) -> Mapping[Field, Reader]:
    """Return the fields for a number of quota units in one US dollar."""
    return {
        Field.BALANCE: Money("data.quota", divisor=units),
        Field.TOTAL_USED: Money("data.used_quota", divisor=units),
    }


PROVIDER = Provider(
    slug="new_api_account",
    name="New API (account)",
    aliases=("One API",),
    hosts=(),
    path="/api/user/self",
    auth=header("Authorization"),
    headers={"New-Api-User": "{identifier}"},
    credentials=(
        Credential(name=IDENTIFIER, label="User ID", secret=False),
        Credential(name=API_KEY, label="System access token", secret=True),
    ),
    resolve=Resolve(path="/api/status", name="quota_per_unit", value="data.quota_per_unit"),
    success={"success": True},
    codes=("code", "message"),
    errors={
        (401, "AUTH_USER_DISABLED"): AccountDisabledError,
        # One API refuses with status 200.
        "无权进行此操作，access token 无效": AuthenticationError,  # noqa: RUF001
        "用户已被封禁": AccountDisabledError,
    },
    unit="USD",
    fields=_fields(Decimal(500_000)),
    scaled_fields=_fields,
    key_hint="System access token and user ID, both from the gateway's personal settings.",
    console_url="https://github.com/QuantumNous/new-api",
    key_url="https://docs.newapi.pro",
    docs_url="https://github.com/QuantumNous/new-api",
    evidence=Evidence.SOURCE,
    unverified="Whether the operator of a gateway counts in US dollars, which is the default.",
)
