"""What a provider reports about one account."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, Self

CREDITS: Final = "credits"
"""Unit of accounts that are not kept in money."""


class Field(StrEnum):
    """A field that a provider can report; its value is the translation key of its entity."""

    BALANCE = "balance"
    """What can be spent now; negative if the account is in debt."""
    ALERT_THRESHOLD = "alert_threshold"
    """Balance below which the provider itself sends an alert."""
    TOTAL_GRANTED = "total_granted"
    """Everything that was ever granted or bought."""
    TOTAL_USED = "total_used"
    """Everything that was ever used."""
    SUBSCRIPTION_BALANCE = "subscription_balance"
    """What is left of the subscription's credits."""
    SUBSCRIPTION_GRANTED = "subscription_granted"
    """What the subscription granted for the current period."""
    GIFT_BALANCE = "gift_balance"
    """What is left of gifts and vouchers."""
    GIFT_GRANTED = "gift_granted"
    """What was granted as gifts."""
    PAID_BALANCE = "paid_balance"
    """What is left of top-ups, without gifts; negative if the account is in debt."""
    USED = "used"
    """What was used of the limit in the current period."""
    LIMIT = "limit"
    """What can be used in the current period."""
    PENDING = "pending"
    """Charges that are not deducted from the balance yet; positive."""
    CREDIT_LIMIT = "credit_limit"
    """How far the balance may fall below zero; positive."""

    ALERT_ENABLED = "alert_enabled"
    """Whether the provider's own low balance alert is enabled."""
    PROVIDER_LOW_BALANCE = "provider_low_balance"
    """Whether the provider itself considers the balance low."""
    CAN_SPEND = "can_spend"
    """Whether the provider accepts paid requests."""
    AUTO_TOP_UP = "auto_top_up"
    """Whether the provider tops up the account automatically."""

    PROVIDER_UPDATED = "provider_updated"
    """When the provider last changed its record of the balance."""
    RESET = "reset"
    """When the allowance renews, or when the earliest credits expire."""

    ACCOUNT_EMAIL = "account_email"
    """Email address of the account's owner: personal data."""
    BILLING_TYPE = "billing_type"
    """How the account is billed, in the provider's own word."""
    PLAN = "plan"
    """Plan of the account, in the provider's own word."""


FLAGS: Final = frozenset(
    {Field.ALERT_ENABLED, Field.PROVIDER_LOW_BALANCE, Field.CAN_SPEND, Field.AUTO_TOP_UP}
)
"""Fields that are true or false."""
TIMES: Final = frozenset({Field.PROVIDER_UPDATED, Field.RESET})
"""Fields that are a moment, in UTC."""
TEXTS: Final = frozenset({Field.ACCOUNT_EMAIL, Field.BILLING_TYPE, Field.PLAN})
"""Fields that are a printable text of at most 255 characters."""
AMOUNTS: Final = frozenset(Field) - FLAGS - TIMES - TEXTS
"""Fields that are an amount, in the unit of the balance that they belong to."""

type Detail = datetime | str | None


class Balance(NamedTuple):
    """One balance of an account, with the amounts that belong to it."""

    key: str
    """Stable identity of the balance within the account; by default its unit."""
    unit: str
    """Unit to display: an ISO 4217 code in capitals, CREDITS, or another word."""
    amounts: Mapping[Field, Decimal | None]
    """Amounts in that unit: BALANCE and each other declared amount; None if unknown."""


class AccountSnapshot(NamedTuple):
    """One account as its provider reported it in one response.

    Each field that the provider declares is always present: in the amounts of each balance, in
    flags or in details. It is None if the response has no value for it that can be read.
    """

    balances: tuple[Balance, ...]
    """At least one, each with a key of its own, in the order of the response."""
    flags: Mapping[Field, bool | None] = MappingProxyType({})
    """Fields that are true or false."""
    details: Mapping[Field, Detail] = MappingProxyType({})
    """Fields that are a time (in UTC) or a text."""
    problems: Mapping[Field, str] = MappingProxyType({})
    """JSON path and problem of each field that could not be read, without its value."""
    date: datetime | None = None
    """Date header of the response in UTC; None if there is none or it is not valid."""

    @classmethod
    def of(
        cls,
        unit: str,
        amounts: Mapping[Field, Decimal | None],
        flags: Mapping[Field, bool | None] | None = None,
        details: Mapping[Field, Detail] | None = None,
    ) -> Self:
        """Return the snapshot of an account with one balance, whose key is its unit."""
        return cls(
            balances=(Balance(key=unit, unit=unit, amounts=amounts),),
            flags=flags or {},
            details=details or {},
        )

    def balance(self, key: str) -> Balance | None:
        """Return the balance with a key; None if the response has no such balance."""
        return next((balance for balance in self.balances if balance.key == key), None)

    @property
    def alarmed(self) -> bool:
        """Return whether the provider's own alert is enabled and says that the balance is low."""
        return bool(
            self.flags.get(Field.ALERT_ENABLED) and self.flags.get(Field.PROVIDER_LOW_BALANCE)
        )
