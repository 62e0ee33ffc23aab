"""What documents list is what the program has."""
import json
import pathlib
import re
import urllib.request

from tests.support.global_table import get_json
from tests.support.world import REGIONS, World

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_every_resource_type_is_listed_and_no_other():
    listed = re.findall(r"`(AWS::\w+::\w+)`", (ROOT / "docs/resource-types.md").read_text())
    rows = set()
    for source in (ROOT / "src/services/cloudformation/resources").glob("*.cc"):
        if not source.name.endswith("_test.cc"):
            rows.update(re.findall(r'"(AWS::\w+::\w+)"', source.read_text()))
    assert sorted(listed) == sorted(rows) and len(rows) > 20


def test_every_path_of_tandem_s_own_is_listed_and_no_other():
    listed = re.findall(r"^\| `([A-Z]+ /_tandem/[^<`]*)", (ROOT / "docs/tandem-endpoints.md").read_text(), re.MULTILINE)
    world = World()
    try:
        world.start()
        answered = set(get_json(world, REGIONS[0], "/_tandem/")["paths"])
        with urllib.request.urlopen(f"{world.endpoint}/_tandem/") as answer:
            answered.update(json.load(answer)["paths"])
    finally:
        world.close()
    assert sorted(listed) == sorted(answered)
