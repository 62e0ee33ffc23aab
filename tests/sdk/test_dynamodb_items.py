"""Operations on single items, as boto3 sees them.

Sources: [DG] DynamoDB Developer Guide; [API] DynamoDB API Reference; [measured: heading] tests/measured.md;
[public] behaviour that public test suites which
run against the real service assert.
"""
import json

import pytest

from tests.sdk.dynamodb_helpers import call_with, get, invalid, key, make_table, refused, unique


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


EVERY_TYPE = {
    "string": {"S": "text \u00e9 \U0001f600 \" \\ \n \u0001"},
    "empty": {"S": ""},
    "number": {"N": "-12.5"},
    "binary": {"B": bytes(range(256))},
    "no_bytes": {"B": b""},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "null": {"NULL": True},
    "strings": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.5"]},
    "binaries": {"BS": [b"\x00", b"\xff"]},
    "list": {"L": [{"S": "a"}, {"N": "1"}, {"L": []}, {"M": {}}]},
    "map": {"M": {"a": {"M": {"b": {"L": [{"BOOL": True}]}}}, "with space": {"S": "x"}}},
}


def same(a, b):
    """Equal items, sets compared without order."""
    def plain(value):
        (kind, inner), = value.items()
        if kind in ("SS", "NS", "BS"):
            return kind, frozenset(inner)
        if kind == "L":
            return kind, tuple(plain(element) for element in inner)
        if kind == "M":
            return kind, tuple(sorted((name, plain(element)) for name, element in inner.items()))
        return kind, inner
    return {k: plain(v) for k, v in a.items()} == {k: plain(v) for k, v in b.items()}


# --- PutItem, GetItem -------------------------------------------------------------------------


def test_every_type_comes_back(db, table):
    """[DG] Data types."""
    p = unique()
    item = {**key(p), **EVERY_TYPE}
    db.put_item(TableName=table, Item=item)
    assert same(get(db, table, Key=key(p)), item)


def test_put_replaces_the_whole_item(db, table):
    """[API] PutItem: "entirely replaces the existing item"."""
    p = unique()
    db.put_item(TableName=table, Item={**key(p), "a": {"S": "x"}, "b": {"S": "y"}})
    db.put_item(TableName=table, Item={**key(p), "b": {"S": "z"}})
    assert get(db, table, Key=key(p)) == {**key(p), "b": {"S": "z"}}


def test_what_is_not_there_has_no_item(db, table):
    """[API] GetItem: "If there is no matching item, GetItem does not return any data"."""
    assert "Item" not in db.get_item(TableName=table, Key=key(unique()))


@pytest.mark.parametrize("sent, stored", [
    ("3", "3"), ("-7.1234", "-7.1234"), ("-17e5", "-1700000"), ("+3", "3"), (".123", "0.123"),
    ("0001.230", "1.23"), ("1e+5", "100000"), ("0e125", "0"), ("-0", "0"),
    ("1e-130", "0." + "0" * 129 + "1"), ("9" * 38 + "e88", "9" * 38 + "0" * 88)])
def test_numbers_are_normalised(db, table, sent, stored):
    """[DG] Numbers: "Leading and trailing zeroes are trimmed"; limits of magnitude."""
    p = unique()
    db.put_item(TableName=table, Item={**key(p), "n": {"N": sent}})
    assert get(db, table, Key=key(p))["n"] == {"N": stored}


