"""tradeimpact: what a government loses and insurgents gain when border crossings fall.

For example::

    import tradeimpact as ti

    case = ti.load_case("afghanistan-2021")
    fall = ti.Scenario("Spin Boldak falls").capture("spin_boldak", on="2021-07-14")
    ti.simulate(case, fall, start="2021-06-22", end="2021-07-22", rng=1).bridge()
"""

from ._version import __version__
from .analysis.backtest import backtest
from .analysis.claims import claims
from .analysis.replay import replay
from .analysis.update import learnt, reweight, update
from .analysis.verify import value_of_verifying
from .case import Case, list_cases, load_case, validate
from .errors import CaseError, DrawError, ModelError, ScenarioError, TradeImpactError, TradeImpactWarning
from .figures.save import save
from .figures.text import millions
from .inference import infer_control
from .model.chain import control_chain
from .model.tariff import Charge, cascade, three_views
from .model.trade import trade_response
from .results import Results, compare
from .revenue import revenue_per_crossing
from .scenario import Scenario
from .simulate import simulate

__all__ = [
    "Case",
    "CaseError",
    "Charge",
    "DrawError",
    "ModelError",
    "Results",
    "Scenario",
    "ScenarioError",
    "TradeImpactError",
    "TradeImpactWarning",
    "__version__",
    "backtest",
    "cascade",
    "claims",
    "compare",
    "control_chain",
    "infer_control",
    "learnt",
    "list_cases",
    "load_case",
    "millions",
    "replay",
    "revenue_per_crossing",
    "reweight",
    "save",
    "simulate",
    "three_views",
    "trade_response",
    "update",
    "validate",
    "value_of_verifying",
]
