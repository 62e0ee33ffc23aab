"""Lambda through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, lambda, and the User Guide's pages
on return codes and binary parameters; [API] Lambda API Reference, each operation's page and its
errors; [DG] Lambda Developer Guide, "Building a custom runtime"."""
import base64
import hashlib
import json
import re
import uuid

import pytest

from tests.sdk.apigateway_helpers import zip_of
from tests.support.aws_cli import SERVICE_ERROR, USAGE_ERROR, error_in

# [DG] the tutorial's runtime in shell. It answers with its event, or with an error when that says so.
BOOTSTRAP = r"""#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  curl -sS -D /tmp/head -o /tmp/event "$api/next" || exit 1
  id=$(grep -i '^lambda-runtime-aws-request-id:' /tmp/head | cut -d: -f2 | tr -d ' \r\n')
  echo "colour is $COLOUR" >&2
  if grep -q fail /tmp/event; then
    curl -sS -o /dev/null -H 'Lambda-Runtime-Function-Error-Type: Example.Failure' \
      --data-binary '{"errorMessage":"as told","errorType":"Example.Failure"}' "$api/$id/error"
  else
    curl -sS -o /dev/null --data-binary @/tmp/event "$api/$id/response"
  fi
done
"""
TRUST = {"Version": "2012-10-17",
         "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                        "Principal": {"Service": "lambda.amazonaws.com"}}]}
RAW = ("--cli-binary-format", "raw-in-base64-out")


@pytest.fixture(scope="module")
def role(cli):
    name = f"cli-{uuid.uuid4().hex[:12]}"
    made = cli("iam", "create-role", "--role-name", name, "--assume-role-policy-document",
               json.dumps(TRUST))["Role"]
    yield made["Arn"]
    cli("iam", "delete-role", "--role-name", name)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    file = tmp_path_factory.mktemp("package") / "function.zip"
    file.write_bytes(zip_of({"bootstrap": BOOTSTRAP}))
    return file


def create_words(name, role, package):
    return ("lambda", "create-function", "--function-name", name, "--runtime", "provided.al2023",
            "--handler", "bootstrap", "--role", role, "--zip-file", f"fileb://{package}")


@pytest.fixture
def function(cli, role, package):
    name = f"cli-{uuid.uuid4().hex[:12]}"
    made = cli(*create_words(name, role, package), "--timeout", "10", "--environment",
               "Variables={COLOUR=blue}", "--tags", "team=a")
    assert made["State"] == "Pending" and made["StateReasonCode"] == "Creating"
    cli("lambda", "wait", "function-active-v2", "--function-name", name)
    yield name
    if name in functions(cli):
        cli("lambda", "delete-function", "--function-name", name)


def functions(cli):
    return [one["FunctionName"] for one in cli("lambda", "list-functions")["Functions"]]


def configuration(cli, name):
    return cli("lambda", "get-function-configuration", "--function-name", name)


def invoke(cli, name, event, folder, *more):
    """What the CLI printed, and what it wrote into its output file."""
    file = folder / "answer.json"
    answer = cli("lambda", "invoke", "--function-name", name, *RAW, "--payload", json.dumps(event),
                 *more, file)
    text = file.read_text()
    return answer, json.loads(text) if text else None


def test_configuration(cli, role, package, function):  # [API] FunctionConfiguration, GetFunction
    shown = cli("lambda", "get-function", "--function-name", function)
    made = shown["Configuration"]
    assert made["FunctionArn"].startswith("arn:aws:lambda:us-east-1:")
    assert made["FunctionArn"].endswith(f":function:{function}")
    assert made["CodeSize"] == package.stat().st_size
    assert made["CodeSha256"] == base64.b64encode(
        hashlib.sha256(package.read_bytes()).digest()).decode()
    assert {key: made[key] for key in ("Role", "Runtime", "Handler", "Timeout", "MemorySize",
                                       "Version", "PackageType", "State", "LastUpdateStatus")} == {
        "Role": role, "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 10,
        "MemorySize": 128, "Version": "$LATEST", "PackageType": "Zip", "State": "Active",
        "LastUpdateStatus": "Successful"}
    assert made["Environment"] == {"Variables": {"COLOUR": "blue"}}
    assert shown["Tags"] == {"team": "a"} and shown["Code"]["RepositoryType"] == "S3"
    assert configuration(cli, made["FunctionArn"]) == made
    assert cli("lambda", "get-function", "--function-name", function, "--query",
               "Configuration.[Runtime,Timeout]", "--output", "text") == "provided.al2023\t10\n"


def test_functions_are_listed(cli, function):  # [CLI] list-functions; User Guide, "Pagination"
    assert function in functions(cli)
    page = cli("lambda", "list-functions", "--max-items", "1")
    assert len(page["Functions"]) == 1
    assert function in [one["FunctionName"] for one in cli(
        "lambda", "list-functions", "--page-size", "1")["Functions"]]


def test_functions_that_are_refused(cli, role, package, function, tmp_path):  # [API] CreateFunction
    assert cli.refused(*create_words(function, role, package)) == (
        "ResourceConflictException", "CreateFunction", f"Function already exist: {function}")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"no zip")
    asked = cli.run(*create_words("cli-other", role, broken))
    assert asked.code == USAGE_ERROR  # [CLI] looks into the archive before it is sent
    assert "--zip-file must be a zip file with the fileb:// prefix." in asked.stderr
    assert cli.refused(*create_words("cli-other", role, package), "--timeout", "901") == (
        "ValidationException", "CreateFunction",
        "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member "
        "must have value less than or equal to 900")
    for command, operation in (("get-function", "GetFunction"),
                               ("get-function-configuration", "GetFunctionConfiguration"),
                               ("delete-function", "DeleteFunction")):
        code, called, message = cli.refused("lambda", command, "--function-name", "cli-absent")
        assert (code, called) == ("ResourceNotFoundException", operation)
        assert re.fullmatch(r"Function not found: arn:aws:lambda:us-east-1:\d{12}:function:cli-absent",
                            message)