@pytest.mark.parametrize("value, message", [
    ({"N": "dog"}, "The parameter cannot be converted to a numeric value: dog"),
    ({"N": " 1"}, "The parameter cannot be converted to a numeric value:  1"),
    ({"N": "NaN"}, "The parameter cannot be converted to a numeric value: NaN"),
    ({"N": ""}, "The parameter cannot be converted to a numeric value"),
    ({"N": "1e126"}, "Number overflow. Attempting to store a number with magnitude larger than "
                     "supported range"),
    ({"N": "0e126"}, "Number overflow. Attempting to store a number with magnitude larger than "
                     "supported range"),
    ({"N": "1e9223372036854775808"}, "The parameter cannot be converted to a numeric value: "
                                     "1e9223372036854775808"),
    ({"M": {"": {"S": "x"}}}, "Empty attribute name"),
    ({"N": "0.9e-130"}, "Number underflow. Attempting to store a number with magnitude smaller "
                        "than supported range"),
    ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
    ({"SS": []}, "One or more parameter values were invalid: An string set  may not be empty"),
    ({"NS": []}, "One or more parameter values were invalid: An number set  may not be empty"),
    ({"BS": []}, "One or more parameter values were invalid: Binary sets should not be empty"),
    ({"SS": ["a", "a"]}, "One or more parameter values were invalid: Input collection [a, a] "
                         "contains duplicates."),
    ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
    ({"NULL": False}, "One or more parameter values were invalid: Null attribute value types must "
                      "have the value of true"),
    ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set, must contain "
                           "exactly one of the supported datatypes"),
])
def test_invalid_values_are_refused(raw, table, value, message):
    """[measured: Keys and values]"""
    with invalid(message):
        raw.put_item(TableName=table, Item={**key(unique()), "a": {"L": [value]}})
    with invalid(f"ExpressionAttributeValues contains invalid value: {message} for key :v"):
        raw.update_item(TableName=table, Key=key(unique()), UpdateExpression="SET a = :v",
                        ExpressionAttributeValues={":v": value})


def test_keys_must_fit_the_schema(db, ranged):
    """[measured: Keys and values]"""
    with invalid("One or more parameter values were invalid: Missing the key c in the item"):
        db.put_item(TableName=ranged, Item=key("a"))
    with invalid("One or more parameter values were invalid: Type mismatch for key c expected: N "
                 "actual: S"):
        db.put_item(TableName=ranged, Item={"p": {"S": "a"}, "c": {"S": "1"}})
    for wrong in (key("a"), {"p": {"S": "a"}, "c": {"S": "1"}}, {**key("a", 1), "x": {"S": "y"}},
                  {"p": {"S": "a"}, "d": {"N": "1"}}):
        for call in (db.get_item, db.delete_item, db.update_item):
            with invalid("The provided key element does not match the schema"):
                call(TableName=ranged, Key=wrong)
    with invalid("One or more parameter values are not valid. The AttributeValue for a key "
                 "attribute cannot contain an empty string value. Key: p"):
        db.put_item(TableName=ranged, Item=key("", 1))


def test_key_sizes(db):
    """[DG] Quotas: partition key up to 2048 bytes, sort key up to 1024."""
    with make_table(db, p="S", c="B") as name:
        fits = {"p": {"S": "x" * 2048}, "c": {"B": b"y" * 1024}}
        db.put_item(TableName=name, Item=fits)
        assert get(db, name, Key=fits) == fits
        with invalid("One or more parameter values were invalid: Size of hashkey has exceeded the "
                     "maximum size limit of2048 bytes"):
            db.put_item(TableName=name, Item={**fits, "p": {"S": "x" * 2049}})
        with invalid("One or more parameter values were invalid: Aggregated size of all range keys "
                     "has exceeded the size limit of 1024 bytes"):
            db.get_item(TableName=name, Key={**fits, "c": {"B": b"y" * 1025}})


def test_item_size(db, table):
    """[DG] Quotas: 400 KB with names and values."""
    p = "k" * 8
    fits = {**key(p), "a": {"S": "x" * (409600 - 1 - 8 - 1)}}
    db.put_item(TableName=table, Item=fits)
    with invalid("Item size has exceeded the maximum allowed size"):
        db.put_item(TableName=table, Item={**key(p), "a": {"S": "x" * (409600 - 1 - 8)}})
    with invalid("Item size to update has exceeded the maximum allowed size"):
        db.update_item(TableName=table, Key=key(p), UpdateExpression="SET b = a")
    db.delete_item(TableName=table, Key=key(p))


