"""What AWS has added since Debian's botocore, and what nobody knows, is refused by name and never dropped."""
import json
import pathlib
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.support.world import REGIONS, World
from tests.support.younger import more

HOME = REGIONS[0]
ROLE = "arn:aws:iam::123456789012:role/r"
TEMPLATE = json.dumps({"Resources": {"G": {"Type": "AWS::Logs::LogGroup"}}})
TARGET = {"Id": "a", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f"}
STACK = {"StackName": "younger", "TemplateBody": TEMPLATE}
CHANGES = {**STACK, "ChangeSetName": "c", "ChangeSetType": "CREATE"}
FUNCTION = {"FunctionName": "f", "Role": ROLE, "Code": {"ZipFile": b"x"}, "Runtime": "provided.al2023",
            "Handler": "h"}

# Service, operation, what boto3 knows, what it does not know yet, how Tandem names it, the error's code.
# Each is in the service's API reference, under the operation; botocore 1.43.11 has them all.
YOUNGER = [
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"x"},
     {"headers": {"x-amz-write-offset-bytes": "1"}}, "WriteOffsetBytes", "NotImplemented"),
    ("s3", "CreateBucket", {"Bucket": "tagged"}, {"headers": {"x-amz-bucket-namespace": "account-regional"}},
     "BucketNamespace", "NotImplemented"),
    ("s3", "ListObjectsV2", {"Bucket": "b"}, {"headers": {"x-amz-optional-object-attributes": "RestoreStatus"}},
     "OptionalObjectAttributes", "NotImplemented"),
    ("logs", "CreateLogGroup", {"logGroupName": "g"}, {"members": {"logGroupClass": "INFREQUENT_ACCESS"}},
     "logGroupClass other than STANDARD", "InvalidParameterException"),
    ("logs", "DescribeLogGroups", {}, {"members": {"logGroupIdentifiers": ["g"]}}, "logGroupIdentifiers",
     "InvalidParameterException"),
    ("cloudformation", "CreateStack", STACK, {"fields": {"RetainExceptOnCreate": "true"}},
     "RetainExceptOnCreate other than false", "ValidationError"),
    ("cloudformation", "CreateChangeSet", CHANGES, {"fields": {"DeploymentMode": "REVERT_DRIFT"}},
     "DeploymentMode", "ValidationError"),
    ("cloudformation", "CreateChangeSet", CHANGES, {"fields": {"ImportExistingResources": "true"}},
     "ImportExistingResources other than false", "ValidationError"),
    ("cloudformation", "DescribeChangeSet", {"StackName": "s", "ChangeSetName": "c"},
     {"fields": {"IncludePropertyValues": "true"}}, "IncludePropertyValues other than false", "ValidationError"),
    ("apigateway", "CreateRestApi", {"name": "a"}, {"members": {"securityPolicy": "TLS_1_2"}}, "securityPolicy",
     "BadRequestException"),
    ("apigateway", "GetDomainNames", {}, {"query": "resourceOwner=SELF"}, "resourceOwner", "BadRequestException"),
    ("lambda", "Invoke", {"FunctionName": "f"}, {"headers": {"X-Amz-Tenant-Id": "blue"}}, "TenantId",
     "InvalidParameterValueException"),
    ("lambda", "CreateFunction", FUNCTION, {"members": {"VpcConfig": {"Ipv6AllowedForDualStack": True}}},
     "VpcConfig.Ipv6AllowedForDualStack other than false", "InvalidParameterValueException"),
    ("acm", "RequestCertificate", {"DomainName": "a.example", "ValidationMethod": "DNS"},
     {"members": {"Options": {"Export": "ENABLED"}}}, "Options.Export other than DISABLED", "ValidationException"),
    ("events", "PutTargets", {"Rule": "r", "Targets": [TARGET]},
     {"members": {"Targets": [{**TARGET, "AppSyncParameters": {"GraphQLOperation": "q"}}]}},
     "Targets.AppSyncParameters", "ValidationException"),
    ("dynamodb", "UpdateTable", {"TableName": "todo", "BillingMode": "PAY_PER_REQUEST"},
     {"members": {"WarmThroughput": {"ReadUnitsPerSecond": 1}}}, "WarmThroughput", "ValidationException"),
    ("route53", "ListHostedZones", {}, {"query": "hostedzonetype=PrivateHostedZone"}, "HostedZoneType",
     "InvalidInput"),
    ("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "me"},
     {"fields": {"ProvidedContexts.member.1.ContextAssertion": "abcd"}}, "ProvidedContexts", "ValidationError"),
]
# A call that boto3 knows, what makes it another operation, that operation.
OPERATIONS = [
    ("logs", "DescribeLogGroups", {}, {"headers": {"X-Amz-Target": "Logs_20140328.PutDeliverySource"}},
     "PutDeliverySource of logs", "NotImplementedException"),
    ("dynamodb", "ListTables", {}, {"headers": {"X-Amz-Target": "DynamoDB_20120810.PutResourcePolicy"}},
     "PutResourcePolicy of dynamodb", "NotImplementedException"),
    ("dynamodb", "ListTables", {}, {"headers": {"X-Amz-Target": "DynamoDBStreams_20120810.ListStreams"}},
     "ListStreams of dynamodbstreams", "NotImplementedException"),
    ("events", "ListRules", {}, {"headers": {"X-Amz-Target": "AWSEvents.UpdateEventBus"}},
     "UpdateEventBus of events", "NotImplementedException"),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k"},
     {"query": "renameObject", "headers": {"x-amz-rename-source": "b/j"}}, "RenameObject of s3", "NotImplemented"),
    ("lambda", "GetFunctionConfiguration", {"FunctionName": "f"},
     {"path": "/2024-08-31/functions/f/recursion-config"}, "GetFunctionRecursionConfig of lambda",
     "NotImplementedException"),
    ("apigateway", "GetAccount", {}, {"path": "/domainnameaccessassociations"},
     "GetDomainNameAccessAssociations of apigateway", "NotImplementedException"),
    ("cloudformation", "ListStacks", {}, {"fields": {"Action": "ListGeneratedTemplates"}},
     "ListGeneratedTemplates of cloudformation", "NotImplemented"),
]
# The same with what is nobody's.
NOBODYS = [
    ("dynamodb", "ListTables", {}, {"members": {"NotYetKnown": 1}}, "NotYetKnown", "ValidationException"),
    ("dynamodb", "PutItem", {"TableName": "todo", "Item": {"id": {"S": "a"}}}, {"members": {"NotYetKnown": 1}},
     "NotYetKnown", "ValidationException"),
    ("lambda", "CreateFunction", FUNCTION, {"members": {"Environment": {"NotYetKnown": 1}}},
     "Environment.NotYetKnown", "InvalidParameterValueException"),
    ("cloudformation", "CreateStack", {**STACK, "Tags": [{"Key": "a", "Value": "b"}]},
     {"fields": {"Tags.member.1.NotYetKnown": "1"}}, "Tags.NotYetKnown", "ValidationError"),
    ("apigateway", "GetRestApis", {}, {"query": "notYetKnown=1"}, "notYetKnown", "BadRequestException"),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"x"}, {"headers": {"x-amz-not-yet-known": "1"}},
     "x-amz-not-yet-known", "NotImplemented"),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"x"}, {"query": "notYetKnown"}, "notYetKnown",
     "NotImplemented"),
]


