"""`tandem capacity`: what each region needs so that the other carries everything, from what was measured
(docs/capacity.md)."""
import json

import pytest

from tests.support.waiting import wait_for
from tests.support.world import REGIONS, World

HOME, OTHER = REGIONS


@pytest.fixture(scope="module")
def world():
    made = World(application=False)
    try:
        world = made.start()
        for region in REGIONS:
            tables = world.client("dynamodb", region)
            tables.create_table(
                TableName="carts", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                ProvisionedThroughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": 50})
        yield world
    finally:
        made.close()


def capacity(world, *words, check=True):
    return world.tandem("capacity", "--output", "json", *words, check=check)


def test_what_a_survivor_needs_is_what_both_were_asked_for(world):
    for region, count in ((HOME, 200), (OTHER, 100)):
        tables = world.client("dynamodb", region)
        for number in range(count):
            tables.put_item(TableName="carts", Item={"id": {"S": str(number)}})

    def planned():
        document = json.loads(capacity(world, "--minutes", "3").stdout)
        sides = {each["units"]: each for each in document["tables"]}
        regions = {each["Region"]: each for each in sides["write"]["plan"]["Regions"]}
        return document, sides, regions if regions[HOME]["Peak"] > 0 and regions[OTHER]["Peak"] > 0 else None

    wait_for(lambda: planned()[2], what="some seconds of a minute")
    document, sides, regions = planned()
    assert sides["write"]["provisioned"] == {HOME: 50, OTHER: 50}
    assert sides["write"]["replicated"] is False
    for region in regions.values():
        assert region["SurvivorPeak"] >= region["Peak"]
        # At a target of 70 %.
        assert region["Needs"] == pytest.approx(region["SurvivorPeak"] / 0.7, abs=1)
        assert region["Static"]["Throttled"] == 0
    assert document["totals"]["Static"]["unitHours"] > 0
    assert [region for region, each in regions.items() if each["Lost"]] == [sides["write"]["plan"]["Lost"]]
    text = world.tandem("capacity", "--table", "carts", "--lost", HOME, "--minutes", "3").stdout
    assert f"If {HOME} is lost" in text and "static, each carries everything" in text


def test_money_by_a_file(world, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: EUR\nread_unit_hour: 0.1\nwrite_unit_hour: 1\nregions:\n"
                      f"  {OTHER}: {{write_unit_hour: 3}}\n")
    document = json.loads(capacity(world, "--minutes", "1", "--prices", str(prices)).stdout)
    assert document["currency"] == "EUR"
    hours = {each["Region"]: each["Static"]["UnitHours"] for each in document["tables"][1]["plan"]["Regions"]}
    reads = sum(each["Static"]["UnitHours"] for each in document["tables"][0]["plan"]["Regions"])
    assert document["totals"]["Static"]["cost"] == pytest.approx(hours[HOME] + 3 * hours[OTHER] + 0.1 * reads)
    prices.write_text("currency: EUR\nread_unit_hours: 0.1\n")
    refused = capacity(world, "--prices", str(prices), check=False)
    assert refused.returncode == 2
    assert "prices.yaml:2" in refused.stdout and "did you mean 'read_unit_hour'?" in refused.stdout


def test_what_is_not_there_is_named(world):
    assert capacity(world, "--table", "absent", check=False).returncode == 2
    assert capacity(world, "--lost", "eu-west-1", check=False).returncode == 2
    assert capacity(world, "--min", "9", "--max", "3", check=False).returncode == 2
