"""Describe a provider as data: its requests, its responses and its errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
import re
from typing import Final, NamedTuple, cast

from .auth import API_KEY, Auth
from .errors import ApiError, UnexpectedResponseError
from .json_object import JsonObject, join_path, split_path
from .models import AMOUNTS, FLAGS, AccountSnapshot, Balance, Detail, Field
from .readers import Reader, Value

type ErrorCode = int | str

# Documented codes have up to four digits; a code becomes part of an error's text.
_MAX_CODE: Final = 999_999_999
# An ID becomes part of a URL or of a unique ID.
_ID: Final = re.compile(r"[!-~]{1,255}")


class Host(NamedTuple):
    """An address of a provider's API."""

    url: str
    """Address without a slash at its end; its identity in config entries."""
    label: str = ""
    """Name of the address in the form, in the provider's own words; for several hosts."""
    unit: str = ""
    """Unit of the balances of this host; empty if it does not depend on the host."""


class Credential(NamedTuple):
    """Something that the user has to enter."""

    name: str
    """IDENTIFIER or API_KEY: its name in config entries."""
    label: str
    """The provider's own term, such as "Account SID"."""
    secret: bool
    """Whether it is never shown again."""


class Evidence(StrEnum):
    """How a provider's responses are known."""

    DOCUMENTATION = "documentation"
    """From its documentation alone."""
    RESPONSE = "response"
    """From its documentation and a captured response."""
    SOURCE = "source"
    """From its own source code, which is public."""
    PROGRAMS = "programs"
    """From the code of other programs."""


class Each(NamedTuple):
    """A list of balances; the amounts and the unit are read from each item."""

    path: str
    """Path of the list, which must not be empty."""
    key: str | None = None
    """Path of the key in an item, a text or an integer; None if the unit is the key."""


class Resolve(NamedTuple):
    """An extra request, sent once during setup, that finds an ID."""

    path: str
    """Path of the request, a template like the provider's path."""
    name: str
    """Name of the ID in config entries and as a placeholder."""
    value: str
    """Path of the ID in the response, a text or an integer."""