def test_nesting(raw, table):
    """[DG] Quotas: attributes nest up to 32 levels."""
    def nested(levels):
        value = {"S": "x"}
        for _ in range(levels):
            value = {"L": [value]}
        return value
    p = unique()
    raw.put_item(TableName=table, Item={**key(p), "a": nested(31)})
    assert get(raw, table, Key=key(p))["a"] == nested(31)
    too_nested = ("Nesting Levels have exceeded supported limits: Attributes in the item have "
                  "nested levels beyond supported limit")
    # [measured: Keys and values] The innermost value is at level 32 at most; so it is in what an update leaves.
    for levels in (32, 40):
        with invalid(too_nested):
            raw.put_item(TableName=table, Item={**key(p), "a": nested(levels)})
    with invalid(too_nested):
        raw.update_item(TableName=table, Key=key(p), UpdateExpression="SET a[0][1] = a")
    assert get(raw, table, Key=key(p))["a"] == nested(31)


# --- Structure --------------------------------------------------------------------------------


def test_structural_constraints(raw):
    """[measured: Keys and values] They come before anything else and are counted."""
    with invalid("1 validation error detected: Value null at 'item' failed to satisfy constraint: "
                 "Member must not be null"):
        raw.put_item(TableName="some-table")
    with invalid("1 validation error detected: Value 'all' at 'returnValues' failed to satisfy "
                 "constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, "
                 "NONE, UPDATED_NEW]"):
        raw.delete_item(TableName="some-table", Key={}, ReturnValues="all")
    with invalid("1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
                 "Member must have value greater than or equal to 1"):
        raw.scan(TableName="some-table", Limit=0)
    with refused("ValidationException") as caught:
        raw.get_item(TableName="no such table!", Key={}, ReturnConsumedCapacity="x")
    assert caught.value.response["Error"]["Message"].startswith("2 validation errors detected: ")


def test_types_of_members_are_checked(raw, table):
    """[measured: Keys and values] SerializationException for wrong JSON types."""
    for item in ({"p": {"S": 1}}, {"p": {"N": 1}}, {"p": ["S"]}, {"p": "x"}):
        with refused("SerializationException"):
            call_with(raw, "PutItem", {"Item": item},
                      lambda: raw.put_item(TableName=table, Item=key("x")))


def test_tables_must_exist(db):
    """[measured: Keys and values] The data plane's message names no table."""
    name = f"missing-{unique()}"
    for call in (lambda: db.get_item(TableName=name, Key=key("a")),
                 lambda: db.put_item(TableName=name, Item=key("a")),
                 lambda: db.update_item(TableName=name, Key=key("a")),
                 lambda: db.delete_item(TableName=name, Key=key("a")),
                 lambda: db.scan(TableName=name),
                 lambda: db.batch_get_item(RequestItems={name: {"Keys": [key("a")]}}),
                 lambda: db.query(TableName=name, KeyConditionExpression="p = :p",
                                  ExpressionAttributeValues={":p": {"S": "a"}})):
        with refused("ResourceNotFoundException", "Requested resource not found"):
            call()


# --- Conditions -------------------------------------------------------------------------------


def test_conditional_put_and_delete(db, table):
    """[DG] Condition expressions."""
    p = unique()
    db.put_item(TableName=table, Item=key(p), ConditionExpression="attribute_not_exists(p)")
    with refused("ConditionalCheckFailedException", "The conditional request failed"):
        db.put_item(TableName=table, Item=key(p), ConditionExpression="attribute_not_exists(p)")
    with refused("ConditionalCheckFailedException"):
        db.delete_item(TableName=table, Key=key(p), ConditionExpression="attribute_exists(x)")
    db.delete_item(TableName=table, Key=key(p), ConditionExpression="attribute_exists(p)")
    assert get(db, table, Key=key(p)) is None


def test_failed_condition_shows_the_item_when_asked(db, table):
    """[API] ReturnValuesOnConditionCheckFailure."""
    p = unique()
    db.put_item(TableName=table, Item={**key(p), "a": {"S": "old"}})

    def shown(what, table_key):
        bodies = []
        keep = lambda response_dict, **_: bodies.append(response_dict["body"])  # noqa: E731
        event = "response-received.dynamodb.DeleteItem"
        db.meta.events.register(event, keep)
        with refused("ConditionalCheckFailedException"):
            call_with(db, "DeleteItem", {"ReturnValuesOnConditionCheckFailure": what},
                      lambda: db.delete_item(TableName=table, Key=table_key,
                                             ConditionExpression="a = :v",
                                             ExpressionAttributeValues={":v": {"S": "new"}}))
        db.meta.events.unregister(event, keep)
        return json.loads(bodies[-1]).get("Item")
    assert shown("ALL_OLD", key(p)) == {**key(p), "a": {"S": "old"}}
    assert shown("NONE", key(p)) is None
    assert shown("ALL_OLD", key(unique())) is None


