"""Every mutant of a module: small faults, one at a time, in its syntax tree.

Operators are those of the common tools (cosmic-ray, mutmut) and a few for arrays: arithmetic, comparisons, boolean
operators, signs and negations, conditions, constants (and with them indices and default values), slices, results,
axes, and functions of NumPy that are mistaken for one another. Left alone are docstrings, annotations, type aliases,
``__all__``, f-strings and whatever stands in a `raise`.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
BOTH_WAYS = (
    ("maximum", "minimum"),
    ("max", "min"),
    ("nanmax", "nanmin"),
    ("argmax", "argmin"),
    ("any", "all"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("ceil", "floor"),
    ("add", "subtract"),
    ("multiply", "divide"),
    ("logical_and", "logical_or"),
    ("greater", "greater_equal"),
)
SWAPS = {a: b for pair in BOTH_WAYS for a, b in (pair, pair[::-1])} | {
    "sum": "mean",
    "cumsum": "cumprod",
    "exp": "expm1",
    "log": "log1p",
    "sqrt": "square",
    "square": "sqrt",
}
OPTIONS = {"axis", "keepdims", "ddof", "out", "where", "initial", "tol"}
TYPES = {"NDArray", "ArrayLike"}


@dataclass(frozen=True)
class Mutant:
    """One fault: where it is (first and last line of the statement), what stood there, what stands there now.

    `inside` says that it is in the body of a function and not in what is run on import.
    """

    module: str
    function: str
    lines: tuple[int, int]
    inside: bool
    operator: str
    before: str
    after: str
    occurrence: int
    site: int
    variant: int

    @property
    def name(self) -> str:
        """The same as long as the function says the same thing at this place, whatever is edited around it."""
        return "|".join((self.module, self.function, self.operator, self.before, self.after, str(self.occurrence)))

    @property
    def key(self) -> str:
        """Its name, short."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:12]

    def rank(self, seed: int) -> str:
        """A number that is uniform over mutants: the sample is those with the least."""
        return hashlib.sha256(f"{seed}|{self.name}".encode()).hexdigest()


@dataclass
class _Site:
    """A node that may change, and where it hangs in the tree."""

    parent: ast.AST
    field: str
    index: int | None
    function: str
    lines: tuple[int, int]
    inside: bool

    @property
    def node(self) -> Any:
        """The node that stands here."""
        value = getattr(self.parent, self.field)
        return value if self.index is None else value[self.index]

    def put(self, node: ast.AST) -> None:
        """Another node in its place."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(module: str, source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its text."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for number, site in enumerate(_sites(ast.parse(source))):
        before = ast.unparse(site.node)
        for variant, (operator, node) in enumerate(_changes(site)):
            text = (site.function, operator, before, ast.unparse(node))
            found.append(Mutant(module, text[0], site.lines, site.inside, *text[1:], seen[text], number, variant))
            seen[text] += 1
    return found


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The tree of the module with the fault in it."""
    tree = ast.parse(source)
    site = next(s for number, s in enumerate(_sites(tree)) if number == mutant.site)
    _, node = list(_changes(site))[mutant.variant]
    site.put(ast.copy_location(node, site.node))
    return ast.fix_missing_locations(tree)


def _sites(node: ast.AST, function: str = "", lines: tuple[int, int] = (0, 0), inside: bool = False) -> Iterator[_Site]:
    """Every node below this one that may change, the outer before the inner."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns"}:
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or _left_alone(child):
                continue
            at = _extent(child) if isinstance(child, ast.stmt) else lines
            within = inside or (isinstance(node, ast.FunctionDef) and field == "body")
            yield _Site(node, field, index if isinstance(value, list) else None, function, at, within)
            yield from _sites(child, function, at, within)


def _left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.JoinedStr() | ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.FunctionDef(decorator_list=[ast.Name(id="overload")]):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() | ast.BinOp()) if name.istitle():
            return any(isinstance(n, ast.Name) and n.id in TYPES for n in ast.walk(node.value))
    return False


def _extent(node: ast.stmt) -> tuple[int, int]:
    """Lines of a statement; of one with a body, only its head."""
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if body else node.end_lineno
    return node.lineno, max(node.lineno, last or node.lineno)


def _changes(site: _Site) -> Iterator[tuple[str, Any]]:
    """What may stand there instead: operator and node."""
    node = site.node
    yield from _of_operators(node)
    yield from _of_values(node)
    asks = site.field == "test" and isinstance(site.parent, ast.If | ast.While | ast.IfExp)
    if asks and isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        yield "condition", ast.UnaryOp(ast.Not(), node)


def _of_operators(node: Any) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.BinOp() | ast.AugAssign() if type(node.op) in ARITHMETIC:
            yield "arithmetic", _with(node, op=ARITHMETIC[type(node.op)]())
        case ast.Compare():
            for i, op in enumerate(node.ops):
                for other in COMPARISONS[type(op)]:
                    yield "comparison", _with(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
        case ast.BoolOp():
            yield "boolean", _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield "sign", node.operand


def _of_values(node: Any) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "constant", ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if value:
            yield "constant", ast.Constant(f"XX{value}XX")
        case ast.Slice():
            for bound in ("lower", "upper"):
                if getattr(node, bound):
                    yield "slice", _with(node, **{bound: None})
        case ast.Return() if node.value:
            yield "result", _with(node, value=ast.Constant(None))
        case ast.Break():
            yield "loop", ast.Continue()
        case ast.Continue():
            yield "loop", ast.Break()
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            if name in SWAPS and (name != "sum" or isinstance(node.func, ast.Attribute)):
                part = "attr" if isinstance(node.func, ast.Attribute) else "id"
                yield "function", _with(node, func=_with(node.func, **{part: SWAPS[name]}))
            for word in node.keywords:
                if word.arg in OPTIONS:
                    yield "option", _with(node, keywords=[k for k in node.keywords if k is not word])


def _with(node: Any, **fields: Any) -> Any:
    """A copy of a node with some fields replaced."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new
