"""Ways out of a failed update, stack policies, roles and custom resources as boto3 sees them. Sources: the
CloudFormation API Reference (CancelUpdateStack, ContinueUpdateRollback, RollbackStack, SetStackPolicy), the
User Guide ("Prevent updates to stack resources", "Custom resource request objects", "CloudFormation service
role"), and error texts that clients compare, as AWS prints them."""
import io
import json
import textwrap
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.sdk.cloudformation_helpers import (cloudformation, logs, name,  # noqa: F401 (fixtures)
                                              stack_of, wait)
from tests.support.waiting import wait_for

POLICY = {"Statement": [
    {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/First"}]}


def until(cloudformation, stack, status):
    wait_for(lambda: stack_of(cloudformation, stack)["StackStatus"] == status, timeout=60,
             what=f"{stack} in {status}")


def reasons(cloudformation, stack):
    """Newest first."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [(one["LogicalResourceId"], one["ResourceStatus"], one.get("ResourceStatusReason", ""))
            for one in events]


def create(cloudformation, stack, template, **more):
    # Frameworks send empty lists, "Parameters=".
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template), Parameters=[], Tags=[],
                                NotificationARNs=[], **more)
    wait(cloudformation, stack, "stack_create_complete")


def error_of(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def group(name, days, **more):
    return {"Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": f"/{name}/first", "RetentionInDays": days}, **more}


def template(name, days, **resources):
    return {"Resources": {"First": group(name, days), **resources}}


def update_in_progress(cloudformation, maker, name):
    """Once the group has changed, and while a custom resource that takes its time is being made."""
    slow = {"Type": "Custom::Slow", "DependsOn": "First", "Properties": {
        "ServiceToken": maker, "Id": "slow", "Tell": "", "Sleep": "0.5"}}
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template(name, 14, Slow=slow)))
    wait_for(lambda: ("Slow", "CREATE_IN_PROGRESS", "") in reasons(cloudformation, name), timeout=60,
             what="the slow resource is being made")


def test_an_update_is_cancelled(cloudformation, logs, maker, name):
    create(cloudformation, name, template(name, 7))
    assert error_of(cloudformation.cancel_update_stack, StackName=name) == (
        "ValidationError", "CancelUpdateStack cannot be called from current stack status")
    update_in_progress(cloudformation, maker, name)
    cloudformation.cancel_update_stack(StackName=name)
    until(cloudformation, name, "UPDATE_ROLLBACK_COMPLETE")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"]
    assert [one["retentionInDays"] for one in groups] == [7]


def test_a_roll_back_that_failed_is_continued(cloudformation, logs, maker, name):
    create(cloudformation, name, template(name, 7))
    update_in_progress(cloudformation, maker, name)
    logs.delete_log_group(logGroupName=f"/{name}/first")
    cloudformation.cancel_update_stack(StackName=name)
    until(cloudformation, name, "UPDATE_ROLLBACK_FAILED")
    code, message = error_of(cloudformation.update_stack, StackName=name, UsePreviousTemplate=True)
    assert code == "ValidationError"
    assert message.endswith("is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
    assert error_of(cloudformation.continue_update_rollback, StackName=name,
                    ResourcesToSkip=["Slow"])[0] == "ValidationError"
    cloudformation.continue_update_rollback(StackName=name, ResourcesToSkip=["First"])
    until(cloudformation, name, "UPDATE_ROLLBACK_COMPLETE")


def test_a_failed_creation_is_rolled_back_on_demand(cloudformation, logs, name):
    bad = {"Type": "AWS::Logs::LogGroup", "DependsOn": "First",
           "Properties": {"LogGroupName": f"/{name}/first"}}
    cloudformation.create_stack(StackName=name, DisableRollback=True,
                                TemplateBody=json.dumps(template(name, 7, Bad=bad)))
    until(cloudformation, name, "CREATE_FAILED")
    assert logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"] != []
    assert ":stack/" in cloudformation.rollback_stack(StackName=name)["StackId"]
    until(cloudformation, name, "ROLLBACK_COMPLETE")
    assert logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"] == []


def test_a_failed_update_is_rolled_back_on_demand(cloudformation, logs, name):
    create(cloudformation, name, template(name, 7))
    bad = {"Type": "AWS::Logs::LogGroup", "DependsOn": "First",
           "Properties": {"LogGroupName": f"/{name}/first"}}
    cloudformation.update_stack(StackName=name, DisableRollback=True,
                                TemplateBody=json.dumps(template(name, 14, Bad=bad)))
    until(cloudformation, name, "UPDATE_FAILED")
    cloudformation.rollback_stack(StackName=name)
    until(cloudformation, name, "UPDATE_ROLLBACK_COMPLETE")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"]
    assert [one["retentionInDays"] for one in groups] == [7]


def test_a_stack_policy(cloudformation, name):
    create(cloudformation, name, template(name, 7))
    assert "StackPolicyBody" not in cloudformation.get_stack_policy(StackName=name)
    cloudformation.set_stack_policy(StackName=name, StackPolicyBody=json.dumps(POLICY))
    assert json.loads(cloudformation.get_stack_policy(StackName=name)["StackPolicyBody"]) == POLICY
    assert error_of(cloudformation.set_stack_policy, StackName=name, StackPolicyBody="no policy") == (
        "ValidationError", "Error validating stack policy: Invalid stack policy")
    assert error_of(cloudformation.set_stack_policy, StackName=name, StackPolicyBody="{}",
                    StackPolicyURL="https://bucket.s3.amazonaws.com/policy.json") == (
        "ValidationError", "You cannot specify both StackPolicyURL and StackPolicyBody")
    changed = json.dumps(template(name, 14))
    cloudformation.update_stack(StackName=name, TemplateBody=changed)
    until(cloudformation, name, "UPDATE_ROLLBACK_COMPLETE")
    assert any(id == "First" and status == "UPDATE_FAILED"
               and reason.startswith("Action denied by stack policy")
               for id, status, reason in reasons(cloudformation, name))
    cloudformation.update_stack(StackName=name, TemplateBody=changed,
                                StackPolicyDuringUpdateBody=json.dumps({"Statement": [
                                    POLICY["Statement"][0]]}))
    wait(cloudformation, name, "stack_update_complete")
    assert json.loads(cloudformation.get_stack_policy(StackName=name)["StackPolicyBody"]) == POLICY


def trust(service):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


def test_a_role_of_the_stack(aws, cloudformation, name):
    iam = aws.client("iam")
    account = aws.client("sts").get_caller_identity()["Account"]
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(
        "cloudformation.amazonaws.com"))["Role"]["Arn"]
    wrong = iam.create_role(RoleName=f"{name}-wrong", AssumeRolePolicyDocument=trust(
        "lambda.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    try:
        for bad in (wrong, f"arn:aws:iam::{account}:role/{name}-none"):
            assert error_of(cloudformation.create_stack, StackName=name, RoleARN=bad,
                            TemplateBody=json.dumps(template(name, 7))) == (
                "ValidationError", f"Role {bad} is invalid or cannot be assumed")
        create(cloudformation, name, template(name, 7), RoleARN=arn)
        assert stack_of(cloudformation, name)["RoleARN"] == arn
        cloudformation.delete_stack(StackName=name)
        wait(cloudformation, name, "stack_delete_complete")
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="all")
        iam.delete_role(RoleName=name)
        iam.delete_role(RoleName=f"{name}-wrong")


# Answers what its properties say, as the module cfn-response does.
MAKER = textwrap.dedent('''\
    #!/usr/bin/python3
    import json, os, threading, urllib.request
    API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
    while True:
        with urllib.request.urlopen(API + "next") as asked:
            request, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
        given = event["ResourceProperties"]
        if event["RequestType"] == "Create":
            threading.Event().wait(float(given.get("Sleep", 0)))
        answer = {"Status": given.get("Status", "SUCCESS"), "Reason": "as it was told",
                  "PhysicalResourceId": given["Id"], "StackId": event["StackId"],
                  "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"],
                  "Data": {"Told": json.dumps(given["Tell"]), "Type": event["ResourceType"]}}
        if event["RequestType"] == "Delete":
            answer["Status"], answer["PhysicalResourceId"] = "SUCCESS", event["PhysicalResourceId"]
        urllib.request.urlopen(urllib.request.Request(
            event["ResponseURL"], json.dumps(answer).encode(), {"content-type": ""}, method="PUT")).read()
        urllib.request.urlopen(API + request + "/response", b"null").read()
    ''')


@pytest.fixture(scope="module")
def maker(aws):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.create_system, entry.external_attr = 3, 0o100755 << 16
        archive.writestr(entry, MAKER)
    iam, functions = aws.client("iam"), aws.client("lambda")
    name = f"maker-{uuid.uuid4().hex[:12]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]
    functions.create_function(FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Timeout=20,
                              Role=role["Arn"], Code={"ZipFile": packed.getvalue()})
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
    yield functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    functions.delete_function(FunctionName=name)
    iam.delete_role(RoleName=name)


def custom(maker, identity, **more):
    return {"Resources": {"Made": {"Type": "Custom::Made", "Properties": {
        "ServiceToken": maker, "Id": identity, "Tell": {"Count": 1, "On": True}, **more}}},
        "Outputs": {"Told": {"Value": {"Fn::GetAtt": ["Made", "Told"]}},
                    "Type": {"Value": {"Fn::GetAtt": ["Made", "Type"]}},
                    "Id": {"Value": {"Ref": "Made"}}}}


def test_a_custom_resource(cloudformation, maker, name):
    create(cloudformation, name, custom(maker, "one"))
    outputs = {one["OutputKey"]: one["OutputValue"]
               for one in stack_of(cloudformation, name)["Outputs"]}
    assert outputs["Id"] == "one" and outputs["Type"] == "Custom::Made"
    assert json.loads(outputs["Told"]) == {"Count": "1", "On": "true"}
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(custom(maker, "two")))
    wait(cloudformation, name, "stack_update_complete")
    detail = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Made")
    assert detail["StackResourceDetail"]["PhysicalResourceId"] == "two"
    assert ("Made", "UPDATE_IN_PROGRESS",
            "Requested update required the provider to create a new physical resource") in reasons(
                cloudformation, name)
    cloudformation.update_stack(StackName=name,
                                TemplateBody=json.dumps(custom(maker, "three", Status="FAILED")))
    until(cloudformation, name, "UPDATE_ROLLBACK_COMPLETE")
    failed = [reason for id, status, reason in reasons(cloudformation, name)
              if (id, status) == ("Made", "UPDATE_FAILED")]
    assert failed[0].startswith("Received response status [FAILED] from custom resource. Message returned: as it "
                                "was told (RequestId: ")