CONDITION_ITEM = {
    "n": {"N": "5"}, "s": {"S": "hello"}, "b": {"B": b"hello"}, "flag": {"BOOL": True},
    "nothing": {"NULL": True}, "ss": {"SS": ["x", "y"]}, "ns": {"NS": ["1", "2"]},
    "l": {"L": [{"N": "1"}, {"S": "two"}, {"M": {"deep": {"N": "3"}}}]},
    "m": {"M": {"k": {"S": "v"}, "seq": {"L": [{"N": "7"}]}}}, "status": {"S": "open"},
}
CONDITION_VALUES = {
    ":five": {"N": "5.0"}, ":six": {"N": "6"}, ":hel": {"S": "hel"}, ":hello": {"S": "hello"},
    ":bytes": {"B": b"ell"}, ":x": {"S": "x"}, ":one": {"N": "1"}, ":true": {"BOOL": True},
    ":yx": {"SS": ["y", "x"]}, ":two": {"N": "2"}, ":type": {"S": "SS"}, ":null": {"NULL": True},
}


@pytest.mark.parametrize("expression, holds", [
    ("n = :five", True), ("n <> :six", True), ("n < :six", True), ("n >= :six", False),
    ("s > :hel", True), ("n = :hello", False), ("n < :hello", False), ("flag = :true", True),
    ("nothing = :null", True), ("ss = :yx", True), ("absent = :five", False),
    ("absent <> :five", True), ("absent < :five", False), (":six > n", True),
    ("n BETWEEN :one AND :six", True), ("n IN (:one, :five)", True), ("n IN (:one)", False),
    ("begins_with(s, :hel)", True), ("begins_with(b, :hel)", False), ("contains(s, :hel)", True),
    ("contains(b, :bytes)", True), ("contains(ss, :x)", True), ("contains(ns, :one)", True),
    ("contains(l, :one)", True), ("contains(l, :two)", False), ("attribute_exists(m.k)", True),
    ("attribute_exists(m.nope)", False), ("attribute_not_exists(l[3])", True),
    ("attribute_type(ss, :type)", True), ("size(s) = :five", True), ("size(l) > :two", True),
    ("size(n) = :one", False), ("l[2].deep > :two", True), ("m.seq[0] <> :five", True),
    ("NOT n = :six AND (s = :hello OR s = :hel)", True),
    ("n = :six OR n = :five AND s = :hel", False), ("not (n = :six)", True),
])
def test_operators_and_functions(db, table, expression, holds):
    """[DG] Comparison operator and function reference."""
    p = "condition-item"
    db.put_item(TableName=table, Item={**key(p), **CONDITION_ITEM})
    used = {name: value for name, value in CONDITION_VALUES.items()
            if name in expression.replace("(", " ").replace(")", " ").replace(",", " ").split()}
    arguments = {"ExpressionAttributeValues": used} if used else {}
    call = lambda: db.put_item(TableName=table, Item={**key(p), **CONDITION_ITEM},  # noqa: E731
                               ConditionExpression=expression, **arguments)
    if holds:
        call()
    else:
        with refused("ConditionalCheckFailedException"):
            call()


