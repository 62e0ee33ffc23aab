"""Resource import. Sources: CloudFormation User Guide ("Import AWS resources into a CloudFormation stack",
"Create a stack from existing resources", "Import an existing resource into a stack"), API Reference
(CreateChangeSet: ChangeSetType, ResourcesToImport; Stack status codes), and the texts that users report."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.waiting import wait_for

KEYS = {"BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}


@pytest.fixture(scope="module")
def cloudformation(aws):
    return aws.client("cloudformation")


@pytest.fixture(scope="module")
def dynamodb(aws):
    return aws.client("dynamodb")


@pytest.fixture
def name():
    return f"import-{uuid.uuid4().hex[:12]}"


def table(name, type_="AWS::DynamoDB::Table", **more):
    return {"Type": type_, "DeletionPolicy": "Retain", "Properties": {"TableName": name, **KEYS, **more}}


def wish(type_, logical_id, **identifier):
    return {"ResourceType": type_, "LogicalResourceId": logical_id, "ResourceIdentifier": identifier}


def at_rest(cloudformation, name):
    def status():
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return None if found.endswith("_IN_PROGRESS") else found
    return wait_for(status, what="the end of the operation")


def take_in(cloudformation, name, resources, *wishes):
    change_set = f"import-{len(resources)}"
    cloudformation.create_change_set(
        StackName=name, ChangeSetName=change_set, ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": resources}), ResourcesToImport=list(wishes))
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
    assert described["Status"] == "CREATE_COMPLETE", described.get("StatusReason")
    cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
    return described, at_rest(cloudformation, name)


def test_a_table_into_a_new_stack_and_another_into_the_same(cloudformation, dynamodb, name):
    for number in (1, 2):
        dynamodb.create_table(TableName=f"{name}-{number}", **KEYS)
        dynamodb.get_waiter("table_exists").wait(TableName=f"{name}-{number}")
    dynamodb.put_item(TableName=f"{name}-1", Item={"id": {"S": "kept"}})
    first = {"First": table(f"{name}-1")}
    described, status = take_in(cloudformation, name, first,
                                wish("AWS::DynamoDB::Table", "First", TableName=f"{name}-1"))
    change = described["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["LogicalResourceId"]) == ("Import", "First")
    assert status == "IMPORT_COMPLETE"
    statuses = [event["ResourceStatus"] for event in
                cloudformation.describe_stack_events(StackName=name)["StackEvents"]
                if event["LogicalResourceId"] == "First"]
    assert statuses == ["IMPORT_COMPLETE", "IMPORT_IN_PROGRESS"]

    both = {**first, "Second": table(f"{name}-2")}
    _, status = take_in(cloudformation, name, both,
                        wish("AWS::DynamoDB::Table", "Second", TableName=f"{name}-2"))
    assert status == "IMPORT_COMPLETE"
    assert dynamodb.get_item(TableName=f"{name}-1", Key={"id": {"S": "kept"}})["Item"]

    # From here on it is a stack like any other.
    both["First"]["Properties"]["StreamSpecification"] = {"StreamViewType": "KEYS_ONLY"}
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(
        {"Resources": both, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["First", "Arn"]}}}}))
    assert at_rest(cloudformation, name) == "UPDATE_COMPLETE"
    assert dynamodb.describe_table(TableName=f"{name}-1")["Table"]["StreamSpecification"]["StreamEnabled"]
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    for number in (1, 2):
        dynamodb.delete_table(TableName=f"{name}-{number}")


def test_a_global_table_and_resources_of_other_services(aws, cloudformation, dynamodb, name):
    dynamodb.create_table(TableName=name, StreamSpecification={
        "StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}, **KEYS)
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    aws.client("logs").create_log_group(logGroupName=name)
    aws.client("s3").create_bucket(Bucket=name)
    api = aws.client("apigateway").create_rest_api(name=name)["id"]
    zone = aws.client("route53").create_hosted_zone(Name=f"{name}.test", CallerReference=name)
    zone = zone["HostedZone"]["Id"].rsplit("/", 1)[1]
    resources = {
        "Table": table(name, "AWS::DynamoDB::GlobalTable", Replicas=[{"Region": "us-east-1"}],
                       StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"}),
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}},
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name}},
        "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": f"{name}.test"}},
    }
    for resource in resources.values():
        resource["DeletionPolicy"] = "Delete"
    cloudformation.create_change_set(
        StackName=name, ChangeSetName="import", ChangeSetType="IMPORT",
        Capabilities=["CAPABILITY_IAM"], TemplateBody=json.dumps({"Resources": resources}),
        ResourcesToImport=[wish("AWS::DynamoDB::GlobalTable", "Table", TableName=name),
                           wish("AWS::IAM::Role", "Role", RoleName=name),
                           wish("AWS::Logs::LogGroup", "Group", LogGroupName=name),
                           wish("AWS::S3::Bucket", "Bucket", BucketName=name),
                           wish("AWS::ApiGateway::RestApi", "Api", RestApiId=api),
                           wish("AWS::Route53::HostedZone", "Zone", Id=zone)])
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName="import")
    assert described["Status"] == "CREATE_COMPLETE", described.get("StatusReason")
    cloudformation.execute_change_set(StackName=name, ChangeSetName="import")
    assert at_rest(cloudformation, name) == "IMPORT_COMPLETE"
    shown = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in
             cloudformation.describe_stack_resources(StackName=name)["StackResources"]}
    assert shown == {"Table": name, "Role": name, "Group": name, "Bucket": name, "Api": api, "Zone": zone}
    # "Delete" was asked for: the stack takes with it what it took in.
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    assert name not in dynamodb.list_tables()["TableNames"]
    assert name not in [one["RoleName"] for one in aws.client("iam").list_roles()["Roles"]]


def test_refusals(cloudformation, dynamodb, name):
    dynamodb.create_table(TableName=name, **KEYS)
    dynamodb.get_waiter("table_exists").wait(TableName=name)

    def refusal(resources, *wishes, **more):
        with pytest.raises(ClientError) as refused:
            cloudformation.create_change_set(
                StackName=name, ChangeSetName="import", ChangeSetType="IMPORT",
                TemplateBody=json.dumps({"Resources": resources, **more}), ResourcesToImport=list(wishes))
        assert refused.value.response["Error"]["Code"] == "ValidationError"
        return refused.value.response["Error"]["Message"]

    ours = wish("AWS::DynamoDB::Table", "T", TableName=name)
    without = table(name)
    del without["DeletionPolicy"]
    assert refusal({"T": without}, ours) == (
        "The following resources to import [T] must have DeletionPolicy attribute specified in the template.")
    permission = {"Type": "AWS::Lambda::Permission", "DeletionPolicy": "Retain", "Properties": {
        "FunctionName": "f", "Action": "a", "Principal": "p"}}
    assert refusal({"P": permission}, wish("AWS::Lambda::Permission", "P", Id="x")) == (
        "The following resource types are not supported for resource import: AWS::Lambda::Permission")
    assert refusal({"T": table(name)}, ours, Outputs={"Name": {"Value": {"Ref": "T"}}}) == (
        "As part of the import operation, you cannot modify or add [Outputs]")

    cloudformation.create_change_set(
        StackName=name, ChangeSetName="none", ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": {"T": table(f"{name}-none")}}),
        ResourcesToImport=[wish("AWS::DynamoDB::Table", "T", TableName=f"{name}-none")])
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName="none")
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")

    take_in(cloudformation, name, {"T": table(name)}, ours)
    with pytest.raises(ClientError, match=r"Resources \[T\] passed in ResourceToImport are already in a "
                                          "stack and cannot be imported"):
        cloudformation.create_change_set(
            StackName=f"{name}-other", ChangeSetName="import", ChangeSetType="IMPORT",
            TemplateBody=json.dumps({"Resources": {"T": table(name)}}), ResourcesToImport=[ours])
    cloudformation.delete_stack(StackName=name)
    dynamodb.delete_table(TableName=name)
