"""Check where credentials may be sent."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
import re
from typing import Final

from yarl import URL

from .provider import Provider

# A name or an address, a port, and a path of visible ASCII, each of limited length.
_BASE_URL: Final = re.compile(
    r"https?://([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?(/[!-~]{0,1000})?",
    re.ASCII | re.IGNORECASE,
)
# RFC 1918, and unique local addresses (RFC 4193). Link-local addresses are left out: cloud
# providers serve credentials there.
_PRIVATE_NETWORKS: Final = tuple(
    ip_network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
# Metadata services of cloud providers at unique local addresses.
_METADATA: Final = {ip_address("fd00:ec2::254"), ip_address("fd20:ce::254")}
# Names that only a local network resolves: multicast DNS, common router domains, one label (with a
# letter, and not in the form of a hexadecimal number: a number is an address).
_PRIVATE_NAME: Final = re.compile(
    r"([a-z0-9_-]+\.)+(local|lan|home\.arpa)\.?|(?!0x)[0-9_-]*[a-z][a-z0-9_-]*",
    re.ASCII | re.IGNORECASE,
)
# The base URL that programs are configured with ends in it; the balance is not below it.
_API_VERSION: Final = "v1"


class InvalidBaseUrlError(ValueError):
    """A base URL that is not valid, or that credentials must not be sent to."""


class UnencryptedUrlError(InvalidBaseUrlError):
    """A valid base URL with http to a host that needs https."""


def check_base_url(text: str, provider: Provider) -> str | None:
    """Return a base URL as it is stored; None for the provider's own address.

    It must be https, or http to a loopback address; for a self-hosted provider also http to a
    private address. User information, a query and a fragment are refused: none of them could be
    meant, and each could leak a credential. What the provider's path repeats is removed from the
    end. Raises InvalidBaseUrlError.
    """
    url = parse_url(text.strip(), private=provider.self_hosted)
    path = "".join(f"/{part}" for part in _own_parts(url, provider.path))
    base_url = f"{url.origin()}{path}"
    return None if base_url in {host.url for host in provider.hosts} else base_url


def parse_url(text: str, *, private: bool) -> URL:
    """Return the URL of a text, without user information, a query and a fragment.

    `private` says whether http is also allowed to a private address, not only to a loopback
    address. Raises InvalidBaseUrlError.
    """
    url = _parse(text)
    host = url.host or ""
    if _is_link_local(host):
        raise InvalidBaseUrlError
    if url.scheme != "https" and not is_loopback(host) and not (private and is_private(host)):
        raise UnencryptedUrlError
    return url


def is_loopback(host: str) -> bool:
    """Return whether a host is this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(host: str) -> bool:
    """Return whether a host is an address in a private network, or a name for one.

    A name may still resolve to any address.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return bool(_PRIVATE_NAME.fullmatch(host))
    return is_private_address(address)


def is_private_address(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is in a private network, and not link-local."""
    return address not in _METADATA and any(address in network for network in _PRIVATE_NETWORKS)


def _is_link_local(host: str) -> bool:
    """Return whether a host is an address at which no API is, but perhaps a metadata service."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return address.is_link_local or address.is_unspecified or address in _METADATA


def _parse(text: str) -> URL:
    """Return the URL of a text; raises InvalidBaseUrlError."""
    # The raw text is checked, because yarl normalizes what must be refused: "[1:2]" becomes port 2
    # of host 1, and an empty "?", "#" or "@" disappears.
    if not _BASE_URL.fullmatch(text) or re.search(r"[?#@\\]", text):
        raise InvalidBaseUrlError
    try:
        url = URL(text)
        port = url.port
        if "[" in text:
            ip_address(url.host or "")
    except ValueError:
        raise InvalidBaseUrlError from None
    if not port:
        raise InvalidBaseUrlError
    return url


def _own_parts(url: URL, path: str) -> list[str]:
    """Return the parts of a URL's path without those that the provider's path begins with."""
    parts = url.raw_path.strip("/").split("/") if url.raw_path.strip("/") else []
    template = path.strip("/").split("/")
    for count in range(min(len(parts), len(template)), 0, -1):
        pairs = zip(parts[-count:], template, strict=False)
        if all("{" in wanted or part == wanted for part, wanted in pairs):
            return parts[:-count]
    return parts[:-1] if parts[-1:] == [_API_VERSION] else parts
