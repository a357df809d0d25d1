"""The goals of the integration, with the figures that were measured."""

from typing import Final, NamedTuple

from .processes import AGED, ALL, IDLE, Case, Figures

POLLS_PER_DAY: Final = 96
_OURS: Final = Case("api_balance")

type Found = dict[Case, Figures]


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


def cpu(found: Found, case: Case, name: str = "cpu") -> float:
    """Return the CPU time per account and poll, without that of an idle Home Assistant, in s."""
    return (found[case][name] - found[IDLE][name]) / case.accounts / POLLS_PER_DAY


def ratio(found: Found, case: Case, build: str) -> float:
    """Return the CPU time of a case, to that of another build."""
    return cpu(found, case) / cpu(found, case.of(build))


def goals(found: Found, imported: Figures) -> list[Goal]:
    """Return all goals."""
    return [*_cpu(found), *_others(found, imported)]


def _cpu(found: Found) -> list[Goal]:
    """Return the goals for the CPU time of a poll."""
    unchanged, changed = _OURS._replace(changing="0"), _OURS._replace(changing="1")
    many = _OURS._replace(accounts=200)
    every = _OURS._replace(accounts=ALL, providers=ALL)
    growth = cpu(found, many) / cpu(found, _OURS)
    bare_growth = cpu(found, many.of("bare")) / cpu(found, _OURS.of("bare"))
    aging = cpu(found, AGED) / cpu(found, _OURS)
    subject = "CPU per account and poll"
    return [
        Goal(f"{subject}, unchanged responses, to RESTful", ratio(found, unchanged, "rest"), 0.7),
        Goal(f"{subject}, unchanged responses, to bare", ratio(found, unchanged, "bare"), 2),
        Goal(f"{subject}, changed responses, to RESTful", ratio(found, changed, "rest"), 1),
        Goal(f"{subject}, 30 providers, to RESTful", ratio(found, every, "rest"), 1),
        Goal(f"{subject}, 30 providers, to bare", ratio(found, every, "bare"), 2.9),
        Goal(f"{subject}, 200 accounts, to 50", growth, bare_growth),
        Goal(f"{subject}, after 30 days, to the first day", aging, 1.05),
    ]


def _others(found: Found, imported: Figures) -> list[Goal]:
    """Return the goals for requests, set-up and import."""
    ours, rest = found[_OURS], found[_OURS.of("rest")]
    set_up = (ours["set_up_cpu"] / ours["entities"]) / (rest["set_up_cpu"] / rest["entities"])
    requests = ours["requests"] / _OURS.accounts / POLLS_PER_DAY
    return [
        Goal("requests per account and poll", requests, 1),
        Goal("set-up CPU per entity, to RESTful", set_up, 0.75),
        Goal("import", imported["import"] * 1000, 25, " ms"),
        Goal("third-party modules imported beyond Home Assistant's", imported["modules"], 0),
    ]
