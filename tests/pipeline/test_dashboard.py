"""The Grafana dashboard, tested without Grafana: its queries against Prometheus' grammar and the metrics of a batch,
its panels against Grafana's schema."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest

from pipeline.batch import metrics as meters
from pipeline.batch.metrics import Meters

DASHBOARD = json.loads((Path(__file__).resolve().parents[2] / "docs" / "grafana.json").read_text())
PANELS = DASHBOARD["panels"]
TARGETS = [(panel, target) for panel in PANELS for target in panel["targets"]]
RAYS_OWN = {"ray_node_mem_used", "ray_node_mem_total", "ray_node_cpu_utilization"}
RAYS_WITH_A_GPU = {"ray_node_gpus_utilization"}
RAYS_LABELS = {"NodeAddress", "SessionName", "Version", "WorkerId"}  # added by Ray to all metrics
UNITS = {"short", "percent", "percentunit", "s", "bytes"}  # names that Grafana knows
SUFFIXES = {"Counter": ("_total",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count")}
CUMULATIVE = ("_total", "_bucket", "_sum", "_count")
RATES = {"rate", "increase", "irate"}


@dataclass(frozen=True)
class Selected:
    """A metric in a query, the labels that the query uses, and the function around it."""

    metric: str
    labels: frozenset[str]
    function: str


def read(query: Any, labels: frozenset[str] = frozenset(), function: str = "") -> Iterator[Selected]:
    """The metrics that a query reads, with the labels by which they are selected or grouped."""
    match query:
        case promql.VectorSelector():
            yield Selected(query.name, labels | {m.name for m in query.matchers.matchers}, function)
        case promql.MatrixSelector():
            yield from read(query.vector_selector, labels, function)
        case promql.Call():
            for argument in query.args:
                yield from read(argument, labels, query.func.name)
        case promql.AggregateExpr():
            grouped = query.modifier.labels if query.modifier else ()
            yield from read(query.expr, labels | set(grouped), function)
        case promql.BinaryExpr():
            yield from read(query.lhs, labels, function)
            yield from read(query.rhs, labels, function)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from read(query.expr, labels, function)
        case promql.NumberLiteral() | promql.StringLiteral():
            return
        case _:
            raise AssertionError(f"{type(query).__name__} is not looked into")


def selected() -> set[Selected]:
    """What all queries of the dashboard read."""
    return {one for _, target in TARGETS for one in read(promql.parse(target["expr"]))}


@pytest.fixture(scope="module")
def served() -> dict[str, set[str]]:
    """The labels of each series that a batch makes, by the name under which Ray serves it."""
    made = Meters(1)
    made._make()
    found = {}
    for meter in vars(made).values():
        for suffix in SUFFIXES.get(type(meter).__name__, ()):
            extra = {"le"} if suffix == "_bucket" else set()
            found[f"ray_{meter.info['name']}{suffix}"] = set(meter.info["tag_keys"]) | extra | RAYS_LABELS
    return found


def test_every_metric_of_a_batch_has_a_known_type(served):
    ours = {value for name, value in vars(meters).items() if name.isupper() and str(value).startswith("nearmiss_")}
    assert len(ours) == 6
    assert {re.sub("_(total|bucket|sum|count)$", "", name) for name in served} == {f"ray_{name}" for name in ours}


def test_every_metric_of_the_dashboard_is_served_with_that_name_and_those_labels(served):
    for one in selected():
        assert one.metric in served.keys() | RAYS_OWN | RAYS_WITH_A_GPU, one
        assert one.labels <= served.get(one.metric, RAYS_LABELS), one


def test_every_metric_of_a_batch_is_shown(served):
    shown = {one.metric for one in selected()}
    for name in (meters.CLIPS, meters.REJECTED, meters.STAGE, meters.SPENT, meters.WAITING, meters.MEMORY):
        assert shown & {series for series in served if series.startswith(f"ray_{name}")}, name


def test_counters_are_read_as_rates_and_gauges_with_their_last_value(served):
    for one in selected():
        if one.metric in served and one.metric.endswith(CUMULATIVE):
            assert one.function in RATES, one
        elif one.metric in served:
            assert one.function == "last_over_time", one


@pytest.mark.parametrize(
    "wrong", ["sum(rate(x[5m])", "sum by state (x)", "rate(x)", "x[5m", 'x{state="a}', "nosuch(x)"]
)
def test_the_query_parser_refuses_wrong_queries(wrong):
    with pytest.raises(ValueError, match=r".+"):
        promql.parse(wrong)


@pytest.mark.parametrize("panel, target", TARGETS, ids=lambda value: str(value.get("id", value.get("refId"))))
def test_a_legend_uses_labels_that_the_query_keeps(panel, target):
    query = promql.parse(target["expr"])
    wanted = set(re.findall(r"{{\s*(\w+)\s*}}", target["legendFormat"]))
    left = re.search(r"^\w+ by \(([\w, ]+)\)|sum by \(([\w, ]+)\)", promql.parse(target["expr"]).prettify())
    if "by (" in target["expr"]:
        assert wanted <= set(re.split(r", ", left[1] or left[2])) - {"le"}
    elif isinstance(query, promql.AggregateExpr) or "sum(" in target["expr"] or "max(" in target["expr"]:
        assert wanted == set(), "one series without labels"
    else:
        assert wanted <= RAYS_LABELS


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_is_valid_for_grafana(panel):
    assert panel["type"] == "timeseries"
    assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    letters = [target["refId"] for target in panel["targets"]]
    assert len(set(letters)) == len(letters) > 0
    place = panel["gridPos"]
    assert place["x"] >= 0 and place["w"] >= 4 and place["h"] >= 4
    assert place["x"] + place["w"] <= 24, "Grafana's grid has 24 columns"


def test_the_data_source_is_the_only_variable():
    (variable,) = DASHBOARD["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("source", "datasource", "prometheus")
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) == {"source"}


def test_it_refers_to_no_other_dashboard():
    assert DASHBOARD["schemaVersion"] >= 36
    assert DASHBOARD.get("id") is None, "Grafana gives ids; one in a file may overwrite another dashboard"
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", DASHBOARD["uid"])
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    cells = [(x, y) for panel in PANELS for x, y in _cells(panel["gridPos"])]
    assert len(set(cells)) == len(cells), "panels overlap"


def _cells(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    for x in range(place["x"], place["x"] + place["w"]):
        yield from ((x, y) for y in range(place["y"], place["y"] + place["h"]))
