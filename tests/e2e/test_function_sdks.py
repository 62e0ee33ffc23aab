"""The SDKs that AWS preinstalls, in functions' cells: found where tandem.yaml says or where they are installed, and
led to the function's own region by AWS's names alone (docs/functions.md)."""
import io
import json
import zipfile

import pytest

from tests.support.npm import fetch
from tests.support.roles import role_of
from tests.support.world import ROOT, World

V2 = """
const AWS = require('aws-sdk');
exports.handler = (event, context, callback) => {
  const s3 = new AWS.S3();
  s3.createBucket({Bucket: 'of-version-2'}, error => error ? callback(error)
    : s3.putObject({Bucket: 'of-version-2', Key: 'k', Body: 'x'}, error => error ? callback(error)
      : new AWS.DynamoDB().listTables({}, (error, found) => callback(error, found && found.TableNames))));
};
"""
V3 = """
import os from 'os';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
const client = new DynamoDBClient({endpoint: 'https://dynamodb.us-east-1.amazonaws.com'});
export const handler = async () => [(await client.send(new ListTablesCommand({}))).TableNames, os.userInfo().username];
"""
PYTHON = """
import boto3
def handler(event, context):
    return boto3.client("dynamodb").list_tables()["TableNames"]
"""


def package(name, text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, text)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def world():
    kept = ROOT / "build/clients"
    missing = fetch(ROOT / "tests/clients", kept)
    if missing:
        pytest.skip(missing)
    made = World(extra=f"functions: {{modules: {{nodejs: {kept}}}}}\n")
    try:
        made.tandem("up", "--no-deploy")
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("runtime, file, text, answer", [
    ("nodejs6.10", "index.js", V2, []),
    ("nodejs22.x", "index.mjs", V3, [[], "sbx_user1051"]),
    ("python3.11", "index.py", PYTHON, []),
])
def test_an_sdk_reaches_the_region_by_its_names(world, runtime, file, text, answer):
    functions = world.client("lambda")
    name = runtime.replace(".", "-")
    functions.create_function(FunctionName=name, Runtime=runtime, Role=role_of(world, "lambda"), Handler="index.handler",
                              Timeout=60, MemorySize=512, Code={"ZipFile": package(file, text)})
    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) == answer
