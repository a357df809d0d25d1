"""ElevenLabs: https://elevenlabs.io/docs/api-reference/user/subscription/get."""

from ..api import (
    CREDITS,
    Evidence,
    Field,
    Host,
    Money,
    PermissionDeniedError,
    Provider,
    Text,
    Time,
    TimeFormat,
    header,
)

PROVIDER = Provider(
    slug="elevenlabs",
    name="ElevenLabs",
    hosts=(Host(url="https://api.elevenlabs.io"),),
    path="/v1/user/subscription",
    auth=header("xi-api-key"),
    # The older status is the more specific one of the two.
    codes=("detail.status", "detail.code"),
    errors={(401, "missing_permissions"): PermissionDeniedError},
    # The documentation calls it characters in one field and credits in another.
    unit=CREDITS,
    fields={
        # Negative with usage-based billing.
        Field.BALANCE: Money("character_limit", minus="character_count"),
        Field.USED: Money("character_count"),
        Field.LIMIT: Money("character_limit"),
        # Zero without usage-based billing.
        Field.CREDIT_LIMIT: Money("max_credit_limit_extension", unlimited=("unlimited",)),
        Field.RESET: Time(
            "next_character_count_reset_unix", TimeFormat.SECONDS, nullable=True, optional=True
        ),
        Field.PLAN: Text("tier"),
    },
    key_hint="API key (sk_…); a restricted key needs the permission User: Read.",
    console_url="https://elevenlabs.io/app/subscription",
    key_url="https://elevenlabs.io/app/settings/api-keys",
    docs_url="https://elevenlabs.io/docs/api-reference/user/subscription/get",
    evidence=Evidence.RESPONSE,
    unverified="Whether Pay As You Go credits are part of the limit.",
)
