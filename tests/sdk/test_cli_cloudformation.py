"""CloudFormation through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, cloudformation (with deploy
and wait), and the User Guide's page on return codes; [API] CloudFormation API Reference, each
operation's page; error texts that clients compare, as AWS prints them."""
import json
import time
import uuid

import pytest

from tests.sdk.apigateway_helpers import zip_of
from tests.support.aws_cli import OTHER_ERROR, SERVICE_ERROR, error_in
from tests.support.waiting import wait_for

TEMPLATE = """
Description: Two log groups
Parameters:
  Days: {Type: Number, Default: 7, AllowedValues: [7, 14], Description: how long}
  Secret: {Type: String, Default: hidden-by-default, NoEcho: true}
Resources:
  First:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: !Ref Days}
  Second:
    Type: AWS::Logs::LogGroup
    DependsOn: First
    Properties:
      LogGroupName: !Sub '/${AWS::StackName}/second'
Outputs:
  First: {Value: !Ref First, Description: the first group, Export: {Name: !Sub '${AWS::StackName}-first'}}
"""
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                   "Action": "sts:AssumeRole"}]}}}


@pytest.fixture
def template(tmp_path):
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return file


@pytest.fixture
def name(cli):
    stack = f"cli-{uuid.uuid4().hex[:12]}"
    yield stack
    drop(cli, stack)


@pytest.fixture
def stack(cli, name, template):
    """A stack of TEMPLATE that was created."""
    cli("cloudformation", "create-stack", "--stack-name", name, "--template-body",
        f"file://{template}", "--tags", "Key=STAGE,Value=dev")
    wait(cli, "stack-create-complete", name)
    return name


def wait(cli, condition, stack):
    assert cli("cloudformation", "wait", condition, "--stack-name", stack) == {}


def drop(cli, stack):
    cli("cloudformation", "delete-stack", "--stack-name", stack)
    wait(cli, "stack-delete-complete", stack)


def describe(cli, stack):
    return cli("cloudformation", "describe-stacks", "--stack-name", stack)["Stacks"][0]


def change_set_words(stack, name, *more):
    return ("cloudformation", "create-change-set", "--stack-name", stack, "--change-set-name", name,
            *more)


