"""Tables and global tables, as boto3 sees them.

Sources: [API] DynamoDB API Reference; [GT] Developer Guide, "Global tables" (2019.11.21);
[measured: heading] tests/measured.md.
"""
import botocore.exceptions
import pytest

from tests.sdk.dynamodb_helpers import unique
from tests.support.waiting import wait_for

EAST, WEST = "us-east-1", "us-west-2"


@pytest.fixture(scope="module")
def east(aws):
    return aws.client("dynamodb", region=EAST)


@pytest.fixture(scope="module")
def west(aws):
    return aws.client("dynamodb", region=WEST)


@pytest.fixture
def table(east):
    name = create(east)
    yield name
    drop(east, name)


@pytest.fixture
def global_table(east, west):
    name = create(east)
    add_replica(east, west, name)
    yield name
    remove_replica(east, west, name)
    drop(east, name)


def create(db, **settings):
    name = f"tables-{unique()}"
    settings = {"BillingMode": "PAY_PER_REQUEST", **settings}
    db.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        **{key: value for key, value in settings.items() if value is not None},
    )
    db.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return name


def drop(db, name):
    try:
        db.delete_table(TableName=name)
    except db.exceptions.ResourceNotFoundException:
        return
    wait_for(lambda: status(db, name) is None, what=f"{name} deleted")


def status(db, name):
    try:
        return db.describe_table(TableName=name)["Table"]["TableStatus"]
    except db.exceptions.ResourceNotFoundException:
        return None


def replicas(db, name):
    table = db.describe_table(TableName=name)["Table"]
    return [(r["RegionName"], r["ReplicaStatus"]) for r in table.get("Replicas", [])]


def change(action, region):
    return [{action: {"RegionName": region}}]


def add_replica(east, west, name):
    answer = east.update_table(TableName=name, ReplicaUpdates=change("Create", WEST))
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"
    wait_for(lambda: status(west, name) == "ACTIVE" and status(east, name) == "ACTIVE",
             what="the replica")
    wait_for(lambda: replicas(east, name) == [(WEST, "ACTIVE")], what="the replica's status")


def remove_replica(east, west, name):
    if replicas(east, name):
        east.update_table(TableName=name, ReplicaUpdates=change("Delete", WEST))
    wait_for(lambda: status(west, name) is None and not replicas(east, name),
             what="the replica deleted")


def put(db, name, key, **attributes):
    item = {"id": {"S": key}, **{k: {"S": v} for k, v in attributes.items()}}
    db.put_item(TableName=name, Item=item)


def get(db, name, key):
    return db.get_item(TableName=name, Key={"id": {"S": key}}, ConsistentRead=True).get("Item")


def text(call, code="ValidationException"):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


def test_describe_table_shows_what_was_created(east, aws):  # [API] TableDescription
    name = create(east, BillingMode=None,
                  ProvisionedThroughput={"ReadCapacityUnits": 3, "WriteCapacityUnits": 4})
    described = east.describe_table(TableName=name)["Table"]
    assert described["TableName"] == name
    assert described["TableStatus"] == "ACTIVE"
    assert described["TableArn"].endswith(f":table/{name}")
    assert described["TableArn"].startswith("arn:aws:dynamodb:us-east-1:")
    assert described["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert described["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    assert "BillingModeSummary" not in described and "Replicas" not in described
    drop(east, name)


def test_creating_a_table_twice_is_refused(east, table):  # [measured: Tables]
    message = text(
        lambda: east.create_table(
            TableName=table, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}]),
        "ResourceInUseException")
    assert message == f"Table already exists: {table}"


def test_unknown_tables_are_not_found(east):  # [measured: Tables]
    message = text(lambda: east.describe_table(TableName="absent"), "ResourceNotFoundException")
    assert message == "Requested resource not found: Table: absent not found"
    text(lambda: east.delete_table(TableName="absent"), "ResourceNotFoundException")


def test_a_table_is_named_by_its_arn(east, table):  # [API] "the Amazon Resource Name (ARN)"
    arn = east.describe_table(TableName=table)["Table"]["TableArn"]
    assert east.describe_table(TableName=arn)["Table"]["TableName"] == table
    assert east.describe_time_to_live(TableName=arn)["TimeToLiveDescription"]
    assert east.describe_continuous_backups(TableName=arn)["ContinuousBackupsDescription"]
    updated = east.update_table(TableName=arn, BillingMode="PAY_PER_REQUEST")["TableDescription"]
    assert updated["TableName"] == table
    elsewhere = arn.replace(EAST, WEST)
    assert text(lambda: east.describe_table(TableName=elsewhere)) == (
        f"1 validation error detected: Invalid AWS region in '{elsewhere}'")  # [measured: Tables]
    assert text(lambda: east.describe_table(TableName="bad!name")) == (
        "1 validation error detected: Value 'bad!name' at 'tableName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
    east.delete_table(TableName=arn)
    wait_for(lambda: status(east, table) is None, what=f"{table} deleted")


def test_list_tables_pages(east):  # [API] ListTables
    names = sorted(create(east) for _ in range(3))
    pages = east.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
    listed = [name for page in pages for name in page["TableNames"]]
    assert [name for name in listed if name in names] == names
    assert listed == sorted(listed)
    for name in names:
        drop(east, name)


def test_billing_mode_and_throughput_are_updated(east):  # [API] UpdateTable
    name = create(east, BillingMode="PROVISIONED",
                  ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
    east.update_table(TableName=name,
                      ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 1})
    wait_for(lambda: status(east, name) == "ACTIVE")
    throughput = east.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]
    assert throughput["ReadCapacityUnits"] == 2 and "LastIncreaseDateTime" in throughput
    east.update_table(TableName=name, BillingMode="PAY_PER_REQUEST")
    wait_for(lambda: status(east, name) == "ACTIVE")
    described = east.describe_table(TableName=name)["Table"]
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    drop(east, name)


