"""What regions have heard of IAM and STS."""
import json
import urllib.request

from tests.support.waiting import wait_for
from tests.support.world import REGIONS


def position(endpoint):
    with urllib.request.urlopen(f"{endpoint}/_tandem/identities") as answer:
        seen = json.load(answer)
    return seen.get("Feed"), seen.get("Version")


def wait_until_heard(world, regions=REGIONS):
    """Until these regions know what global knows now."""
    told = position(world.endpoint)
    wait_for(lambda: all(position(world.region_endpoint(region)) == told for region in regions),
             what="regions that have heard of all identities")
