"""kill -9 in the middle of stack operations, at random moments: an operation whose region comes back goes on
and ends well, what a stack made is undone in full, what it did not make stays. Of the region that runs the
stack, of `global` (IAM, Route 53) and of both at once; what needs `global` while it is away may be rolled back.

Source: CloudFormation User Guide, "Stack failure options": a creation that fails is rolled back, which
"deletes all resources created by the stack"."""
import io
import json
import os
import random
import signal
import threading
import time
import zipfile

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.processes import alive, pid_of
from tests.support.waiting import pace, wait_for
from tests.support.world import World

ROUNDS = int(os.environ.get("STACK_KILLS", "10"))
REGION = "us-east-1"
STACK = "kills"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
INVOKE = ("arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function0.Arn}"
          "/invocations")
TABLE = {"BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}


def named(count, type_, property_, properties, prefix):
    """Half of them bear a name of the template, half one that CloudFormation makes up."""
    resources = {}
    for index in range(count):
        own = {property_: f"{prefix}-{index}"} if index % 2 else {}
        resources[f"{prefix.title().replace('-', '')}{index}"] = {
            "Type": type_, "Properties": {**properties, **own}}
    return resources


def api(index, generation):
    """A REST API down to its stage, with key and plan."""
    name = f"Api{index}"
    ref = {"Ref": name}
    return {
        name: {"Type": "AWS::ApiGateway::RestApi",
               "Properties": {"Name": f"kills-{index}", "Description": generation}},
        f"{name}Things": {"Type": "AWS::ApiGateway::Resource", "Properties": {
            "RestApiId": ref, "ParentId": {"Fn::GetAtt": [name, "RootResourceId"]}, "PathPart": "things"}},
        f"{name}Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
            "RestApiId": ref, "ResourceId": {"Ref": f"{name}Things"}, "HttpMethod": "GET",
            "AuthorizationType": "NONE", "Integration": {
                "Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Sub": INVOKE}}}},
        f"{name}Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": f"{name}Get",
                              "Properties": {"RestApiId": ref}},
        f"{name}Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {
            "RestApiId": ref, "StageName": "prod", "DeploymentId": {"Ref": f"{name}Deployment"}}},
        f"{name}Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True}},
        f"{name}Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {
            "ApiStages": [{"ApiId": ref, "Stage": {"Ref": f"{name}Stage"}}]}},
        f"{name}PlanKey": {"Type": "AWS::ApiGateway::UsagePlanKey", "Properties": {
            "KeyId": {"Ref": f"{name}Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": f"{name}Plan"}}},
    }


def names(generation):
    """A zone, records in it, health checks."""
    resources = {}
    for index in range(2):
        zone = f"Zone{index}"
        resources[zone] = {"Type": "AWS::Route53::HostedZone",
                           "Properties": {"Name": f"kills{index}.test"}}
        for number in range(3):
            resources[f"{zone}Record{number}"] = {"Type": "AWS::Route53::RecordSet", "Properties": {
                "HostedZoneId": {"Ref": zone}, "Name": f"r{number}.kills{index}.test", "Type": "A",
                "TTL": "60" if generation == "first" else "61", "ResourceRecords": ["192.0.2.1"]}}
        resources[f"Check{index}"] = {"Type": "AWS::Route53::HealthCheck", "Properties": {
            "HealthCheckConfig": {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 1 + index,
                                  "Disabled": True}}}
    return resources


def functions():
    resources = {}
    for index in range(4):
        resources[f"Function{index}"] = {"Type": "AWS::Lambda::Function", "Properties": {
            "Role": {"Fn::GetAtt": ["KillsRole0", "Arn"]}, "Runtime": "provided.al2023", "Handler": "x",
            "Code": {"S3Bucket": "kills-code", "S3Key": "code.zip"},
            **({"FunctionName": f"kills-function-{index}"} if index % 2 else {})}}
        resources[f"Permission{index}"] = {"Type": "AWS::Lambda::Permission", "Properties": {
            "FunctionName": {"Ref": f"Function{index}"}, "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com"}}
    return resources


