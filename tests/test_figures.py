"""Charts picture their tables truthfully, keep inside their canvas, and are saved to the same bytes every time.

All tables here are synthetic: their numbers are made up for the test.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