@pytest.mark.parametrize("expression, message", [
    ("", "The expression can not be empty;"),
    ("foo", 'Syntax error; token: "<EOF>", near: "foo"'),
    ("a-b = :v", 'Syntax error; token: "-", near: "a-b"'),
    ("((a = :v))", "The expression has redundant parentheses;"),
    ("a = :v and f(a)", "Invalid function name; function: f"),
    ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
    ("status = :v", "Attribute name is a reserved keyword; reserved keyword: status"),
    ("#x = :v", "An expression attribute name used in the document path is not defined; attribute "
                "name: #x"),
    ("a = :w", "An expression attribute value used in expression is not defined; attribute value: "
               ":w"),
    ("begins_with(a, :v, :v)", "Incorrect number of operands for operator or function; operator or "
                               "function: begins_with, number of operands: 3"),
    ("a = a", "The first operand must be distinct from the remaining operands for this operator or "
              "function; operator: =, first operand: [a]"),
    ("begins_with(a, :v)", "Incorrect operand type for operator or function; operator or function: "
                           "begins_with, operand type: N"),
    ("attribute_exists(:v)", "Operator or function requires a document path; operator or function: "
                             "attribute_exists"),
    ("a" + " = :v" + " " * 4092, "Expression size has exceeded the maximum allowed size; "
                                 "expression size: 4098"),
])
def test_faulty_conditions(db, table, expression, message):
    """[measured: Expressions]"""
    with invalid("Invalid ConditionExpression: " + message):
        db.put_item(TableName=table, Item=key("x"), ConditionExpression=expression,
                    ExpressionAttributeValues={":v": {"N": "1"}})


def test_names_and_values_must_be_used(db, table):
    """[measured: Expressions]"""
    with invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"):
        db.put_item(TableName=table, Item=key("x"), ConditionExpression="#a <> :v",
                    ExpressionAttributeNames={"#a": "a", "#b": "b"},
                    ExpressionAttributeValues={":v": {"N": "1"}})
    with invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"):
        db.put_item(TableName=table, Item=key("x"), ConditionExpression="a <> :v",
                    ExpressionAttributeValues={":v": {"N": "1"}, ":w": {"N": "1"}})
    with invalid("ExpressionAttributeNames can only be specified when using expressions"):
        db.get_item(TableName=table, Key=key("x"), ExpressionAttributeNames={"#a": "b"})
    with invalid("ExpressionAttributeValues can only be specified when using expressions: "
                 "ConditionExpression is null"):
        db.put_item(TableName=table, Item=key("x"), ExpressionAttributeValues={":a": {"S": "b"}})
    with invalid("ExpressionAttributeNames must not be empty"):
        db.get_item(TableName=table, Key=key("x"), ProjectionExpression="a",
                    ExpressionAttributeNames={})
    with invalid('ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'):
        db.get_item(TableName=table, Key=key("x"), ProjectionExpression="a",
                    ExpressionAttributeNames={"a": "b"})


# --- UpdateItem -------------------------------------------------------------------------------


def update(db, table, p, expression, values=None, **arguments):
    if values:
        arguments["ExpressionAttributeValues"] = values
    return db.update_item(TableName=table, Key=key(p), UpdateExpression=expression, **arguments)


UPDATE_ITEM = {
    "n": {"N": "5"}, "s": {"S": "t"}, "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
    "m": {"M": {"x": {"N": "3"}, "y": {"M": {"z": {"S": "q"}}}}},
}
UPDATE_VALUES = {":one": {"N": "1"}, ":s": {"S": "x"}, ":l": {"L": [{"N": "9"}]},
                 ":az": {"SS": ["a", "z"]}, ":ab": {"SS": ["a", "b"]}}


