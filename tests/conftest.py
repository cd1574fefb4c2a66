"""Pictures are drawn without a screen in every test."""

import matplotlib

matplotlib.use("agg")