def test_stack_life(cli, name, template):  # [API] CreateStack, DescribeStacks, DeleteStack
    create = ("cloudformation", "create-stack", "--stack-name", name, "--template-body",
              f"file://{template}")
    stack_id = cli(*create, "--parameters", "ParameterKey=Days,ParameterValue=14", "--tags",
                   "Key=STAGE,Value=dev")["StackId"]
    assert stack_id.startswith("arn:aws:cloudformation:us-east-1:") and f":stack/{name}/" in stack_id
    wait(cli, "stack-exists", name)
    wait(cli, "stack-create-complete", name)
    shown = describe(cli, name)
    assert (shown["StackId"], shown["StackStatus"]) == (stack_id, "CREATE_COMPLETE")
    assert shown["Description"] == "Two log groups"
    assert shown["Tags"] == [{"Key": "STAGE", "Value": "dev"}]
    # [API] Parameter: values with NoEcho are shown as asterisks.
    assert {one["ParameterKey"]: one["ParameterValue"] for one in shown["Parameters"]} == {
        "Days": "14", "Secret": "****"}
    output = shown["Outputs"][0]
    assert (output["OutputKey"], output["ExportName"]) == ("First", f"{name}-first")
    group = cli("logs", "describe-log-groups", "--log-group-name-prefix", output["OutputValue"])
    assert [one["retentionInDays"] for one in group["logGroups"]] == [14]
    assert cli.refused(*create) == ("AlreadyExistsException", "CreateStack",
                                    f"Stack [{name}] already exists")
    assert cli("cloudformation", "delete-stack", "--stack-name", name) == {}
    wait(cli, "stack-delete-complete", stack_id)
    assert describe(cli, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert cli.refused("cloudformation", "describe-stacks", "--stack-name", name) == (
        "ValidationError", "DescribeStacks", f"Stack with id {name} does not exist")


def test_templates_that_are_refused(cli, template):  # [API] CreateStack, ValidateTemplate
    create = ("cloudformation", "create-stack", "--stack-name", "cli-refused", "--template-body")
    assert cli.refused(*create, "Resources: {}") == (
        "ValidationError", "CreateStack",
        "Template format error: At least one Resources member must be defined.")
    assert cli.refused(*create, json.dumps({"Resources": {"R": ROLE}})) == (
        "InsufficientCapabilitiesException", "CreateStack",
        "Requires capabilities : [CAPABILITY_IAM]")
    code, _, message = cli.refused(*create, f"file://{template}", "--parameters",
                                   "ParameterKey=Days,ParameterValue=8")
    assert code == "ValidationError"
    assert "Parameter 'Days' must be one of AllowedValues" in message
    validate = ("cloudformation", "validate-template", "--template-body")
    code, operation, message = cli.refused(*validate, "{")
    assert (code, operation) == ("ValidationError", "ValidateTemplate")
    assert message.startswith("Template format error: JSON not well-formed.")
    valid = cli(*validate, f"file://{template}")
    assert valid["Description"] == "Two log groups"
    assert sorted(valid["Parameters"], key=lambda one: one["ParameterKey"]) == [
        {"ParameterKey": "Days", "DefaultValue": "7", "NoEcho": False, "Description": "how long"},
        {"ParameterKey": "Secret", "DefaultValue": "hidden-by-default", "NoEcho": True}]


def test_update(cli, stack):  # [API] UpdateStack
    update = ("cloudformation", "update-stack", "--stack-name", stack, "--use-previous-template")
    assert cli.refused(*update) == ("ValidationError", "UpdateStack",
                                    "No updates are to be performed.")
    before = describe(cli, stack)
    assert cli(*update, "--parameters", "ParameterKey=Days,ParameterValue=14",
               "ParameterKey=Secret,UsePreviousValue=true") == {"StackId": before["StackId"]}
    wait(cli, "stack-update-complete", stack)
    after = describe(cli, stack)
    assert after["StackStatus"] == "UPDATE_COMPLETE" and after["LastUpdatedTime"]
    assert after["Outputs"] == before["Outputs"]
    group = cli("logs", "describe-log-groups", "--log-group-name-prefix",
                after["Outputs"][0]["OutputValue"])["logGroups"][0]
    assert group["retentionInDays"] == 14
    assert cli.refused("cloudformation", "update-stack", "--stack-name", "no-such",
                       "--use-previous-template") == (
        "ValidationError", "UpdateStack", "Stack [no-such] does not exist")


def test_rollback(cli, name):  # [API] DescribeStackEvents; [CLI] wait
    taken = f"/{name}/taken"
    cli("logs", "create-log-group", "--log-group-name", taken)
    template = {"Resources": {"Bad": {"Type": "AWS::Logs::LogGroup",
                                      "Properties": {"LogGroupName": taken}}}}
    cli("cloudformation", "create-stack", "--stack-name", name, "--template-body",
        json.dumps(template))
    failed = cli.run("cloudformation", "wait", "stack-create-complete", "--stack-name", name)
    assert failed.code == OTHER_ERROR
    assert "Waiter StackCreateComplete failed: Waiter encountered a terminal failure state" in \
        failed.stderr
    assert describe(cli, name)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cli("cloudformation", "describe-stack-events", "--stack-name", name)["StackEvents"]
    reasons = {one["LogicalResourceId"]: one["ResourceStatusReason"] for one in events
               if one["ResourceStatus"] in ("CREATE_FAILED", "ROLLBACK_IN_PROGRESS")}
    assert "AlreadyExists" in reasons["Bad"]
    assert reasons[name].startswith("The following resource(s) failed to create: [Bad].")
    cli("logs", "delete-log-group", "--log-group-name", taken)


def test_rollback_of_an_update(cli, stack):  # [API] UpdateStack; [CLI] wait stack-rollback-complete
    bad = TEMPLATE.replace("RetentionInDays: !Ref Days", "RetentionInDays: 8")
    cli("cloudformation", "update-stack", "--stack-name", stack, "--template-body", bad)
    wait(cli, "stack-rollback-complete", stack)
    assert describe(cli, stack)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert cli("cloudformation", "get-template", "--stack-name", stack)["TemplateBody"] == TEMPLATE


def test_events(cli, stack):  # [API] DescribeStackEvents: in reverse chronological order
    words = ("cloudformation", "describe-stack-events", "--stack-name", stack)
    events = cli(*words)["StackEvents"]
    assert [(one["LogicalResourceId"], one["ResourceStatus"])
            for one in (events[0], events[-1])] == [(stack, "CREATE_COMPLETE"),
                                                    (stack, "CREATE_IN_PROGRESS")]
    assert events[-1]["ResourceStatusReason"] == "User Initiated"
    assert len(cli(*words, "--max-items", "2")["StackEvents"]) == 2
    assert cli.refused("cloudformation", "describe-stack-events", "--stack-name", "no-such") == (
        "ValidationError", "DescribeStackEvents", "Stack [no-such] does not exist")


def test_resources(cli, stack):
    # [API] DescribeStackResource, DescribeStackResources, ListStackResources
    one = ("cloudformation", "describe-stack-resource", "--stack-name", stack,
           "--logical-resource-id")
    detail = cli(*one, "Second")["StackResourceDetail"]
    assert (detail["PhysicalResourceId"], detail["ResourceType"], detail["ResourceStatus"]) == (
        f"/{stack}/second", "AWS::Logs::LogGroup", "CREATE_COMPLETE")
    assert cli.refused(*one, "None") == (
        "ValidationError", "DescribeStackResource",
        f"Resource None does not exist for stack {stack}")
    both = cli("cloudformation", "describe-stack-resources", "--stack-name", stack)
    assert [each["LogicalResourceId"] for each in both["StackResources"]] == ["First", "Second"]
    found = cli("cloudformation", "describe-stack-resources", "--physical-resource-id",
                f"/{stack}/second")["StackResources"]
    assert {each["StackName"] for each in found} == {stack}
    listed = cli("cloudformation", "list-stack-resources", "--stack-name", stack)
    assert {each["LogicalResourceId"]: each["ResourceStatus"]
            for each in listed["StackResourceSummaries"]} == {
        "First": "CREATE_COMPLETE", "Second": "CREATE_COMPLETE"}


def test_stacks_are_listed(cli, stack):  # [API] ListStacks, DescribeStacks
    listed = cli("cloudformation", "list-stacks", "--stack-status-filter", "CREATE_COMPLETE")
    found = {one["StackName"]: one["StackStatus"] for one in listed["StackSummaries"]}
    assert found[stack] == "CREATE_COMPLETE" and set(found.values()) == {"CREATE_COMPLETE"}
    assert stack in cli("cloudformation", "describe-stacks", "--query", "Stacks[].StackName")


def test_templates_are_shown(cli, stack, template):  # [API] GetTemplate, GetTemplateSummary
    assert cli("cloudformation", "get-template", "--stack-name", stack) == {
        "TemplateBody": TEMPLATE, "StagesAvailable": ["Original", "Processed"]}
    for source in (("--stack-name", stack), ("--template-body", f"file://{template}")):
        summary = cli("cloudformation", "get-template-summary", *source)
        assert set(summary["ResourceTypes"]) == {"AWS::Logs::LogGroup"}
        assert summary["Description"] == "Two log groups"
        days = next(one for one in summary["Parameters"] if one["ParameterKey"] == "Days")
        assert (days["ParameterType"], days["DefaultValue"]) == ("Number", "7")
        assert days["ParameterConstraints"] == {"AllowedValues": ["7", "14"]}
    assert cli.refused("cloudformation", "get-template", "--stack-name", "no-such")[:2] == (
        "ValidationError", "GetTemplate")


def test_exports(cli, stack):  # [API] ListExports, ListImports
    exports = cli("cloudformation", "list-exports")["Exports"]
    mine = next(one for one in exports if one["Name"] == f"{stack}-first")
    assert mine["ExportingStackId"] == describe(cli, stack)["StackId"]
    imports = ("cloudformation", "list-imports", "--export-name", mine["Name"])
    assert cli.refused(*imports) == (
        "ValidationError", "ListImports", f"Export '{mine['Name']}' is not imported by any stack.")
    importing = {"Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {
        "LogGroupName": {"Fn::Sub": ["/of/${X}", {"X": {"Fn::ImportValue": mine["Name"]}}]}}}}}
    user = f"{stack}-user"
    cli("cloudformation", "create-stack", "--stack-name", user, "--template-body",
        json.dumps(importing))
    wait(cli, "stack-create-complete", user)
    assert cli(*imports) == {"Imports": [user]}
    assert cli.refused("cloudformation", "delete-stack", "--stack-name", stack) == (
        "ValidationError", "DeleteStack",
        f"Export {mine['Name']} cannot be deleted as it is in use by {user}")
    drop(cli, user)


