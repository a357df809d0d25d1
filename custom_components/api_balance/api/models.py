"""What a provider reports about one account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self

CREDITS: Final = "credits"
"""Unit of accounts that are not kept in money."""


def amount_text(amount: Decimal, unit: str) -> str:
    """Return an amount for a sentence: exact, and money with at least two places."""
    exponent = amount.normalize().as_tuple().exponent
    places = max(-int(exponent), 0 if unit == CREDITS else 2)
    return f"{amount:.{places}f} {unit}"


class Field(StrEnum):
    """A field that a provider can report; its value is the translation key of its entity.

    Amounts are in the unit of the balance that they belong to.
    """

    BALANCE = "balance"
    """What can be spent now; negative in arrears."""
    ALERT_THRESHOLD = "alert_threshold"
    """The balance below which the provider itself warns."""
    TOTAL_GRANTED = "total_granted"
    """Everything ever granted in the buckets that are active."""
    SUBSCRIPTION_BALANCE = "subscription_balance"
    """What is left of the subscription's share."""
    SUBSCRIPTION_GRANTED = "subscription_granted"
    """What the subscription granted for the current period."""
    GIFT_BALANCE = "gift_balance"
    """What is left of gifts."""
    GIFT_GRANTED = "gift_granted"
    """What was granted as gifts."""
    PAID_BALANCE = "paid_balance"
    """What is left of top-ups, without gifts; negative in arrears."""

    ALERT_ENABLED = "alert_enabled"
    """Whether the provider's own low-balance alert is switched on."""
    PROVIDER_LOW_BALANCE = "provider_low_balance"
    """Whether the provider itself calls the balance low."""
    PROVIDER_UPDATED = "provider_updated"
    """When the provider last changed its record of the balance."""
    ACCOUNT_EMAIL = "account_email"
    """E-mail address of the account's owner: personal data."""
    RESET = "reset"
    """When the earliest active subscription credits expire."""
    BILLING_TYPE = "billing_type"
    """How the account pays, in the provider's own word."""


type Detail = datetime | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Everything that an account holds in one unit."""

    unit: str
    """ISO 4217 code in capitals, as the provider reports it, or CREDITS."""
    amounts: Mapping[Field, Decimal | None]
    """Amounts in that unit; None where the provider says that it does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """One account as its provider reported it in one answer."""

    balances: tuple[Balance, ...]
    """One for each unit, at least one; the account's main unit comes first."""
    flags: Mapping[Field, bool] = field(default_factory=dict)
    """What is true or false."""
    details: Mapping[Field, Detail] = field(default_factory=dict)
    """Times and texts; None where the provider says that there is none."""

    @classmethod
    def of(
        cls,
        unit: str,
        amounts: Mapping[Field, Decimal | None],
        flags: Mapping[Field, bool] | None = None,
        details: Mapping[Field, Detail] | None = None,
    ) -> Self:
        """Return the snapshot of an account that is kept in one unit."""
        return cls(
            balances=(Balance(unit=unit, amounts=amounts),),
            flags=flags or {},
            details=details or {},
        )

    def balance(self, unit: str) -> Balance | None:
        """Return what the account holds in a unit; None where it reports no such unit."""
        return next((balance for balance in self.balances if balance.unit == unit), None)

    def is_alarmed(self, unit: str) -> bool:
        """Return whether the provider's own enabled alert says that a unit's balance is low."""
        # It is about the account's main unit.
        return (
            unit == self.balances[0].unit
            and self.flags.get(Field.ALERT_ENABLED, False)
            and self.flags.get(Field.PROVIDER_LOW_BALANCE, False)
        )
