"""The providers: one file each, listed here by hand, sorted by slug."""

from typing import Final

from ..api import Provider
from .crun import CRUN
from .engagelab_otp import ENGAGELAB_OTP
from .lensmor import LENSMOR
from .lumenfall import LUMENFALL
from .lunos import LUNOS

PROVIDERS: Final[tuple[Provider, ...]] = (CRUN, ENGAGELAB_OTP, LENSMOR, LUMENFALL, LUNOS)
BY_SLUG: Final = {provider.slug: provider for provider in PROVIDERS}
