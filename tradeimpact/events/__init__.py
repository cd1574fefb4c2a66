"""Reports proposed from event data in a file, for a person to accept or refuse; never a live service.

Exports in the manner of ACLED (one row per event: day, place with coordinates, actors, type, source, notes) are read
with a check of their columns, matched to the crossings of a case by place (great-circle distance to the crossing's
coordinates) and by name (printed and other names in the location or the notes, spelling allowed to differ), and put
into the words of the case's reports. Nothing enters a case before its row says yes.
"""

from .accept import accept_reports
from .propose import propose_reports
from .read import read_events

__all__ = ["accept_reports", "propose_reports", "read_events"]
