"""Query, Scan and the batch operations, as boto3 sees them.

Sources: [DG] DynamoDB Developer Guide; [API] DynamoDB API Reference; [measured: heading] tests/measured.md;
[public] behaviour that public test suites which
run against the real service assert.
"""
import pytest

from tests.sdk.dynamodb_helpers import invalid, key, make_table, refused, unique


@pytest.fixture(scope="module")
def db(aws):
    return aws.client("dynamodb")


@pytest.fixture(scope="module")
def raw(aws):
    """Sends what botocore's own validation would stop."""
    return aws.client("dynamodb", parameter_validation=False)


@pytest.fixture(scope="module")
def table(db):
    with make_table(db, p="S") as name:
        yield name


@pytest.fixture(scope="module")
def ranged(db):
    with make_table(db, p="S", c="N") as name:
        yield name


# --- Query ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filled(db, ranged):
    """Twenty items in partition "full", c from -10 to 9."""
    for c in range(-10, 10):
        db.put_item(TableName=ranged, Item={
            **key("full", c), "even": {"BOOL": c % 2 == 0}, "c2": {"N": str(c)}})
    db.put_item(TableName=ranged, Item=key("other", 3))
    return ranged


def query(db, table, condition="p = :p", values=None, **arguments):
    return db.query(TableName=table, KeyConditionExpression=condition,
                    ExpressionAttributeValues={":p": {"S": "full"}, **(values or {})}, **arguments)


def numbers(answer):
    return [int(item["c"]["N"]) for item in answer["Items"]]


@pytest.mark.parametrize("condition, expected", [
    ("p = :p", range(-10, 10)), ("p = :p AND c = :a", [-3]), ("p = :p AND c < :a", range(-10, -3)),
    ("p = :p AND c <= :a", range(-10, -2)), ("c > :a AND p = :p", range(-2, 10)),
    ("p = :p AND :a <= c", range(-3, 10)), ("p = :p AND c BETWEEN :a AND :b", range(-3, 5)),
])
def test_key_conditions(db, filled, condition, expected):
    """[DG] Key condition expressions for query."""
    values = {name: value for name, value in ((":a", {"N": "-3"}), (":b", {"N": "4"}))
              if name in condition}
    assert numbers(query(db, filled, condition, values)) == list(expected)
    backward = query(db, filled, condition, values, ScanIndexForward=False)
    assert numbers(backward) == list(expected)[::-1]


def test_strings_and_binaries_order_by_bytes(db):
    """[DG] Sorted by UTF-8 bytes, and by unsigned bytes."""
    words = ["", "a", "ab", "b", "z", "\u00e9", "\uffff", "\U0001f600"][1:]
    with make_table(db, p="S", c="S") as name:
        for word in reversed(words):
            db.put_item(TableName=name, Item={"p": {"S": "x"}, "c": {"S": word}})
        answer = db.query(TableName=name, KeyConditionExpression="p = :p",
                          ExpressionAttributeValues={":p": {"S": "x"}})
        assert [item["c"]["S"] for item in answer["Items"]] == words
        answer = db.query(TableName=name, KeyConditionExpression="p = :p AND begins_with(c, :a)",
                          ExpressionAttributeValues={":p": {"S": "x"}, ":a": {"S": "a"}})
        assert [item["c"]["S"] for item in answer["Items"]] == ["a", "ab"]
    with make_table(db, p="B", c="B") as name:
        keys = [b"\x00", b"\x00\xff", b"\x7f", b"\x80", b"\xff", b"\xff\xff"]
        for c in reversed(keys):
            db.put_item(TableName=name, Item={"p": {"B": b"\xff"}, "c": {"B": c}})
        answer = db.query(TableName=name, KeyConditionExpression="p = :p AND begins_with(c, :c)",
                          ExpressionAttributeValues={":p": {"B": b"\xff"}, ":c": {"B": b"\xff"}})
        assert [item["c"]["B"] for item in answer["Items"]] == keys[-2:]


@pytest.mark.parametrize("forward", [True, False])
def test_pages_cover_everything_once(db, filled, forward):
    """[DG] Paginating table query results."""
    seen, start = [], {}
    while True:
        page = query(db, filled, Limit=6, ScanIndexForward=forward, **start)
        assert page["Count"] == len(page["Items"]) <= 6
        seen += numbers(page)
        if "LastEvaluatedKey" not in page:
            break
        assert page["LastEvaluatedKey"] == key("full", seen[-1])
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == (list(range(-10, 10)) if forward else list(range(9, -11, -1)))


def test_filters_apply_after_the_limit(db, filled):
    """[DG] "A filter expression is applied after a Query finishes, but before the results are
    returned"; Limit counts what is evaluated."""
    page = query(db, filled, Limit=5, FilterExpression="even = :t AND c2 < :z",
                 values={":t": {"BOOL": True}, ":z": {"N": "100"}})
    assert (page["Count"], page["ScannedCount"]) == (3, 5)
    assert numbers(page) == [-10, -8, -6]
    assert page["LastEvaluatedKey"] == key("full", -6)


