"""tradeimpact: what a government loses and insurgents gain when border crossings fall.

For example::

    import tradeimpact as ti

    case = ti.load_case("afghanistan-2021")
    fall = ti.Scenario("Spin Boldak falls").capture("spin_boldak", on="2021-07-14")
    ti.simulate(case, fall, start="2021-06-22", end="2021-07-22", rng=1).bridge()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .explore import explore  # a folder and a module have these names, which would take their places if they
from .simulate import simulate  # were loaded later; both load what is behind them when first called

if TYPE_CHECKING:
    from .analysis import effects
    from .analysis.attribution import attribution
    from .analysis.backtest import backtest
    from .analysis.by_flow import by_flow, recorded_trade, score_trade
    from .analysis.choice import ChoiceModel, conditional_logit
    from .analysis.claims import claims
    from .analysis.decompose import Decomposition, decompose
    from .analysis.discovery import discover
    from .analysis.elasticities import Elasticities, estimate_elasticities
    from .analysis.fiscal import fiscal
    from .analysis.incidence import incidence
    from .analysis.information import value_of_information
    from .analysis.levies import levy_curve, levy_equilibrium
    from .analysis.mirror import MirrorGap, mirror_gap
    from .analysis.next_crossing import next_crossing
    from .analysis.replay import replay
    from .analysis.sampled_shapley import sampled_shapley
    from .analysis.sensitivity import sensitivity
    from .analysis.series import SeriesBaseline, baseline_from_series
    from .analysis.sobol import sobol_indices
    from .analysis.tornado import tornado
    from .analysis.update import learnt, reweight, update
    from .analysis.verify import value_of_verifying
    from .briefing import briefing_content, write_brief
    from .case import Case, calendar_table, list_cases, load_case, new_case, read_tables, save_case, validate
    from .errors import (
        CaseError,
        DrawError,
        Interrupted,
        ModelError,
        ScenarioError,
        TradeImpactError,
        TradeImpactWarning,
    )
    from .estimate import estimate_run
    from .events import accept_reports, propose_reports, read_events
    from .figures.save import save
    from .figures.text import millions
    from .grid import open_result, run_grid
    from .inference import infer_control
    from .model.chain import control_chain
    from .model.reconcile import reconcile
    from .model.shapley import shapley_values
    from .model.tariff import Charge, cascade, three_views
    from .model.trade import trade_response
    from .results import Results, compare
    from .revenue import revenue_per_crossing
    from .scenario import Scenario
    from .synthetic import synthetic_case

# Every public name and the module it is taken from when it is first used, so that `import tradeimpact` is quick.
_HOME = {
    "analysis.attribution": ("attribution",),
    "analysis.backtest": ("backtest",),
    "analysis.by_flow": (
        "by_flow",
        "recorded_trade",
        "score_trade",
    ),
    "analysis.choice": (
        "ChoiceModel",
        "conditional_logit",
    ),
    "analysis.claims": ("claims",),
    "analysis.decompose": (
        "Decomposition",
        "decompose",
    ),
    "analysis.discovery": ("discover",),
    "analysis.elasticities": (
        "Elasticities",
        "estimate_elasticities",
    ),
    "analysis.fiscal": ("fiscal",),
    "analysis.incidence": ("incidence",),
    "analysis.information": ("value_of_information",),
    "analysis.levies": (
        "levy_curve",
        "levy_equilibrium",
    ),
    "analysis.mirror": (
        "MirrorGap",
        "mirror_gap",
    ),
    "analysis.next_crossing": ("next_crossing",),
    "analysis.replay": ("replay",),
    "analysis.sampled_shapley": ("sampled_shapley",),
    "analysis.sensitivity": ("sensitivity",),
    "analysis.series": (
        "SeriesBaseline",
        "baseline_from_series",
    ),
    "analysis.sobol": ("sobol_indices",),
    "analysis.tornado": ("tornado",),
    "analysis.update": (
        "learnt",
        "reweight",
        "update",
    ),
    "analysis.verify": ("value_of_verifying",),
    "briefing": (
        "briefing_content",
        "write_brief",
    ),
    "case": (
        "Case",
        "calendar_table",
        "list_cases",
        "load_case",
        "new_case",
        "read_tables",
        "save_case",
        "validate",
    ),
    "errors": (
        "CaseError",
        "DrawError",
        "Interrupted",
        "ModelError",
        "ScenarioError",
        "TradeImpactError",
        "TradeImpactWarning",
    ),
    "estimate": ("estimate_run",),
    "events": (
        "accept_reports",
        "propose_reports",
        "read_events",
    ),
    "figures.save": ("save",),
    "figures.text": ("millions",),
    "grid": (
        "open_result",
        "run_grid",
    ),
    "inference": ("infer_control",),
    "model.chain": ("control_chain",),
    "model.reconcile": ("reconcile",),
    "model.shapley": ("shapley_values",),
    "model.tariff": (
        "Charge",
        "cascade",
        "three_views",
    ),
    "model.trade": ("trade_response",),
    "results": (
        "Results",
        "compare",
    ),
    "revenue": ("revenue_per_crossing",),
    "scenario": ("Scenario",),
    "synthetic": ("synthetic_case",),
}
_FROM = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "Case",
    "CaseError",
    "Charge",
    "ChoiceModel",
    "Decomposition",
    "DrawError",
    "Elasticities",
    "Interrupted",
    "MirrorGap",
    "ModelError",
    "Results",
    "Scenario",
    "ScenarioError",
    "SeriesBaseline",
    "TradeImpactError",
    "TradeImpactWarning",
    "__version__",
    "accept_reports",
    "attribution",
    "backtest",
    "baseline_from_series",
    "briefing_content",
    "by_flow",
    "calendar_table",
    "cascade",
    "claims",
    "compare",
    "conditional_logit",
    "control_chain",
    "decompose",
    "discover",
    "effects",
    "estimate_elasticities",
    "estimate_run",
    "explore",
    "fiscal",
    "incidence",
    "infer_control",
    "learnt",
    "levy_curve",
    "levy_equilibrium",
    "list_cases",
    "load_case",
    "millions",
    "mirror_gap",
    "new_case",
    "next_crossing",
    "open_result",
    "propose_reports",
    "read_events",
    "read_tables",
    "reconcile",
    "recorded_trade",
    "replay",
    "revenue_per_crossing",
    "reweight",
    "run_grid",
    "sampled_shapley",
    "save",
    "save_case",
    "score_trade",
    "sensitivity",
    "shapley_values",
    "simulate",
    "sobol_indices",
    "synthetic_case",
    "three_views",
    "tornado",
    "trade_response",
    "update",
    "validate",
    "value_of_information",
    "value_of_verifying",
    "write_brief",
]


def __getattr__(name: str) -> Any:
    if name == "effects":
        return import_module(".analysis.effects", __name__)
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module("." + _FROM[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
