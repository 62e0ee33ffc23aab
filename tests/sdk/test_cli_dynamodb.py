"""DynamoDB through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, dynamodb and ddb, and the User
Guide's pages on return codes, pagination and parameters; [API] DynamoDB API Reference, each operation's
page and its errors; [GT] Developer Guide, "Global tables"."""
import base64
import json
import uuid

import pytest
import yaml

from tests.support.aws_cli import OTHER_ERROR, SERVICE_ERROR, USAGE_ERROR, error_in
from tests.support.waiting import wait_for

WEST = "us-west-2"


def create(cli, name, *more, keys=("id:S",), billing=("--billing-mode", "PAY_PER_REQUEST")):
    parts = [key.split(":") for key in keys]
    return cli("dynamodb", "create-table", "--table-name", name, *billing, "--key-schema",
               *(f"AttributeName={key},KeyType={kind}"
                 for (key, _), kind in zip(parts, ("HASH", "RANGE"))),
               "--attribute-definitions",
               *(f"AttributeName={key},AttributeType={kind}" for key, kind in parts),
               *more)["TableDescription"]


def drop(cli, name, **settings):
    cli("dynamodb", "delete-table", "--table-name", name, **settings)
    cli("dynamodb", "wait", "table-not-exists", "--table-name", name, **settings)


def describe(cli, name, **settings):
    return cli("dynamodb", "describe-table", "--table-name", name, **settings)["Table"]


def unique():
    return f"cli-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def table(cli):
    name = unique()
    create(cli, name)
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    yield name
    drop(cli, name)


@pytest.fixture
def ranged(cli):
    """A table with keys p (S) and c (N), filled with c from 1 to 5 of one p."""
    name = unique()
    create(cli, name, keys=("p:S", "c:N"))
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    puts = [{"PutRequest": {"Item": {"p": {"S": "a"}, "c": {"N": str(n)}, "even": {
        "BOOL": n % 2 == 0}}}} for n in range(1, 6)]
    assert cli("dynamodb", "batch-write-item", "--request-items",
               json.dumps({name: puts})) == {"UnprocessedItems": {}}
    yield name
    drop(cli, name)


def put(cli, table, item, *more):
    return cli("dynamodb", "put-item", "--table-name", table, "--item", json.dumps(item), *more)


def get(cli, table, key, *more, **settings):
    return cli("dynamodb", "get-item", "--table-name", table, "--key", json.dumps(key),
               "--consistent-read", *more, **settings)


def numbers(items):
    return [int(item["c"]["N"]) for item in items]


def test_table_life(cli):  # [API] CreateTable, DescribeTable, DeleteTable
    name = unique()
    made = create(cli, name, "--tags", "Key=team,Value=a", "--stream-specification",
                  "StreamEnabled=true,StreamViewType=NEW_IMAGE", keys=("p:S", "c:N"))
    assert made["TableStatus"] == "CREATING" and made["ItemCount"] == 0
    assert cli("dynamodb", "wait", "table-exists", "--table-name", name) == {}
    shown = describe(cli, name)
    assert shown["TableStatus"] == "ACTIVE" and shown["TableId"] == made["TableId"]
    assert shown["TableArn"].startswith("arn:aws:dynamodb:us-east-1:")
    assert shown["TableArn"].endswith(f":table/{name}")
    assert shown["KeySchema"] == [{"AttributeName": "p", "KeyType": "HASH"},
                                  {"AttributeName": "c", "KeyType": "RANGE"}]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert shown["LatestStreamArn"] == f"{shown['TableArn']}/stream/{shown['LatestStreamLabel']}"
    assert cli.refused(
        "dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST",
        "--key-schema", "AttributeName=p,KeyType=HASH", "--attribute-definitions",
        "AttributeName=p,AttributeType=S") == (
            "ResourceInUseException", "CreateTable", f"Table already exists: {name}")
    gone = cli("dynamodb", "delete-table", "--table-name", name)["TableDescription"]
    assert gone["TableStatus"] == "DELETING"
    assert cli("dynamodb", "wait", "table-not-exists", "--table-name", name) == {}
    assert cli.refused("dynamodb", "describe-table", "--table-name", name) == (
        "ResourceNotFoundException", "DescribeTable",
        f"Requested resource not found: Table: {name} not found")