def test_tags_and_what_tools_read(east, table):  # [API] TagResource and its like
    arn = east.describe_table(TableName=table)["Table"]["TableArn"]
    east.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    east.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert east.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    ttl = east.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"
    backups = east.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    assert east.describe_limits()["TableMaxReadCapacityUnits"] > 0


def test_a_deleted_table_can_be_made_anew_and_is_empty(east):
    name = create(east)
    put(east, name, "1")
    drop(east, name)
    east.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                      KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                      AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    wait_for(lambda: status(east, name) == "ACTIVE")
    assert east.scan(TableName=name)["Count"] == 0
    drop(east, name)


def test_a_replica_brings_its_items_and_both_sides_show_it(east, west):  # [GT] adding a replica
    name = create(east)
    put(east, name, "1", by="before")
    add_replica(east, west, name)
    assert get(west, name, "1")["by"]["S"] == "before"
    assert replicas(west, name) == [(EAST, "ACTIVE")]
    described = west.describe_table(TableName=name)["Table"]
    assert described["GlobalTableVersion"] == "2019.11.21"
    # [measured: Global tables] the service turns a stream on by itself
    assert described["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    remove_replica(east, west, name)
    # [measured: Global tables] the last table of a group is an ordinary one again
    assert "GlobalTableVersion" not in east.describe_table(TableName=name)["Table"]
    drop(east, name)


def test_writes_reach_the_other_region_both_ways(east, west, global_table):  # [GT] MREC
    put(east, global_table, "1", by="east")
    wait_for(lambda: get(west, global_table, "1"), what="east's write in the west")
    put(west, global_table, "1", by="west")
    wait_for(lambda: get(east, global_table, "1")["by"]["S"] == "west", what="west's write")
    west.delete_item(TableName=global_table, Key={"id": {"S": "1"}})
    wait_for(lambda: get(east, global_table, "1") is None, what="west's delete in the east")


def test_an_item_of_any_content_is_replicated(east, west, global_table):  # [GT] MREC
    # 1E-130 counts 2 bytes and is written out with 132 digits: 400 KB of them are 19 MB of text.
    numbers = [{"N": "1E-130"}] * 136_000
    east.put_item(TableName=global_table, Item={"id": {"S": "1"}, "l": {"L": numbers}})
    put(east, global_table, "2", by="east")
    wait_for(lambda: get(west, global_table, "2"), what="what was written after the large item")
    assert len(get(west, global_table, "1")["l"]["L"]) == len(numbers)


def test_replica_updates_are_refused_in_dynamodbs_words(east, table):  # [measured: Global tables]
    update = lambda updates: text(  # noqa: E731
        lambda: east.update_table(TableName=table, ReplicaUpdates=updates))
    assert update(change("Create", EAST)) == (
        "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
        "DeleteTable, or UpdateTable as required.")
    assert update(change("Delete", WEST)) == (
        "Update global table operation failed because one or more replicas were not part of the "
        f"global table. Please retry the request without these replicas: [{WEST}].")
    assert update([{}]) == (
        "There are no actions specified in the Replica Update Action of the request.")
    assert "is not supported" in update(change("Create", "xx-nowhere-1"))


def test_a_name_that_is_taken_gets_no_replica(east, west, table):  # [measured: Global tables]
    west.create_table(TableName=table, BillingMode="PAY_PER_REQUEST",
                      KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                      AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    message = text(lambda: east.update_table(TableName=table,
                                             ReplicaUpdates=change("Create", WEST)))
    assert message == (f"Failed to create a the new replica of table with name: ‘{table}’ because "
                       "one or more replicas already existed as tables.")
    assert replicas(east, table) == []
    # What was refused has changed nothing.
    assert "StreamSpecification" not in east.describe_table(TableName=table)["Table"]
    drop(west, table)


def test_the_source_of_a_replica_cannot_be_deleted_for_a_day(east, west, global_table):
    # [measured: Global tables] 24-hour rule
    message = text(lambda: east.delete_table(TableName=global_table))
    assert message == ("Replica cannot be deleted because it has acted as a source region for new "
                       "replica(s) being added to the table in the last 24 hours.")


def test_the_stream_of_a_global_table_stays_on(east, global_table):  # [measured: Global tables]
    message = text(lambda: east.update_table(TableName=global_table,
                                             StreamSpecification={"StreamEnabled": False}))
    assert message == ("One or more parameter values were invalid: Disabling Stream is not allowed "
                       "for a Global Table replica.")


def test_a_replica_may_delete_its_own_table(east, west):  # [GT] deleting a replica table
    name = create(east)
    add_replica(east, west, name)
    west.delete_table(TableName=name)
    wait_for(lambda: status(west, name) is None and not replicas(east, name), what="departure")
    drop(east, name)


def test_legacy_global_tables_are_refused(east):  # [measured: Global tables] in 2026
    message = text(lambda: east.create_global_table(
        GlobalTableName="legacy", ReplicationGroup=[{"RegionName": WEST}]))
    assert "version 2017.11.29 is not supported" in message
    text(lambda: east.describe_global_table(GlobalTableName="legacy"), "GlobalTableNotFoundException")
    assert east.list_global_tables()["GlobalTables"] == []
