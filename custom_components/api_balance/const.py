"""Names, intervals and limits."""

from datetime import timedelta
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "api_balance"

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
]

CONF_PROVIDER: Final = "provider"
CONF_BASE_URL: Final = "base_url"
CONF_ADVANCED: Final = "advanced"
# In a form a number in the account's unit; in an entry's options a text for each unit, since an
# amount in one currency means nothing in another.
CONF_LOW_BALANCE_THRESHOLD: Final = "low_balance_threshold"

# Often enough to warn before a morning's work is over, and far below every documented rate limit.
UPDATE_INTERVAL: Final = timedelta(minutes=15)
# After a start all accounts are asked at once. The next poll of each comes after any part of the
# interval between these, so that they are spread over it from then on.
FIRST_INTERVAL: Final = (0.05, 1.0)

# An account has one unit, or a few; a provider that keeps on inventing others must not fill the
# disk, where a ledger takes 12 KB at the very most, nor the list of entities.
MOST_UNITS: Final = 5

# Accounts at one provider that are asked at the same time: after a start, all of them are due.
MOST_REQUESTS_AT_ONCE: Final = 4

# After a temporary failure the next request comes sooner than the next regular poll, so that a
# blip does not cost a quarter of an hour; it comes later each time, so that an outage is not
# answered with a flood. After the last pause the regular interval goes on.
RETRY_PAUSES: Final = (30, 60, 120, 240, 480)

# Of an account's requests, those that diagnostics tell of: an outage with all its early retries.
KEPT_REQUESTS: Final = 10

# A provider that asks for a pause gets it. Below the first bound a retry gains nothing; beyond the
# second an absurd header would silence the alarm for days.
SHORTEST_RETRY_AFTER: Final = 30
LONGEST_RETRY_AFTER: Final = 6 * 60 * 60

# One odd answer may be a deployment at the provider; three in a row, half an hour apart, are a
# change of its API that somebody has to look at.
UNEXPECTED_RESPONSES_UNTIL_ISSUE: Final = 3

# Beyond every balance that somebody watches; the number entity needs some bound.
HIGHEST_THRESHOLD: Final = 1_000_000_000
