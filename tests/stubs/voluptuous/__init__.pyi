# Home Assistant replaces voluptuous by probatio; so do these types.
from probatio import *
