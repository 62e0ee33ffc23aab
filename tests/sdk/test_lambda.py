"""Lambda as its API reference and developer guide describe it, with functions that misbehave on
request (tests/functions). The program comes from TANDEM_TEST_FUNCTION, or the build folders."""
import base64
import hashlib
import io
import json
import os
import pathlib
import re
import time
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.support.roles import trust


def function_program():
    root = pathlib.Path(__file__).resolve().parents[2]
    candidates = [os.environ.get("TANDEM_TEST_FUNCTION", "")]
    binary = os.environ.get("TANDEM_BINARY", "")
    if binary:
        candidates.append(str(pathlib.Path(binary).parents[2] /
                              "tests/functions/misbehaving_function"))
    candidates += [str(path) for path in root.glob("build/*/tests/functions/misbehaving_function")]
    for candidate in candidates:
        if candidate and os.path.isfile(candidate):
            return candidate
    pytest.fail("misbehaving_function is not built: set TANDEM_TEST_FUNCTION")


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def package():
    with open(function_program(), "rb") as file:
        return make_zip({"bootstrap": file.read()})


@pytest.fixture(scope="module")
def client(aws):
    return aws.client("lambda")


@pytest.fixture
def function(client, package, lambda_role):
    name = f"test-{uuid.uuid4()}"
    client.create_function(FunctionName=name, Runtime="provided.al2023", Role=lambda_role,
                           Handler="bootstrap", Code={"ZipFile": package}, Timeout=10)
    client.get_waiter("function_active_v2").wait(FunctionName=name,
                                                 WaiterConfig={"Delay": 1})
    yield name
    try:
        client.delete_function(FunctionName=name)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException"


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"],
            response["Error"]["Message"])


def invoke(client, name, event, **more):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event, separators=(",", ":")),
                           **more)
    payload = answer["Payload"].read()
    return answer, json.loads(payload) if payload else None


def test_configuration_of_a_new_function(client, package, function):
    read = client.get_function(FunctionName=function)
    configuration = read["Configuration"]
    assert configuration["FunctionArn"].endswith(f":function:{function}")
    assert configuration["State"] == "Active"
    assert configuration["LastUpdateStatus"] == "Successful"
    assert configuration["Version"] == "$LATEST"
    assert configuration["PackageType"] == "Zip"
    assert configuration["Architectures"] == ["x86_64"]
    assert configuration["MemorySize"] == 128
    assert configuration["EphemeralStorage"] == {"Size": 512}
    assert configuration["TracingConfig"] == {"Mode": "PassThrough"}
    assert configuration["CodeSize"] == len(package)
    assert configuration["CodeSha256"] == base64.b64encode(
        hashlib.sha256(package).digest()).decode()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000",
                        configuration["LastModified"])
    assert read["Code"]["RepositoryType"] == "S3"
    assert client.get_function_configuration(
        FunctionName=configuration["FunctionArn"])["RevisionId"] == configuration["RevisionId"]
    assert function in [each["FunctionName"] for page in
                        client.get_paginator("list_functions").paginate()
                        for each in page["Functions"]]


def test_refusals_of_create(client, package, function, lambda_role):
    base = {"FunctionName": f"test-{uuid.uuid4()}", "Runtime": "provided.al2023", "Role": lambda_role,
            "Handler": "bootstrap", "Code": {"ZipFile": package}}
    status, code, message = refusal(client.create_function, **{**base, "FunctionName": function})
    assert (status, code) == (409, "ResourceConflictException")
    assert message == f"Function already exist: {function}"
    status, code, message = refusal(client.create_function,
                                    **{**base, "Code": {"ZipFile": b"no zip"}})
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message == ("Could not unzip uploaded file. Please check your file, then try to upload "
                       "again.")
    status, code, message = refusal(client.create_function, **{**base, "Runtime": "cobol"})
    assert (status, code) == (400, "InvalidParameterValueException")
    assert "at 'runtime' failed to satisfy constraint: Member must satisfy enum value set" in message
    status, code, message = refusal(
        client.create_function, **{**base, "Environment": {"Variables": {"AWS_REGION": "x"}}})
    assert code == "InvalidParameterValueException"
    assert message.endswith("Reserved keys used in this request: AWS_REGION")
    assert refusal(client.create_function, **{**base, "Role": "arn:aws:iam::999999999999:role/r"}) == (
        403, "AccessDeniedException", "Cross-account pass role is not allowed.")  # serverless/serverless #3374
    slip = make_zip({"../outside": b"x"})
    status, code, _ = refusal(client.create_function, **{**base, "Code": {"ZipFile": slip}})
    assert (status, code) == (400, "InvalidParameterValueException")


