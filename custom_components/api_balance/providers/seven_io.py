"""seven.io: https://docs.seven.io/en/rest-api/endpoints/account#balance."""

from typing import Final

from ..api import (
    AuthenticationError,
    Currency,
    Evidence,
    Field,
    Host,
    Money,
    PermissionDeniedError,
    Provider,
    ServiceUnavailableError,
    header,
)

_ERRORS: Final = {
    600: ServiceUnavailableError,
    700: ServiceUnavailableError,
    900: AuthenticationError,
    901: PermissionDeniedError,  # the account requires signed requests
    902: PermissionDeniedError,
    903: PermissionDeniedError,
}

PROVIDER = Provider(
    slug="seven_io",
    name="seven.io",
    aliases=("seven", "sms77"),
    hosts=(Host(url="https://gateway.seven.io"),),
    path="/api/balance",
    auth=header("X-Api-Key"),
    # An error is a code alone, such as "900", instead of an object.
    codes=("",),
    errors={
        (status, form): kind
        for code, kind in _ERRORS.items()
        for status in (200, 401, 403)
        for form in (code, str(code))
    },
    unit=Currency("currency"),
    fields={Field.BALANCE: Money("amount")},
    key_hint="API key that may access the balance.",
    console_url="https://app.seven.io",
    key_url="https://app.seven.io/developer",
    docs_url="https://docs.seven.io/en/rest-api/endpoints/account#balance",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether an error comes with its own HTTP status or with status 200.",
)