API_KEY_ONLY: Final = (Credential(name=API_KEY, label="API key", secret=True),)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Provider:
    """A provider of prepaid services that reports an account's balance over HTTP.

    Templates may contain {identifier}, {api_key} and the name of the ID that resolve finds. The
    secret must be in exactly one place.
    """

    slug: str
    """Identity in config entries; never changes."""
    name: str
    """Name as the provider writes it."""
    aliases: tuple[str, ...] = ()
    """Other names that people search for."""

    hosts: tuple[Host, ...]
    """Addresses of the API, the default first; empty if the user supplies the address."""
    path: str
    """Template of the path; values in it are percent-encoded."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters; values are templates."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Additional headers; values are templates."""
    auth: Auth
    """How a request authenticates."""
    credentials: tuple[Credential, ...] = API_KEY_ONLY
    """What the user has to enter, in the order of the form."""
    resolve: Resolve | None = None
    """The extra request that finds an ID during setup."""

    success: Mapping[str, bool | int | str] = field(default_factory=dict)
    """Values that every good response has, by path."""
    codes: tuple[str, ...] = ()
    """Paths of the provider's own error code; the first one with a text or an integer counts.

    Without success values, a response is good if it has none of the top-level keys of these paths.
    """
    errors: Mapping[ErrorCode | tuple[int, ErrorCode], type[ApiError]] = field(default_factory=dict)
    """Documented exceptions from the default meaning of a status.

    By HTTP status, by the code in a response with status 200, or by both (status, code). In a
    response with status 200, an integer code stands for the HTTP status of that number.
    """

    unit: str | Reader = ""
    """Unit of the balances: literal, read from the response, or empty if the host implies it."""
    key: str | None = None
    """Key of the only balance; None if the unit is the key."""
    each: Each | None = None
    """Where a list of balances is; None for one balance."""
    fields: Mapping[Field, Reader]
    """Where each field is; amounts are relative to the balance. BALANCE is required."""
    scaled_fields: Callable[[Decimal], Mapping[Field, Reader]] | None = None
    """Fields for a gateway whose number of units per currency unit resolve has found."""
    balances: Callable[[JsonObject], tuple[Balance, ...]] | None = None
    """Reads the balances where unit, key, each and fields are not enough."""
    identity: Field | None = None
    """Text that tells accounts of this provider apart."""

    key_hint: str
    """Kind of key and permission that is needed: one line in the provider's own terms."""
    console_url: str
    """Where the user manages the account and tops it up."""
    key_url: str
    """Where the user creates the key."""
    docs_url: str
    """Documentation of the endpoint."""
    evidence: Evidence
    """How the responses are known."""
    unverified: str = ""
    """What could not be verified: one sentence, or empty."""
    freshness: str = ""
    """How fresh the balance is: one short phrase, or empty if it is not known."""

    @property
    def self_hosted(self) -> bool:
        """Return whether the user supplies the address."""
        return not self.hosts

    def host(self, url: str | None) -> Host | None:
        """Return the host with an address; the default for None or an unknown address."""
        default = self.hosts[0] if self.hosts else None
        return next((host for host in self.hosts if host.url == url), default)

    def error_code(self, body: JsonObject) -> ErrorCode | None:
        """Return the provider's own error code; None for a good response.

        Raises UnexpectedResponseError for an error without a code that can be read.
        """
        if self.success:
            failed = (path for path, value in self.success.items() if not _is(body, path, value))
        else:
            failed = (path for path in self.codes if body.get(_top_level_key(path)) is not None)
        if (path := next(failed, None)) is None:
            return None
        for each in self.codes:
            code = body.get(each)
            if isinstance(code, str) or (type(code) is int and abs(code) <= _MAX_CODE):
                return code
        raise body.error(path, "reports an error without a code")

    def parse(self, body: JsonObject, host: Host | None = None) -> AccountSnapshot:
        """Read a good response; host is the address that sent it, None for the default.

        Raises UnexpectedResponseError if a balance or its unit cannot be read. Any other field
        that cannot be read is None, and named in the snapshot's problems.
        """
        problems: dict[Field, str] = {}
        if self.balances is not None:
            balances = self.balances(body)
        else:
            items = [body] if self.each is None else body.objects(self.each.path)
            host = host or self.host(None)
            balances = tuple(self._balance(item, host, problems) for item in items)
        if len({balance.key for balance in balances}) != len(balances) or not balances:
            raise body.error(self.each.path if self.each else "", "has no balance, or one twice")
        others = {
            name: _read(name, reader, body, problems)
            for name, reader in self.fields.items()
            if name not in AMOUNTS
        }
        return AccountSnapshot(
            # Each declared amount is present in each balance, whatever a function returns.
            balances=tuple(
                each._replace(amounts={name: each.amounts.get(name) for name in self._amounts})
                for each in balances
            ),
            # Which type a reader returns follows from its field.
            flags={name: cast("bool | None", others[name]) for name in others if name in FLAGS},
            details={name: cast("Detail", others[name]) for name in others if name not in FLAGS},
            problems=problems,
        )

    @property
    def _amounts(self) -> list[Field]:
        """Return the fields that belong to a balance."""
        return [name for name in self.fields if name in AMOUNTS]

    def _balance(self, item: JsonObject, host: Host | None, problems: dict[Field, str]) -> Balance:
        """Read one balance."""
        amounts = {
            name: cast("Decimal | None", _read(name, self.fields[name], item, problems))
            for name in self._amounts
        }
        unit = self.unit if isinstance(self.unit, str) else str(self.unit(item))
        if not unit and host is not None:
            unit = host.unit
        key = self.key or unit
        if self.each is not None and self.each.key is not None:
            key = text_at(item, self.each.key)
        return Balance(key=key, unit=unit, amounts=amounts)


def text_at(body: JsonObject, path: str) -> str:
    """Return the text or integer at a path as a text; raises UnexpectedResponseError."""
    value = body.get(path)
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise body.error(path, "is not an ID")
    return text


def _read(name: Field, reader: Reader, body: JsonObject, problems: dict[Field, str]) -> Value:
    """Return the value of a field; only the balance is required."""
    try:
        return reader(body)
    except UnexpectedResponseError as err:
        if name is Field.BALANCE:
            raise
        problems[name] = err.reason
        return None


def _is(body: JsonObject, path: str, wanted: object) -> bool:
    """Return whether a value is at a path; to Python, 1 equals True."""
    value = body.get(path)
    return type(value) is type(wanted) and value == wanted


def _top_level_key(path: str) -> str:
    """Return the first part of a path."""
    return join_path(split_path(path)[:1])
