"""Briefings: `write_brief` hands a case over as page, deck, document, archive; `briefing_content` is what it says."""

from .build import briefing_content
from .write import write_brief

__all__ = ["briefing_content", "write_brief"]
