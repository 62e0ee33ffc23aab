"""CloudFormation as boto3 sees it. Sources: the CloudFormation API Reference (operation pages), the User
Guide (template anatomy, intrinsic functions, stack updates, change sets), and error texts that clients
compare, as AWS prints them."""
import io
import json
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.sdk.cloudformation_helpers import (ROLE, cloudformation, create, error_of, events,  # noqa: F401 (fixtures)
                                              logs, name, outputs, stack_of, wait)
from tests.support.coverage import not_called
from tests.support.waiting import wait_for

LOGS = """
Parameters:
  Days: {Type: Number, Default: 7, AllowedValues: [7, 14]}
  Secret: {Type: String, Default: hidden-by-default, NoEcho: true}
Conditions:
  Long: !Equals [!Ref Days, 14]
Resources:
  First:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: !Ref Days}
  Second:
    Type: AWS::Logs::LogGroup
    DependsOn: First
    Properties:
      LogGroupName: !Sub '/${AWS::StackName}/second'
      RetentionInDays: !If [Long, 14, 7]
Outputs:
  First: {Value: !Ref First, Description: the first group}
  Arn: {Value: !GetAtt Second.Arn}
"""


def test_create_describe_delete(cloudformation, logs, name):
    stack_id = create(cloudformation, name, LOGS, Tags=[{"Key": "STAGE", "Value": "dev"}])
    assert stack_id.startswith("arn:aws:cloudformation:us-east-1:") and f":stack/{name}/" in stack_id
    stack = stack_of(cloudformation, name)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Tags"] == [{"Key": "STAGE", "Value": "dev"}]
    assert stack["NotificationARNs"] == [] and stack["DisableRollback"] is False
    assert stack["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    shown = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    # User Guide, "Parameters": NoEcho values are returned as asterisks.
    assert shown == {"Days": "7", "Secret": "****"}
    assert outputs(cloudformation, name)["Arn"].endswith(f":log-group:/{name}/second:*")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [7]

    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, stack_id, "stack_delete_complete")
    assert stack_of(cloudformation, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert error_of(cloudformation.describe_stacks, StackName=name) == (
        "ValidationError", f"Stack with id {name} does not exist")
    assert logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"] == []


def test_events_newest_first(cloudformation, name):
    create(cloudformation, name, LOGS)
    listed = events(cloudformation, name)
    assert [(one["LogicalResourceId"], one["ResourceStatus"]) for one in listed[:1] + listed[-1:]] \
        == [(name, "CREATE_COMPLETE"), (name, "CREATE_IN_PROGRESS")]
    assert listed[-1]["ResourceStatusReason"] == "User Initiated"
    assert len({one["EventId"] for one in listed}) == len(listed)
    times = [one["Timestamp"] for one in listed]
    assert times == sorted(times, reverse=True)
    first = [one["ResourceStatus"] for one in reversed(listed) if one["LogicalResourceId"] == "First"]
    assert first == ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_resources(cloudformation, name):
    create(cloudformation, name, LOGS)
    detail = cloudformation.describe_stack_resource(
        StackName=name, LogicalResourceId="Second")["StackResourceDetail"]
    assert detail["PhysicalResourceId"] == f"/{name}/second"
    assert detail["ResourceType"] == "AWS::Logs::LogGroup"
    summaries = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert {one["LogicalResourceId"]: one["ResourceStatus"] for one in summaries} == {
        "First": "CREATE_COMPLETE", "Second": "CREATE_COMPLETE"}
    found = cloudformation.describe_stack_resources(PhysicalResourceId=f"/{name}/second")
    assert {one["StackName"] for one in found["StackResources"]} == {name}
    assert error_of(cloudformation.describe_stack_resource, StackName=name,
                    LogicalResourceId="Nope") == (
        "ValidationError", f"Resource Nope does not exist for stack {name}")


def test_update(cloudformation, logs, name):
    create(cloudformation, name, LOGS)
    first = outputs(cloudformation, name)["First"]
    assert error_of(cloudformation.update_stack, StackName=name, UsePreviousTemplate=True) == (
        "ValidationError", "No updates are to be performed.")
    cloudformation.update_stack(
        StackName=name, UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Days", "ParameterValue": "14"},
                    {"ParameterKey": "Secret", "UsePreviousValue": True}])
    wait(cloudformation, name, "stack_update_complete")
    assert outputs(cloudformation, name)["First"] == first
    assert logs.describe_log_groups(logGroupNamePrefix=first)["logGroups"][0]["retentionInDays"] == 14
    assert "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" in [
        one["ResourceStatus"] for one in events(cloudformation, name)]


