"""Lambda's resource types as stacks make, change and remove them. Source: CloudFormation Template Reference, each
type's page (Return values, Update requires)."""
import json
import uuid

import pytest

from tests.sdk.apigateway_helpers import unique, zip_of
from tests.sdk.lambda_helpers import BOOTSTRAP, invoke, refusal
from tests.sdk.cloudformation_helpers import create, outputs, wait
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def cloudformation(aws):
    return aws.client("cloudformation")


@pytest.fixture(scope="module")
def client(aws):
    return aws.client("lambda")


@pytest.fixture(scope="module")
def bucket(aws):
    s3 = aws.client("s3")
    name = f"code-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="f.zip", Body=zip_of({"bootstrap": BOOTSTRAP}))
    s3.put_object(Bucket=name, Key="layer.zip", Body=zip_of({"share/which": "stack"}))
    yield name
    for key in ("f.zip", "layer.zip"):
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def stack(cloudformation):
    name = f"sdk-{uuid.uuid4().hex[:12]}"
    yield name
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, name, "stack_delete_complete")


def template(role, bucket, function, colour, version, **more):
    resources = {
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {
            "LayerName": function, "Content": {"S3Bucket": bucket, "S3Key": "layer.zip"}}},
        "Open": {"Type": "AWS::Lambda::LayerVersionPermission", "Properties": {
            "LayerVersionArn": {"Ref": "Layer"}, "Action": "lambda:GetLayerVersion", "Principal": "*"}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": function, "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": role,
            "Code": {"S3Bucket": bucket, "S3Key": "f.zip"}, "Layers": [{"Ref": "Layer"}],
            "Environment": {"Variables": {"COLOUR": colour}}}},
        # As Serverless and CDK write it: a logical id of its own for each version.
        version: {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain",
                  "Properties": {"FunctionName": {"Ref": "Function"}}},
        "Alias": {"Type": "AWS::Lambda::Alias", "Properties": {
            "FunctionName": {"Ref": "Function"}, "Name": "live",
            "FunctionVersion": {"Fn::GetAtt": [version, "Version"]}}},
        "Async": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {
            "FunctionName": {"Ref": "Function"}, "Qualifier": "live", "MaximumRetryAttempts": 0},
            "DependsOn": "Alias"},
        "Url": {"Type": "AWS::Lambda::Url", "Properties": {
            "TargetFunctionArn": {"Ref": "Function"}, "Qualifier": "live", "AuthType": "AWS_IAM",
            "InvokeMode": "RESPONSE_STREAM"},
            "DependsOn": "Alias"},
        **more}
    return {"Resources": resources, "Outputs": {
        "Version": {"Value": {"Ref": version}}, "Alias": {"Value": {"Ref": "Alias"}},
        "Layer": {"Value": {"Ref": "Layer"}}, "Url": {"Value": {"Fn::GetAtt": ["Url", "FunctionUrl"]}}}}


def test_a_function_with_all_that_belongs_to_it(cloudformation, client, lambda_role, bucket, stack):
    function = unique("stack")
    create(cloudformation, stack, template(lambda_role, bucket, function, "red", "VersionOne"))
    made = outputs(cloudformation, stack)
    assert made["Version"].endswith(f":function:{function}:1")
    assert made["Alias"].endswith(f":function:{function}:live")
    assert made["Layer"].endswith(f":layer:{function}:1")
    assert made["Url"].startswith("https://")
    answer, said = invoke(client, function, Qualifier="live")
    assert (answer["ExecutedVersion"], said["colour"], said["layer"]) == ("1", "red", "stack")
    cloudformation.update_stack(StackName=stack, TemplateBody=json.dumps(
        template(lambda_role, bucket, function, "blue", "VersionTwo")))
    wait(cloudformation, stack, "stack_update_complete")
    answer, said = invoke(client, function, Qualifier="live")
    assert (answer["ExecutedVersion"], said["colour"]) == ("2", "blue")
    # DeletionPolicy Retain: what the template no longer has is there still.
    assert invoke(client, function, Qualifier="1")[1]["colour"] == "red"
    assert client.get_function_event_invoke_config(
        FunctionName=function, Qualifier="live")["MaximumRetryAttempts"] == 0