def test_select(db, filled):
    """[API] Select."""
    counted = query(db, filled, Select="COUNT")
    assert (counted["Count"], counted["ScannedCount"], counted.get("Items", [])) == (20, 20, [])
    some = query(db, filled, Select="SPECIFIC_ATTRIBUTES", ProjectionExpression="c", Limit=1)
    assert some["Items"] == [{"c": {"N": "-10"}}]
    for select in ("COUNT", "ALL_ATTRIBUTES"):
        with refused("ValidationException"):
            query(db, filled, Select=select, ProjectionExpression="c")
    with refused("ValidationException"):
        query(db, filled, Select="SPECIFIC_ATTRIBUTES")


@pytest.mark.parametrize("condition, message", [
    ("c = :p", "Query condition missed key schema element: p"),
    ("p > :p", "Query key condition not supported"),
    ("p = :p OR c = :a", "Invalid operator used in KeyConditionExpression: OR"),
    ("p = :p AND p = :p", "KeyConditionExpressions must only contain one condition per key"),
    ("p = :p AND c <> :a", "Invalid operator used in KeyConditionExpression: <>"),
    ("p = :p AND x = :a", "Query condition missed key schema element: c"),
    ("p = :p AND c.x = :a", "KeyConditionExpressions cannot have conditions on nested attributes"),
    ("p = :p AND c = :p", "One or more parameter values were invalid: Condition parameter type "
                          "does not match schema type"),
])
def test_faulty_key_conditions(db, ranged, condition, message):
    """[measured: Queries, scans and batches]"""
    with invalid(message):
        query(db, ranged, condition, {":a": {"N": "1"}} if ":a" in condition else {})


def test_faulty_queries(db, raw, ranged):
    """[measured: Queries, scans and batches]"""
    with invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified "
                 "in the request."):
        raw.query(TableName=ranged)
    with invalid("The table does not have the specified index: nope"):
        query(db, ranged, IndexName="nope")
    with invalid("Filter Expression can only contain non-primary key attributes: Primary key "
                 "attribute: c"):
        query(db, ranged, FilterExpression="c > :z", values={":z": {"N": "0"}})
    with invalid("The provided starting key is invalid: The provided key element does not match "
                 "the schema"):
        query(db, ranged, ExclusiveStartKey=key("full"))
    with invalid("The provided starting key is outside query boundaries based on provided "
                 "conditions"):
        query(db, ranged, ExclusiveStartKey=key("other", 1))
    with invalid("The provided starting key does not match the range key predicate"):
        query(db, ranged, "p = :p AND c > :a", {":a": {"N": "5"}},
              ExclusiveStartKey=key("full", 1))


# --- Scan -------------------------------------------------------------------------------------


def test_scan_sees_every_item_once(db, filled):
    """[API] Scan, with and without pages and segments."""
    def scan(**arguments):
        return [(item["p"]["S"], int(item["c"]["N"]))
                for page in db.get_paginator("scan").paginate(TableName=filled, **arguments)
                for item in page["Items"]]
    expected = sorted([("full", c) for c in range(-10, 10)] + [("other", 3)])
    assert sorted(scan()) == expected
    assert sorted(scan(PaginationConfig={"PageSize": 4})) == expected
    parts = [scan(TotalSegments=3, Segment=segment) for segment in range(3)]
    assert sorted(sum(parts, [])) == expected
    counted = db.scan(TableName=filled, Select="COUNT", FilterExpression="even = :t",
                      ExpressionAttributeValues={":t": {"BOOL": True}})
    assert (counted["Count"], counted["ScannedCount"]) == (10, 21)


def test_faulty_scans(db, table):
    """[measured: Queries, scans and batches]"""
    with invalid("The Segment parameter is zero-based and must be less than parameter "
                 "TotalSegments: Segment: 5 is not less than TotalSegments: 5"):
        db.scan(TableName=table, Segment=5, TotalSegments=5)
    with invalid("The TotalSegments parameter is required but was not present in the request when "
                 "Segment parameter is present"):
        db.scan(TableName=table, Segment=0)
    with invalid("The Segment parameter is required but was not present in the request when "
                 "parameter TotalSegments is present"):
        db.scan(TableName=table, TotalSegments=2)


def test_pages_end_at_one_megabyte(db):
    """[DG] "A single Query operation can retrieve a maximum of 1 MB of data"."""
    with make_table(db, p="S", c="N") as name:
        for c in range(6):
            db.put_item(TableName=name, Item={**key("x", c), "b": {"S": "y" * 300_000}})
        pages = list(db.get_paginator("query").paginate(
            TableName=name, KeyConditionExpression="p = :p", Select="COUNT",
            ExpressionAttributeValues={":p": {"S": "x"}}))
        counts = [page["Count"] for page in pages]
        assert sum(counts) == 6
        assert counts[0] in (3, 4)


# --- Batches ----------------------------------------------------------------------------------