@pytest.mark.parametrize("expression, changes", [
    ("SET a = :one", {"a": {"N": "1"}}),
    ("set a = s, n = n + :one", {"a": {"S": "t"}, "n": {"N": "6"}}),
    ("SET n = :one - n", {"n": {"N": "-4"}}),
    ("SET a = if_not_exists(a, :one), b = if_not_exists(n, :one)",
     {"a": {"N": "1"}, "b": {"N": "5"}}),
    ("SET c = if_not_exists(c, :one) + :one", {"c": {"N": "2"}}),
    ("SET l = list_append(l, :l)",
     {"l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"N": "9"}]}}),
    ("SET l[1] = :s", {"l": {"L": [{"N": "0"}, {"S": "x"}, {"N": "2"}]}}),
    ("SET l[9] = :one, l[7] = :s",
     {"l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"S": "x"}, {"N": "1"}]}}),
    ("REMOVE l[0] SET l[2] = :s", {"l": {"L": [{"N": "1"}, {"S": "x"}]}}),
    ("REMOVE l[0], l[1]", {"l": {"L": [{"N": "2"}]}}),
    ("SET m.x = :s, m.w = :one REMOVE m.y.z",
     {"m": {"M": {"x": {"S": "x"}, "y": {"M": {}}, "w": {"N": "1"}}}}),
    ("REMOVE n, nothing SET a = n", {"n": None, "a": {"N": "5"}}),
    ("ADD n :one, fresh :one", {"n": {"N": "6"}, "fresh": {"N": "1"}}),
    ("ADD ss :az", {"ss": {"SS": ["a", "b", "z"]}}),
    ("DELETE ss :az", {"ss": {"SS": ["b"]}}),
    ("DELETE ss :ab", {"ss": None}),
    ("DELETE nothing :ab", {}),
])
def test_update_expressions(db, table, expression, changes):
    """[DG] Update expressions."""
    p = unique()
    db.put_item(TableName=table, Item={**key(p), **UPDATE_ITEM})
    used = {name: value for name, value in UPDATE_VALUES.items()
            if name in expression.replace(")", " ").replace(",", " ").split()}
    update(db, table, p, expression, used)
    expected = {**key(p), **UPDATE_ITEM, **changes}
    expected = {name: value for name, value in expected.items() if value is not None}
    assert same(get(db, table, Key=key(p)), expected)


@pytest.mark.parametrize("expression, message", [
    ("SET a = zz", "The provided expression refers to an attribute that does not exist in the "
                   "item"),
    ("SET zz.a = :one", "The document path provided in the update expression is invalid for "
                        "update"),
    ("REMOVE s.a", "The document path provided in the update expression is invalid for update"),
    ("ADD s :one", "An operand in the update expression has an incorrect data type"),
    ("SET a = s + :one", "An operand in the update expression has an incorrect data type"),
    ("SET p = :one", "One or more parameter values were invalid: Cannot update attribute p. This "
                     "attribute is part of the key"),
    ("REMOVE p", "One or more parameter values were invalid: Cannot update attribute p. This "
                 "attribute is part of the key"),
    ("SET a = :one SET b = :one", 'Invalid UpdateExpression: The "SET" section can only be used '
                                  'once in an update expression;'),
    ("SET a = :one, a.b = :one", "Invalid UpdateExpression: Two document paths overlap with each "
                                 "other; must remove or rewrite one of these paths; path one: [a], "
                                 "path two: [a, b]"),
    ("SET a.b = :one, a[1] = :one", "Invalid UpdateExpression: Two document paths conflict with "
                                    "each other; must remove or rewrite one of these paths; path "
                                    "one: [a, b], path two: [a, [1]]"),
    ("INVALID SYNTAX", 'Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID '
                       'SYNTAX"'),
    ("SET a = :one,", 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: ","'),
    ("ADD a :s", "Invalid UpdateExpression: Incorrect operand type for operator or function; "
                 "operator: ADD, operand type: STRING"),
    ("SET a = list_append(:one)", "Invalid UpdateExpression: Incorrect number of operands for "
                                  "operator or function; operator or function: list_append, number "
                                  "of operands: 1"),
    ("SET name = :one", "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved "
                        "keyword: name"),
])
def test_faulty_updates(db, table, expression, message):
    """[measured: Expressions]"""
    p = unique()
    item = {**key(p), **UPDATE_ITEM}
    db.put_item(TableName=table, Item=item)
    used = {name: value for name, value in UPDATE_VALUES.items()
            if name in expression.replace(")", " ").replace("(", " ").replace(",", " ").split()}
    with invalid(message):
        update(db, table, p, expression, used)
    assert same(get(db, table, Key=key(p)), item)


def test_arithmetic_is_exact_or_refused(db, table):
    """[DG] 38 digits; [public] lacking precision is reported as overflow."""
    p = unique()
    update(db, table, p, "SET a = :a + :b", {":a": {"N": "1" + "0" * 37}, ":b": {"N": "1"}})
    assert get(db, table, Key=key(p))["a"] == {"N": "1" + "0" * 36 + "1"}
    for big in ("9e125", "1e50"):
        with refused("ValidationException") as caught:
            update(db, table, p, "SET a = :a + :b",
                   {":a": {"N": big}, ":b": {"N": big if big == "9e125" else "1"}})
        assert "Number overflow" in caught.value.response["Error"]["Message"]


def test_update_of_what_is_not_there(db, table):
    """[API] UpdateItem adds a new item; [public] removing alone does not."""
    p = unique()
    update(db, table, p, "REMOVE a.b, c")
    assert get(db, table, Key=key(p)) is None
    db.update_item(TableName=table, Key=key(p))
    assert get(db, table, Key=key(p)) == key(p)
    p = unique()
    update(db, table, p, "ADD a :one", {":one": {"N": "1"}})
    assert get(db, table, Key=key(p)) == {**key(p), "a": {"N": "1"}}


def test_return_values(db, table):
    """[API] ReturnValues; [public] nested updates return the path only."""
    p = unique()
    put = lambda value, **more: db.put_item(  # noqa: E731
        TableName=table, Item={**key(p), "a": {"S": value}}, **more)
    assert "Attributes" not in put("1", ReturnValues="ALL_OLD")
    assert put("2", ReturnValues="ALL_OLD")["Attributes"]["a"] == {"S": "1"}
    assert "Attributes" not in put("3", ReturnValues="NONE")
    with invalid("ReturnValues can only be ALL_OLD or NONE"):
        put("4", ReturnValues="ALL_NEW")

    def returned(what, expression, values=None):
        return update(db, table, p, expression, values, ReturnValues=what).get("Attributes")
    four = {":v": {"N": "4"}}
    assert returned("UPDATED_OLD", "SET a = :v, b = :v", four) == {"a": {"S": "3"}}
    assert returned("UPDATED_NEW", "SET a = a + :v", four) == {"a": {"N": "8"}}
    assert returned("ALL_OLD", "SET b = b + :v", four)["b"] == {"N": "4"}
    assert returned("ALL_NEW", "REMOVE a") == {**key(p), "b": {"N": "8"}}
    assert returned("UPDATED_NEW", "REMOVE b") is None
    assert returned("NONE", "SET c = :v", four) is None
    deep = {":m": {"M": {"x": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]}, "y": {"N": "0"}}}}
    returned("NONE", "SET m = :m", deep)
    assert returned("UPDATED_OLD", "SET m.x[1] = :v", four) == {"m": {"M": {"x": {"L": [
        {"N": "2"}]}}}}
    assert returned("UPDATED_NEW", "SET m.z = :v", four) == {"m": {"M": {"z": {"N": "4"}}}}
    gone = db.delete_item(TableName=table, Key=key(p), ReturnValues="ALL_OLD")
    assert gone["Attributes"]["c"] == {"N": "4"}
    assert "Attributes" not in db.delete_item(TableName=table, Key=key(p), ReturnValues="ALL_OLD")


# --- Projections ------------------------------------------------------------------------------


def test_projections(db, table):
    """[DG] Projection expressions."""
    p = unique()
    db.put_item(TableName=table, Item={**key(p), **UPDATE_ITEM, "name": {"S": "w"}})

    def projected(expression, **names):
        arguments = {"ExpressionAttributeNames": {f"#{k}": v for k, v in names.items()}}
        return get(db, table, Key=key(p), ProjectionExpression=expression,
                   **(arguments if names else {}))
    assert projected("n, #n", n="name") == {"n": {"N": "5"}, "name": {"S": "w"}}
    assert projected("m.y.z") == {"m": {"M": {"y": {"M": {"z": {"S": "q"}}}}}}
    assert projected("l[2], l[0]") == {"l": {"L": [{"N": "0"}, {"N": "2"}]}}
    assert projected("nothing.here") == {}
    with invalid("Invalid ProjectionExpression: Two document paths overlap with each other; must "
                 "remove or rewrite one of these paths; path one: [m], path two: [m, x]"):
        projected("m, m.x")
    with invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are "
                 "not allowed: Key: p"):
        projected("p.x")