def test_update_with_replacement_deletes_the_old_resource(cloudformation, logs, name):
    def template(suffix):
        return {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {
            "LogGroupName": f"/{name}/{suffix}"}}}}

    create(cloudformation, name, template("a"))
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template("b")))
    wait(cloudformation, name, "stack_update_complete")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"]
    assert [group["logGroupName"] for group in groups] == [f"/{name}/b"]


def test_failed_creation_rolls_back(cloudformation, logs, name):
    logs.create_log_group(logGroupName=f"/{name}/taken")
    try:
        template = {"Resources": {
            "Good": {"Type": "AWS::Logs::LogGroup"},
            "Bad": {"Type": "AWS::Logs::LogGroup", "DependsOn": "Good",
                    "Properties": {"LogGroupName": f"/{name}/taken"}}}}
        with pytest.raises(AssertionError):
            create(cloudformation, name, template)
        until(cloudformation, name, "ROLLBACK_COMPLETE")
        reasons = {one["LogicalResourceId"]: one.get("ResourceStatusReason", "")
                   for one in events(cloudformation, name)
                   if one["ResourceStatus"] in ("CREATE_FAILED", "ROLLBACK_IN_PROGRESS")}
        assert "HandlerErrorCode: AlreadyExists" in reasons["Bad"]
        assert reasons[name] == ("The following resource(s) failed to create: [Bad]. "
                                 "Rollback requested by user.")
        assert logs.describe_log_groups(logGroupNamePrefix=f"{name}-Good")["logGroups"] == []
        assert logs.describe_log_groups(logGroupNamePrefix=f"/{name}/")["logGroups"] != []
        code, message = error_of(cloudformation.update_stack, StackName=name,
                                 TemplateBody=json.dumps(template))
        assert code == "ValidationError"
        assert message.endswith("is in ROLLBACK_COMPLETE state and can not be updated.")
    finally:
        logs.delete_log_group(logGroupName=f"/{name}/taken")


def until(cloudformation, stack, status):
    wait_for(lambda: stack_of(cloudformation, stack)["StackStatus"] == status, timeout=60,
             what=f"{stack} in {status}")


def test_failed_update_rolls_back(cloudformation, logs, name):
    create(cloudformation, name, LOGS)
    bad = LOGS.replace("RetentionInDays: !If [Long, 14, 7]", "RetentionInDays: 8").replace(
        "Default: 7", "Default: 14")
    cloudformation.update_stack(StackName=name, TemplateBody=bad)
    until(cloudformation, name, "UPDATE_ROLLBACK_COMPLETE")
    assert logs.describe_log_groups(
        logGroupNamePrefix=f"/{name}/second")["logGroups"][0]["retentionInDays"] == 7
    assert json.dumps(cloudformation.get_template(StackName=name)["TemplateBody"]).find("Default: 14") < 0


