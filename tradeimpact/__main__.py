"""Command line: list, validate, package, run, brief, explore and figures; each is a thin shell over the library."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import TradeImpactError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 on success, 1 with a message that says what to do."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except TradeImpactError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; every file written so far is whole, and the same command writes all of them", file=sys.stderr)
        return 130
    except OSError as problem:
        print(f"{problem.filename or 'a file'}: {problem.strerror or problem}; choose another place", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tradeimpact", description="What customs revenue moves when border crossings change hands."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="cases that come with the library")
    listing.set_defaults(run=_list)

    check = commands.add_parser("validate", help="check a case folder; every problem in one report")
    check.add_argument("folder", help="folder of a case, or the name of one that comes with the library")
    check.set_defaults(run=_validate)

    pack = commands.add_parser("package", help="write datapackage.json of a case folder from its tables")
    pack.add_argument("folder")
    for name in ("title", "description", "currency", "calendar"):
        pack.add_argument(f"--{name}")
    pack.set_defaults(run=_package)

    new = commands.add_parser("new-case", help="write the template of a case of your own, commented and ready to run")
    new.add_argument("folder", help="a new or empty folder")
    new.add_argument("--currency", default="ETB", help="three capital letters (ETB unless given)")
    new.add_argument("--calendar", default="gregorian", help="gregorian, solar_hijri or ethiopian")
    new.add_argument("--title", default="")
    new.set_defaults(run=_new_case)

    run = commands.add_parser("run", help="simulate a case and print its report")
    run.add_argument("case", help="name of a case, or its folder")
    run.add_argument("--scenario", metavar="FILE", help="YAML file of a scenario; without it the history as reported")
    run.add_argument("--start", help="first day, YYYY-MM-DD (the day after the baseline unless given)")
    run.add_argument("--end", help="last day, included (30 days later unless given)")
    run.add_argument("--draws", type=int, default=2000)
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--currency", help="usd for dollars at dated rates")
    run.add_argument("--out", metavar="FOLDER", help="write tables, figures and manifest there")
    run.set_defaults(run=_run)

    brief = commands.add_parser("brief", help="write a briefing: web page, slides, document, and a zip of its figures")
    brief.add_argument("case", help="name of a case, or its folder")
    brief.add_argument("--as-of", metavar="DAY", help="only what was published by then (the case's last day)")
    brief.add_argument("--since", metavar="DAY", help="day of the last briefing: adds what changed")
    brief.add_argument("--to", metavar="DIR", default="briefing", help="folder to write to")
    brief.add_argument("--draws", type=int, default=2000)
    brief.add_argument("--seed", type=int, default=1)
    brief.add_argument(
        "--template", metavar="FILE", action="append", default=[], help="your own .pptx, .docx or .html; once for each"
    )
    brief.set_defaults(run=_brief)

    explore = commands.add_parser("explore", help="serve the panel to explore a case, on this computer only")
    explore.add_argument("case", help="name of a case, or its folder")
    explore.add_argument("--scenario", metavar="FILE", help="YAML file of a scenario to begin with")
    explore.add_argument("--start", help="first day, YYYY-MM-DD (the day after the baseline unless given)")
    explore.add_argument("--end", help="last day, included (30 days later unless given)")
    explore.add_argument("--port", type=int, default=8866, help="0 for any that is free")
    explore.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    explore.set_defaults(run=_explore)

    figures = commands.add_parser("figures", help="execute the notebooks into build/ and fill figures/")
    figures.add_argument("notebooks", nargs="*", help="names of notebooks; all unless given")
    figures.add_argument("--root", default=".", help="top of the checkout")
    figures.set_defaults(run=_figures)
    return parser


def _list(_: argparse.Namespace) -> int:
    from .case import list_cases

    print(list_cases().to_string(index=False))
    return 0


def _validate(options: argparse.Namespace) -> int:
    from .case import find_case, report_text, validate

    problems = validate(find_case(options.folder))
    print(report_text(problems, options.folder))
    return int((problems["severity"] == "error").any())


def _package(options: argparse.Namespace) -> int:
    from .case import package

    given = {name: getattr(options, name) for name in ("title", "description", "currency", "calendar")}
    print(f"wrote {package(options.folder, **given).name}")
    return 0


def _new_case(options: argparse.Namespace) -> int:
    from .case import new_case

    for path in new_case(options.folder, currency=options.currency, calendar=options.calendar, title=options.title):
        print(path)
    print(f"next: edit the tables as README.md says, then python -m tradeimpact validate {options.folder}")
    return 0


def _run(options: argparse.Namespace) -> int:
    from datetime import timedelta

    from .case import load_case
    from .scenario import Scenario, to_day
    from .simulate import simulate

    case = load_case(options.case)
    scenario = Scenario.from_yaml(Path(options.scenario)) if options.scenario else case.as_reported()
    start = to_day(options.start) if options.start else case.baseline_until + timedelta(days=1)
    end = to_day(options.end) if options.end else start + timedelta(days=30)
    result = simulate(case, scenario, start=start, end=end, draws=options.draws, rng=options.seed).to(options.currency)
    print(result.report())
    if options.out:
        from .output import write_run

        for path in write_run(result, Path(options.out)):
            print(path.name)
    return 0


def _brief(options: argparse.Namespace) -> int:
    from .briefing import write_brief
    from .case import load_case

    for path in write_brief(
        load_case(options.case), as_of=options.as_of, since=options.since, to=options.to, draws=options.draws,
        rng=options.seed, templates=options.template,
    ):  # fmt: skip
        print(path)
    return 0


def _explore(options: argparse.Namespace) -> int:
    from .explore.serve import serve
    from .scenario import Scenario

    scenario = Scenario.from_yaml(Path(options.scenario)) if options.scenario else None
    serve(
        options.case, scenario, start=options.start, end=options.end, port=options.port,
        open_browser=not options.no_browser,
    )  # fmt: skip
    return 0


def _figures(options: argparse.Namespace) -> int:
    from .output import build_figures

    return build_figures(Path(options.root), options.notebooks)


if __name__ == "__main__":
    sys.exit(main())