def test_a_version_of_what_has_not_changed(cloudformation, client, lambda_role, bucket, stack):
    # As CloudFormation says it (serverless/serverless #8392).
    function = unique("stack")
    create(cloudformation, stack, template(lambda_role, bucket, function, "red", "VersionOne"))
    cloudformation.update_stack(StackName=stack, TemplateBody=json.dumps(
        template(lambda_role, bucket, function, "red", "VersionTwo")))

    def settled():
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        return status if status.endswith("ROLLBACK_COMPLETE") else None

    assert wait_for(settled) == "UPDATE_ROLLBACK_COMPLETE"
    reasons = [each.get("ResourceStatusReason", "") for each in cloudformation.describe_stack_events(
        StackName=stack)["StackEvents"]]
    assert any("A version for this Lambda function exists ( 1 ). Modify the function to create a new version." in each
               for each in reasons)
    assert invoke(client, function, Qualifier="live")[0]["ExecutedVersion"] == "1"
    assert refusal(client.get_function, FunctionName=function, Qualifier="2")[0] == "ResourceNotFoundException"


NODE_RESOURCE = """
const response = require('cfn-response');
exports.handler = (event, context) => {
  if (event.ResourceProperties.Fails === 'true' && event.RequestType === 'Create') {
    return response.send(event, context, response.FAILED, {}, 'node');
  }
  response.send(event, context, response.SUCCESS, {Said: 'node ' + event.ResourceProperties.Word}, 'node');
};
"""
PYTHON_RESOURCE = """
import cfnresponse

def handler(event, context):
    if event["RequestType"] == "Create" and event["ResourceProperties"].get("Fails"):
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, reason="as told")
    else:
        word = event["ResourceProperties"]["Word"]
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Said": "python " + word}, noEcho=False)
"""


def inline(role, runtime, source, word, **more):
    """A custom resource of a function whose source is in the template."""
    return {
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": runtime, "Handler": "index.handler", "Role": role, "Timeout": 20, "MemorySize": 256,
            "Code": {"ZipFile": source}}},
        "Made": {"Type": "Custom::Made", "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Word": word, **more}}}


@pytest.mark.parametrize("runtime, source", [
    ("python3.12", PYTHON_RESOURCE), ("nodejs20.x", NODE_RESOURCE),
    ("nodejs24.x", NODE_RESOURCE.replace("(event, context) =>", "async (event, context) =>")
     .replace("  response.send", "  await response.send"))], ids=["python", "node", "node-awaited"])
def test_source_in_the_template_answers_custom_resources(cloudformation, lambda_role, stack, runtime, source):
    # CloudFormation User Guide, "cfn-response module"; Template Reference, "AWS::Lambda::Function Code".
    def template(word):
        return {"Resources": inline(lambda_role, runtime, source, word), "Outputs": {
            "Said": {"Value": {"Fn::GetAtt": ["Made", "Said"]}}, "Id": {"Value": {"Ref": "Made"}}}}

    language = "python" if runtime.startswith("python") else "node"
    create(cloudformation, stack, template("one"))
    made = outputs(cloudformation, stack)
    assert made["Said"] == f"{language} one"
    # The log stream's name where the function has said none.
    assert made["Id"] == "node" if language == "node" else "/[$LATEST]" in made["Id"]


def test_source_in_the_template_fails_and_changes(cloudformation, client, lambda_role, stack):
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(
        {"Resources": inline(lambda_role, "python3.12", PYTHON_RESOURCE, "one", Fails="yes")}), OnFailure="DO_NOTHING")
    wait_for(lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "CREATE_FAILED",
             what="the stack has failed")
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    assert any("as told" in each.get("ResourceStatusReason", "") for each in events)


def test_source_in_the_template_becomes_another_language(cloudformation, client, lambda_role, stack):
    def template(runtime, source):
        return json.dumps({"Resources": {"Function": inline(lambda_role, runtime, source, "")["Function"]},
                           "Outputs": {"Name": {"Value": {"Ref": "Function"}}}})

    create(cloudformation, stack, template("nodejs20.x", "exports.handler = async () => 'node';"))
    name = outputs(cloudformation, stack)["Name"]
    assert invoke(client, name)[1] == "node"
    cloudformation.update_stack(StackName=stack, TemplateBody=template(
        "python3.12", "def handler(event, context):\n    return 'python'\n"))
    wait(cloudformation, stack, "stack_update_complete")
    assert invoke(client, name)[1] == "python"
