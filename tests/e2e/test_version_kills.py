"""kill -9 of a region while versions come and go: what was acknowledged is there, and no file has no owner.

    VERSION_KILLS=50 VERSION_KILLS_SEED=…   more rounds, and those of another run
"""
import os
import random

from tests.support.until_the_crash import UntilTheCrash
from tests.support.waiting import wait_for
from tests.support.world import REGIONS

ROUNDS = int(os.environ.get("VERSION_KILLS", "8"))
REGION = REGIONS[0]
BUCKET, KEYS = "versions", ["a", "b", "c"]


class Change(UntilTheCrash):
    """Puts versions and deletes some of its own until the region is gone."""

    def __init__(self, s3, name, seed):
        super().__init__()
        self.s3, self.name, self.choices = s3, name, random.Random(seed)
        self.there, self.gone, self.unsure = {}, set(), set()

    def change(self):
        key = self.choices.choice(KEYS)
        what = self.choices.randrange(4)
        if what == 0 and self.there:
            version = self.choices.choice(list(self.there))
            self.unsure.add(version)
            self.s3.delete_object(Bucket=BUCKET, Key=self.there[version][0], VersionId=version)
            self.unsure.discard(version)
            del self.there[version]
            self.gone.add(version)
        elif what == 1:
            self.s3.delete_object(Bucket=BUCKET, Key=key)
        else:
            body = f"{self.name}-{self.done}".encode()
            version = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"]
            self.there[version] = (key, body)


def test_versions_survive_kills_and_no_file_has_no_owner(world):
    seed = int(os.environ.get("VERSION_KILLS_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    moments = random.Random(seed)

    def client():
        return world.client("s3", REGION, world.region_endpoint(REGION))
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    there, gone = {}, set()
    for number in range(ROUNDS):
        changes = [Change(client(), f"{number}-{n}", moments.randrange(2**32)) for n in range(3)]
        for change in changes:
            change.start()
        goal = moments.randint(5, 60)
        wait_for(lambda goal=goal, changes=changes: sum(one.done for one in changes) >= goal, what="changes")
        world.tandem("region", "kill", REGION)
        for change in changes:
            change.join()
        world.tandem("region", "start", REGION)
        for change in changes:
            there.update({version: one for version, one in change.there.items() if version not in change.unsure})
            gone |= change.gone
    listed = [one for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)
              for one in page.get("Versions", [])]
    ids = {one["VersionId"] for one in listed}
    assert there.keys() <= ids and not gone & ids
    for version, (key, body) in there.items():
        assert s3.get_object(Bucket=BUCKET, Key=key, VersionId=version)["Body"].read() == body
    for key in KEYS:
        newest = [one["VersionId"] for one in listed if one["Key"] == key and one["IsLatest"]]
        assert len(newest) <= 1
    folder = world.folder / ".tandem" / REGION / "s3" / "objects"
    files = [path for path in folder.rglob("*") if path.is_file()]
    print(f"{ROUNDS} kills, {len(there)} versions kept, {len(gone)} gone, {len(files)} files")
    assert len(files) == len(listed)
