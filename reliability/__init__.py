"""How the library stands up to bad data, bad files, bad luck and bad intent: scripts too long for the test suite.

``python -m reliability`` lists them; what they found stands in docs/reliability.md. Nothing here is installed.
"""
