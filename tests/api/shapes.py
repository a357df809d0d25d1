"""Invented providers with every shape that data can describe, and the files of their APIs."""

from dataclasses import dataclass
from decimal import Decimal

from custom_components.api_balance.api import (
    API_KEY,
    IDENTIFIER,
    NO_AUTH,
    Credential,
    Currency,
    Each,
    Evidence,
    Field,
    Flag,
    Host,
    Money,
    PermissionDeniedError,
    Provider,
    Resolve,
    Text,
    Time,
    TimeFormat,
    basic,
    query,
    scheme,
)


@dataclass(frozen=True)
class Shape:
    """A provider and the file that describes its API."""

    provider: Provider
    file: str


def provider(**options: object) -> Provider:
    """Return a provider with what matters for its shape."""
    common: dict[str, object] = {
        "slug": "acme",
        "name": "Acme",
        "hosts": (Host(url="https://api.acme.example", unit="CNY"),),
        "key_hint": "API key",
        "console_url": "https://acme.example",
        "key_url": "https://acme.example",
        "docs_url": "https://acme.example",
        "evidence": Evidence.DOCUMENTATION,
    }
    return Provider(**common | options)  # type: ignore[arg-type]


QUOTA = Shape(
    provider(
        path="/v1/usage",
        query={"expand": "all"},
        headers={"X-Version": "2024-11-06"},
        auth=query("token"),
        unit="characters",
        codes=("detail.status", "detail"),
        errors={(401, "missing_permissions"): PermissionDeniedError},
        fields={
            Field.BALANCE: Money("limit", minus="count", unlimited=(Decimal(10**12),)),
            Field.USED: Money("count"),
            Field.LIMIT: Money("limit", unlimited=(Decimal(10**12),)),
            Field.RESET: Time("reset_unix", TimeFormat.SECONDS, nullable=True),
            Field.AUTO_TOP_UP: Flag("auto", on=1, off=0, optional=True),
            Field.PLAN: Text("tier"),
        },
    ),
    """
document = "https://docs.acme.example"
path = "/v1/usage"
query = { expand = "all" }
headers = { X-Version = "2024-11-06" }
auth = { query = { token = "{api_key}" }, prefix = "sk_" }
spend = { used = "count" }
[response]
bad = "detail"
unit = "characters"
nullable = ["reset"]
optional = ["auto_top_up"]
times = { reset = "seconds" }
[response.fields]
balance = { path = "limit", minus = "count", unlimited = [1000000000000] }
used = "count"
limit = { path = "limit", unlimited = [1000000000000] }
reset = "reset_unix"
auto_top_up = { path = "auto", on = 1, off = 0 }
plan = "tier"
[scenario.active]
body = '{"tier": "free", "count": 794, "limit": 10000, "reset_unix": 1714521600, "auto": 0}'
[scenario.active.expect]
unit = "characters"
balance = "9206"
used = "794"
limit = "10000"
reset = "2024-05-01T00:00:00+00:00"
auto_top_up = false
plan = "free"
[scenario.unlimited]
set = { limit = 1000000000000, auto = 1 }
null = ["reset_unix"]
expect = { balance = "unknown", limit = "unknown", reset = "unknown", auto_top_up = true }
[scenario.overage]
set = { count = 10794 }
expect = { balance = "-794", used = "10794" }
[errors]
body = '{"detail": {"status": "$code", "message": "$message"}}'
invalid_key = { code = "invalid_api_key", message = "Invalid API key" }
[errors.missing]
status = 401
code = "missing_permissions"
message = "The key is missing the permission user_read."
error = "permission_denied"
[errors.invalid_list]
status = 422
body = '{"detail": [{"msg": "field required"}]}'
error = "unexpected_response"
""",
)
CURRENCIES = Shape(
    provider(
        path="/2010-04-01/Accounts/{identifier}/Balance.json",
        auth=basic(),
        credentials=(
            Credential(name=IDENTIFIER, label="Account SID", secret=False),
            Credential(name=API_KEY, label="Auth Token", secret=True),
        ),
        unit=Currency("currency"),
        each=Each(path="balance_infos"),
        codes=("code",),
        fields={
            Field.BALANCE: Money("total_balance"),
            Field.GIFT_BALANCE: Money("granted_balance"),
            Field.CAN_SPEND: Flag("is_available"),
        },
    ),
    """
document = "https://docs.acme.example"
path = "/2010-04-01/Accounts/{identifier}/Balance.json"
auth = { basic = "{identifier}:{api_key}", prefix = "AC" }
[spend]
from = ["balance_infos.0.granted_balance", "balance_infos.0.topped_up_balance"]
total = "balance_infos.0.total_balance"
[response]
bad = "code"
each = "balance_infos"
currency = "currency"
fields = { balance = "total_balance", gift_balance = "granted_balance" }
account_fields = { can_spend = "is_available" }
[scenario.active]
body = '''
{"is_available": true, "balance_infos": [
  {"currency": "CNY", "total_balance": "110.00", "granted_balance": "10.00",
   "topped_up_balance": "100.00"},
  {"currency": "usd", "total_balance": "0.50", "granted_balance": "0.50",
   "topped_up_balance": "0.00"}
]}'''
[scenario.active.expect]
balances = [
  { unit = "CNY", balance = "110.00", gift_balance = "10.00" },
  { unit = "USD", balance = "0.50", gift_balance = "0.50" },
]
can_spend = true
[scenario.no_gift]
null = ["balance_infos.1.granted_balance"]
[scenario.no_gift.expect]
balances = [
  { unit = "CNY", balance = "110.00", gift_balance = "10.00" },
  { unit = "USD", balance = "0.50", gift_balance = "unknown" },
]
[scenario.no_balances]
set = { balance_infos = [] }
error = "unexpected_response"
[errors]
body = '{"code": $code, "message": "$message", "status": $status}'
invalid_key = { code = 20003, message = "Authenticate" }
rate_limited = { code = 20429, message = "Too Many Requests" }
""",
)
PROJECT = Shape(
    provider(
        path="/v1/projects/{project_id}/balance",
        auth=scheme("Token"),
        resolve=Resolve(path="/v1/projects", name="project_id", value="projects.0.id"),
        success={"status": True, "code": 0},
        codes=("code", "error.type"),
        fields={
            # A debt in hundredths: what is left is negative, pending charges are positive.
            Field.BALANCE: Money("data.owed", minus="data.pending", divisor=-100),
            Field.PENDING: Money("data.pending", divisor=100),
        },
    ),
    """
document = "https://docs.acme.example"
path = "/v1/projects/{project_id}/balance"
auth = { headers = { Authorization = "Token {api_key}" } }
spend = { from = ["data.owed"], divisor = -100 }
[resolve]
path = "/v1/projects"
name = "project_id"
value = "b7c1"
body = '{"status": true, "code": 0, "projects": [{"id": "b7c1"}]}'
[response]
good = { status = true, code = 0 }
unit = "CNY"
[response.fields]
balance = { path = "data.owed", minus = "data.pending", divisor = -100 }
pending = { path = "data.pending", divisor = 100 }
[scenario.active]
body = '{"status": true, "code": 0, "data": {"owed": -5511, "pending": 703}}'
expect = { unit = "CNY", balance = "48.08", pending = "7.03" }
[errors]
body = '{"code": 7, "status": false, "error": {"type": "$code"}}'
invalid_key = { code = "invalid_authentication_error" }
""",
)
KEY_IN_PATH = Shape(
    provider(
        path="/json/{api_key}/account/",
        auth=NO_AUTH,
        unit="credits",
        codes=("",),
        fields={Field.BALANCE: Money("Credits")},
    ),
    """
document = "https://docs.acme.example"
path = "/json/{api_key}/account/"
auth = { prefix = "key-" }
spend = { from = ["Credits"] }
[response]
unit = "credits"
fields = { balance = "Credits" }
[scenario.active]
body = '{"Credits": 12.5}'
expect = { unit = "credits", balance = "12.5" }
[errors]
body = '"$code"'
invalid_key = { code = 900 }
""",
)
SHAPES = {
    "quota": QUOTA,
    "currencies": CURRENCIES,
    "project": PROJECT,
    "key in path": KEY_IN_PATH,
}