def test_a_role_must_let_lambda_in(aws, client, package, function, lambda_role):
    # cloudposse/terraform-aws-lambda-function #14 has the text. A role that was made a moment ago is there, and one that does not
    # let Lambda in any more is none.
    refused = (400, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
    base = {"Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"ZipFile": package}}
    iam, name = aws.client("iam"), f"test-{uuid.uuid4().hex[:12]}"
    assert refusal(client.create_function, **base, FunctionName=name, Role=f"{lambda_role}-none") == refused
    assert refusal(client.update_function_configuration, FunctionName=function, Role=f"{lambda_role}-none") == refused
    role = iam.create_role(RoleName=name, Path="/a/b/", AssumeRolePolicyDocument=trust("ec2"))["Role"]["Arn"]
    try:
        assert refusal(client.create_function, **base, FunctionName=name, Role=role) == refused
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust("ec2", "lambda"))
        client.create_function(**base, FunctionName=name, Role=role)
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        assert client.get_function_configuration(FunctionName=name)["Role"] == role
        client.update_function_configuration(FunctionName=function, Role=role)
        client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
        client.delete_function(FunctionName=name)
    finally:
        iam.delete_role(RoleName=name)


def test_invoke_answers_with_what_the_function_said(client, function):
    answer, payload = invoke(client, function, {"mode": "echo", "x": "ä"})
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert payload == {"mode": "echo", "x": "ä"}


def test_log_tail_has_start_end_and_report(client, function):
    answer, _ = invoke(client, function, {"mode": "print"}, LogType="Tail")
    request_id = answer["ResponseMetadata"]["RequestId"]
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {request_id} Version: $LATEST\n" in tail
    assert "to standard output\n" in tail and "to standard error\n" in tail
    assert f"END RequestId: {request_id}\n" in tail
    assert re.search(f"REPORT RequestId: {request_id}\tDuration: [0-9.]+ ms\t"
                     r"Billed Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t",
                     tail)


def test_lines_arrive_in_cloudwatch_logs(aws, client, function):
    invoke(client, function, {"mode": "print"})
    logs = aws.client("logs")
    deadline = time.monotonic() + 30
    found = []
    while not found and time.monotonic() < deadline:
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}",
                                           filterPattern='"to standard output"')["events"]
        except logs.exceptions.ResourceNotFoundException:
            pass
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", found[0]["logStreamName"])


@pytest.mark.parametrize("mode, error", [
    ("throw", {"errorType": "std::runtime_error", "errorMessage": "no \"luck\""}),
    ("exit", {"errorType": "Runtime.ExitError", "errorMessage":
              "RequestId: ID Error: Runtime exited with error: exit status 1"}),
    ("exit0", {"errorType": "Runtime.ExitError", "errorMessage":
               "RequestId: ID Error: Runtime exited without providing a reason"}),
    ("segfault", {"errorType": "Runtime.ExitError", "errorMessage":
                  "RequestId: ID Error: Runtime exited with error: signal: segmentation fault"}),
    ("big", {"errorType": "Function.ResponseSizeTooLarge", "errorMessage":
             "Response payload size exceeded maximum allowed payload size (6291556 bytes)."}),
])
def test_function_errors_are_answers_with_status_200(client, function, mode, error):
    answer, payload = invoke(client, function, {"mode": mode})
    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    request_id = answer["ResponseMetadata"]["RequestId"]
    expected = error["errorMessage"].replace("ID", request_id, 1) if "RequestId: ID" in \
        error["errorMessage"] else error["errorMessage"]
    assert payload["errorType"] == error["errorType"]
    assert payload["errorMessage"] == expected
    assert invoke(client, function, {"mode": "echo"})[1] == {"mode": "echo"}


