"""The goals of the integration, with the figures that were measured."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from .processes import Figures, Key

# An account is polled every 15 minutes, and its ledger is written every two hours.
_POLLS_PER_WRITE: Final = 8


class Goal(NamedTuple):
    """A figure and the bound that it must not exceed."""

    text: str
    value: float
    bound: float
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """Return whether the goal is reached."""
        return self.value <= self.bound


def goals(found: dict[Key, Figures], imported: Figures, counts: Sequence[int]) -> list[Goal]:
    """Return all goals."""
    return [*_cpu(found, counts[-1]), *_requests_and_writes(found), *_start(found, imported)]


def _cpu(found: dict[Key, Figures], max_count: int) -> list[Goal]:
    """Return the goals for the CPU time of a poll."""
    ours, rest, limit, aged, max_accounts = (
        found[case]["unchanged"]
        for case in (
            ("api_balance", 50),
            ("rest", 50),
            ("limit", 50),
            ("api_balance aged", 50),
            ("api_balance", max_count),
        )
    )
    subject = "CPU per account and poll, unchanged responses"
    return [
        Goal(f"{subject}, to the RESTful integration's", ours / rest, 0.75),
        Goal(f"{subject}, to the bare request's", ours / limit, 2.9),
        Goal("the same after 30 days, to the first day's", aged / ours, 1.1),
        Goal(f"the same with {max_count} accounts, to 50", max_accounts / ours, 1.0),
    ]


def _requests_and_writes(found: dict[Key, Figures]) -> list[Goal]:
    """Return the goals for what a poll sends and writes."""
    ours, aged = found["api_balance", 50], found["api_balance aged", 50]
    return [
        Goal("requests per account and poll", ours["requests"], 1),
        Goal("states written per unchanged response", ours["writes_unchanged"], 0),
        Goal(
            "states written per changed response, to the values changed",
            ours["writes_changed"] / ours["values_changed"],
            1,
        ),
        Goal(
            "bytes written to .storage per account and poll, after 30 days",
            aged["stored"] / _POLLS_PER_WRITE + aged["restored"],
            2500,
            " B",
        ),
    ]


def _start(found: dict[Key, Figures], imported: Figures) -> list[Goal]:
    """Return the goals for the start of Home Assistant and for its event loop."""
    ours, rest = (found[build, 50] for build in ("api_balance", "rest"))
    ours_per_entity, rest_per_entity = (
        each["set_up_cpu"] / each["entities"] for each in (ours, rest)
    )
    return [
        Goal(
            "set-up CPU per entity, to the RESTful integration's",
            ours_per_entity / rest_per_entity,
            1,
        ),
        Goal("import", imported["import"] * 1000, 25, " ms"),
        Goal("third-party modules imported beyond Home Assistant's", imported["modules"], 0),
        Goal("longest event-loop pause, 50 accounts", ours["pause"] * 1000, 3, " ms"),
    ]