def test_tables_that_are_refused(cli):  # [API] CreateTable
    words = ["dynamodb", "create-table", "--table-name", unique(), "--key-schema",
             "AttributeName=p,KeyType=HASH", "--attribute-definitions"]
    assert cli.refused(*words, "AttributeName=p,AttributeType=S")[:2] == (
        "ValidationException", "CreateTable")
    code, _, message = cli.refused(*words, "AttributeName=q,AttributeType=S", "--billing-mode",
                                   "PAY_PER_REQUEST")
    assert code == "ValidationException"
    assert message.startswith("One or more parameter values were invalid: Some index key attributes "
                              "are not defined in AttributeDefinitions. Keys: [p]")
    assert cli.refused("dynamodb", "delete-table", "--table-name", "no-such-table")[:2] == (
        "ResourceNotFoundException", "DeleteTable")


def test_tables_are_listed(cli):  # [CLI] list-tables; User Guide, "Pagination"
    prefix = unique()
    names = [f"{prefix}-{n}" for n in range(3)]
    for name in names:
        create(cli, name)
    mine = f"TableNames[?starts_with(@, '{prefix}')]"
    assert cli("dynamodb", "list-tables", "--page-size", "1", "--query", mine) == names
    assert cli("dynamodb", "list-tables", "--query", mine, "--output", "text").split() == names
    first = cli("dynamodb", "list-tables", "--max-items", "1")
    assert len(first["TableNames"]) == 1
    second = cli("dynamodb", "list-tables", "--max-items", "1", "--starting-token",
                 first["NextToken"])
    assert second["TableNames"] > first["TableNames"]
    page = cli("dynamodb", "list-tables", "--no-paginate", "--limit", "1",
               "--exclusive-start-table-name", names[0])
    assert page == {"TableNames": [names[1]], "LastEvaluatedTableName": names[1]}
    for name in names:
        cli("dynamodb", "wait", "table-exists", "--table-name", name)
        drop(cli, name)


