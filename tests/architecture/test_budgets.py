"""Files of at most 400 lines, classes of 200, functions of 50 (nine in ten of at most 25), nesting of 3.

A function is counted from its `def` to its last line without its docstring.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.sources import CODE, name_of, parsed, python_files

FILE_LINES, CLASS_LINES, FUNCTION_LINES, USUAL_FUNCTION_LINES, NESTING = 400, 200, 50, 25, 3
SHARE_OF_LONGER_FUNCTIONS = 0.10

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def span(node: Function | ast.ClassDef) -> int:
    """Lines from the name to the end, without the docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    match node.body[0]:
        case ast.Expr(value=ast.Constant(value=str())) as docstring:
            return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)
    return lines


def nesting(node: ast.AST, *, as_elif: bool = False) -> int:
    """Depth of blocks inside blocks; `elif` is on the level of its `if`, an inner function starts anew."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return 0
    chain = node.orelse if isinstance(node, ast.If) and len(node.orelse) == 1 else []
    inner = max(
        (
            nesting(child, as_elif=child in chain and isinstance(child, ast.If))
            for child in ast.iter_child_nodes(node)
        ),
        default=0,
    )
    return inner + (isinstance(node, BLOCKS) and not as_elif)


def functions(tree: ast.Module) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def depth(function: Function) -> int:
    return max(nesting(statement) for statement in function.body)


def over_budget(tree: ast.Module) -> list[str]:
    found = [
        f"line {node.lineno}: class {node.name} has {span(node)} lines, at most {CLASS_LINES}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and span(node) > CLASS_LINES
    ]
    for function in functions(tree):
        if span(function) > FUNCTION_LINES:
            found.append(
                f"line {function.lineno}: {function.name} has {span(function)} lines, at most {FUNCTION_LINES}"
            )
        if depth(function) > NESTING:
            found.append(
                f"line {function.lineno}: {function.name} nests {depth(function)} deep, at most {NESTING}"
            )
    return found


@pytest.mark.parametrize("path", python_files(*CODE), ids=name_of)
def test_file_keeps_its_budget(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES
    assert over_budget(parsed(path)) == []


def test_nine_functions_in_ten_fit_on_a_screen() -> None:
    spans = {
        f"{name_of(path)}:{function.lineno} {function.name}": span(function)
        for path in python_files("src")
        for function in functions(parsed(path))
    }
    longer = {name: lines for name, lines in spans.items() if lines > USUAL_FUNCTION_LINES}
    assert len(longer) <= SHARE_OF_LONGER_FUNCTIONS * len(spans), "\n".join(
        f"{lines:4d} {name}" for name, lines in sorted(longer.items(), key=lambda item: -item[1])
    )


def test_budgets_see_what_is_too_long_or_too_deep() -> None:
    body = "\n".join(f"    x{i} = {i}" for i in range(60))
    deep = "def f(a):\n for b in a:\n  if b:\n   while b:\n    with b: pass"
    chain = "def f(a):\n if a == 1: pass\n elif a == 2: pass\n elif a == 3: pass\n elif a == 4: pass"
    documented = f'def f():\n    """{chr(10) * 60}"""\n    return 1'
    assert over_budget(ast.parse(f"def f():\n{body}"))
    assert over_budget(ast.parse("class A:\n" + "\n".join([body.replace("x", f"y{j}") for j in range(4)])))
    assert over_budget(ast.parse(deep))
    assert over_budget(ast.parse(chain)) == []
    assert over_budget(ast.parse(documented)) == []
