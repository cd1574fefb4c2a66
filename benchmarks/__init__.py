"""What the library costs beside what an analyst would otherwise use: `make bench`, or ``python -m benchmarks``."""

AFGHANISTAN = "afghanistan-2021"
WINDOW = {"start": "2021-06-22", "end": "2021-08-17"}  # 57 days