def template(generation="first"):
    """About 70 resources of nearly every type. Another generation changes some, replaces some."""
    days = 7 if generation == "first" else 14
    resources = {
        **named(8, "AWS::IAM::Role", "RoleName", {"AssumeRolePolicyDocument": TRUST}, "kills-role"),
        **named(8, "AWS::S3::Bucket", "BucketName", {}, "kills-bucket"),
        **named(10, "AWS::Logs::LogGroup", "LogGroupName", {"RetentionInDays": days}, "kills-group"),
        **named(4, "AWS::DynamoDB::Table", "TableName", TABLE, "kills-table"),
        **api(0, generation), **api(1, generation), **names(generation), **functions(),
        "Certificate": {"Type": "AWS::CertificateManager::Certificate", "Properties": {
            "DomainName": "kills.test" if generation == "first" else "other.kills.test",
            "ValidationMethod": "DNS"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "Path": "/" if generation == "first" else "/second/", "AssumeRolePolicyDocument": TRUST}},
    }
    return json.dumps({"Resources": resources})


class Kills:
    """One world, killed again and again."""

    def __init__(self, world):
        self.world = world
        self.cloudformation = world.client("cloudformation")

    def everything(self):
        """Every resource of the types above, by type."""
        client = self.world.client
        route53, gateway = client("route53"), client("apigateway")
        zones = [zone["Id"] for zone in route53.list_hosted_zones()["HostedZones"]]
        return {
            "roles": {one["RoleName"] for one in client("iam").list_roles()["Roles"]},
            "buckets": {one["Name"] for one in client("s3").list_buckets()["Buckets"]},
            "groups": {one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]},
            "tables": set(client("dynamodb").list_tables()["TableNames"]),
            "functions": {one["FunctionName"]
                          for one in client("lambda").list_functions()["Functions"]},
            "apis": {one["id"] for one in gateway.get_rest_apis(limit=500)["items"]},
            "keys": {one["id"] for one in gateway.get_api_keys(limit=500)["items"]},
            "plans": {one["id"] for one in gateway.get_usage_plans(limit=500)["items"]},
            "certificates": {one["CertificateArn"] for one in
                             client("acm").list_certificates()["CertificateSummaryList"]},
            "zones": set(zones),
            "checks": {one["Id"] for one in route53.list_health_checks()["HealthChecks"]},
            "records": {(one["Name"], one["Type"]) for zone in zones for one in
                        route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]},
        }

    def status(self):
        try:
            return self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            assert "does not exist" in str(error), error
            return "none"

    def settled(self):
        def at_rest():
            status = self.status()
            return None if status.endswith("_IN_PROGRESS") else status
        return wait_for(at_rest, timeout=90, what="the end of the operation")

    def create(self):
        self.cloudformation.create_stack(StackName=STACK, TemplateBody=template(),
                                         Capabilities=["CAPABILITY_NAMED_IAM"])

    def update(self):
        self.cloudformation.update_stack(StackName=STACK, TemplateBody=template("second"),
                                         Capabilities=["CAPABILITY_NAMED_IAM"])

    def delete(self):
        self.cloudformation.delete_stack(StackName=STACK)

    def kill_during(self, operation, victims, moment, meanwhile=lambda: None):
        """The operation starts; moment seconds later the victims are gone, and meanwhile() happens."""
        pids = [pid_of(self.world, name) for name in victims]

        def ask():
            try:
                operation()
            except (BotoCoreError, ClientError):
                pass  # nobody answered any more

        asking = threading.Thread(target=ask)
        start = time.monotonic()
        asking.start()
        pace(start, moment, 1)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        asking.join()
        wait_for(lambda: not any(alive(pid) for pid in pids), what="the end of the killed")
        meanwhile()
        self.world.tandem("up", "--no-deploy")

    def one_round(self, operation, victims, moment):
        before = self.everything()
        if operation != "create":
            self.create()
            assert self.settled() == "CREATE_COMPLETE", self.why()
        self.kill_during(getattr(self, operation), victims, moment)
        ended = self.settled()
        # "none" and, of an update, CREATE_COMPLETE: the request was not taken any more.
        good = {"create": ["CREATE_COMPLETE", "none"], "update": ["CREATE_COMPLETE", "UPDATE_COMPLETE"],
                "delete": ["none", "CREATE_COMPLETE"]}[operation]
        if "global" in victims:
            good.append({"create": "ROLLBACK_COMPLETE", "update": "UPDATE_ROLLBACK_COMPLETE"}.get(operation, ""))
        assert ended in good, f"{ended}: {self.why()}"
        if ended != "none":
            self.delete()
            assert self.settled() == "none", self.why()
        after = self.everything()
        assert after == before, {kind: (after[kind] ^ before[kind]) for kind in before}
        return ended

    def why(self):
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=STACK)
        events = [event for page in pages for event in page["StackEvents"]]
        return [(event["LogicalResourceId"], event["ResourceStatus"], event["ResourceStatusReason"])
                for event in events if "FAILED" in event["ResourceStatus"]
                and "ResourceStatusReason" in event] or self.world.process_logs()