def test_batches(db, table, ranged):
    """[API] BatchWriteItem, BatchGetItem."""
    p = unique()
    written = db.batch_write_item(RequestItems={
        table: [{"PutRequest": {"Item": {**key(f"{p}-{i}"), "i": {"N": str(i)}}}}
                for i in range(20)],
        ranged: [{"PutRequest": {"Item": key(p, i)}} for i in range(5)]})
    assert written["UnprocessedItems"] == {}
    db.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key(f"{p}-0")}}]})
    answer = db.batch_get_item(RequestItems={
        table: {"Keys": [key(f"{p}-{i}") for i in range(20)], "ProjectionExpression": "#i",
                "ExpressionAttributeNames": {"#i": "i"}, "ConsistentRead": True},
        ranged: {"Keys": [key(p, 4), key(p, 99)]}})
    assert answer["UnprocessedKeys"] == {}
    assert sorted(int(item["i"]["N"]) for item in answer["Responses"][table]) == list(range(1, 20))
    assert answer["Responses"][ranged] == [key(p, 4)]


def test_faulty_batches(db, raw, table):
    """[measured: Queries, scans and batches]"""
    with invalid("Provided list of item keys contains duplicates"):
        db.batch_get_item(RequestItems={table: {"Keys": [key("a"), key("a")]}})
    with invalid("Provided list of item keys contains duplicates"):
        db.batch_write_item(RequestItems={table: [
            {"PutRequest": {"Item": key("a")}}, {"DeleteRequest": {"Key": key("a")}}]})
    for count in (0, 26):
        with refused("ValidationException") as caught:
            raw.batch_write_item(RequestItems={
                table: [{"PutRequest": {"Item": key(str(i))}} for i in range(count)]})
        assert ("Map value must satisfy constraint: [Member must have length less than or equal to "
                "25, Member must have length greater than or equal to 1]"
                ) in caught.value.response["Error"]["Message"]
    with refused("ValidationException") as caught:
        raw.batch_get_item(RequestItems={table: {"Keys": [key(str(i)) for i in range(101)]}})
    assert "Member must have length less than or equal to 100" in (
        caught.value.response["Error"]["Message"])
    with invalid("The provided key element does not match the schema"):
        db.batch_get_item(RequestItems={table: {"Keys": [key("a", 1)]}})


def test_large_batch_leaves_keys_unprocessed(db):
    """[API] BatchGetItem returns up to 16 MB; boto3 users loop over UnprocessedKeys."""
    with make_table(db, p="S") as name:
        for i in range(50):
            db.put_item(TableName=name, Item={**key(str(i)), "b": {"S": "y" * 400_000}})
        wanted, seen = {name: {"Keys": [key(str(i)) for i in range(50)]}}, set()
        rounds = 0
        while wanted:
            answer = db.batch_get_item(RequestItems=wanted)
            seen |= {item["p"]["S"] for item in answer["Responses"].get(name, [])}
            wanted = answer["UnprocessedKeys"]
            rounds += 1
        assert seen == {str(i) for i in range(50)} and rounds > 1


# --- Capacity ---------------------------------------------------------------------------------


def test_consumed_capacity(db, ranged):
    """[DG] Capacity units: reads round up to 4 KB and halve when eventually consistent, writes to
    1 KB of the larger of old and new item; a query rounds the sum of its items."""
    p = unique()
    consumed = lambda answer: answer["ConsumedCapacity"]["CapacityUnits"]  # noqa: E731
    put = lambda size: consumed(db.put_item(  # noqa: E731
        TableName=ranged, Item={**key(p, 1), "b": {"S": "x" * size}},
        ReturnConsumedCapacity="TOTAL"))
    assert put(100) == 1
    assert put(2500) == 3
    assert put(100) == 3
    assert put(5000) == 5
    read = lambda **more: consumed(db.get_item(  # noqa: E731
        TableName=ranged, Key=key(p, 1), ReturnConsumedCapacity="TOTAL", **more))
    assert read() == 1
    assert read(ConsistentRead=True) == 2
    assert read(ProjectionExpression="p") == 1
    missing = db.get_item(TableName=ranged, Key=key(p, 2), ReturnConsumedCapacity="INDEXES")
    assert missing["ConsumedCapacity"] == {"TableName": ranged, "CapacityUnits": 0.5,
                                           "Table": {"CapacityUnits": 0.5}}
    for c in range(2, 12):
        db.put_item(TableName=ranged, Item={**key(p, c), "b": {"S": "x" * 500}})
    query_units = consumed(db.query(
        TableName=ranged, KeyConditionExpression="p = :p AND c > :one",
        ExpressionAttributeValues={":p": {"S": p}, ":one": {"N": "1"}}, ConsistentRead=True,
        ReturnConsumedCapacity="TOTAL"))
    assert query_units == 2
    assert "ConsumedCapacity" not in db.get_item(TableName=ranged, Key=key(p, 1))
    deleted = db.delete_item(TableName=ranged, Key=key(p, 1), ReturnConsumedCapacity="TOTAL")
    assert consumed(deleted) == 5