def test_termination_protection(cli, stack):  # [API] UpdateTerminationProtection
    update = ("cloudformation", "update-termination-protection", "--stack-name", stack)
    stack_id = describe(cli, stack)["StackId"]
    assert cli(*update, "--enable-termination-protection") == {"StackId": stack_id}
    assert describe(cli, stack)["EnableTerminationProtection"] is True
    assert cli.refused("cloudformation", "delete-stack", "--stack-name", stack) == (
        "ValidationError", "DeleteStack",
        f"Stack [{stack}] cannot be deleted while TerminationProtection is enabled")
    cli(*update, "--no-enable-termination-protection")
    assert describe(cli, stack)["EnableTerminationProtection"] is False


def test_stack_policy_and_ways_back(cli, stack):
    # [API] SetStackPolicy, GetStackPolicy, CancelUpdateStack, ContinueUpdateRollback, RollbackStack
    policy = json.dumps({"Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]})
    cli("cloudformation", "set-stack-policy", "--stack-name", stack, "--stack-policy-body", policy)
    told = cli("cloudformation", "get-stack-policy", "--stack-name", stack)
    assert told == {"StackPolicyBody": policy}
    assert cli.refused("cloudformation", "cancel-update-stack", "--stack-name", stack) == (
        "ValidationError", "CancelUpdateStack",
        "CancelUpdateStack cannot be called from current stack status")
    for command, operation in (("continue-update-rollback", "ContinueUpdateRollback"),
                               ("rollback-stack", "RollbackStack")):
        refused = cli.refused("cloudformation", command, "--stack-name", stack)
        assert refused[:2] == ("ValidationError", operation)
        assert "is in CREATE_COMPLETE state" in refused[2]


def test_change_set_that_creates(cli, name, template):
    # [API] CreateChangeSet, DescribeChangeSet, ExecuteChangeSet
    made = cli(*change_set_words(name, "first", "--change-set-type", "CREATE", "--template-body",
                                 f"file://{template}", "--description", "d"))
    assert ":changeSet/first/" in made["Id"] and f":stack/{name}/" in made["StackId"]
    one = ("--stack-name", name, "--change-set-name", "first")
    assert cli("cloudformation", "wait", "change-set-create-complete", *one) == {}
    shown = cli("cloudformation", "describe-change-set", *one)
    assert (shown["Status"], shown["ExecutionStatus"], shown["Description"]) == (
        "CREATE_COMPLETE", "AVAILABLE", "d")
    changes = [change["ResourceChange"] for change in shown["Changes"]]
    assert {(each["Action"], each["LogicalResourceId"]) for each in changes} == {
        ("Add", "First"), ("Add", "Second")}
    assert describe(cli, name)["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert cli("cloudformation", "execute-change-set", *one) == {}
    wait(cli, "stack-create-complete", name)


def test_change_sets_of_a_stack(cli, stack):  # [API] ListChangeSets, DeleteChangeSet
    cli(*change_set_words(stack, "none", "--use-previous-template"))
    none = ("--stack-name", stack, "--change-set-name", "none")
    waited = cli.run("cloudformation", "wait", "change-set-create-complete", *none)
    assert waited.code == OTHER_ERROR
    shown = cli("cloudformation", "describe-change-set", *none)
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert shown["StatusReason"].startswith(
        "The submitted information didn't contain changes. Submit different information to create a "
        "change set.")
    code, operation, _ = cli.refused("cloudformation", "execute-change-set", *none)
    assert (code, operation) == ("InvalidChangeSetStatus", "ExecuteChangeSet")
    longer = change_set_words(stack, "longer", "--use-previous-template", "--parameters",
                              "ParameterKey=Days,ParameterValue=14")
    cli(*longer)
    assert cli.refused(*longer)[:2] == ("AlreadyExistsException", "CreateChangeSet")
    listed = cli("cloudformation", "list-change-sets", "--stack-name", stack)["Summaries"]
    assert {one["ChangeSetName"]: one["Status"] for one in listed} == {
        "none": "FAILED", "longer": "CREATE_COMPLETE"}
    assert cli("cloudformation", "delete-change-set", *none) == {}

    def left():
        return [one["ChangeSetName"] for one in cli("cloudformation", "list-change-sets",
                                                    "--stack-name", stack)["Summaries"]]

    wait_for(lambda: left() == ["longer"], what="the change set deleted")
    assert cli.refused("cloudformation", "describe-change-set", *none) == (
        "ChangeSetNotFound", "DescribeChangeSet", "ChangeSet [none] does not exist")


def deploy(cli, stack, template, *more):
    """`deploy` names its change sets by the second, so there can be one a second."""
    finished = cli.run("cloudformation", "deploy", "--stack-name", stack, "--template-file", template,
                       *more)
    second = int(time.time())
    wait_for(lambda: int(time.time()) > second, what="the next second")
    return finished


def test_deploy(cli, name, template):  # [CLI] deploy
    tags = ("--tags", "STAGE=dev")
    made = deploy(cli, name, template, *tags)
    assert (made.code, made.stderr) == (0, "")
    assert made.stdout.endswith(f"Successfully created/updated stack - {name}\n")
    assert describe(cli, name)["Tags"] == [{"Key": "STAGE", "Value": "dev"}]
    empty = deploy(cli, name, template, *tags)
    assert empty.code == 0
    assert f"No changes to deploy. Stack {name} is up to date" in empty.stdout
    assert deploy(cli, name, template, *tags, "--fail-on-empty-changeset").code == OTHER_ERROR
    assert deploy(cli, name, template, *tags, "--parameter-overrides", "Days=14").code == 0
    shown = describe(cli, name)
    assert shown["StackStatus"] == "UPDATE_COMPLETE"
    assert {"ParameterKey": "Days", "ParameterValue": "14"} in shown["Parameters"]


def test_deploy_a_function(cli, name, tmp_path):
    # [CLI] deploy, --capabilities. `package` of this version always speaks to AWS's own S3.
    code, template = tmp_path / "code.zip", tmp_path / "function.json"
    code.write_bytes(zip_of({"bootstrap": "#!/bin/sh\nexit 1\n"}))
    bucket = f"cli-{uuid.uuid4()}"
    cli("s3", "mb", f"s3://{bucket}")
    cli("s3", "cp", code, f"s3://{bucket}/code.zip")
    template.write_text(json.dumps({"Resources": {
        "Role": ROLE, "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": "provided.al2023", "Handler": "bootstrap",
            "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]}}}}}))
    without = cli.refused("cloudformation", "deploy", "--stack-name", name, "--template-file",
                          template)
    assert without == ("InsufficientCapabilitiesException", "CreateChangeSet",
                       "Requires capabilities : [CAPABILITY_IAM]")
    cli("cloudformation", "deploy", "--stack-name", name, "--template-file", template,
        "--capabilities", "CAPABILITY_IAM")
    function = cli("cloudformation", "describe-stack-resource", "--stack-name", name,
                   "--logical-resource-id", "Function")["StackResourceDetail"]["PhysicalResourceId"]
    assert cli("lambda", "get-function-configuration", "--function-name",
               function)["State"] == "Active"
    cli("s3", "rb", f"s3://{bucket}", "--force")


def test_the_spawned_command(aws, cli, stack, template):  # [CLI] User Guide, "Return codes"
    assert aws.cli("cloudformation", "wait", "stack-create-complete", "--stack-name", stack) == ""
    said = aws.cli("cloudformation", "deploy", "--stack-name", stack, "--template-file",
                   str(template), "--tags", "STAGE=dev")
    assert f"No changes to deploy. Stack {stack} is up to date" in said
    done = aws.cli("cloudformation", "describe-stacks", "--stack-name", "no-such", check=False)
    assert (done.returncode, done.stdout) == (SERVICE_ERROR, "")
    assert error_in(done.stderr) == ("ValidationError", "DescribeStacks",
                                     "Stack with id no-such does not exist")


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("cloudformation", aws.region_endpoint("us-east-1")) == []
