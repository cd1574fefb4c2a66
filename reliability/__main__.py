"""``python -m reliability PART [...]``: run one part; without a part, list them."""

import importlib
import sys

PARTS = {
    "fuzz": "coverage-guided fuzzing of every reader",
    "faults": "faults injected at write points, and real kills",
    "load": "a case of 500 crossings, 3,650 days and 100,000 reports; ten explorer sessions at once",
    "versions": "the tests on other Pythons and on the lowest and newest dependencies",
    "mutants": "a seeded sample of mutants of the model, and which tests kill them",
    "numbers": "the headline numbers on file: show, compare, or change them on purpose",
}


def main(words: list[str]) -> int:
    """Run the part named first with the words that follow; the exit code is the part's own."""
    if not words or words[0] not in PARTS:
        print("python -m reliability PART [...]\n")
        print("\n".join(f"  {part:<10}{what}" for part, what in PARTS.items()))
        return 0 if not words or words[0] in {"-h", "--help"} else 2
    part = importlib.import_module(f"{__package__}.{words[0]}")
    return int(part.main(words[1:]) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
