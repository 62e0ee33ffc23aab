"""Helpers of the DynamoDB tests."""
import contextlib
import json
import uuid

import pytest
from botocore.exceptions import ClientError


@contextlib.contextmanager
def make_table(db, **types):
    """A table whose keys are given as name=type, the hash key first."""
    name = f"items-{uuid.uuid4().hex[:12]}"
    kinds = ["HASH", "RANGE"]
    db.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(types, kinds)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind}
                              for key, kind in types.items()])
    db.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    try:
        yield name
    finally:
        db.delete_table(TableName=name)


def unique():
    return uuid.uuid4().hex


def key(p, c=None):
    return {"p": {"S": p}} if c is None else {"p": {"S": p}, "c": {"N": str(c)}}


def get(db, table, **arguments):
    return db.get_item(TableName=table, ConsistentRead=True, **arguments).get("Item")


@contextlib.contextmanager
def refused(code, message=None):
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def invalid(message):
    return refused("ValidationException", message)


def call_with(client, operation, members, call):
    """Makes the call with other members in the body than botocore knows or would serialise."""
    def replace(params, **_):
        body = json.loads(params["body"])
        body.update(members)
        params["body"] = json.dumps(body).encode()
    event = f"before-call.dynamodb.{operation}"
    client.meta.events.register(event, replace)
    try:
        return call()
    finally:
        client.meta.events.unregister(event, replace)
