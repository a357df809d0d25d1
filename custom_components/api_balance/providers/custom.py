"""The user's own endpoint: a provider that is described in the config entry."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ..api import (
    API_KEY,
    API_KEY_ONLY,
    BEARER,
    IDENTIFIER,
    NO_AUTH,
    Auth,
    AuthKind,
    Credential,
    Evidence,
    Field,
    Money,
    PermissionDeniedError,
    Provider,
    Reader,
    Time,
    TimeFormat,
    Unit,
    basic,
    header,
    query,
    scheme,
)

SLUG: Final = "custom"


def build(data: Mapping[str, Any]) -> Provider:
    """Return the provider that the data of a config entry describes.

    The item "endpoint" is a mapping with path, query, headers, auth (an AuthKind) and auth_name;
    balance, minus and reset (paths), divisor (a decimal string), reset_format (a TimeFormat), and
    either unit or unit_path. All but path and auth are optional: without a balance, the provider
    can only fetch a response.
    """
    endpoint: Mapping[str, Any] = data["endpoint"]
    kind, base_url = AuthKind(endpoint["auth"]), data["base_url"]
    has_user = IDENTIFIER in data
    return Provider(
        slug=SLUG,
        name=data["name"],
        hosts=(),
        path=endpoint["path"],
        query=endpoint.get("query", {}),
        headers=endpoint.get("headers", {}),
        auth=_auth(kind, endpoint.get("auth_name", ""), has_user=has_user),
        credentials=_credentials(kind, has_user=has_user),
        # Nothing is known about error codes, so a status has its usual meaning.
        errors={403: PermissionDeniedError},
        unit=Unit(endpoint["unit_path"]) if "unit_path" in endpoint else endpoint.get("unit", ""),
        fields=_fields(endpoint),
        key_hint="",
        console_url=base_url,
        key_url=base_url,
        docs_url=base_url,
        evidence=Evidence.RESPONSE,
    )


def _fields(endpoint: Mapping[str, Any]) -> dict[Field, Reader]:
    """Return where the balance is and, if that is known, the next reset."""
    fields: dict[Field, Reader] = {
        Field.BALANCE: Money(
            endpoint.get("balance", ""),
            minus=endpoint.get("minus"),
            divisor=Decimal(endpoint.get("divisor", 1)),
        )
    }
    if "reset" in endpoint:
        fields[Field.RESET] = Time(
            endpoint["reset"], TimeFormat(endpoint["reset_format"]), nullable=True, optional=True
        )
    return fields


def _auth(kind: AuthKind, name: str, *, has_user: bool) -> Auth:
    """Return how a request authenticates."""
    match kind:
        case AuthKind.NONE:
            return NO_AUTH
        case AuthKind.BEARER:
            return BEARER
        case AuthKind.QUERY:
            return query(name)
        case AuthKind.BASIC:
            return basic() if has_user else basic("{api_key}", "")
        case AuthKind.HEADER:
            name, _, word = name.partition(": ")
            return scheme(word, name) if word else header(name)


def _credentials(kind: AuthKind, *, has_user: bool) -> tuple[Credential, ...]:
    """Return what has to be entered."""
    if kind is AuthKind.NONE:
        return ()
    if not has_user:
        return API_KEY_ONLY
    return (
        Credential(name=IDENTIFIER, label="User name", secret=False),
        Credential(name=API_KEY, label="Password", secret=True),
    )
