"""Metrics and health: everything known has its series, nothing unknown is 0, the dashboard asks for what there is."""

from __future__ import annotations

import http.client
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hedgerow.model.errors import BadConfig
from hedgerow.model.watched import AlarmRow, Look, OrderRow
from hedgerow.outlets.gauges import FAMILIES, Gauges, Shot, names
from hedgerow.outlets.health import BLIND, healthy, served

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_782_900_000.0
WATCH = {"account": "paper:paper", "book": 'my "book"\n'}


def look(**changes: Any) -> Look:
    plain = Look(
        at=0,
        mode="auto",
        act="hold",
        reason="",
        trouble="",
        book="",
        held=(),
        coins=(),
        prices=(),
        halted=None,
        traded_at=None,
        learned=False,
        beta_usd=(5.0,),
        stderr_usd=(2.0,),
        target_usd=(1.0,),
        band_usd=(10.0,),
        nav_usd=1000.0,
        orders=(),
        proposal=None,
        approved_by="",
        done="",
        traded_usd=0.0,
        cost_usd=0.0,
        left_usd=(4.0,),
        slack_usd=0.0,
        distance=0.4,
        alarms=(),
        left_stderr_usd=(2.5,),
    )
    return replace(plain, **changes)


def shot(seen: Look, at_s: float = NOW, paid: float = 12.0, took_s: float = 0.5) -> Shot:
    return Shot(WATCH["account"], WATCH["book"], seen, ("BTC",), paid, took_s, at_s, 120.0)


def samples(gauges: Gauges) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(gauges.text())
        for sample in family.samples
    }


def one(gauges: Gauges, name: str, **labels: str) -> float | None:
    return samples(gauges).get((name, frozenset({**WATCH, **labels}.items())))


def test_what_is_known_has_its_series() -> None:
    gauges = Gauges()
    gauges.show(shot(look()))
    assert one(gauges, "hedgerow_nav_usd") == 1000.0
    assert one(gauges, "hedgerow_beta_usd", factor="BTC") == 4.0
    assert one(gauges, "hedgerow_beta_residual_usd", factor="BTC") == 3.0
    assert one(gauges, "hedgerow_beta_stderr_usd", factor="BTC") == 2.5
    assert one(gauges, "hedgerow_beta_in_band") == 1.0
    assert one(gauges, "hedgerow_funding_30d_usd") == 12.0
    assert one(gauges, "hedgerow_alarms_by_level", level="critical") == 0.0
    assert one(gauges, "hedgerow_last_look_timestamp_seconds") == NOW


def test_what_is_unknown_has_none_and_is_not_0() -> None:
    gauges = Gauges()
    gauges.show(
        shot(look(nav_usd=math.nan, left_usd=(), left_stderr_usd=(), distance=math.nan), paid=math.nan)
    )
    for name in ("nav_usd", "beta_in_band", "liquidation_distance_ratio", "funding_30d_usd"):
        assert one(gauges, f"hedgerow_{name}") is None, name
    for name in ("beta_usd", "beta_stderr_usd", "beta_residual_usd"):
        assert one(gauges, f"hedgerow_{name}", factor="BTC") is None, name
    assert one(gauges, "hedgerow_looks_total") == 1.0


def test_nothing_open_is_infinitely_far_from_liquidation() -> None:
    gauges = Gauges()
    gauges.show(shot(look(distance=math.inf)))
    assert one(gauges, "hedgerow_liquidation_distance_ratio") == math.inf


def test_sums_count_what_was_traded_once() -> None:
    gauges = Gauges()
    traded = look(traded_usd=500.0, cost_usd=0.7, orders=(OrderRow("a", 1), OrderRow("b", -1)))  # type: ignore[arg-type]
    for seen in (look(), traded, look(orders=traded.orders)):  # the last one only proposes
        gauges.show(shot(seen))
    assert one(gauges, "hedgerow_looks_total") == 3.0
    assert one(gauges, "hedgerow_orders_total") == 2.0
    assert one(gauges, "hedgerow_traded_usd_total") == 500.0
    assert one(gauges, "hedgerow_cost_usd_total") == 0.7
    assert one(gauges, "hedgerow_look_duration_seconds_count") == 3.0
    assert one(gauges, "hedgerow_look_duration_seconds_sum") == 1.5


