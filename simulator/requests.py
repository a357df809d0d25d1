"""Check a request: its path, its query, its headers, and who sends it."""

from base64 import b64decode
from collections.abc import Mapping
import re
from urllib.parse import unquote

from .apis import SECRET, Api


def has_path(path: str, template: str) -> bool:
    """Return whether a path is the documented one, whatever the credentials in it are."""
    return _values(path, template) is not None


def has_parameters(api: Api, query: Mapping[str, str]) -> bool:
    """Return whether a query has no parameters but those that are documented."""
    expected = api.query.keys() | api.auth.get("query", {}).keys()
    fixed = all(query.get(name) == value for name, value in api.query.items())
    return fixed and query.keys() <= expected


def key_of(api: Api, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    """Return the key or identifier that authenticates a request; None if it is refused."""
    auth = api.auth
    sent = [(headers.get(name, ""), template) for name, template in auth.get("headers", {}).items()]
    sent += [(query.get(name, ""), template) for name, template in auth.get("query", {}).items()]
    sent.append((path, api.path if has_path(path, api.path) else api.resolve.get("path", "")))
    if "basic" in auth:
        sent.append((_basic_pair(headers.get("Authorization", "")), auth["basic"]))
    found: dict[str, str] = {}
    for text, template in sent:
        values = _values(text, template)
        # The same credential may be in two places, but not with two values.
        if values is None or any(found.get(name, value) != value for name, value in values.items()):
            return None
        found |= values
    if "identifier" in found and found.get("api_key") != SECRET:
        return None
    key = found.get("identifier", found.get("api_key", ""))
    is_known = key.startswith(auth.get("prefix", "")) and api.scenario(key) in api.scenarios
    return key if is_known else None


def _values(text: str, template: str) -> dict[str, str] | None:
    """Return the values in the placeholders of a template; None for a text of another form."""
    parts = re.split(r"\{(\w+)\}", template)
    patterns = [
        f"(?P<{part}>[^/: ]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    ]
    if (match := re.fullmatch("".join(patterns), text)) is None:
        return None
    return {name: unquote(value) for name, value in match.groupdict().items()}


def _basic_pair(header: str) -> str:
    """Return the pair of HTTP Basic authentication; empty for another header."""
    scheme, _, value = header.partition(" ")
    if scheme != "Basic":
        return ""
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        return ""
