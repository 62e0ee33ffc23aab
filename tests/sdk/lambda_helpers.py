"""Functions for the tests of Lambda, and what they have in common."""
import json

import pytest
from botocore.exceptions import ClientError

from tests.sdk.apigateway_helpers import unique, zip_of

# Lambda Developer Guide, "Building a custom runtime". Answers with its version, its colour, what it was asked as
# and with what; an event that says fail fails.
BOOTSTRAP = r"""#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  curl -sS -D /tmp/head -o /tmp/event "$api/next" || exit 1
  id=$(grep -i '^lambda-runtime-aws-request-id:' /tmp/head | cut -d: -f2 | tr -d ' \r\n')
  arn=$(grep -i '^lambda-runtime-invoked-function-arn:' /tmp/head | cut -d' ' -f2 | tr -d ' \r\n')
  if grep -q '"fail"' /tmp/event; then
    curl -sS -o /dev/null --data-binary '{"errorMessage":"as told","errorType":"Told"}' "$api/$id/error"
    continue
  fi
  { printf '{"version":"%s","colour":"%s","arn":"%s","layer":"%s","event":' "$AWS_LAMBDA_FUNCTION_VERSION" "$COLOUR" \
      "$arn" "$(cat /opt/share/which 2> /dev/null)"
    cat /tmp/event; printf '}'; } > /tmp/answer
  curl -sS -o /dev/null --data-binary @/tmp/answer "$api/$id/response"
done
"""


def create(client, role, name=None, **more):
    """A function whose colour is red, which is ready."""
    name = name or unique("test")
    client.create_function(**{"FunctionName": name, "Runtime": "provided.al2023", "Role": role, "Handler": "bootstrap",
                              "Code": {"ZipFile": zip_of({"bootstrap": BOOTSTRAP})}, "Timeout": 10,
                              "Environment": {"Variables": {"COLOUR": "red"}}, **more})
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return name


@pytest.fixture(scope="module")
def client(aws):
    return aws.client("lambda")


@pytest.fixture
def function(client, lambda_role):
    """The name of one."""
    name = create(client, lambda_role)
    yield name
    client.delete_function(FunctionName=name)


def update(client, name, **more):
    client.update_function_configuration(FunctionName=name, **more)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def paint(client, name, colour):
    update(client, name, Environment={"Variables": {"COLOUR": colour}})


def invoke(client, name, event="x", **more):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    payload = answer["Payload"].read()
    return answer, json.loads(payload) if payload else None


def refusal(call, **arguments):
    """(code, message) of what the service refuses."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