def test_throughput_and_billing_are_updated(cli):  # [API] UpdateTable
    name = unique()
    create(cli, name, billing=("--provisioned-throughput",
                               "ReadCapacityUnits=1,WriteCapacityUnits=2"))
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    update = ("dynamodb", "update-table", "--table-name", name)
    same = ("--provisioned-throughput", "ReadCapacityUnits=1,WriteCapacityUnits=2")
    assert cli.refused(*update, *same)[0] == "ValidationException"
    changed = cli(*update, "--provisioned-throughput", "ReadCapacityUnits=3,WriteCapacityUnits=2")
    assert changed["TableDescription"]["TableStatus"] == "UPDATING"
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    throughput = describe(cli, name)["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (3, 2)
    cli(*update, "--billing-mode", "PAY_PER_REQUEST")
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    assert describe(cli, name)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    drop(cli, name)


def test_a_replica_is_added_written_to_and_removed(cli):  # [GT] version 2019.11.21
    name = unique()
    create(cli, name)
    cli("dynamodb", "wait", "table-exists", "--table-name", name)
    put(cli, name, {"id": {"S": "1"}, "by": {"S": "east"}})
    update = ("dynamodb", "update-table", "--table-name", name, "--replica-updates")
    assert cli(*update, f"Create={{RegionName={WEST}}}")["TableDescription"]["TableStatus"] == \
        "UPDATING"

    def replicas():
        return [(one["RegionName"], one["ReplicaStatus"])
                for one in describe(cli, name).get("Replicas", [])]

    wait_for(lambda: replicas() == [(WEST, "ACTIVE")], what="the replica")
    cli("dynamodb", "wait", "table-exists", "--table-name", name, region=WEST)
    assert describe(cli, name, region=WEST)["GlobalTableVersion"] == "2019.11.21"
    assert get(cli, name, {"id": {"S": "1"}}, region=WEST)["Item"]["by"] == {"S": "east"}
    cli("dynamodb", "update-item", "--table-name", name, "--key", '{"id": {"S": "1"}}',
        "--update-expression", "SET #b = :w", "--expression-attribute-names", '{"#b": "by"}',
        "--expression-attribute-values", '{":w": {"S": "west"}}', region=WEST)
    wait_for(lambda: get(cli, name, {"id": {"S": "1"}})["Item"]["by"] == {"S": "west"},
             what="west's write in the east")
    cli(*update, f"Delete={{RegionName={WEST}}}")
    cli("dynamodb", "wait", "table-not-exists", "--table-name", name, region=WEST)
    wait_for(lambda: replicas() == [], what="the replica removed")
    code, operation, message = cli.refused(*update, f"Delete={{RegionName={WEST}}}")
    assert (code, operation) == ("ValidationException", "UpdateTable")
    assert "one or more replicas were not part of the global table" in message
    drop(cli, name)


def test_tags(cli, table):  # [API] TagResource, UntagResource, ListTagsOfResource
    arn = describe(cli, table)["TableArn"]
    assert cli("dynamodb", "tag-resource", "--resource-arn", arn, "--tags", "Key=a,Value=1",
               "Key=b,Value=2") == {}
    cli("dynamodb", "untag-resource", "--resource-arn", arn, "--tag-keys", "a")
    assert cli("dynamodb", "list-tags-of-resource", "--resource-arn", arn) == {
        "Tags": [{"Key": "b", "Value": "2"}]}
    assert cli.refused("dynamodb", "list-tags-of-resource", "--resource-arn", arn + "x")[:2] == (
        "ResourceNotFoundException", "ListTagsOfResource")


def test_what_is_told_about_tables_and_the_account(cli, table):
    # [API] DescribeTimeToLive, DescribeContinuousBackups, DescribeLimits, DescribeEndpoints
    assert cli("dynamodb", "describe-time-to-live", "--table-name", table) == {
        "TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    backups = cli("dynamodb", "describe-continuous-backups", "--table-name", table)
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "DISABLED"
    assert cli.refused("dynamodb", "describe-continuous-backups", "--table-name", "no-such") == (
        "TableNotFoundException", "DescribeContinuousBackups", "Table not found: no-such")
    assert cli.refused("dynamodb", "describe-time-to-live", "--table-name", "no-such")[:2] == (
        "ResourceNotFoundException", "DescribeTimeToLive")
    limits = cli("dynamodb", "describe-limits")
    assert limits["AccountMaxReadCapacityUnits"] >= limits["TableMaxReadCapacityUnits"] > 0
    endpoint = cli("dynamodb", "describe-endpoints")["Endpoints"][0]
    assert endpoint == {"Address": "dynamodb.us-east-1.amazonaws.com", "CachePeriodInMinutes": 1440}


def test_global_tables_of_2017_are_refused(cli):  # [GT] "Legacy"
    for words in (["create-global-table", "--replication-group", f"RegionName={WEST}"],
                  ["update-global-table", "--replica-updates", f"Create={{RegionName={WEST}}}"]):
        code, _, message = cli.refused("dynamodb", *words, "--global-table-name", "legacy")
        assert code == "ValidationException"
        assert "version 2017.11.29 is not supported" in message
    for command in ("describe-global-table", "describe-global-table-settings",
                    "update-global-table-settings"):
        code, _, message = cli.refused("dynamodb", command, "--global-table-name", "legacy")
        assert code == "GlobalTableNotFoundException"
        assert "Global table with name: 'legacy' does not exist" in message
    assert cli("dynamodb", "list-global-tables") == {"GlobalTables": []}


def test_put_and_get(cli, table, tmp_path):  # [API] PutItem, GetItem
    item = {"id": {"S": "ä"}, "n": {"N": "1.50"}, "b": {"B": base64.b64encode(b"\0\1").decode()},
            "none": {"NULL": True}, "yes": {"BOOL": True}, "names": {"SS": ["a", "b"]},
            "list": {"L": [{"N": "1"}, {"M": {"x": {"S": ""}}}]}}
    file = tmp_path / "item.json"
    file.write_text(json.dumps(item))
    assert cli("dynamodb", "put-item", "--table-name", table, "--item", f"file://{file}") == {}
    read = get(cli, table, {"id": {"S": "ä"}}, "--return-consumed-capacity", "TOTAL")
    assert read["Item"].pop("names")["SS"] in (["a", "b"], ["b", "a"])
    item.pop("names")
    assert read["Item"] == {**item, "n": {"N": "1.5"}}
    assert read["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": 1.0}
    part = get(cli, table, {"id": {"S": "ä"}}, "--projection-expression", "#l[1].x, n",
               "--expression-attribute-names", '{"#l": "list"}')
    assert part["Item"] == {"list": {"L": [{"M": {"x": {"S": ""}}}]}, "n": {"N": "1.5"}}
    # [CLI] get-item prints nothing when there is no item.
    assert cli.run("dynamodb", "get-item", "--table-name", table, "--key",
                   '{"id": {"S": "none"}}').stdout == ""
    old = put(cli, table, {"id": {"S": "ä"}}, "--return-values", "ALL_OLD")["Attributes"]
    assert old["n"] == {"N": "1.5"}


def test_conditions(cli, table):  # [API] PutItem, DeleteItem, ConditionalCheckFailedException
    put(cli, table, {"id": {"S": "1"}, "v": {"N": "1"}})
    assert cli.refused("dynamodb", "put-item", "--table-name", table, "--item", '{"id": {"S": "1"}}',
                       "--condition-expression", "attribute_not_exists(id)") == (
        "ConditionalCheckFailedException", "PutItem", "The conditional request failed")
    remove = ("dynamodb", "delete-item", "--table-name", table, "--key", '{"id": {"S": "1"}}')
    version = ("--condition-expression", "v = :v", "--expression-attribute-values")
    assert cli.refused(*remove, *version, '{":v": {"N": "2"}}')[:2] == (
        "ConditionalCheckFailedException", "DeleteItem")
    assert cli(*remove, *version, '{":v": {"N": "1"}}', "--return-values", "ALL_OLD") == {
        "Attributes": {"id": {"S": "1"}, "v": {"N": "1"}}}
    assert cli(*remove) == {}


def test_updates(cli, table):  # [API] UpdateItem
    update = ("dynamodb", "update-item", "--table-name", table, "--key", '{"id": {"S": "1"}}')
    values = '{":one": {"N": "1"}, ":tags": {"SS": ["x"]}}'
    first = cli(*update, "--update-expression", "ADD n :one, tags :tags",
                "--expression-attribute-values", values, "--return-values", "ALL_NEW")
    assert first["Attributes"] == {"id": {"S": "1"}, "n": {"N": "1"}, "tags": {"SS": ["x"]}}
    second = cli(*update, "--update-expression", "SET n = n + :one REMOVE tags",
                 "--expression-attribute-values", '{":one": {"N": "1"}}', "--return-values",
                 "UPDATED_NEW")
    assert second == {"Attributes": {"n": {"N": "2"}}}
    assert cli.refused(*update, "--update-expression", "SET n = no_such + :one",
                       "--expression-attribute-values", '{":one": {"N": "1"}}') == (
        "ValidationException", "UpdateItem",
        "The provided expression refers to an attribute that does not exist in the item")


def test_items_that_are_refused(cli, table):  # [API] ValidationException
    assert cli.refused("dynamodb", "put-item", "--table-name", table, "--item",
                       '{"other": {"S": "1"}}') == (
        "ValidationException", "PutItem",
        "One or more parameter values were invalid: Missing the key id in the item")
    assert cli.refused("dynamodb", "get-item", "--table-name", table, "--key",
                       '{"id": {"N": "1"}}') == (
        "ValidationException", "GetItem", "The provided key element does not match the schema")
    assert cli.refused("dynamodb", "get-item", "--table-name", "no-such-table", "--key",
                       '{"id": {"S": "1"}}') == (
        "ResourceNotFoundException", "GetItem", "Requested resource not found")


def test_query(cli, ranged):  # [API] Query; [CLI] query
    query = ("dynamodb", "query", "--table-name", ranged, "--key-condition-expression")
    all_of = (*query, "p = :p", "--expression-attribute-values", '{":p": {"S": "a"}}')
    got = cli(*all_of)
    assert numbers(got["Items"]) == [1, 2, 3, 4, 5]
    assert (got["Count"], got["ScannedCount"], got["ConsumedCapacity"]) == (5, 5, None)
    assert numbers(cli(*all_of, "--no-scan-index-forward")["Items"]) == [5, 4, 3, 2, 1]
    # [CLI] pages are fetched until there are no more, and shown as one.
    paged = cli(*all_of, "--page-size", "2")
    assert (numbers(paged["Items"]), paged["Count"]) == ([1, 2, 3, 4, 5], 5)
    first = cli(*all_of, "--max-items", "2")
    assert numbers(first["Items"]) == [1, 2]
    rest = cli(*all_of, "--starting-token", first["NextToken"])
    assert numbers(rest["Items"]) == [3, 4, 5] and "NextToken" not in rest
    limited = cli(*all_of, "--no-paginate", "--limit", "2")
    assert limited["LastEvaluatedKey"] == {"p": {"S": "a"}, "c": {"N": "2"}}
    some = cli(*query, "p = :p AND c BETWEEN :from AND :to", "--filter-expression", "even = :yes",
               "--expression-attribute-values",
               '{":p": {"S": "a"}, ":from": {"N": "2"}, ":to": {"N": "5"}, ":yes": {"BOOL": true}}')
    assert (numbers(some["Items"]), some["Count"], some["ScannedCount"]) == ([2, 4], 2, 4)
    assert cli.refused(*query, "c = :c", "--expression-attribute-values", '{":c": {"N": "1"}}') == (
        "ValidationException", "Query", "Query condition missed key schema element: p")


def test_scan(cli, ranged):  # [API] Scan; [CLI] scan
    scan = ("dynamodb", "scan", "--table-name", ranged)
    assert numbers(cli(*scan, "--page-size", "2")["Items"]) == [1, 2, 3, 4, 5]
    counted = cli(*scan, "--select", "COUNT", "--filter-expression", "even = :yes",
                  "--expression-attribute-values", '{":yes": {"BOOL": true}}')
    assert (counted["Count"], counted["ScannedCount"]) == (2, 5)
    assert "Items" not in counted or counted["Items"] == []
    found = [numbers(cli(*scan, "--total-segments", "2", "--segment", segment)["Items"])
             for segment in (0, 1)]
    assert sorted(found[0] + found[1]) == [1, 2, 3, 4, 5]
    texts = cli(*scan, "--query", "Items[].c.N", "--output", "text")
    assert texts.split() == ["1", "2", "3", "4", "5"]


def test_batches(cli, ranged):  # [API] BatchGetItem, BatchWriteItem
    keys = [{"p": {"S": "a"}, "c": {"N": str(n)}} for n in (1, 9)]
    got = cli("dynamodb", "batch-get-item", "--request-items", json.dumps({ranged: {"Keys": keys}}))
    assert got["UnprocessedKeys"] == {}
    assert got["Responses"] == {ranged: [{**keys[0], "even": {"BOOL": False}}]}
    twice = json.dumps({ranged: {"Keys": [keys[0], keys[0]]}})
    assert cli.refused("dynamodb", "batch-get-item", "--request-items", twice) == (
        "ValidationException", "BatchGetItem",
        "Provided list of item keys contains duplicates")
    changes = [{"DeleteRequest": {"Key": keys[0]}}, {"PutRequest": {"Item": keys[1]}}]
    done = cli("dynamodb", "batch-write-item", "--request-items", json.dumps({ranged: changes}),
               "--return-consumed-capacity", "TOTAL")
    assert done["UnprocessedItems"] == {}
    assert done["ConsumedCapacity"] == [{"TableName": ranged, "CapacityUnits": 2.0}]
    assert numbers(cli("dynamodb", "scan", "--table-name", ranged)["Items"]) == [2, 3, 4, 5, 9]


def test_ddb_put_and_select(cli, table):  # [CLI] ddb put, ddb select
    assert cli("ddb", "put", table, "[{id: one, n: 1}, {id: two, n: 2}]") == {}
    chosen = yaml.safe_load(cli("ddb", "select", table, "--filter", "n > 1"))
    assert chosen["Items"] == [{"id": "two", "n": 2}] and chosen["Count"] == 1
    chosen = yaml.safe_load(cli("ddb", "select", table, "--key-condition", 'id = "one"'))
    assert chosen["Items"] == [{"id": "one", "n": 1}]
    assert cli.refused("ddb", "put", table, "{id: one}", "--condition",
                       "attribute_not_exists(id)") == (
        "ConditionalCheckFailedException", "PutItem", "The conditional request failed")


def test_input_as_a_document(cli, table, tmp_path):  # [CLI] User Guide, "Skeletons and input files"
    skeleton = cli("dynamodb", "get-item", "--generate-cli-skeleton")
    assert {"TableName", "Key", "ConsistentRead"} <= set(skeleton)
    file = tmp_path / "input.json"
    file.write_text(json.dumps({"TableName": table, "Item": {"id": {"S": "x"}}}))
    cli("dynamodb", "put-item", "--cli-input-json", f"file://{file}")
    assert get(cli, table, {"id": {"S": "x"}})["Item"] == {"id": {"S": "x"}}


def test_the_spawned_command(aws, cli, table):  # [CLI] User Guide, "Return codes"
    shown = aws.cli("dynamodb", "describe-table", "--table-name", table)
    assert shown["Table"]["TableStatus"] == "ACTIVE"
    done = aws.cli("dynamodb", "describe-table", "--table-name", "no-such", check=False)
    assert done.returncode == SERVICE_ERROR and done.stdout == ""
    assert error_in(done.stderr) == (
        "ResourceNotFoundException", "DescribeTable",
        "Requested resource not found: Table: no-such not found")
    words = ("dynamodb", "describe-table", "--table-name", "no-such")
    assert cli.run(*words).stderr == done.stderr


def test_commands_that_never_reach_the_service(cli):  # [CLI] User Guide, "Return codes"
    missing = cli.run("dynamodb", "describe-table")
    assert missing.code == USAGE_ERROR
    assert "the following arguments are required: --table-name" in missing.stderr
    late = cli.run("dynamodb", "wait", "table-not-exists", "--table-name", "x" * 300)
    assert late.code == OTHER_ERROR
    assert "Waiter TableNotExists failed: An error occurred (ValidationException)" in late.stderr


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("dynamodb", aws.region_endpoint("us-east-1")) == []
