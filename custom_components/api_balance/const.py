"""Constants of the integration."""

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
CONF_HOST: Final = "host"
CONF_ADVANCED: Final = "advanced"
# Description of the user's own endpoint; see providers.custom.
CONF_ENDPOINT: Final = "endpoint"
# Key of the account's main balance. Chosen when the account is added and then kept, because the
# order of the balances in a response may change.
CONF_MAIN_BALANCE: Final = "main_balance"
# In a form, a number in the account's unit. In an entry's options, a mapping from the key of each
# balance to a decimal string.
CONF_LOW_BALANCE_THRESHOLD: Final = "low_balance_threshold"
# An option: every increase of the balance is a top-up, never a refund.
CONF_AUTO_TOP_UP: Final = "auto_top_up"

# Often enough to warn before a morning's work is done, and far below every documented rate limit.
UPDATE_INTERVAL: Final = timedelta(minutes=15)
# Accounts of one provider are polled one after another, so that they share a connection. After this
# many seconds without a response the next one starts.
TURN: Final = 2
# So many of them at once, and the next ones after so many seconds: below every documented limit.
PORTION: Final = 30
PORTION_INTERVAL: Final = 60

# Balances of one account. A provider that keeps inventing units must not fill the disk or the
# entity registry.
MAX_BALANCES: Final = 5
# A balance that an account with several balances no longer reports is removed after this time.
REMOVE_BALANCE_AFTER: Final = timedelta(days=7)

# Concurrent requests to one provider.
MAX_CONCURRENT_REQUESTS: Final = 4

# A suspicious reading is requested again after a random number of seconds in this range.
CONFIRMATION_DELAY: Final = (30, 60)
# The same when somebody is waiting for the result.
CONFIRMATION_DELAY_WHILE_WAITING: Final = 2

# Delays in seconds before the attempts that follow consecutive failures; after the last one the
# regular interval applies again.
RETRY_BACKOFF: Final = (30, 60, 120, 240, 480)
# A failure becomes visible with this consecutive failure, or this long after the first one.
VISIBLE_FAILURES: Final = 4
VISIBLE_AFTER: Final = timedelta(minutes=15)
# Seconds before the second attempt with credentials that were refused, and between the attempts
# while Home Assistant asks the user for new ones.
REFUSED_RETRY: Final = 60
REAUTH_RETRY: Final = 60 * 60

# Requests that diagnostics list per account: an outage with all its early retries.
MAX_RECENT_REQUESTS: Final = 10

# Bounds of a pause that a provider requests with Retry-After, in seconds. A shorter one gains
# nothing; a longer one would silence the alarm for days.
MIN_RETRY_AFTER: Final = 30
MAX_RETRY_AFTER: Final = 6 * 60 * 60

# Unexpected responses may come from a deployment at the provider. If they last this long, the
# provider has probably changed its API, and the user is told.
UNEXPECTED_RESPONSES_AFTER: Final = timedelta(minutes=30)
# An account that could not be read for this long gets a repair issue.
UNREADABLE_AFTER: Final = timedelta(hours=24)
# Largest difference to the provider's clock with which readings are still recorded.
MAX_CLOCK_DIFFERENCE: Final = timedelta(days=1)

# The number entity needs a bound; no balance that somebody watches is larger.
MAX_THRESHOLD: Final = 1_000_000_000
