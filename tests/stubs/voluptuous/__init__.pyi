# Home Assistant answers `import voluptuous` with probatio: so do its types.
from probatio import *