def test_a_timeout_names_its_seconds(client, function):
    client.update_function_configuration(FunctionName=function, Timeout=1)
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    answer, payload = invoke(client, function, {"mode": "hang"})
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_memory_over_the_limit_kills(client, function):
    answer, payload = invoke(client, function, {"mode": "eat"}, LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert "Max Memory Used: 128 MB" in base64.b64decode(answer["LogResult"]).decode()


def test_invocation_types_and_bad_requests(client, function):
    assert invoke(client, function, {}, InvocationType="Event")[0]["StatusCode"] == 202
    assert invoke(client, function, {}, InvocationType="DryRun")[0]["StatusCode"] == 204
    status, code, message = refusal(client.invoke, FunctionName=function, Payload=b"{")
    assert (status, code) == (400, "InvalidRequestContentException")
    assert message.startswith("Could not parse request body into json")
    status, code, message = refusal(client.invoke, FunctionName="absent", Payload=b"{}")
    assert (status, code) == (404, "ResourceNotFoundException")
    assert message.startswith("Function not found: arn:aws:lambda:")


def test_the_functions_credentials_are_its_roles(aws, client, function):
    _, seen = invoke(client, function, {"mode": "environment"})
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == function
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert seen["LAMBDA_TASK_ROOT"] == "/var/task"
    assert "AWS_EXECUTION_ENV" not in seen


def test_update_code_checks_the_revision(client, package, function):
    before = client.get_function_configuration(FunctionName=function)
    status, code, _ = refusal(client.update_function_code, FunctionName=function, ZipFile=package,
                              RevisionId=str(uuid.uuid4()))
    assert (status, code) == (412, "PreconditionFailedException")
    other = make_zip({"bootstrap": b"#!/bin/sh\nexit 7\n"})
    client.update_function_code(FunctionName=function, ZipFile=other,
                                RevisionId=before["RevisionId"])
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    after = client.get_function_configuration(FunctionName=function)
    assert after["CodeSha256"] != before["CodeSha256"]
    assert after["RevisionId"] != before["RevisionId"]
    _, payload = invoke(client, function, {})
    assert payload["errorMessage"].endswith("exit status 7")


def test_code_from_s3(aws, client, package, lambda_role):
    s3 = aws.client("s3")
    bucket, name = f"code-{uuid.uuid4()}", f"test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="f.zip", Body=package)
    base = {"FunctionName": name, "Runtime": "provided.al2023", "Role": lambda_role,
            "Handler": "bootstrap"}
    status, code, message = refusal(client.create_function, **base,
                                    Code={"S3Bucket": bucket, "S3Key": "absent"})
    assert (status, code) == (400, "InvalidParameterValueException")
    assert "S3 Error Code: NoSuchKey" in message
    status, code, message = refusal(client.create_function, **base,
                                    Code={"S3Bucket": f"absent-{uuid.uuid4()}", "S3Key": "f.zip"})
    assert (status, code) == (400, "InvalidParameterValueException")
    # S3 API reference, "Error responses": NoSuchBucket.
    assert "S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist" \
        in message
    # hashicorp/terraform issue 16821: the code must be in the function's own region.
    west = aws.client("lambda", region="us-west-2")
    assert refusal(west.create_function, **base, Code={"S3Bucket": bucket, "S3Key": "f.zip"}) == (
        400, "InvalidParameterValueException",
        "Error occurred while GetObject. S3 Error Code: PermanentRedirect. S3 Error Message: The "
        "bucket is in this region: us-east-1. Please use this region to retry the request")
    client.create_function(**base, Code={"S3Bucket": bucket, "S3Key": "f.zip"})
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert invoke(client, name, {"mode": "count"})[1] == 1
    client.delete_function(FunctionName=name)
    s3.delete_object(Bucket=bucket, Key="f.zip")
    s3.delete_bucket(Bucket=bucket)


def test_code_from_a_version_of_an_object(aws, client, package, lambda_role):
    # API reference, FunctionCode: S3ObjectVersion
    s3 = aws.client("s3")
    bucket, name = f"code-{uuid.uuid4()}", f"test-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket=bucket, Key="f.zip", Body=body)["VersionId"] for body in (package, b"no zip")]
    code = {"S3Bucket": bucket, "S3Key": "f.zip", "S3ObjectVersion": versions[0]}
    client.create_function(FunctionName=name, Runtime="provided.al2023", Role=lambda_role, Handler="bootstrap",
                           Code=code)
    client.delete_function(FunctionName=name)
    for version in versions:
        s3.delete_object(Bucket=bucket, Key="f.zip", VersionId=version)
    s3.delete_bucket(Bucket=bucket)


def test_resource_policy(client, function):
    status, code, _ = refusal(client.get_policy, FunctionName=function)
    assert (status, code) == (404, "ResourceNotFoundException")
    statement = json.loads(client.add_permission(
        FunctionName=function, StatementId="gateway", Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:123456789012:abc/*/*")["Statement"])
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"].endswith(":abc/*/*")
    status, code, _ = refusal(client.add_permission, FunctionName=function, StatementId="gateway",
                              Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com")
    assert (status, code) == (409, "ResourceConflictException")
    policy = json.loads(client.get_policy(FunctionName=function)["Policy"])
    assert policy["Statement"] == [statement]
    client.remove_permission(FunctionName=function, StatementId="gateway")
    status, code, _ = refusal(client.remove_permission, FunctionName=function,
                              StatementId="gateway")
    assert (status, code) == (404, "ResourceNotFoundException")


def test_tags_and_reserved_concurrency(client, function):
    arn = client.get_function_configuration(FunctionName=function)["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    assert client.get_function_concurrency(
        FunctionName=function)["ReservedConcurrentExecutions"] == 0
    status, code, message = refusal(client.invoke, FunctionName=function, Payload=b"{}")
    assert (status, code, message) == (429, "TooManyRequestsException", "Rate Exceeded.")
    client.delete_function_concurrency(FunctionName=function)
    assert invoke(client, function, {"mode": "count"})[1] == 1


def test_delete(client, function):
    client.delete_function(FunctionName=function)
    status, code, _ = refusal(client.delete_function, FunctionName=function)
    assert (status, code) == (404, "ResourceNotFoundException")