def test_invoke(cli, function, tmp_path):  # [API] Invoke
    answer, said = invoke(cli, function, {"a": "ä", "n": 1}, tmp_path)
    assert answer == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    assert said == {"a": "ä", "n": 1}
    answer, said = invoke(cli, function, {"please": "fail"}, tmp_path)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert said == {"errorMessage": "as told", "errorType": "Example.Failure"}
    # [CLI] User Guide: without cli-binary-format a payload is base64.
    file = tmp_path / "coded.json"
    cli("lambda", "invoke", "--function-name", function, "--payload",
        base64.b64encode(b'{"coded": true}').decode(), file)
    assert json.loads(file.read_text()) == {"coded": True}


def test_log_tail(cli, function, tmp_path):  # [API] Invoke, LogType
    answer, _ = invoke(cli, function, {}, tmp_path, "--log-type", "Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "colour is blue\n" in tail
    started = re.search(r"START RequestId: (\S+) Version: \$LATEST\n", tail).group(1)
    assert re.search(rf"END RequestId: {started}\nREPORT RequestId: {started}\tDuration: [0-9.]+ ms\t"
                     r"Billed Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t", tail)


def test_invocation_types(cli, function, tmp_path):  # [API] Invoke, InvocationType
    answer, said = invoke(cli, function, {}, tmp_path, "--invocation-type", "Event")
    assert (answer, said) == ({"StatusCode": 202}, None)
    answer, said = invoke(cli, function, {}, tmp_path, "--invocation-type", "DryRun")
    assert (answer["StatusCode"], said) == (204, None)
    code, operation, message = cli.refused("lambda", "invoke", "--function-name", function, *RAW,
                                           "--payload", "{", tmp_path / "none")
    assert (code, operation) == ("InvalidRequestContentException", "Invoke")
    assert message.startswith("Could not parse request body into json")
    code, _, message = cli.refused("lambda", "invoke", "--function-name", "cli-absent",
                                   tmp_path / "none")
    assert code == "ResourceNotFoundException" and message.startswith("Function not found: arn:aws:")


def test_configuration_is_updated(cli, function, tmp_path):  # [API] UpdateFunctionConfiguration
    before = configuration(cli, function)
    update = ("lambda", "update-function-configuration", "--function-name", function)
    changed = cli(*update, "--memory-size", "256", "--description", "changed", "--environment",
                  "Variables={COLOUR=green}", "--revision-id", before["RevisionId"])
    assert (changed["MemorySize"], changed["Description"]) == (256, "changed")
    assert changed["RevisionId"] != before["RevisionId"]
    cli("lambda", "wait", "function-updated-v2", "--function-name", function)
    answer, _ = invoke(cli, function, {}, tmp_path, "--log-type", "Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "colour is green\n" in tail and "Memory Size: 256 MB" in tail
    code, operation, message = cli.refused(*update, "--timeout", "3", "--revision-id",
                                           before["RevisionId"])
    assert (code, operation) == ("PreconditionFailedException", "UpdateFunctionConfiguration")
    assert message.startswith("The RevisionId provided does not match the latest RevisionId.")


def test_code_is_updated(cli, function, tmp_path):  # [API] UpdateFunctionCode
    before = configuration(cli, function)
    other = tmp_path / "other.zip"
    other.write_bytes(zip_of({"bootstrap": "#!/bin/sh\nexit 7\n"}))
    update = ("lambda", "update-function-code", "--function-name", function)
    dry = cli(*update, "--zip-file", f"fileb://{other}", "--dry-run")
    assert dry["FunctionName"] == function
    assert configuration(cli, function)["CodeSha256"] == before["CodeSha256"]
    changed = cli(*update, "--zip-file", f"fileb://{other}")
    assert changed["CodeSha256"] != before["CodeSha256"]
    assert changed["CodeSize"] == other.stat().st_size
    cli("lambda", "wait", "function-updated-v2", "--function-name", function)
    answer, said = invoke(cli, function, {}, tmp_path)
    assert answer["FunctionError"] == "Unhandled"
    assert said["errorType"] == "Runtime.ExitError"
    assert said["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")


def test_code_from_s3(cli, function, package):  # [API] UpdateFunctionCode, S3Bucket and S3Key
    bucket = f"cli-{uuid.uuid4()}"
    cli("s3", "mb", f"s3://{bucket}")
    cli("s3", "cp", package, f"s3://{bucket}/f.zip")
    update = ("lambda", "update-function-code", "--function-name", function, "--s3-bucket", bucket)
    assert cli(*update, "--s3-key", "f.zip")["CodeSize"] == package.stat().st_size
    code, _, message = cli.refused(*update, "--s3-key", "absent")
    assert code == "InvalidParameterValueException" and "S3 Error Code: NoSuchKey" in message
    cli("s3", "rb", f"s3://{bucket}", "--force")


def test_permissions(cli, function):  # [API] AddPermission, GetPolicy, RemovePermission
    policy = ("lambda", "get-policy", "--function-name", function)
    assert cli.refused(*policy)[:2] == ("ResourceNotFoundException", "GetPolicy")
    add = ("lambda", "add-permission", "--function-name", function, "--statement-id", "gateway",
           "--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com",
           "--source-arn", "arn:aws:execute-api:us-east-1:123456789012:abc/*/*")
    statement = json.loads(cli(*add)["Statement"])
    assert statement == {
        "Sid": "gateway", "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": configuration(cli, function)["FunctionArn"],
        "Condition": {"ArnLike": {
            "AWS:SourceArn": "arn:aws:execute-api:us-east-1:123456789012:abc/*/*"}}}
    assert cli.refused(*add) == (
        "ResourceConflictException", "AddPermission",
        "The statement id (gateway) provided already exists. Please provide a new statement id, or "
        "remove the existing statement.")
    shown = cli(*policy)
    assert json.loads(shown["Policy"])["Statement"] == [statement] and shown["RevisionId"]
    remove = ("lambda", "remove-permission", "--function-name", function, "--statement-id",
              "gateway")
    assert cli(*remove) == {}
    assert cli.refused(*remove)[:2] == ("ResourceNotFoundException", "RemovePermission")


def test_tags(cli, function):  # [API] TagResource, UntagResource, ListTags
    arn = configuration(cli, function)["FunctionArn"]
    assert cli("lambda", "tag-resource", "--resource", arn, "--tags", "b=2,c=3") == {}
    cli("lambda", "untag-resource", "--resource", arn, "--tag-keys", "team", "c")
    assert cli("lambda", "list-tags", "--resource", arn) == {"Tags": {"b": "2"}}
    assert cli.refused("lambda", "list-tags", "--resource", arn + "x")[:2] == (
        "ResourceNotFoundException", "ListTags")


def test_reserved_concurrency(cli, function, tmp_path):  # [API] PutFunctionConcurrency and its like
    words = ("--function-name", function)
    assert cli("lambda", "get-function-concurrency", *words) == {}
    assert cli("lambda", "put-function-concurrency", *words, "--reserved-concurrent-executions",
               "0") == {"ReservedConcurrentExecutions": 0}
    assert cli("lambda", "get-function-concurrency", *words) == {"ReservedConcurrentExecutions": 0}
    assert cli("lambda", "get-function", *words)["Concurrency"] == {
        "ReservedConcurrentExecutions": 0}
    assert cli.refused("lambda", "invoke", *words, tmp_path / "none") == (
        "TooManyRequestsException", "Invoke", "Rate Exceeded.")
    assert cli("lambda", "delete-function-concurrency", *words) == {}
    assert invoke(cli, function, [1], tmp_path)[1] == [1]


def test_delete(cli, function):  # [API] DeleteFunction
    assert cli("lambda", "delete-function", "--function-name", function) == {}
    assert function not in functions(cli)


def test_versions(cli, function, tmp_path):  # [API] PublishVersion, ListVersionsByFunction, Invoke
    words = ("--function-name", function)
    made = cli("lambda", "publish-version", *words, "--description", "first")
    assert (made["Version"], made["Description"]) == ("1", "first")
    cli("lambda", "wait", "function-active-v2", *words)
    cli("lambda", "update-function-configuration", *words, "--environment", "Variables={COLOUR=green}")
    answer, _ = invoke(cli, function, {}, tmp_path, "--qualifier", "1", "--log-type", "Tail")
    assert answer["ExecutedVersion"] == "1"
    assert "colour is blue\n" in base64.b64decode(answer["LogResult"]).decode()
    listed = cli("lambda", "list-versions-by-function", *words)["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1"]
    cli("lambda", "delete-function", *words, "--qualifier", "1")
    assert cli.refused("lambda", "get-function", *words, "--qualifier", "1")[0] == "ResourceNotFoundException"


def test_aliases(cli, function, tmp_path):  # [API] CreateAlias and its like
    words = ("--function-name", function)
    cli("lambda", "publish-version", *words)
    made = cli("lambda", "create-alias", *words, "--name", "live", "--function-version", "1")
    assert (made["Name"], made["FunctionVersion"], made["Description"]) == ("live", "1", "")
    assert invoke(cli, function, {}, tmp_path, "--qualifier", "live")[0]["ExecutedVersion"] == "1"
    cli("lambda", "update-alias", *words, "--name", "live", "--description", "now", "--function-version", "$LATEST")
    assert cli("lambda", "get-alias", *words, "--name", "live")["Description"] == "now"
    assert [each["Name"] for each in cli("lambda", "list-aliases", *words)["Aliases"]] == ["live"]
    cli("lambda", "delete-alias", *words, "--name", "live")
    assert cli.refused("lambda", "get-alias", *words, "--name", "live") == (
        "ResourceNotFoundException", "GetAlias", f"Cannot find alias arn: {made['AliasArn']}")


def test_layers(cli, function, tmp_path):  # [API] PublishLayerVersion and its like
    file = tmp_path / "layer.zip"
    file.write_bytes(zip_of({"share/which": "layer"}))
    name = f"cli-{uuid.uuid4().hex[:12]}"
    version = ("--layer-name", name, "--version-number", "1")
    made = cli("lambda", "publish-layer-version", "--layer-name", name, "--zip-file", f"fileb://{file}")
    assert made["Version"] == 1 and made["Content"]["CodeSize"] == file.stat().st_size
    cli("lambda", "update-function-configuration", "--function-name", function, "--layers", made["LayerVersionArn"])
    assert configuration(cli, function)["Layers"][0]["Arn"] == made["LayerVersionArn"]
    assert cli("lambda", "get-layer-version", *version)["LayerArn"] == made["LayerArn"]
    assert cli("lambda", "get-layer-version-by-arn", "--arn", made["LayerVersionArn"])["Version"] == 1
    assert name in [each["LayerName"] for each in cli("lambda", "list-layers")["Layers"]]
    assert len(cli("lambda", "list-layer-versions", "--layer-name", name)["LayerVersions"]) == 1
    cli("lambda", "add-layer-version-permission", *version, "--statement-id", "all", "--action",
        "lambda:GetLayerVersion", "--principal", "*")
    assert "all" in cli("lambda", "get-layer-version-policy", *version)["Policy"]
    cli("lambda", "remove-layer-version-permission", *version, "--statement-id", "all")
    cli("lambda", "delete-layer-version", *version)


def test_what_tools_ask_of_an_account(cli, function):  # [API] GetAccountSettings and others
    words = ("--function-name", function)
    assert cli("lambda", "get-account-settings")["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert cli("lambda", "get-function-code-signing-config", *words) == {"FunctionName": function}
    assert cli("lambda", "list-provisioned-concurrency-configs", *words) == {"ProvisionedConcurrencyConfigs": []}
    cli("lambda", "publish-version", *words)
    assert cli.refused("lambda", "get-provisioned-concurrency-config", *words, "--qualifier", "1")[0] == (
        "ProvisionedConcurrencyConfigNotFoundException")


def test_asynchronous_configuration(cli, function):  # [API] PutFunctionEventInvokeConfig and its like
    words = ("--function-name", function)
    cli("lambda", "put-function-event-invoke-config", *words, "--maximum-retry-attempts", "0")
    cli("lambda", "update-function-event-invoke-config", *words, "--maximum-event-age-in-seconds", "90")
    shown = cli("lambda", "get-function-event-invoke-config", *words)
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (0, 90)
    assert len(cli("lambda", "list-function-event-invoke-configs", *words)["FunctionEventInvokeConfigs"]) == 1
    cli("lambda", "delete-function-event-invoke-config", *words)
    assert cli.refused("lambda", "get-function-event-invoke-config", *words)[0] == "ResourceNotFoundException"


def test_function_urls(cli, function):  # [API] CreateFunctionUrlConfig and its like
    words = ("--function-name", function)
    made = cli("lambda", "create-function-url-config", *words, "--auth-type", "NONE")
    assert re.fullmatch(r"https://[a-z0-9]+\.lambda-url\.us-east-1\.on\.aws/", made["FunctionUrl"])
    cli("lambda", "add-permission", *words, "--statement-id", "url", "--action", "lambda:InvokeFunctionUrl",
        "--principal", "*", "--function-url-auth-type", "NONE")
    cli("lambda", "update-function-url-config", *words, "--auth-type", "AWS_IAM")
    assert cli("lambda", "get-function-url-config", *words)["AuthType"] == "AWS_IAM"
    assert len(cli("lambda", "list-function-url-configs", *words)["FunctionUrlConfigs"]) == 1
    cli("lambda", "delete-function-url-config", *words)
    assert cli.refused("lambda", "get-function-url-config", *words)[0] == "ResourceNotFoundException"


def test_the_spawned_command(aws, function, tmp_path):  # [CLI] User Guide, "Return codes"
    file = tmp_path / "answer.json"
    answer = aws.cli("lambda", "invoke", "--function-name", function, *RAW, "--payload", '"hello"',
                     str(file))
    assert answer["StatusCode"] == 200 and file.read_text() == '"hello"'
    done = aws.cli("lambda", "get-policy", "--function-name", function, check=False)
    assert done.returncode == SERVICE_ERROR
    assert error_in(done.stderr)[:2] == ("ResourceNotFoundException", "GetPolicy")


def test_every_operation_was_called(aws, cli):
    # The CLI has no event streams, and Debian's botocore not this operation: test_lambda_streaming.py calls it.
    assert cli.not_called("lambda", aws.region_endpoint("us-east-1")) == ["lambda.InvokeWithResponseStream"]