@pytest.fixture(scope="module")
def world():
    started = World()
    try:
        started.start()
        yield started
    finally:
        started.close()


def refusal(world, service, operation, known, added):
    client = world.client(service, HOME)
    call = client.meta.service_model.operation_model(operation)
    method = next(name for name, of in client.meta.method_to_api_mapping.items() if of == call.name)
    with more(client, operation, **added), pytest.raises(ClientError) as caught:
        getattr(client, method)(**known)
    return caught.value.response["Error"]


@pytest.mark.parametrize("service, operation, known, added, named, code", YOUNGER)
def test_a_member_that_aws_has_added_is_refused_by_name(world, service, operation, known, added, named, code):
    error = refusal(world, service, operation, known, added)
    assert error["Message"] == f"Tandem does not support the parameter {named} of {operation} yet."
    assert error["Code"] == code


@pytest.mark.parametrize("service, operation, known, added, named, code", OPERATIONS)
def test_an_operation_that_aws_has_added_is_refused_by_name(world, service, operation, known, added, named, code):
    error = refusal(world, service, operation, known, added)
    assert (error["Code"], error["Message"]) == (code, f"Tandem does not support the operation {named} yet.")


@pytest.mark.parametrize("service, operation, known, added, named, code", NOBODYS)
def test_what_nobody_knows_is_refused_by_name(world, service, operation, known, added, named, code):
    error = refusal(world, service, operation, known, added)
    assert (error["Code"], error["Message"]) == (code, f"Tandem does not know the parameter {named} of {operation}.")


