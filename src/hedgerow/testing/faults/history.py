"""An independent look at a recorded history: only what was intended, sent, answered and filled, nothing of the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

__all__ = ["check_history"]

History = Sequence[tuple[int, str, Mapping[str, Any]]]
_ZERO = Decimal(0)


def check_history(history: History) -> list[str]:
    """Return what the history violates.

    Every send follows an intent and happens once; fills of an intent are never more than it; fills of all intents of a
    plan's leg that trade it are never more than planned, and what undoes them never more than they; nothing that adds
    risk is sent while halted.
    """
    return [*_sends(history), *_halts(history), *_amounts(history)]


def _sends(history: History) -> list[str]:
    wrong: list[str] = []
    intents: dict[str, Mapping[str, Any]] = {}
    sent: set[str] = set()
    filled: dict[str, Decimal] = {}
    for at, kind, body in history:
        name = str(body.get("client_id", ""))
        if kind == "intent":
            if name in intents:
                wrong.append(f"H1 at {at}: {name} was intended twice")
            intents[name] = body
        elif kind == "sent":
            intent = intents.get(name)
            if intent is None or intent["quantity"] != body["quantity"]:
                wrong.append(f"H1 at {at}: {name} was sent without its intent")
            if name in sent:
                wrong.append(f"H1 at {at}: {name} was sent twice")
            sent.add(name)
        elif kind == "fill" and name:
            filled[name] = filled.get(name, _ZERO) + body["quantity"]
            if name not in intents or abs(filled[name]) > abs(intents[name]["quantity"]):
                wrong.append(f"H2 at {at}: {name} filled {filled[name]}")
    return wrong


def _halts(history: History) -> list[str]:
    wrong: list[str] = []
    halted = None
    for at, kind, body in history:
        if kind == "halt":
            halted = body["why"]
        elif kind == "sent" and halted is not None and not body["reduce_only"]:
            wrong.append(f"H9 at {at}: {body['client_id']} was sent while halted")
    return wrong


def _amounts(history: History) -> list[str]:
    wrong: list[str] = []
    planned: dict[tuple[str, str], Decimal] = {}
    intents: dict[str, Mapping[str, Any]] = {}
    traded: dict[tuple[str, str], Decimal] = {}
    undone: dict[tuple[str, str], Decimal] = {}
    for at, kind, body in history:
        if kind == "programme":
            for name, (_, units) in body["legs"].items():
                planned[body["plan"], name] = units
        elif kind == "intent":
            intents[body["client_id"]] = body
        elif kind == "fill" and body["client_id"] in intents:
            intent = intents[body["client_id"]]
            key = (intent["plan"], intent["instrument"])
            if intent["purpose"] in {"trade", "finish"}:
                traded[key] = traded.get(key, _ZERO) + body["quantity"]
            elif intent["purpose"] == "unwind":
                undone[key] = undone.get(key, _ZERO) + body["quantity"]
            if abs(traded.get(key, _ZERO)) > abs(planned[key]):
                wrong.append(f"H2 at {at}: {traded[key]} of {key} traded, {planned[key]} planned")
            if abs(undone.get(key, _ZERO)) > abs(traded.get(key, _ZERO)):
                wrong.append(f"H2 at {at}: {undone[key]} of {key} undone, {traded.get(key)} traded")
    return wrong
