"""Charts of a result: each is the picture of one of its tables, with its finding as title and its source below."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
