"""A global table in two regions: writers that keep what was acknowledged, and what each copy holds."""
import http.client
import json
import threading

from tests.support.waiting import wait_for
from tests.support.world import REGIONS

TABLE = "items"
# A key the region does not know: such a signature is not verified, which keeps the client quick.
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=AKIDUNKNOWN/20260101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host, Signature=" + "0" * 64)
SHARED = 8


def connect(world, region, timeout=10):
    return http.client.HTTPConnection(world.addresses[region], world.ports["http"], timeout=timeout)


def ask(connection, operation, **document):
    """One call of DynamoDB's: the status and the body's text."""
    connection.request("POST", "/", body=json.dumps({"TableName": TABLE, **document}), headers={
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0", "Authorization": AUTHORIZATION,
        "X-Amz-Date": "20260101T000000Z"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def copy_of(world, region):
    """All items of a region's copy, by id."""
    connection = connect(world, region)
    try:
        items, start = {}, {}
        while True:
            status, body = ask(connection, "Scan", **start)
            assert status == 200, body
            page = json.loads(body)
            items.update((item["id"]["S"], item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return items
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    finally:
        connection.close()


def get_json(world, region, path):
    connection = connect(world, region)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def link(world, region):
    """A region's side of the link to the other one: docs/tandem-endpoints.md."""
    return get_json(world, region, "/_tandem/links")[other_than(region)]


def other_than(region):
    return REGIONS[1 - REGIONS.index(region)]


def set_link(world, region, **settings):
    connection = connect(world, region)
    try:
        connection.request("PUT", f"/_tandem/links/{other_than(region)}", body=json.dumps(settings))
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
    finally:
        connection.close()


def caught_up(world):
    return all((one["State"], one["PendingEntries"], one["SnapshotsOwed"]) == ("Connected", 0, 0)
               for one in (link(world, region) for region in REGIONS))


def make_global_table(world):
    client = world.client("dynamodb", REGIONS[0])
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    add_replica(world)


def add_replica(world):
    world.client("dynamodb", REGIONS[0]).update_table(
        TableName=TABLE, ReplicaUpdates=[{"Create": {"RegionName": REGIONS[1]}}])
    wait_for(lambda: replicas(world) == ["ACTIVE"], what="the replica is active")


def replicas(world):
    """The states of the copies beside the home region's."""
    table = world.client("dynamodb", REGIONS[0]).describe_table(TableName=TABLE)["Table"]
    return [one["ReplicaStatus"] for one in table.get("Replicas", [])]


class Writer(threading.Thread):
    """Puts items of its own into one region, one after the other, and keeps what was acknowledged. With
    mixed it deletes some of them again, too, and writes items that all writers share."""

    def __init__(self, world, region, name, pad=0, mixed=False):
        super().__init__()
        self.world, self.region, self.prefix, self.mixed = world, region, f"{region}-{name}", mixed
        self.pad = "p" * pad
        self.acknowledged, self.deleted, self.refusals = [], [], []
        self.unanswered = 0
        self.stopping = threading.Event()

    def run(self):
        connection = None
        index = 0
        while not self.stopping.is_set():
            index += 1
            connection = connection or connect(self.world, self.region)
            try:
                taken = self.write(connection, index)
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = None
                self.unanswered += 1
                self.stopping.wait(0.01)
                continue
            self.stopping.wait(0.002 if taken else 0.02)
        if connection:
            connection.close()

    def write(self, connection, index):
        """Whether it was acknowledged. What got no answer may have been carried out or not."""
        if self.mixed and index % 5 == 0:
            return self.done(ask(connection, "PutItem", Item=self.item(f"shared-{index % SHARED}", index)))
        if self.mixed and index % 7 == 0 and self.acknowledged:
            identity = self.acknowledged.pop()
            taken = self.done(ask(connection, "DeleteItem", Key={"id": {"S": identity}}))
            if taken:
                self.deleted.append(identity)
            return taken
        identity = f"{self.prefix}-{index}"
        taken = self.done(ask(connection, "PutItem", Item=self.item(identity, index)))
        if taken:
            self.acknowledged.append(identity)
        return taken

    def item(self, identity, index):
        return {"id": {"S": identity}, "by": {"S": f"{self.prefix}-{index}"}, "pad": {"S": self.pad}}

    def done(self, answer):
        status, body = answer
        if status != 200:
            self.refusals.append((status, body))
        return status == 200


class Writers:
    """Writers in several regions for the length of a with statement."""

    def __init__(self, world, name, regions=REGIONS, each=2, **settings):
        self.all = [Writer(world, region, f"{name}-{number}", **settings)
                    for region in regions for number in range(each)]

    def __enter__(self):
        for writer in self.all:
            writer.start()
        return self

    def __exit__(self, *_):
        for writer in self.all:
            writer.stopping.set()
        for writer in self.all:
            writer.join()

    def acknowledged(self, *regions):
        return {identity for writer in self.all if writer.region in (regions or REGIONS)
                for identity in writer.acknowledged}

    def deleted(self):
        return {identity for writer in self.all for identity in writer.deleted}

    def wait_until_none_answers(self, region):
        """After a kill: whatever the region acknowledged before is on the writers' lists by then."""
        known = {writer: writer.unanswered for writer in self.all if writer.region == region}
        wait_for(lambda: all(writer.unanswered > count for writer, count in known.items()),
                 what=f"requests to {region} that get no answer")

    def wait_for_more(self, count, *regions):
        """Until so many more were acknowledged by each of the regions."""
        for region in regions or REGIONS:
            goal = len(self.acknowledged(region)) + count
            wait_for(lambda region=region, goal=goal: len(self.acknowledged(region)) >= goal,
                     what=f"{count} more writes in {region}")
