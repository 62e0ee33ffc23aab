"""Functions of Node.js and Python, as the Lambda developer guide describes their handlers and errors
("Building Lambda functions with Node.js", "… with Python"), and AWS's runtime interface clients write them."""
import base64
import re
import uuid

import pytest

from tests.sdk.test_lambda import invoke, make_zip

NODE = b"""
exports.handler = (event, context, callback) => {
  console.log('one\\ntwo');
  if (event.fail) return callback(new TypeError(event.fail));
  callback(null, {event, name: context.functionName, env: process.env.AWS_EXECUTION_ENV});
};
"""
PYTHON = b"""
import decimal
import boto3

def handler(event, context):
    print("one\\ntwo")
    if "fail" in event:
        raise ValueError(event["fail"])
    return {"name": context.function_name, "number": decimal.Decimal("1.50"),
            "account": boto3.client("sts").get_caller_identity()["Account"]}
"""


@pytest.fixture(scope="module")
def client(aws):
    return aws.client("lambda")


@pytest.fixture
def made(client, lambda_role, request):
    def make(runtime, handler, files, **more):
        name = f"test-{uuid.uuid4()}"
        client.create_function(FunctionName=name, Runtime=runtime, Role=lambda_role, Handler=handler, Timeout=20,
                               MemorySize=256, Code={"ZipFile": make_zip(files)}, **more)
        request.addfinalizer(lambda: client.delete_function(FunctionName=name))
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        return name
    return make


def test_node_with_a_callback(client, made):
    name = made("nodejs20.x", "src/index.handler", {"src/index.js": NODE})
    answer, payload = invoke(client, name, {"n": 1}, LogType="Tail")
    assert payload == {"event": {"n": 1}, "name": name, "env": "AWS_Lambda_nodejs20.x"}
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert re.search(rf"\n\S+Z\t{request_id}\tINFO\tone\ntwo\n",
                     base64.b64decode(answer["LogResult"]).decode())
    answer, payload = invoke(client, name, {"fail": "no"})
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("TypeError", "no")
    assert payload["trace"][0] == "TypeError: no"


def test_node_24_as_a_module(client, made):
    name = made("nodejs24.x", "index.handler",
                {"index.mjs": b"export const handler = event => event.n + 1;"})
    assert invoke(client, name, {"n": 1})[1] == 2


def test_node_that_finds_no_module(client, made):
    name = made("nodejs22.x", "index.handler", {"index.js": b"require('absent');"})
    answer, payload = invoke(client, name, {})
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert payload["errorMessage"] == ("Error: Cannot find module 'absent'\nRequire stack:\n- /var/task/index.js\n"
                                       "- /var/runtime/index.mjs")


def test_python_with_the_sdk(aws, client, made):
    name = made("python3.12", "app.handler", {"app.py": PYTHON})
    answer, payload = invoke(client, name, {}, LogType="Tail")
    assert payload == {"name": name, "number": 1.5,
                       "account": client.get_function(FunctionName=name)["Configuration"]["FunctionArn"].split(":")[4]}
    assert "\none\ntwo\n" in base64.b64decode(answer["LogResult"]).decode()
    answer, payload = invoke(client, name, {"fail": "no"})
    assert answer["FunctionError"] == "Unhandled"
    assert list(payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "no")
    assert payload["stackTrace"][0].startswith('  File "/var/task/app.py", line ')


def test_arm64_without_machine_code(client, made):
    name = made("python3.12", "app.handler",
                {"app.py": b"def handler(event, context):\n    return 'arm'\n"}, Architectures=["arm64"])
    assert client.get_function_configuration(FunctionName=name)["Architectures"] == ["arm64"]
    assert invoke(client, name, {})[1] == "arm"
