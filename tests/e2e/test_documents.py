"""What documents list is what the program has."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_every_resource_type_is_listed_and_no_other():
    listed = re.findall(r"`(AWS::\w+::\w+)`", (ROOT / "docs/resource-types.md").read_text())
    rows = set()
    for source in (ROOT / "src/services/cloudformation/resources").glob("*.cc"):
        if not source.name.endswith("_test.cc"):
            rows.update(re.findall(r'"(AWS::\w+::\w+)"', source.read_text()))
    assert sorted(listed) == sorted(rows) and len(rows) > 20