@pytest.fixture
def kills():
    world = World()
    try:
        world.start()
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, "#!/bin/sh\n")
        storage = world.client("s3")
        storage.create_bucket(Bucket="kills-code")
        storage.put_object(Bucket="kills-code", Key="code.zip", Body=code.getvalue())
        yield Kills(world)
    finally:
        world.close()


def test_nothing_stays_of_a_killed_operation(kills):
    seed = int(os.environ.get("STACK_KILLS_SEED", random.randrange(2**32)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    ended = {}
    for number in range(ROUNDS):
        operation = chance.choice(["create", "create", "update", "delete"])
        victims = chance.choice([(REGION,), (REGION,), ("global",), (REGION, "global")])
        moment = chance.uniform(0.005, float(os.environ.get("STACK_KILLS_WITHIN", "0.3")))
        print(f"{number}: {' and '.join(victims)} {moment * 1000:.0f} ms into {operation}")
        result = kills.one_round(operation, victims, moment)
        ended[operation, result] = ended.get((operation, result), 0) + 1
    kills.create()
    assert kills.settled() == "CREATE_COMPLETE", kills.why()
    print(f"{ROUNDS} kills: " + ", ".join(f"{count} {operation} → {result}" for
                                          (operation, result), count in sorted(ended.items())))


def test_a_role_of_somebody_else_stays(kills):
    iam = kills.world.client("iam")
    iam.create_role(RoleName="kills-role-1", AssumeRolePolicyDocument=json.dumps(TRUST))
    kills.create()
    assert kills.settled() == "ROLLBACK_COMPLETE"
    kills.delete()
    assert kills.settled() == "none"
    assert iam.get_role(RoleName="kills-role-1")


def test_a_role_made_while_the_region_is_dead_stays(kills):
    """The region dies about the time it asks for the role, and somebody else makes one of that name: the
    roll back deletes what the stack made, and only that."""
    iam = kills.world.client("iam")
    chance = random.Random(int(os.environ.get("STACK_KILLS_SEED", "1")))
    made = []

    def make():
        try:
            iam.create_role(RoleName="kills-role-1", AssumeRolePolicyDocument=json.dumps(TRUST))
            made.append(True)
        except iam.exceptions.EntityAlreadyExistsException:
            made.append(False)  # the stack was quicker

    role = {"Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "kills-role-1", "AssumeRolePolicyDocument": TRUST}}
    for _ in range(5):
        made.clear()
        kills.kill_during(
            lambda: kills.cloudformation.create_stack(
                StackName=STACK, TemplateBody=json.dumps({"Resources": {"Role": role}}),
                Capabilities=["CAPABILITY_NAMED_IAM"]),
            (REGION,), chance.uniform(0.002, 0.03), make)
        kills.settled()
        kills.delete()
        assert kills.settled() == "none", kills.why()
        present = {one["RoleName"] for one in iam.list_roles()["Roles"]}
        assert ("kills-role-1" in present) == made[0]
        if made[0]:
            iam.delete_role(RoleName="kills-role-1")
