"""The alert blueprint: which accounts it is about."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.api import AccountSnapshot, Balance, Field
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)

from ..common import Clock, Providers, refresh_with
from .common import Notifications, run_alert, set_up_account, set_up_alert, spend

EVENT: Final = "event.crun_ai_balance_event"
KINDS: Final = (
    "entity",
    "entities",
    "device",
    "area",
    "floor",
    "label of device",
    "label of entity",
    "label of area",
)


def create_targets(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """Return a target of each kind that includes an account."""
    devices, areas, labels = dr.async_get(hass), ar.async_get(hass), lr.async_get(hass)
    (device,) = dr.async_entries_for_config_entry(devices, entry.entry_id)
    floor = fr.async_get(hass).async_create("Upstairs")
    area = areas.async_create("Office", floor_id=floor.floor_id)
    on_device, on_entity, on_area = (labels.async_create(name).label_id for name in "abc")
    devices.async_update_device(device.id, area_id=area.id, labels={on_device})
    areas.async_update(area.id, labels={on_area})
    er.async_get(hass).async_update_entity(EVENT, labels={on_entity})
    return {
        "entity": {"entity_id": EVENT},
        "entities": {"entity_id": [EVENT]},
        "device": {"device_id": [device.id]},
        "area": {"area_id": [area.id]},
        "floor": {"floor_id": [floor.floor_id]},
        "label of device": {"label_id": [on_device]},
        "label of entity": {"label_id": [on_entity]},
        "label of area": {"label_id": [on_area]},
        "low balance": {"entity_id": ["binary_sensor.crun_ai_low_balance"]},
    }


@pytest.mark.parametrize("kind", [*KINDS, "low balance"])
async def test_exclude(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, kind: str
) -> None:
    """An excluded account has no notification and is not in the digest."""
    crun = await set_up_account(hass, providers, "crun", "100")
    lumenfall = await set_up_account(hass, providers, "lumenfall", "5")
    await set_up_alert(hass, exclude=create_targets(hass, crun)[kind])
    await spend(hass, providers, crun, "950")
    assert not notifications.created
    await spend(hass, providers, lumenfall, "10")
    assert notifications.titles == ["Lumenfall: the balance is low"]

    await run_alert(hass)
    assert notifications.created[1:] == [("1 account is low", "- Lumenfall: 2.50 USD left")]
    await spend(hass, providers, crun, "-950")
    assert notifications.dismissed == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_include(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, kind: str
) -> None:
    """With included accounts, other accounts have no notification and are not in the digest."""
    crun = await set_up_account(hass, providers, "crun", "100")
    lumenfall = await set_up_account(hass, providers, "lumenfall", "5")
    await set_up_alert(hass, include=create_targets(hass, crun)[kind], top_ups=True)
    for amount in ("10", "2.5", "-20", "18"):
        await spend(hass, providers, lumenfall, amount)
    assert not notifications.created
    assert notifications.dismissed == 0
    await spend(hass, providers, crun, "950")
    assert notifications.titles == ["Crun.ai: the balance is low"]

    await run_alert(hass)
    assert notifications.created[1:] == [("1 account is low", "- Crun.ai: 50 credits left")]


async def test_exclude_takes_precedence(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """An account that is both included and excluded is excluded."""
    crun = await set_up_account(hass, providers, "crun", "100")
    targets = create_targets(hass, crun)
    await set_up_alert(hass, include=targets["area"], exclude=targets["entity"])
    await spend(hass, providers, crun, "950")
    await run_alert(hass)
    assert notifications.titles == ["No account is low"]


async def test_removed_targets(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, clock: Clock
) -> None:
    """A target that no longer exists changes nothing."""
    await clock.move_to(datetime(2026, 11, 22, 3, 50, tzinfo=UTC))
    crun = await set_up_account(hass, providers, "crun", "100")
    kinds = ("entity_id", "device_id", "area_id", "floor_id", "label_id")
    removed = {kind: ["event.gone" if kind == "entity_id" else "gone"] for kind in kinds}
    await set_up_alert(hass, exclude=removed, digest=True, digest_time="20:00:00")
    await spend(hass, providers, crun, "950")
    await clock.move_to(datetime(2026, 11, 22, 4, tzinfo=UTC))
    assert notifications.titles == ["Crun.ai: the balance is low", "1 account is low"]


async def test_several_balances(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """An account with several balances has a notification for each, and one line in the digest."""
    entry = await set_up_account(hass, providers, "lumenfall")
    await set_up_alert(hass)

    async def report(dollars: str, euros: str) -> None:
        """Report two balances."""
        balances = tuple(
            Balance(key=unit, unit=unit, amounts={Field.BALANCE: Decimal(amount)})
            for unit, amount in (("USD", dollars), ("EUR", euros))
        )
        details = {Field.BILLING_TYPE: "prepaid"}
        await refresh_with(hass, entry, AccountSnapshot(balances=balances, details=details))

    await report("12.50", "3")
    await report("0", "0")
    tag = f"api_balance_{entry.entry_id}"
    assert set(notifications.shown) == {f"{tag}_usd", f"{tag}_eur"}
    await report("12.50", "0")
    assert set(notifications.shown) == {f"{tag}_eur"}

    with patch.object(entry.runtime_data, "async_ask"):
        await run_alert(hass)
        assert notifications.created[-1] == ("1 account is low", "- Lumenfall: low")
        await report("0", "0")
        await run_alert(hass)
    digest = ("1 account is low", "- Lumenfall: used up, the balance is 0.00 USD")
    assert notifications.created[-1] == digest
