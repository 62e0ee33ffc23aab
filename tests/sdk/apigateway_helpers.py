"""Helpers of the API Gateway tests: a function that echoes its event, and APIs around it."""
import base64
import contextlib
import io
import json
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.support.client import PinnedConnection, context_for

from tests.support.waiting import wait_for

# A Lambda custom runtime in shell, as in AWS's tutorial; it answers with its event, base64-encoded, unless the
# request's X-Answer header says what to answer.
BOOTSTRAP = r"""#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  curl -sS -D /tmp/head -o /tmp/event "$api/next" || exit 1
  id=$(grep -i '^lambda-runtime-aws-request-id:' /tmp/head | cut -d: -f2 | tr -d ' \r\n')
  answer=$(sed -n 's/.*"X-Answer":"\([A-Za-z0-9+\/=]*\)".*/\1/p' /tmp/event | head -1)
  if [ -n "$answer" ]; then
    printf '%s' "$answer" | base64 -d > /tmp/result
  else
    { printf '{"statusCode":200,"isBase64Encoded":true,"body":"'; base64 -w0 /tmp/event
      printf '"}'; } > /tmp/result
  fi
  curl -sS -o /dev/null --data-binary @/tmp/result "$api/$id/response"
done
"""


def zip_of(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return packed.getvalue()


def unique(prefix="t"):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


@contextlib.contextmanager
def refused(code, status=400, message=None):
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@contextlib.contextmanager
def echo_function(world, region="us-east-1", bootstrap=BOOTSTRAP):
    """The ARN of a function that answers with its event."""
    functions = world.client("lambda", region)
    roles = world.client("iam")
    name = unique("echo")
    trust = {"Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                            "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = roles.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    made = functions.create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=role["Arn"],
        Code={"ZipFile": zip_of({"bootstrap": bootstrap})}, Timeout=10)
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    functions.add_permission(FunctionName=name, StatementId="gateway",
                             Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com")
    try:
        yield made["FunctionArn"]
    finally:
        functions.delete_function(FunctionName=name)
        roles.delete_role(RoleName=name)


def integration_uri(function_arn, region="us-east-1"):
    return (f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
            f"{function_arn}/invocations")


class Api:
    """A REST API that is taken away at the end, with what was attached to it."""

    def __init__(self, gateway, **settings):
        self.gateway = gateway
        made = gateway.create_rest_api(name=unique("api"), **settings)
        self.id = made["id"]
        resources = gateway.get_resources(restApiId=self.id)["items"]
        self.root = next(each["id"] for each in resources if each["path"] == "/")
        self._undo = []

    def at_end(self, call, **arguments):
        self._undo.append((call, arguments))

    def resource(self, part, parent=None):
        return self.gateway.create_resource(restApiId=self.id, parentId=parent or self.root,
                                            pathPart=part)["id"]

    def method(self, resource, method, function_arn, key=False):
        self.gateway.put_method(restApiId=self.id, resourceId=resource, httpMethod=method,
                                authorizationType="NONE", apiKeyRequired=key)
        self.gateway.put_integration(restApiId=self.id, resourceId=resource, httpMethod=method,
                                     type="AWS_PROXY", integrationHttpMethod="POST",
                                     uri=integration_uri(function_arn))

    def deploy(self, stage="dev"):
        return self.gateway.create_deployment(restApiId=self.id, stageName=stage)["id"]

    def close(self):
        for call, arguments in reversed(self._undo):
            call(**arguments)
        self.gateway.delete_rest_api(restApiId=self.id)


@contextlib.contextmanager
def rest_api(gateway, **settings):
    api = Api(gateway, **settings)
    try:
        yield api
    finally:
        api.close()


def send(world, host, method, path, headers=None, body=None, region="us-east-1"):
    """One HTTPS request to the region for this host. Returns (status, headers, body text)."""
    status, headers, content = send_for_bytes(world, host, method, path, headers, body, region)
    return status, headers, content.decode()


def send_for_bytes(world, host, method, path, headers=None, body=None, region="us-east-1"):
    connection = PinnedConnection(host, world.addresses[region], world.ports["https"],
                                  context_for(world), timeout=35)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def api_host(api, region="us-east-1"):
    return f"{api.id}.execute-api.{region}.amazonaws.com"


def event_of(body):
    return json.loads(base64.b64decode(body))


def answer_header(answer):
    """Makes the echo function answer exactly this text."""
    return {"X-Answer": base64.b64encode(answer.encode()).decode()}


def until(condition, seconds=30):
    """AWS takes a moment to spread keys and deployments; here it is there at once."""
    return wait_for(condition, timeout=seconds)
