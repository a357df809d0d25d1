"""Vultr: https://www.vultr.com/api/#operation/get-account."""

from ..api import BEARER, Evidence, Field, Host, Money, Provider

PROVIDER = Provider(
    slug="vultr",
    name="Vultr",
    hosts=(Host(url="https://api.vultr.com"),),
    path="/v2/account",
    auth=BEARER,
    # An IP address that Access Control does not allow also gets a 401.
    codes=("error",),
    # All invoices are in US dollars.
    unit="USD",
    fields={
        # A negative balance is credit. Minus the pending charges, which are invoiced monthly, it is
        # the remaining credit that the console shows.
        Field.BALANCE: Money("account.balance", minus="account.pending_charges", divisor=-1),
    },
    key_hint="API key of a user with billing permission; allow your IP address in Access Control.",
    console_url="https://my.vultr.com/billing/",
    key_url="https://my.vultr.com/settings/#settingsapi",
    docs_url="https://www.vultr.com/api/#operation/get-account",
    evidence=Evidence.RESPONSE,
    unverified="What a user without billing permission receives.",
)