def test_what_is_refused_has_no_effect(world):
    s3, logs = world.client("s3", HOME), world.client("logs", HOME)
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"old")
    error = refusal(world, "s3", "DeleteObject", {"Bucket": "kept", "Key": "k"}, {"headers": {"If-Match": '"x"'}})
    assert error["Message"] == "Tandem does not support the parameter IfMatch of DeleteObject yet."
    assert s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"old"
    refusal(world, "logs", "CreateLogGroup", {"logGroupName": "kept"}, {"members": {"deletionProtectionEnabled": True}})
    assert logs.describe_log_groups(logGroupNamePrefix="kept")["logGroups"] == []


def test_the_manifest_lists_every_operation_and_resource_type(world):
    with urllib.request.urlopen(f"{world.region_endpoint(HOME)}/_tandem/coverage") as answer:
        manifest = json.load(answer)
    services, types = manifest["services"], manifest["resourceTypes"]
    assert services["logs"]["PutDeliverySource"] == {"status": "absent"}
    assert "deletionProtectionEnabled" in services["logs"]["CreateLogGroup"]["missing"]
    assert set(services["dynamodbstreams"]) == {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
    for service, rows in services.items():
        older = world.client(service, HOME).meta.service_model.operation_names
        assert set(older) <= set(rows), service
    root = pathlib.Path(__file__).resolve().parents[2] / "src/services/cloudformation/schemas"
    names = set((root / "type-names.txt").read_text().split())
    assert set(types) == names
    served = {name for name, row in types.items() if row["status"] != "absent"}
    assert len(served) == len(list(root.glob("*.json"))) and "AWS::EC2::VPC" not in served
    assert types["AWS::ApiGateway::Resource"] == {"status": "implemented"}
    assert "KmsKeyId" in types["AWS::Logs::LogGroup"]["missing"]


def test_a_user_may_go_on_with_what_nobody_knows():
    """unknown_members: warn of tandem.yaml. What is known and not implemented is refused all the same."""
    world = World(extra="unknown_members: warn\n")
    try:
        world.start()
        dynamodb, s3, logs = (world.client(name) for name in ("dynamodb", "s3", "logs"))
        with more(dynamodb, "CreateTable", members={"NotYetKnown": 1}):
            dynamodb.create_table(
                TableName="unknown", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
        for _ in range(2):
            with more(dynamodb, "PutItem", members={"NotYetKnown": 1}):
                dynamodb.put_item(TableName="unknown", Item={"k": {"S": "kept"}})
        s3.create_bucket(Bucket="unknown-members")
        with more(s3, "PutObject", headers={"x-amz-not-yet-known": "1"}):
            s3.put_object(Bucket="unknown-members", Key="k", Body=b"kept")
        assert s3.get_object(Bucket="unknown-members", Key="k")["Body"].read() == b"kept"
        log = (world.folder / ".tandem" / HOME / "log").read_text()
        for operation, name in (("CreateTable", "NotYetKnown"), ("PutItem", "NotYetKnown"),
                                ("PutObject", "x-amz-not-yet-known")):
            assert log.count(f"{operation}: the parameter {name} is not known here and was passed over") == 1, log
        with more(logs, "CreateLogGroup", members={"logGroupClass": "INFREQUENT_ACCESS"}):
            with pytest.raises(ClientError, match="logGroupClass other than STANDARD"):
                logs.create_log_group(logGroupName="g")
    finally:
        world.close()
