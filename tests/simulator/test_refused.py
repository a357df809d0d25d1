"""Requests that no provider documents are refused."""

from base64 import b64encode
import json

import pytest

from simulator import Simulator

from .conftest import PATHS, Client, basic, headers, key
from .test_documented import ENGAGELAB_INVALID, LUMENFALL_INVALID, LUNOS_INVALID


@pytest.mark.parametrize("slug", PATHS)
@pytest.mark.parametrize("path", ["", "/", "/v2/balance", "{path}/", "{path}/x", "{path}?key=1"])
async def test_wrong_path(client: Client, slug: str, path: str) -> None:
    """Only the documented path exists."""
    url = f"/{slug}{path.format(path=PATHS[slug])}"
    async with client.get(url, headers=headers(slug, "active")) as response:
        assert response.status == 404
        assert "balance" not in (await response.text()).lower()


@pytest.mark.parametrize("path", ["/", "/unknown/v1/balance", "/v1/balance", "/_simulator/nothing"])
async def test_unknown_provider(client: Client, path: str) -> None:
    """Nothing exists outside of the providers' paths."""
    async with client.get(path) as response:
        assert response.status == 404


@pytest.mark.parametrize("slug", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
async def test_wrong_method(client: Client, slug: str, method: str) -> None:
    """Only the documented method is allowed."""
    url = f"/{slug}{PATHS[slug]}"
    async with client.request(method, url, headers=headers(slug, "active")) as response:
        assert response.status == 405


def bearer(slug: str) -> list[tuple[str, dict[str, str]]]:
    """Return headers that a provider with bearer tokens refuses."""
    good = key(slug, "active")
    return [
        (slug, {"Authorization": good}),
        (slug, {"Authorization": f"Token {good}"}),
        (slug, {"Authorization": f"Bearer{good}"}),
        (slug, {"Authorization": f"Bearer  {good}"}),
        (slug, {"x-api-key": good}),
        (slug, {"X-Authorization": f"Bearer {good}"}),
        (slug, basic(f"{good}:secret")),
        (slug, {"Authorization": "Bearer active"}),
    ]


@pytest.mark.parametrize(
    ("slug", "sent"),
    [
        *((slug, {}) for slug in PATHS),
        *((slug, headers(slug, "unknown_scenario")) for slug in PATHS),
        *((slug, headers(slug, "")) for slug in PATHS),
        *bearer("lensmor"),
        *bearer("lumenfall"),
        *bearer("lunos"),
        ("lensmor", {"Authorization": "Bearer sk-active"}),
        ("crun", {"Authorization": "Bearer ak_active"}),
        ("crun", {"Authorization": "ak_active"}),
        ("crun", {"x-api-key": "Bearer ak_active"}),
        ("crun", {"x-api-key": "active"}),
        ("crun", {"api-key": "ak_active"}),
        ("engagelab_otp", basic("active:wrong")),
        ("engagelab_otp", basic("active:")),
        ("engagelab_otp", basic("active")),
        ("engagelab_otp", basic(":secret")),
        ("engagelab_otp", basic("secret:active")),
        ("engagelab_otp", {"Authorization": "Basic active:secret"}),
        ("engagelab_otp", {"Authorization": "Basic /w=="}),
        ("engagelab_otp", {"Authorization": "Basic YWN0aXZl!OnNlY3JldA=="}),
        ("engagelab_otp", {"Authorization": b64encode(b"active:secret").decode()}),
        ("engagelab_otp", {"Authorization": f"Bearer {b64encode(b'active:secret').decode()}"}),
        ("engagelab_otp", {"x-api-key": "active"}),
    ],
)
async def test_refused(
    client: Client, simulated: Simulator, slug: str, sent: dict[str, str]
) -> None:
    """A request that is not authenticated as documented gets the provider's 401."""
    documented = {
        "engagelab_otp": ENGAGELAB_INVALID,
        "lumenfall": LUMENFALL_INVALID,
        "lunos": LUNOS_INVALID,
    }
    async with client.get(f"/{slug}{PATHS[slug]}", headers=sent) as response:
        assert response.status == 401
        body = await response.read()
    assert body == documented.get(slug, body)
    if slug in {"crun", "lensmor"}:
        assert json.loads(body)["code"] == 401
    assert simulated.all_served() == {}