@pytest.mark.parametrize("body, message", [
    ("Resources: {}", "Template format error: At least one Resources member must be defined."),
    ("Resources: {A: {Type: AWS::No::Thing}}",
     "Template format error: Unrecognized resource types: [AWS::No::Thing]"),
    ("{\"Resources\": {", "Template format error: JSON not well-formed."),
    ("a: [", "Template format error: YAML not well-formed."),
    ("Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}}}",
     "Template format error: Unresolved resource dependencies [B] in the Resources block of the "
     "template"),
    ("Resources: {A: {Type: AWS::S3::Bucket, DependsOn: B}, B: {Type: AWS::S3::Bucket, DependsOn: A}}",
     "Circular dependency between resources: [A, B]"),
    ("Parameters: {P: {Type: String}}\nResources: {A: {Type: AWS::S3::Bucket}}",
     "Parameters: [P] must have values"),
])
def test_templates_that_are_refused(cloudformation, body, message):
    code, text = error_of(cloudformation.create_stack, StackName="refused", TemplateBody=body)
    assert code == "ValidationError"
    assert text.startswith(message)


def test_errors_that_clients_compare(cloudformation, name):
    create(cloudformation, name, LOGS)
    assert error_of(cloudformation.create_stack, StackName=name, TemplateBody=LOGS) == (
        "AlreadyExistsException", f"Stack [{name}] already exists")
    assert error_of(cloudformation.update_stack, StackName="no-such", TemplateBody=LOGS) == (
        "ValidationError", "Stack [no-such] does not exist")
    assert error_of(cloudformation.describe_stack_events, StackName="no-such")[1] == \
        "Stack [no-such] does not exist"
    cloudformation.delete_stack(StackName="no-such")
    role = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": ROLE}}}
    assert error_of(cloudformation.create_stack, StackName="x", TemplateBody=json.dumps(role)) == (
        "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")


def test_termination_protection(cloudformation, name):
    create(cloudformation, name, LOGS, EnableTerminationProtection=True)
    assert error_of(cloudformation.delete_stack, StackName=name) == (
        "ValidationError",
        f"Stack [{name}] cannot be deleted while TerminationProtection is enabled")
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)


def test_change_set_creates_and_updates(cloudformation, name):
    cloudformation.create_change_set(StackName=name, ChangeSetName="first", ChangeSetType="CREATE",
                                     TemplateBody=LOGS, NotificationARNs=[], Tags=[])
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName="first")
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert {one["ResourceChange"]["Action"] for one in described["Changes"]} == {"Add"}
    assert stack_of(cloudformation, name)["StackStatus"] == "REVIEW_IN_PROGRESS"
    cloudformation.execute_change_set(StackName=name, ChangeSetName="first")
    wait(cloudformation, name, "stack_create_complete")

    cloudformation.delete_change_set(StackName=name, ChangeSetName="none-such")
    cloudformation.create_change_set(StackName=name, ChangeSetName="none", TemplateBody=LOGS)
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName="none")
    assert described["Status"] == "FAILED"
    assert "The submitted information didn't contain changes." in described["StatusReason"]

    cloudformation.create_change_set(
        StackName=name, ChangeSetName="longer", UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Days", "ParameterValue": "14"}])
    changes = cloudformation.describe_change_set(
        StackName=name, ChangeSetName="longer")["Changes"]
    assert {one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"]["Replacement"]
            for one in changes} == {"First": "False", "Second": "False"}
    assert {one["ChangeSetName"] for one in cloudformation.list_change_sets(
        StackName=name)["Summaries"]} >= {"none", "longer"}
    cloudformation.execute_change_set(StackName=name, ChangeSetName="longer")
    wait(cloudformation, name, "stack_update_complete")


def test_exports(cloudformation, name):
    exporting = {"Resources": {"G": {"Type": "AWS::Logs::LogGroup"}},
                 "Outputs": {"O": {"Value": {"Ref": "G"}, "Export": {"Name": f"{name}-group"}}}}
    create(cloudformation, name, exporting)
    importing = {"Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {
        "LogGroupName": {"Fn::Sub": ["/of/${X}", {"X": {"Fn::ImportValue": f"{name}-group"}}]}}}}}
    user = name + "-user"
    create(cloudformation, user, importing)
    try:
        assert f"{name}-group" in [
            one["Name"] for page in cloudformation.get_paginator("list_exports").paginate()
            for one in page["Exports"]]
        assert cloudformation.list_imports(ExportName=f"{name}-group")["Imports"] == [user]
        assert error_of(cloudformation.delete_stack, StackName=name)[1] == (
            f"Export {name}-group cannot be deleted as it is in use by {user}")
    finally:
        cloudformation.delete_stack(StackName=user)
        wait(cloudformation, user, "stack_delete_complete")


