"""Metrics as Prometheus reads them (its documentation, "Exposition formats", version 0.0.4), each of them
documented."""
import pathlib
import re
import urllib.request

import pytest

from tests.support.world import REGIONS

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "metrics.md"
HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*")
TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)")
LABELS = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:{{({LABELS}(?:,{LABELS})*)}})? (\S+)")


def read(world, process):
    endpoint = world.endpoint if process == "global" else world.region_endpoint(process)
    with urllib.request.urlopen(endpoint + "/_tandem/metrics") as answer:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return answer.read().decode()


def parse(text):
    """{family: (type, [(sample's name, {label: value}, value)])}"""
    families, current = {}, None
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("#"):
            current = HELP.fullmatch(line)[1]
            of, kind = TYPE.fullmatch(next(lines)).groups()
            assert of == current and current not in families, line
            families[current] = (kind, [])
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        suffix = name.removeprefix(current)
        allowed = ("_bucket", "_sum", "_count") if families[current][0] == "histogram" else ("",)
        assert name.startswith(current) and suffix in allowed, line
        families[current][1].append((name, dict(re.findall(r'(\w+)="(.*?)"(?:,|$)', labels or "")),
                                     float(value)))
    return families


def documented():
    rows = re.findall(r"^\| `(\w+)(?:\{([\w,]+)\})?` \| (all|regions|`global`) \|", DOCUMENT.read_text(),
                      re.MULTILINE)
    return {name: (labels.split(",") if labels else [], of.strip("`")) for name, labels, of in rows}


@pytest.mark.parametrize("process", ["global", *REGIONS])
def test_every_metric_is_well_formed_and_documented(world, process):
    world.client("dynamodb", REGIONS[0]).list_tables()
    world.client("dynamodb", REGIONS[1]).list_tables()
    world.client("iam").list_users()
    families = parse(read(world, process))
    of = "global" if process == "global" else "regions"
    assert set(families) == {name for name, (_, where) in documented().items() if where in ("all", of)}
    for name, (kind, samples) in families.items():
        assert name.endswith("_total") == (kind == "counter"), name
        wanted = documented()[name][0]
        for sample, labels, value in samples:
            assert [label for label in labels if label != "le"] == wanted, (sample, labels)
            assert kind != "counter" or value >= 0
        if kind == "histogram":
            for series in {tuple((k, v) for k, v in labels.items() if k != "le") for _, labels, _ in samples}:
                mine = [(n, labels, v) for n, labels, v in samples
                        if tuple((k, x) for k, x in labels.items() if k != "le") == series]
                buckets = [v for n, _, v in mine if n.endswith("_bucket")]
                count, = (v for n, _, v in mine if n.endswith("_count"))
                assert buckets == sorted(buckets) and buckets[-1] == count
