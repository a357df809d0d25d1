"""What the simulated accounts hold, and what they respond."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from . import story as stories
from .apis import Api, Scenario
from .bodies import spent
from .files import load, load_own_endpoint


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that was received."""

    slug: str
    method: str
    path: str
    headers: Mapping[str, str]


class Simulator:
    """What the simulated accounts hold, and which requests were received."""

    def __init__(
        self,
        *,
        delay: float,
        story: datetime | None,
        clock: Callable[[], datetime],
        apis: Mapping[str, Api] | None = None,
    ) -> None:
        """Start with every account as the documentation shows it.

        From its beginning on, the events of a story change the accounts. The default for apis are
        those that have a file, and the one for the user's own endpoint.
        """
        self.delay = delay
        own = load_own_endpoint()
        self.apis = {**load(), own.slug: own} if apis is None else apis
        self.requests: deque[Request] = deque(maxlen=1000)
        self.request_count = 0
        self.calls_elsewhere = 0
        self.has_outage = False
        """Whether no provider can be reached at the moment."""
        self.changing = Decimal(0)
        """The share of the responses of every account before which 0.01 is spent."""
        self._story = story
        self._clock = clock
        self._moves: dict[tuple[str, str], list[Decimal]] = {}
        self._changed: dict[tuple[str, str], datetime] = {}
        self._bodies: dict[tuple[str, str, str], tuple[int, str]] = {}
        """By account and documented body: how many moves it has gone through, and the result."""
        self._story_until: dict[tuple[str, str], datetime] = {}
        self._scenarios: dict[tuple[str, str], str] = {}
        self._served: dict[tuple[str, str], str] = {}
        self._responses = Counter[tuple[str, str]]()

    def spend(self, slug: str, key: str, amount: Decimal | int | str) -> None:
        """Take an amount from an account; its key is the first of its credentials."""
        self._continue_story(slug, key)
        self._move(slug, key, Decimal(amount))

    def top_up(self, slug: str, key: str, amount: Decimal | int | str) -> None:
        """Add an amount to an account."""
        self.spend(slug, key, -Decimal(amount))

    def set_scenario(self, slug: str, key: str, scenario: str | None) -> None:
        """Make an account respond as another scenario from now on; None restores its own."""
        if scenario is not None and scenario not in self.apis[slug].scenarios:
            message = f"{slug} has no scenario {scenario}"
            raise ValueError(message)
        if scenario is None:
            self._scenarios.pop((slug, key), None)
        else:
            self._scenarios[slug, key] = scenario

    def served(self, slug: str, key: str) -> str | None:
        """Return the last response to an account."""
        return self._served.get((slug, key))

    def all_served(self) -> dict[str, dict[str, str]]:
        """Return the last response to each account, by slug and key."""
        result: dict[str, dict[str, str]] = {}
        for (slug, key), body in self._served.items():
            result.setdefault(slug, {})[key] = body
        return result

    def response(self, api: Api, key: str) -> tuple[Scenario, str]:
        """Return the scenario and the body that an account responds with now."""
        account = (api.slug, key)
        scenario = api.scenarios[self._scenarios.get(account, api.scenario(key))]
        body = scenario.body
        if scenario.expect:
            self._continue_story(*account)
            self._change(*account)
            body = self._current(api, key, body)
        self._served[account] = body
        return scenario, body

    def _change(self, slug: str, key: str) -> None:
        """Spend something before a share of the responses, evenly distributed."""
        before = self._responses[slug, key]
        self._responses[slug, key] += 1
        if int(before * self.changing) < int((before + 1) * self.changing):
            self._move(slug, key, Decimal("0.01"))

    def _current(self, api: Api, key: str, documented: str) -> str:
        """Return what has become of a documented body."""
        account = api.slug, key
        moves = self._moves.get(account, [])
        done, body = self._bodies.get((*account, documented), (0, documented))
        for amount in moves[done:]:
            body = spent(api.spend, body, amount, self._changed[account])
        self._bodies[(*account, documented)] = (len(moves), body)
        return body

    def _move(self, slug: str, key: str, amount: Decimal) -> None:
        """Record spending or a top-up, in order: what is not there cannot be spent."""
        self._moves.setdefault((slug, key), []).append(amount)
        self._changed[slug, key] = self._clock()

    def _continue_story(self, slug: str, key: str) -> None:
        """Let the events happen that the story has for the time since the last request."""
        if self._story is None or (account := stories.accounts().get((slug, key))) is None:
            return
        now = self._clock()
        since = self._story_until.get((slug, key), self._story)
        for amount in account.moves(self._story, since, now):
            if amount:
                self._move(slug, key, amount)
        self._story_until[slug, key] = now

    def history(self) -> list[dict[str, Any]]:
        """Return the responses of the story's accounts before its beginning."""
        if (begin := self._story) is None:
            return []
        result = []
        for account in stories.accounts().values():
            api = self.apis[account.slug]
            body = api.scenarios[api.scenario(account.key)].body
            readings = [
                [
                    at.isoformat(),
                    spent(api.spend, body, sum(account.moves(begin, begin, at), Decimal(0)), at),
                ]
                for at in account.readings(begin)
            ]
            result.append({"slug": account.slug, "key": account.key, "readings": readings})
        return result


SIMULATOR: Final = web.AppKey("simulator", Simulator)