def test_template_from_s3_and_summaries(aws, cloudformation, name):
    s3 = aws.client("s3")
    bucket = f"templates-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    try:
        s3.put_object(Bucket=bucket, Key="a/t:1.yaml", Body=io.BytesIO(LOGS.encode()))
        url = f"https://s3.amazonaws.com/{bucket}/a/t:1.yaml"
        valid = cloudformation.validate_template(TemplateURL=url)
        assert {one["ParameterKey"]: one["NoEcho"] for one in valid["Parameters"]} == {
            "Days": False, "Secret": True}
        cloudformation.create_stack(StackName=name, TemplateURL=url)
        wait(cloudformation, name, "stack_create_complete")
        assert cloudformation.get_template(StackName=name)["TemplateBody"] == LOGS
        summary = cloudformation.get_template_summary(StackName=name)
        assert summary["ResourceTypes"] == ["AWS::Logs::LogGroup"]
        assert error_of(cloudformation.validate_template,
                        TemplateURL=f"https://s3.amazonaws.com/{bucket}/none")[0] == "ValidationError"
    finally:
        s3.delete_object(Bucket=bucket, Key="a/t:1.yaml")
        s3.delete_bucket(Bucket=bucket)


def test_list_stacks_by_status(cloudformation, name):
    stack_id = create(cloudformation, name, LOGS)
    pages = cloudformation.get_paginator("list_stacks").paginate(
        StackStatusFilter=["CREATE_COMPLETE"])
    found = [one for page in pages for one in page["StackSummaries"]]
    assert stack_id in [one["StackId"] for one in found]
    assert {one["StackStatus"] for one in found} == {"CREATE_COMPLETE"}


def test_global_table_in_both_regions(aws, cloudformation, name):
    table = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "Replicas": [{"Region": "us-east-1"}, {"Region": "us-west-2"}]}}
    create(cloudformation, name, {"Resources": {"Table": table},
                                  "Outputs": {"Name": {"Value": {"Ref": "Table"}}}})
    west = aws.client("dynamodb", region="us-west-2")
    physical = outputs(cloudformation, name)["Name"]
    assert west.describe_table(TableName=physical)["Table"]["TableStatus"] == "ACTIVE"
    # AWS::DynamoDB::GlobalTable ReplicaSpecification: what each replica has of its own.
    table["Properties"]["Replicas"] = [
        {"Region": "us-east-1", "Tags": [{"Key": "at", "Value": "home"}]},
        {"Region": "us-west-2", "Tags": [{"Key": "at", "Value": "away"}], "DeletionProtectionEnabled": True}]
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Table": table}}))
    wait(cloudformation, name, "stack_update_complete")
    described = west.describe_table(TableName=physical)["Table"]
    # Debian's botocore does not know the member yet.
    with pytest.raises(ClientError, match="deletion protection"):
        west.delete_table(TableName=physical)
    tags = west.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags}["at"] == "away"
    table["Properties"]["Replicas"][1] = {"Region": "us-west-2"}
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Table": table}}))
    wait(cloudformation, name, "stack_update_complete")
    tags = west.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
    assert "at" not in {tag["Key"] for tag in tags}