def test_alarms_are_counted_by_watch_and_level() -> None:
    gauges = Gauges(lambda: {"phone": 3}, lambda: 2, lambda: 1)
    rows = tuple(AlarmRow("expiry", about, "warning", 0, "t", "a") for about in ("x", "y"))
    gauges.show(shot(look(alarms=(*rows, AlarmRow("liquidation", "account", "critical", 0, "t", "a")))))
    assert one(gauges, "hedgerow_alarms", watch="expiry", level="warning") == 2.0
    assert one(gauges, "hedgerow_alarms_by_level", level="critical") == 1.0
    assert one(gauges, "hedgerow_alarms_by_level", level="info") == 0.0
    found = samples(gauges)
    assert found["hedgerow_notifier_failures_total", frozenset({("target", "phone")})] == 3.0
    assert found["hedgerow_notifier_waiting", frozenset()] == 2.0
    assert found["hedgerow_unwritten_total", frozenset()] == 1.0


def test_names_keep_to_the_conventions() -> None:
    for family in FAMILIES:
        assert re.fullmatch(r"hedgerow_[a-z0-9_]+", family.name)
        assert (family.kind == "counter") == family.name.endswith("_total")
        assert family.help.endswith(".")
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_the_dashboard_asks_for_what_there_is_and_shows_all_of_it() -> None:
    text = (ROOT / "examples" / "unattended" / "grafana.json").read_text(encoding="utf-8")
    dashboard = json.loads(text)
    asked = set(
        re.findall(
            r"hedgerow_[a-z0-9_]+", " ".join(t["expr"] for p in dashboard["panels"] for t in p["targets"])
        )
    )
    assert asked <= set(names())
    shown = {name for name in names() if name in asked or name in text}
    assert set(names()) == shown
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_every_metric_is_documented_as_it_is_exported() -> None:
    page = (ROOT / "docs" / "how-to" / "metrics.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(hedgerow_[a-z0-9_]+)` \| (\w+) \|", page, flags=re.MULTILINE))
    assert rows == {family.name: family.kind for family in FAMILIES}


def test_a_watch_is_well_while_it_looks_and_sees() -> None:
    assert healthy([shot(look())], NOW + 119.0)[0]
    late, told = healthy([shot(look())], NOW + 121.0)
    assert (late, "121 seconds old" in told["watches"][0]["why"]) == (False, True)
    blind = AlarmRow("position unknown", "account", "critical", 0, "the venue did not say", "")
    well, told = healthy([shot(look()), replace(shot(look(alarms=(blind,))), book="other")], NOW)
    assert (well, told["watches"][1]["why"]) == (False, "position unknown: the venue did not say")
    loud = AlarmRow("liquidation", "account", "critical", 0, "near", "")
    assert healthy([shot(look(alarms=(loud,)))], NOW)[0]  # it sees very well
    assert not healthy([], NOW)[0]


def test_what_blinds_a_watch_is_a_watch_there_is() -> None:
    from typing import get_args

    from hedgerow.model.watched import WatchName

    assert set(get_args(WatchName)) >= BLIND


def ask(port: int, path: str, host: str = "127.0.0.1", method: str = "GET") -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request(method, path, headers={"Host": f"{host}:{port}"})
    answer = link.getresponse()
    told = answer.status, answer.read().decode()
    link.close()
    return told


def test_it_answers_on_this_machine_and_to_this_machine_alone() -> None:
    gauges, clock = Gauges(), [NOW]
    with served(0, gauges, lambda: clock[0]) as port:
        assert ask(port, "/healthz")[0] == 503
        gauges.show(shot(look()))
        status, body = ask(port, "/healthz", "localhost")
        assert (status, json.loads(body)["healthy"]) == (200, True)
        clock[0] += 500.0
        assert ask(port, "/healthz")[0] == 503
        assert "hedgerow_nav_usd" in ask(port, "/metrics")[1]
        assert ask(port, "/metrics", "rebinding.example")[0] == 421
        assert ask(port, "/healthz", "127.0.0.1.rebinding.example")[0] == 421
        assert ask(port, "/")[0] == 404
        assert ask(port, "/metrics", method="POST")[0] == 501
        with pytest.raises(BadConfig), served(port, gauges):
            pass
