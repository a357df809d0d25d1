"""Understand what a user enters for an own endpoint: a complete URL, or a curl command."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
import re
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from .address import InvalidBaseUrlError, UnencryptedUrlError, parse_url
from .auth import AuthKind
from .curl import Command, EndpointProblem, InvalidEndpointError, is_command, parse_command

_MAX_TEXT: Final = 8192
_MAX_ADDITIONS: Final = 10
_URL: Final = re.compile(
    r"((?P<scheme>[a-z]+)://)?((?P<user>[^/?#]*)@)?(?P<rest>[^?#]*)(\?(?P<query>[^#]*))?(#.*)?",
    re.IGNORECASE,
)
# RFC 9110. Authorization may be followed by a scheme, such as Token.
_HEADER: Final = re.compile(
    r"(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64})(:\s*(?P<scheme>[A-Za-z0-9-]*))?"
)
_PARAMETER: Final = re.compile(r"[A-Za-z0-9_.~-]{1,64}", re.ASCII)
# Visible ASCII with spaces. Braces would be taken for placeholders.
_VALUE: Final = re.compile(r"[ -z|~]{0,255}")
# Headers of the connection, and those that the client sets itself.
_RESERVED_HEADER: Final = re.compile(
    r"connection|content-.*|cookie.*|expect|host|if-.*|keep-alive|proxy-.*|range|te|trailer"
    r"|transfer-encoding|upgrade|accept|accept-encoding|user-agent",
    re.IGNORECASE,
)
# What commands copied from a browser or a manual contain, and no balance depends on.
_IGNORED_HEADER: Final = re.compile(
    r"accept.*|cache-control|connection|content-type|dnt|origin|pragma|priority|referer|sec-.*"
    r"|user-agent",
    re.IGNORECASE,
)
_CREDENTIAL: Final = re.compile(
    r".*(auth|authorization|key|password|passwd|secret|signature|token)|code|pass|pwd|sig"
)
# What manuals write in place of a key.
_PLACEHOLDER: Final = re.compile(r"[$<{\[].*|.*(\.{3}|…|your|xxxx).*|", re.IGNORECASE)


class Credentials(NamedTuple):
    """A credential in what a user has entered."""

    kind: AuthKind
    name: str = ""
    """Name of the header or query parameter, as check_auth_name returns it."""
    identifier: str = ""
    """User name; empty if there is none."""
    api_key: str = ""
    """The key; empty if a placeholder was in its place."""


class Endpoint(NamedTuple):
    """An address without credentials, and the credentials that it came with."""

    base_url: str
    """Scheme, host and port."""
    path: str
    """Percent-encoded, with a slash at the beginning."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Additional headers of a curl command."""
    credentials: Credentials | None = None
    """None if the text does not say how the request authenticates."""


def parse_address(text: str) -> Endpoint:
    """Return the endpoint that a URL or a curl command describes.

    Credentials are moved out of the URL. Raises InvalidEndpointError, whose text is not secret.
    """
    text = text.strip()
    if len(text) > _MAX_TEXT:
        raise InvalidEndpointError(EndpointProblem.ADDRESS)
    command = parse_command(text) if is_command(text) else Command(url=text)
    if (match := _URL.fullmatch(command.url)) is None or "{" in match["rest"]:
        raise InvalidEndpointError(EndpointProblem.ADDRESS)
    try:
        url = parse_url(f"{match['scheme'] or 'https'}://{match['rest']}", private=True)
        query = parse_qsl(
            match["query"] or "",
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_ADDITIONS,
        )
    except UnencryptedUrlError:
        raise InvalidEndpointError(EndpointProblem.UNENCRYPTED) from None
    except InvalidBaseUrlError, ValueError:
        raise InvalidEndpointError(EndpointProblem.ADDRESS) from None
    found = [
        *_basic(unquote(match["user"] or "")),
        *_basic(command.user or ""),
        *(_parameter(name, value) for name, value in query if _is_credential(name)),
        *_in_headers(command),
    ]
    if len(found) > 1:
        raise InvalidEndpointError(EndpointProblem.SEVERAL_KEYS)
    return Endpoint(
        base_url=str(url.origin()),
        path=url.raw_path,
        query=_query([each for each in query if not _is_credential(each[0])]),
        headers=_headers(command),
        credentials=found[0] if found else None,
    )


