"""Small faults put into a module's source, one at a time: what a slip of the pen would have written instead.

mutants_of(source, name) -> every fault, each with the source that has it
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

__all__ = ["Mutant", "mutants_of"]

_ORDER: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
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
_SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_OTHER = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `where` is the function it is in, "" where the module or a class itself; `source` the whole module."""

    module: str
    where: str
    line: int
    was: str
    now: str
    source: str

    @property
    def said(self) -> str:
        """The fault in a line that stays the same while lines move."""
        return f"{self.where or '<module>'}: {self.was} → {self.now}"


Place = tuple[ast.AST, str, int | None]
"""A node's parent, the field it stands in, and its place in that field's list."""


def mutants_of(source: str, module: str) -> list[Mutant]:
    """Return every fault of a module, in the order of its lines."""
    tree = ast.parse(source)
    found = []
    for number, (node, _, where) in enumerate(_nodes(tree)):
        for made in _changes(node):
            mutated = copy.deepcopy(tree)
            _, place, _ = list(_nodes(mutated))[number]
            _put(place, made)
            line = getattr(node, "lineno", 0)
            text = ast.unparse(ast.fix_missing_locations(mutated))
            found.append(Mutant(module, where, line, _words(node), _words(made), text))
    return found


def _words(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:87]}…"


def _put(place: Place, made: ast.AST) -> None:
    parent, name, index = place
    if index is None:
        setattr(parent, name, made)
    else:
        getattr(parent, name)[index] = made


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, Place, str]]:
    """Yield what may be changed: no annotation, no docstring, no decorator, no list of names, no text of a message."""
    for index, statement in enumerate(tree.body):
        if not _is_names(statement):
            yield from _below(statement, (tree, "body", index), "", ())


def _is_names(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.AnnAssign) and not getattr(node, "value", None):
        return True
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    literal = isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Literal[")
    return "__all__" in names or literal or _is_text(node)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


_LEFT_ALONE = {"annotation", "returns", "decorator_list", "bases", "type_params"}


def _below(
    node: ast.AST, place: Place, where: str, path: tuple[str, ...]
) -> Iterator[tuple[ast.AST, Place, str]]:
    if isinstance(node, ast.JoinedStr) or _is_text(node):
        return
    yield node, place, where
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if function or isinstance(node, ast.ClassDef):
        path = (*path, getattr(node, "name", ""))
    for name, index, child in _children(node):
        inside = (where or ".".join(path)) if function and name == "body" else where
        yield from _below(child, (node, name, index), inside, path)


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in _LEFT_ALONE:
            continue
        if isinstance(value, ast.AST):
            yield name, None, value
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, ast.AST):
                yield name, index, item


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    make = _MAKERS.get(type(node))
    if make is not None:
        yield from make(node)


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for place, op in enumerate(node.ops):
        for other in _ORDER[type(op)]:
            made = copy.deepcopy(node)
            made.ops[place] = other()
            yield made


def _reckoned(node: ast.BinOp) -> Iterator[ast.AST]:
    other = _SUMS.get(type(node.op))
    if other is not None:
        yield ast.BinOp(node.left, other(), node.right)


def _joined(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _signed(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not | ast.USub) and not isinstance(node.operand, ast.Constant):
        yield node.operand


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value and " " not in value:
        try:
            yield ast.Constant(str(Decimal(value) + 1))
        except InvalidOperation:
            yield ast.Constant(f"{value}_")


def _returned(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))


def _called(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name) and node.func.id in _OTHER:
        yield ast.Call(ast.Name(_OTHER[node.func.id], ast.Load()), node.args, node.keywords)


def _done(node: ast.Expr) -> Iterator[ast.AST]:
    """A call for what it does, left out."""
    if isinstance(node.value, ast.Call | ast.Await):
        yield ast.Pass()


def _asked(node: ast.If | ast.IfExp) -> Iterator[ast.AST]:
    if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        made = copy.deepcopy(node)
        made.test = ast.UnaryOp(ast.Not(), node.test)
        yield made


_MAKERS: dict[type[ast.AST], Callable[..., Iterator[ast.AST]]] = {
    ast.Compare: _compared,
    ast.BinOp: _reckoned,
    ast.BoolOp: _joined,
    ast.UnaryOp: _signed,
    ast.Constant: _constant,
    ast.Return: _returned,
    ast.Call: _called,
    ast.Expr: _done,
    ast.If: _asked,
    ast.IfExp: _asked,
}
