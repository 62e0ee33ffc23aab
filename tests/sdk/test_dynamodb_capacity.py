"""Tables that give no more than they have. They pass on AWS unchanged, where it costs a few cents; here a world is
started that enforces it (docs/capacity.md)."""
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.waiting import wait_for
from tests.support.world import World

LARGE = "x" * 390_000


@pytest.fixture(scope="module")
def dynamodb(request):
    if request.config.getoption("--aws"):
        yield request.getfixturevalue("aws").client("dynamodb")
        return
    world = World(extra="capacity: enforce\n")
    try:
        yield world.start().client("dynamodb")
    finally:
        world.close()


@pytest.fixture
def table(dynamodb):
    name = f"capacity-{uuid.uuid4().hex[:12]}"
    dynamodb.create_table(TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    yield name
    dynamodb.delete_table(TableName=name)


def refused(call, **arguments):
    """The error that comes within ten calls: a table may have saved up 300 s of what it was not asked for."""
    for _ in range(10):
        try:
            call(**arguments)
        except ClientError as error:
            return error
    raise AssertionError("not throttled")


def item(key):
    return {"id": {"S": key}, "text": {"S": LARGE}}


def test_writes_beyond_it_are_throttled(dynamodb, table):
    """Developer Guide, "Error handling with DynamoDB"; an item of 390 KB is 381 units, a table saves up 300."""
    error = refused(dynamodb.put_item, TableName=table, Item=item("a"))
    assert error.response["Error"] == {
        "Code": "ProvisionedThroughputExceededException",
        "Message": "The level of configured provisioned throughput for the table was exceeded. Consider increasing "
                   "your provisioning level with the UpdateTable API."}
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    # Older SDKs do not know the member.
    for reason in error.response.get("ThrottlingReasons", []):
        assert reason["reason"] == "TableWriteProvisionedThroughputExceeded"
        assert reason["resource"].endswith(f"table/{table}")


def test_reads_have_their_own(dynamodb, table):
    dynamodb.put_item(TableName=table, Item=item("a"))
    # A consistent read of 390 KB takes 96 units.
    error = refused(dynamodb.get_item, TableName=table, Key={"id": {"S": "a"}}, ConsistentRead=True)
    assert error.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
    for call, arguments in ((dynamodb.scan, {}), (dynamodb.query, {
            "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "a"}}})):
        error = refused(call, TableName=table, **arguments)
        assert error.response["Error"]["Code"] == "ProvisionedThroughputExceededException"


def test_a_batch_is_handed_back(dynamodb, table):
    """API Reference, BatchWriteItem and BatchGetItem: what is throttled is unprocessed; nothing at all is an error."""
    writes = [{"PutRequest": {"Item": item(str(number))}} for number in range(4)]
    answer = dynamodb.batch_write_item(RequestItems={table: writes})
    unprocessed = answer["UnprocessedItems"][table]
    assert 0 < len(unprocessed) < 4
    assert all(one in writes for one in unprocessed)
    error = refused(dynamodb.batch_write_item, RequestItems={table: unprocessed})
    assert error.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
    keys = [{"id": one["PutRequest"]["Item"]["id"]} for one in writes if one not in unprocessed]
    keys += [{"id": {"S": f"nobody-{number}"}} for number in range(20)]
    error = refused(dynamodb.batch_get_item, RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    assert error.response["Error"]["Code"] == "ProvisionedThroughputExceededException"


def test_more_is_given_at_once_after_an_update(dynamodb, table):
    refused(dynamodb.put_item, TableName=table, Item=item("a"))
    dynamodb.update_table(TableName=table,
                          ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1000})
    dynamodb.get_waiter("table_exists").wait(TableName=table)

    def written():
        try:
            return dynamodb.put_item(TableName=table, Item=item("b"))
        except ClientError:
            return None
    wait_for(written, what="more capacity")


def test_the_fifth_decrease_of_a_day_waits_an_hour(dynamodb, table):
    """Developer Guide, "Quotas"; the message as users have pasted it."""
    def provision(units):
        dynamodb.update_table(TableName=table, ProvisionedThroughput={
            "ReadCapacityUnits": 1, "WriteCapacityUnits": units})
        dynamodb.get_waiter("table_exists").wait(TableName=table)
        return dynamodb.describe_table(TableName=table)["Table"]["ProvisionedThroughput"]

    provision(6)
    for number, units in enumerate((5, 4, 3, 2), start=1):
        described = provision(units)
        assert described["NumberOfDecreasesToday"] == number
        assert described["LastDecreaseDateTime"] >= described["LastIncreaseDateTime"]
    with pytest.raises(ClientError) as refusal:
        provision(1)
    error = refusal.value.response["Error"]
    assert error["Code"] == "LimitExceededException"
    assert error["Message"].startswith(
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the "
        "first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 "
        "seconds. Number of decreases today: 4. Last decrease at ")
    assert provision(7)["NumberOfDecreasesToday"] == 4