def check_auth_name(kind: AuthKind, text: str) -> str:
    """Return the name of a header or query parameter in the form in which it is stored.

    Raises InvalidEndpointError for a name that no request can have.
    """
    text = text.strip()
    if kind is AuthKind.QUERY and _PARAMETER.fullmatch(text):
        return text
    if kind is AuthKind.HEADER and (match := _HEADER.fullmatch(text)):
        name, scheme = match["name"], match["scheme"]
        if not _RESERVED_HEADER.fullmatch(name):
            return f"{name}: {scheme}" if scheme else name
    if kind in {AuthKind.HEADER, AuthKind.QUERY}:
        raise InvalidEndpointError(EndpointProblem.NAME)
    return ""


def _query(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return query parameters; raises InvalidEndpointError."""
    query = dict(pairs)
    is_valid = all(_PARAMETER.fullmatch(name) and _VALUE.fullmatch(query[name]) for name in query)
    if len(query) != len(pairs) or not is_valid:
        raise InvalidEndpointError(EndpointProblem.ADDRESS)
    return query


def _headers(command: Command) -> dict[str, str]:
    """Return the additional headers of a command; raises InvalidEndpointError."""
    headers = {
        name: value
        for name, value in command.headers
        if not _IGNORED_HEADER.fullmatch(name) and not _is_credential(name)
    }
    for name, value in headers.items():
        if name.lower() == "cookie":
            raise InvalidEndpointError(EndpointProblem.COOKIES)
        match = _HEADER.fullmatch(name)
        if not match or _RESERVED_HEADER.fullmatch(name) or not _VALUE.fullmatch(value):
            raise InvalidEndpointError(EndpointProblem.COMMAND)
    if len(headers) > _MAX_ADDITIONS:
        raise InvalidEndpointError(EndpointProblem.COMMAND)
    return headers


def _in_headers(command: Command) -> Iterator[Credentials]:
    """Yield the credentials in the headers of a command; raises InvalidEndpointError."""
    for name, value in command.headers:
        scheme, _, key = value.rpartition(" ")
        if not _is_credential(name) or _IGNORED_HEADER.fullmatch(name):
            continue
        if name.lower() == "authorization" and scheme.lower() == "bearer":
            yield Credentials(kind=AuthKind.BEARER, api_key=_key(key))
        elif name.lower() == "authorization" and scheme.lower() == "basic":
            try:
                yield from _basic(b64decode(key, validate=True).decode())
            except ValueError:
                raise InvalidEndpointError(EndpointProblem.COMMAND) from None
        else:
            text = f"{name}: {scheme}" if scheme else name
            header = check_auth_name(AuthKind.HEADER, text)
            yield Credentials(kind=AuthKind.HEADER, name=header, api_key=_key(key))


def _parameter(name: str, value: str) -> Credentials:
    """Return the credentials in a query parameter; raises InvalidEndpointError."""
    name = check_auth_name(AuthKind.QUERY, name)
    return Credentials(kind=AuthKind.QUERY, name=name, api_key=_key(value))


def _basic(user: str) -> Iterator[Credentials]:
    """Yield the credentials in a user name and password with a colon between them."""
    if not user:
        return
    identifier, _, password = user.partition(":")
    if not password:
        # Some APIs take the key for the user name.
        identifier, password = "", identifier
    yield Credentials(kind=AuthKind.BASIC, identifier=identifier, api_key=_key(password))


def _key(text: str) -> str:
    """Return a key; empty for a placeholder."""
    text = text.strip()
    return "" if _PLACEHOLDER.fullmatch(text) else text


def _is_credential(name: str) -> bool:
    """Return whether a header or query parameter carries a credential, by its name."""
    return _CREDENTIAL.fullmatch(re.sub(r"[^a-z0-9]", "", name.lower())) is not None