def test_rest_api_with_key_and_role(aws, cloudformation, name):
    template = {"Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": ROLE},
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {
            "Name": name, "EndpointConfiguration": {"Types": ["REGIONAL"]}}},
        "Todos": {"Type": "AWS::ApiGateway::Resource", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "PathPart": "todos"}},
        "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ResourceId": {"Ref": "Todos"}, "HttpMethod": "GET",
            "AuthorizationType": "NONE", "ApiKeyRequired": True,
            "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {
                "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
                           "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:f/invocations"}}}},
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Get",
                       "Properties": {"RestApiId": {"Ref": "Api"}}},
        "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {
            "RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "prod"}},
        "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {
            "Enabled": True, "Value": "0123456789-" + uuid.uuid4().hex}},
        "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "DependsOn": "Stage", "Properties": {
            "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": "prod"}]}},
        "PlanKey": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {
            "KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}}}},
        "Outputs": {"Api": {"Value": {"Ref": "Api"}}, "RoleArn": {
            "Value": {"Fn::GetAtt": ["Role", "Arn"]}}}}
    create(cloudformation, name, template, Capabilities=["CAPABILITY_IAM"])
    made = outputs(cloudformation, name)
    gateway = aws.client("apigateway")
    assert gateway.get_stage(restApiId=made["Api"], stageName="prod")["stageName"] == "prod"
    assert ":role/" in made["RoleArn"]


def test_function_from_s3(aws, cloudformation, name):
    s3 = aws.client("s3")
    bucket = f"code-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    for version in ("one", "two"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, f"#!/bin/sh\n# {version}\nexit 1\n")
        s3.put_object(Bucket=bucket, Key=f"{version}.zip", Body=packed.getvalue())

    def template(version, memory, **more):
        return json.dumps({"Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": ROLE},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {
                "Runtime": "provided.al2023", "Handler": "bootstrap", "MemorySize": memory, **more,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Environment": {"Variables": {"COUNT": 5}},
                "Code": {"S3Bucket": bucket, "S3Key": f"{version}.zip"}}},
            "Permission": {"Type": "AWS::Lambda::Permission", "Properties": {
                "FunctionName": {"Ref": "Function"}, "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com"}}},
            "Outputs": {"Name": {"Value": {"Ref": "Function"}}}})

    try:
        create(cloudformation, name, template("one", "256", EphemeralStorage={"Size": 600}), Capabilities=["CAPABILITY_IAM"])
        function = outputs(cloudformation, name)["Name"]
        client = aws.client("lambda")
        before = client.get_function_configuration(FunctionName=function)
        assert (before["State"], before["MemorySize"]) == ("Active", 256)
        assert before["EphemeralStorage"] == {"Size": 600}
        assert before["Environment"]["Variables"] == {"COUNT": "5"}
        cloudformation.update_stack(StackName=name, TemplateBody=template("two", 512),
                                    Capabilities=["CAPABILITY_IAM"])
        wait(cloudformation, name, "stack_update_complete")
        after = client.get_function_configuration(FunctionName=function)
        assert after["EphemeralStorage"] == {"Size": 512}  # What is no longer given goes back to its default.
        assert after["MemorySize"] == 512 and after["CodeSha256"] != before["CodeSha256"]
    finally:
        for version in ("one", "two"):
            s3.delete_object(Bucket=bucket, Key=f"{version}.zip")
        s3.delete_bucket(Bucket=bucket)


def test_a_project_of_codebuild(aws, cloudformation, name):
    """AWS CloudFormation User Guide, AWS::CodeBuild::Project: Ref gives its name; what is no longer given goes
    back to its default."""
    def template(**more):
        role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}
        project = {
            "Name": name, "ServiceRole": {"Fn::GetAtt": ["Role", "Arn"]},
            "Source": {"Type": "NO_SOURCE", "BuildSpec": "version: 0.2\nphases: {build: {commands: ['true']}}\n"},
            "Artifacts": {"Type": "NO_ARTIFACTS"},
            "Environment": {"Type": "LINUX_CONTAINER", "ComputeType": "BUILD_GENERAL1_SMALL",
                            "Image": "aws/codebuild/standard:7.0",
                            "EnvironmentVariables": [{"Name": "STAGE", "Value": "prod"}]}, **more}
        return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role},
                              "Project": {"Type": "AWS::CodeBuild::Project", "Properties": project}},
                "Outputs": {"Name": {"Value": {"Ref": "Project"}},
                            "Arn": {"Value": {"Fn::GetAtt": ["Project", "Arn"]}}}}

    codebuild = aws.client("codebuild")
    create(cloudformation, name, template(Description="first", Tags=[{"Key": "team", "Value": "a"}]),
           Capabilities=["CAPABILITY_IAM"])
    project = codebuild.batch_get_projects(names=[name])["projects"][0]
    assert outputs(cloudformation, name) == {"Name": name, "Arn": project["arn"]}
    assert project["environment"]["environmentVariables"] == [
        {"name": "STAGE", "value": "prod", "type": "PLAINTEXT"}]
    assert {"key": "team", "value": "a"} in project["tags"]
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template(TimeoutInMinutes=10)),
                                Capabilities=["CAPABILITY_IAM"])
    wait(cloudformation, name, "stack_update_complete")
    project = codebuild.batch_get_projects(names=[name])["projects"][0]
    assert project["timeoutInMinutes"] == 10 and not project.get("description")
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, name, "stack_delete_complete")
    assert codebuild.batch_get_projects(names=[name])["projectsNotFound"] == [name]


def test_a_bucket_belongs_to_the_stack_that_made_it(aws, cloudformation, name):
    # AWS::S3::Bucket: a stack does not take over a bucket that exists.
    bucket = {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{name}-bucket"}}}
    create(cloudformation, name, {"Resources": bucket})
    other = f"{name}-other"
    cloudformation.create_stack(StackName=other, TemplateBody=json.dumps({"Resources": bucket}))
    wait_for(lambda: stack_of(cloudformation, other)["StackStatus"] == "ROLLBACK_COMPLETE")
    assert any("already exists" in one.get("ResourceStatusReason", "")
               for one in events(cloudformation, other))
    cloudformation.delete_stack(StackName=other)
    wait(cloudformation, other, "stack_delete_complete")
    aws.client("s3").head_bucket(Bucket=f"{name}-bucket")


def test_a_buckets_settings_and_policy(aws, cloudformation, name):
    # AWS::S3::Bucket, AWS::S3::BucketPolicy: each property is updated without interruption.
    s3, bucket = aws.client("s3"), f"{name}-bucket"

    def template(policy=True, **properties):
        resources = {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket, **properties}}}
        if policy:
            resources["P"] = {"Type": "AWS::S3::BucketPolicy", "Properties": {
                "Bucket": {"Ref": "B"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
                    "Sid": policy, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                    "Resource": {"Fn::Sub": "${B.Arn}/*"},
                    "Condition": {"Bool": {"aws:SecureTransport": False}}}]}}}
        return {"Resources": resources}

    def update(changed):
        cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(changed))
        wait(cloudformation, name, "stack_update_complete")

    def sid():
        return json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Sid"]
    create(cloudformation, name, template(
        "first", VersioningConfiguration={"Status": "Enabled"},
        BucketEncryption={"ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]},
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True},
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}))
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rule, = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"} and rule["BucketKeyEnabled"]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert (block["BlockPublicPolicy"], block["IgnorePublicAcls"]) == (True, False)
    assert sid() == "first"

    other = f"{name}-other"
    taken = {"Resources": {"P": {"Type": "AWS::S3::BucketPolicy", "Properties": {
        **template("other")["Resources"]["P"]["Properties"], "Bucket": bucket}}}}
    taken["Resources"]["P"]["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] = f"arn:aws:s3:::{bucket}/*"
    cloudformation.create_stack(StackName=other, TemplateBody=json.dumps(taken))
    wait_for(lambda: stack_of(cloudformation, other)["StackStatus"] == "ROLLBACK_COMPLETE")
    assert any(f"The bucket policy already exists on bucket {bucket}." in one.get("ResourceStatusReason", "")
               for one in events(cloudformation, other))
    cloudformation.delete_stack(StackName=other)
    wait(cloudformation, other, "stack_delete_complete")
    assert sid() == "first"

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    update(template("second", VersioningConfiguration={"Status": "Suspended"}))
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    rule, = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert sid() == "second"
    update(template(None))
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)

    # A bucket that is not empty is not deleted, and neither is one of which versions are left.
    s3.delete_object(Bucket=bucket, Key="k")
    cloudformation.delete_stack(StackName=name)
    wait_for(lambda: stack_of(cloudformation, name)["StackStatus"] == "DELETE_FAILED")
    assert any("You must delete all versions in the bucket." in one.get("ResourceStatusReason", "")
               for one in events(cloudformation, name))
    left = s3.list_object_versions(Bucket=bucket)
    for one in left["Versions"] + left["DeleteMarkers"]:
        s3.delete_object(Bucket=bucket, Key="k", VersionId=one["VersionId"])
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, name, "stack_delete_complete")


def test_policies_may_be_functions(aws, cloudformation, name):
    # Template reference, "Transform AWS::LanguageExtensions": DeletionPolicy and UpdateReplacePolicy
    # take intrinsic functions; CDK and SAM templates write !If there.
    create(cloudformation, name, {
        "Parameters": {"Stage": {"Type": "String", "Default": "prod"}},
        "Conditions": {"Keep": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {"B": {"Type": "AWS::S3::Bucket",
                            "DeletionPolicy": {"Fn::If": ["Keep", "Retain", "Delete"]},
                            "Properties": {"BucketName": f"{name}-kept"}}}})
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, name, "stack_delete_complete")
    aws.client("s3").head_bucket(Bucket=f"{name}-kept")


@pytest.mark.parametrize("named", (False, True))
def test_a_keys_type_changes_by_replacing_the_table(aws, cloudformation, name, named):
    # AWS::DynamoDB::Table, AttributeDefinitions: "Replacement if you edit an existing
    # AttributeDefinition"; User Guide: a resource with a custom name is not replaced.
    def template(key_type):
        properties = {"BillingMode": "PAY_PER_REQUEST",
                      "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
                      "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": key_type}]}
        if named:
            properties["TableName"] = f"{name}-table"
        return {"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    create(cloudformation, name, template("S"))

    def table():
        return cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="T")[
            "StackResourceDetail"]["PhysicalResourceId"]
    before = table()
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template("N")))
    wait_for(lambda: not stack_of(cloudformation, name)["StackStatus"].endswith("_IN_PROGRESS"))
    if named:
        assert stack_of(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        reasons = [one.get("ResourceStatusReason", "") for one in events(cloudformation, name)]
        assert any("cannot update a stack when a custom-named resource requires replacing. "
                   f"Rename {before} and update the stack again." in one for one in reasons)
        return
    assert stack_of(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"
    described = aws.client("dynamodb").describe_table(TableName=table())["Table"]
    assert table() != before
    assert described["AttributeDefinitions"] == [{"AttributeName": "p", "AttributeType": "N"}]


RULE = """
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Sub '/aws/events/${AWS::StackName}'}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Description: what builds say
      EventPattern: {source: [!Ref AWS::StackName], detail: {build-status: [FAILED, STATE]}}
      State: ENABLED
      Targets:
        - {Id: log, Arn: !Sub 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}'}
Outputs:
  Rule: {Value: !Ref Rule}
  Arn: {Value: !GetAtt Rule.Arn}
"""


def test_rule_with_target(aws, cloudformation, name):
    # Template reference, AWS::Events::Rule: Ref is the name, Fn::GetAtt gives Arn.
    create(cloudformation, name, RULE)
    made, bridge = outputs(cloudformation, name), aws.client("events")
    rule = bridge.describe_rule(Name=made["Rule"])
    assert (rule["Arn"], rule["State"], rule["Description"]) == (made["Arn"], "ENABLED", "what builds say")
    assert json.loads(rule["EventPattern"]) == {"source": [name], "detail": {"build-status": ["FAILED", "STATE"]}}
    [target] = bridge.list_targets_by_rule(Rule=made["Rule"])["Targets"]
    assert (target["Id"], target["Arn"].split(":log-group:")[1]) == ("log", f"/aws/events/{name}")
    changed = RULE.replace("State: ENABLED", "State: DISABLED").replace("Id: log", "Id: other")
    cloudformation.update_stack(StackName=name, TemplateBody=changed)
    wait(cloudformation, name, "stack_update_complete")
    assert bridge.describe_rule(Name=made["Rule"])["State"] == "DISABLED"
    assert [each["Id"] for each in bridge.list_targets_by_rule(Rule=made["Rule"])["Targets"]] == ["other"]


SCALED = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: p, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: p, AttributeType: S}]
      ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 5}
  Writes:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: dynamodb
      ResourceId: !Sub table/${Table}
      ScalableDimension: dynamodb:table:WriteCapacityUnits
      MinCapacity: 5
      MaxCapacity: 10
      ScheduledActions:
      - {ScheduledActionName: night, Schedule: 'cron(0 22 * * ? *)', ScalableTargetAction: {MaxCapacity: 5}}
Outputs:
  Writes: {Value: !Ref Writes}
  Table: {Value: !Ref Table}
"""


def test_scalable_target(aws, cloudformation, name):
    # Template reference, AWS::ApplicationAutoScaling::ScalableTarget: Ref is resource, dimension and namespace.
    create(cloudformation, name, SCALED)
    made, scaling = outputs(cloudformation, name), aws.client("application-autoscaling")
    assert made["Writes"] == f"table/{made['Table']}|dynamodb:table:WriteCapacityUnits|dynamodb"
    words = {"ServiceNamespace": "dynamodb", "ResourceId": f"table/{made['Table']}"}

    def bounds():
        targets = scaling.describe_scalable_targets(ServiceNamespace="dynamodb", ResourceIds=[words["ResourceId"]])
        return [(each["MinCapacity"], each["MaxCapacity"]) for each in targets["ScalableTargets"]]

    assert bounds() == [(5, 10)]
    [action] = scaling.describe_scheduled_actions(**words)["ScheduledActions"]
    assert (action["ScheduledActionName"], action["Schedule"]) == ("night", "cron(0 22 * * ? *)")
    cloudformation.update_stack(StackName=name, TemplateBody=SCALED.replace("MaxCapacity: 10", "MaxCapacity: 20")
                                .replace("ScheduledActionName: night", "ScheduledActionName: late"))
    wait(cloudformation, name, "stack_update_complete")
    assert bounds() == [(5, 20)]
    [action] = scaling.describe_scheduled_actions(**words)["ScheduledActions"]
    assert action["ScheduledActionName"] == "late"


def test_a_rule_belongs_to_who_made_it(aws, cloudformation, name):
    # PutRule answers for a rule that is there already; CloudFormation does not take it.
    bridge = aws.client("events")
    bridge.put_rule(Name=name, EventPattern='{"source": ["mine"]}')
    try:
        body = RULE.replace("Description:", f"Name: {name}\n      Description:")
        cloudformation.create_stack(StackName=name, TemplateBody=body)
        until(cloudformation, name, "ROLLBACK_COMPLETE")
        reasons = [each.get("ResourceStatusReason", "") for each in events(cloudformation, name)]
        assert any("already exists" in reason for reason in reasons)
        assert json.loads(bridge.describe_rule(Name=name)["EventPattern"]) == {"source": ["mine"]}
    finally:
        bridge.delete_rule(Name=name)


def test_ways_back_are_for_who_needs_them(cloudformation, name):
    """API reference; test_cloudformation_recovery.py has them at work."""
    create(cloudformation, name, LOGS)
    for call in (cloudformation.cancel_update_stack, cloudformation.continue_update_rollback,
                 cloudformation.rollback_stack):
        assert error_of(call, StackName=name)[0] == "ValidationError"
        assert error_of(call, StackName="no-such") == ("ValidationError", "Stack [no-such] does not exist")
    cloudformation.set_stack_policy(StackName=name, StackPolicyBody="{}")
    assert cloudformation.get_stack_policy(StackName=name)["StackPolicyBody"] == "{}"


def test_every_operation_was_called(aws, called):
    assert not_called(called, "cloudformation", aws.region_endpoint("us-east-1")) == []
