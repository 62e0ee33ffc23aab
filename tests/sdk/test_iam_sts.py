"""IAM and STS as boto3 sees them. Sources: the IAM and STS API References (operation pages) and the
IAM User Guide ("IAM and AWS STS quotas", "Grammar of the IAM JSON policy language")."""
import datetime
import json
import re
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

TRUST = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole"}]}
POLICY = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": ["logs:*"], "Resource": "*"}]}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture(scope="module")
def iam(aws):
    return aws.client("iam", region="us-east-1")


@pytest.fixture(scope="module")
def sts(aws):
    return aws.client("sts", region="us-east-1")


def fresh(kind):
    return f"tandem-test-{kind}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def role(iam):
    name = fresh("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    yield name
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


@pytest.fixture
def user(iam):
    name = fresh("user")
    iam.create_user(UserName=name)
    yield name
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_role_life(iam, sts):
    # CreateRole, GetRole, UpdateAssumeRolePolicy, DeleteRole.
    name, account = fresh("role"), sts.get_caller_identity()["Account"]
    created = iam.create_role(RoleName=name, Path="/service/", Description="d",
                              AssumeRolePolicyDocument=json.dumps(TRUST),
                              Tags=[{"Key": "a", "Value": "1"}])["Role"]
    assert created["Arn"] == f"arn:aws:iam::{account}:role/service/{name}"
    assert re.fullmatch("AROA[A-Z0-9]{17}", created["RoleId"])
    assert created["AssumeRolePolicyDocument"] == TRUST
    assert refusal(iam.create_role, RoleName=name.upper(),
                   AssumeRolePolicyDocument=json.dumps(TRUST)) == ("EntityAlreadyExists", 409)
    got = iam.get_role(RoleName=name)["Role"]
    assert (got["Description"], got["MaxSessionDuration"], got["Path"]) == ("d", 3600, "/service/")
    assert got["Tags"] == [{"Key": "a", "Value": "1"}]
    assert isinstance(got["CreateDate"], datetime.datetime)
    changed = json.loads(json.dumps(TRUST).replace("lambda", "apigateway"))
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(changed))
    assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == changed
    listed = iam.list_roles(PathPrefix="/service/")["Roles"]
    assert name in [entry["RoleName"] for entry in listed]
    iam.delete_role(RoleName=name)
    assert refusal(iam.get_role, RoleName=name) == ("NoSuchEntity", 404)


def test_malformed_documents(iam, role):
    # "Grammar of the IAM JSON policy language".
    for document in ("{", "{}", json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})):
        assert refusal(iam.create_role, RoleName=fresh("role"),
                       AssumeRolePolicyDocument=document) == ("MalformedPolicyDocument", 400)
    for statement in ({"Effect": "Allow", "Action": "logs:*"}, {"Effect": "Allow", "Resource": "*"},
                      {"Effect": "Maybe", "Action": "logs:*", "Resource": "*"}):
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        assert refusal(iam.put_role_policy, RoleName=role, PolicyName="p",
                       PolicyDocument=document) == ("MalformedPolicyDocument", 400)


def test_inline_policies(iam, role):
    # PutRolePolicy, GetRolePolicy, ListRolePolicies, DeleteRolePolicy.
    for name in ("b", "a"):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(POLICY))
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["a", "b"]
    got = iam.get_role_policy(RoleName=role, PolicyName="a")
    assert (got["RoleName"], got["PolicyName"], got["PolicyDocument"]) == (role, "a", POLICY)
    assert refusal(iam.delete_role, RoleName=role) == ("DeleteConflict", 409)
    assert refusal(iam.get_role_policy, RoleName=role, PolicyName="c") == ("NoSuchEntity", 404)
    first = iam.list_role_policies(RoleName=role, MaxItems=1)
    assert (first["PolicyNames"], first["IsTruncated"]) == (["a"], True)
    second = iam.list_role_policies(RoleName=role, MaxItems=1, Marker=first["Marker"])
    assert (second["PolicyNames"], second["IsTruncated"]) == (["b"], False)


def test_managed_policies(iam, role):
    # AttachRolePolicy, CreatePolicy, GetPolicyVersion, DeletePolicy.
    iam.attach_role_policy(RoleName=role, PolicyArn=BASIC)
    iam.attach_role_policy(RoleName=role, PolicyArn=BASIC)
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}]
    assert refusal(iam.delete_role, RoleName=role) == ("DeleteConflict", 409)
    policy = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=json.dumps(POLICY))
    arn = policy["Policy"]["Arn"]
    try:
        assert policy["Policy"]["DefaultVersionId"] == "v1"
        document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
        assert document["Document"] == POLICY
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
        assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
        assert refusal(iam.delete_policy, PolicyArn=arn) == ("DeleteConflict", 409)
        # ListPolicies: without a scope, all.
        attached = iam.get_paginator("list_policies").paginate(OnlyAttached=True, PaginationConfig={"PageSize": 1})
        counts = {each["Arn"]: each["AttachmentCount"] for page in attached for each in page["Policies"]}
        assert counts[arn] == 1 and counts[BASIC] >= 1
        own = {each["Arn"] for each in iam.list_policies(Scope="Local", MaxItems=1000)["Policies"]}
        assert arn in own and BASIC not in own
        found = iam.list_policies(Scope="AWS", PathPrefix="/service-role/", OnlyAttached=True)["Policies"]
        assert BASIC in [each["Arn"] for each in found] and {each["Path"] for each in found} == {"/service-role/"}
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        assert refusal(iam.detach_role_policy, RoleName=role,
                       PolicyArn=arn) == ("NoSuchEntity", 404)
    finally:
        iam.delete_policy(PolicyArn=arn)
    assert refusal(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", 404)


def test_role_tags(iam, role):
    # TagRole, ListRoleTags, UntagRole.
    iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "3"}])
    tags = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role)["Tags"]}
    assert tags == {"a": "3", "b": "2"}
    iam.untag_role(RoleName=role, TagKeys=["a"])
    assert [tag["Key"] for tag in iam.list_role_tags(RoleName=role)["Tags"]] == ["b"]


def client_with(sts, credentials, service="sts"):
    """The same endpoint with other credentials."""
    return boto3.client(
        service, region_name="us-east-1", endpoint_url=sts.meta.endpoint_url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"))


def test_users_and_access_keys(iam, sts, user):
    # CreateUser, CreateAccessKey, ListAccessKeys; two keys at most.
    found = iam.get_user(UserName=user)["User"]
    assert re.fullmatch("AIDA[A-Z0-9]{17}", found["UserId"])
    key = iam.create_access_key(UserName=user)["AccessKey"]
    assert re.fullmatch("AKIA[A-Z0-9]{16}", key["AccessKeyId"])
    assert key["Status"] == "Active"
    identity = client_with(sts, key).get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (found["Arn"], found["UserId"])
    wrong = dict(key, SecretAccessKey="wrong")
    assert refusal(client_with(sts, wrong).get_caller_identity) == ("SignatureDoesNotMatch", 403)
    # UpdateAccessKey: an inactive key does not work; STS names it as IAM's common errors do.
    change = {"UserName": user, "AccessKeyId": key["AccessKeyId"]}
    iam.update_access_key(Status="Inactive", **change)
    assert refusal(client_with(sts, key).get_caller_identity) == ("InvalidClientTokenId", 403)
    iam.update_access_key(Status="Active", **change)
    assert client_with(sts, key).get_caller_identity()["Arn"] == found["Arn"]
    listed = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert [entry["AccessKeyId"] for entry in listed] == [key["AccessKeyId"]]
    assert "SecretAccessKey" not in listed[0]
    iam.create_access_key(UserName=user)
    assert refusal(iam.create_access_key, UserName=user) == ("LimitExceeded", 409)
    # DeleteAccessKey: a deleted key is as good as one that never was, with every service.
    iam.delete_access_key(**change)
    assert refusal(client_with(sts, key).get_caller_identity) == ("InvalidClientTokenId", 403)
    assert refusal(client_with(sts, key, "iam").list_users) == ("InvalidClientTokenId", 403)
    assert refusal(client_with(sts, key, "dynamodb").list_tables) == (
        "UnrecognizedClientException", 400)
    assert refusal(client_with(sts, key, "lambda").list_functions) == (
        "UnrecognizedClientException", 403)
    assert refusal(client_with(sts, key, "s3").list_buckets) == ("InvalidAccessKeyId", 403)
    assert refusal(iam.delete_user, UserName=user) == ("DeleteConflict", 409)
    assert refusal(iam.get_user, UserName=fresh("none")) == ("NoSuchEntity", 404)


def test_keys_of_users_and_sessions_are_verified_for_every_service(iam, sts, user, role):
    # IAM User Guide, "Troubleshoot AWS API request signatures", and DynamoDB's common errors.
    key = iam.create_access_key(UserName=user)["AccessKey"]
    session = sts.assume_role(RoleArn=iam.get_role(RoleName=role)["Role"]["Arn"],
                              RoleSessionName="session")["Credentials"]
    for credentials in (key, session):
        client_with(sts, credentials, "dynamodb").list_tables()
        wrong = dict(credentials, SecretAccessKey="wrong")
        assert refusal(client_with(sts, wrong, "dynamodb").list_tables) == (
            "InvalidSignatureException", 400)
        assert refusal(client_with(sts, wrong, "cloudformation").list_stacks) == (
            "SignatureDoesNotMatch", 403)
    del session["SessionToken"]
    assert refusal(client_with(sts, session, "dynamodb").list_tables) == (
        "UnrecognizedClientException", 400)


def test_caller_identity(sts):
    # GetCallerIdentity.
    identity = sts.get_caller_identity()
    assert re.fullmatch("[0-9]{12}", identity["Account"])
    assert identity["Arn"].split(":")[4] == identity["Account"]
    assert identity["UserId"]


def test_assume_role(iam, sts):
    # AssumeRole: the session has an ARN and credentials of its own.
    account = sts.get_caller_identity()["Account"]
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "external"}}}]}
    name = fresh("role")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    try:
        asked = {"RoleArn": role["Arn"], "RoleSessionName": "session", "DurationSeconds": 900}
        assert refusal(sts.assume_role, **asked) == ("AccessDenied", 403)
        answer = sts.assume_role(ExternalId="external", **asked)
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/session"
        assert answer["AssumedRoleUser"] == {
            "Arn": arn, "AssumedRoleId": f"{role['RoleId']}:session"}
        credentials = answer["Credentials"]
        assert credentials["AccessKeyId"].startswith("ASIA")
        remaining = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        assert datetime.timedelta(minutes=14) < remaining <= datetime.timedelta(minutes=15)
        identity = client_with(sts, credentials).get_caller_identity()
        assert (identity["Arn"], identity["UserId"]) == (arn, f"{role['RoleId']}:session")
        stolen = dict(credentials, SessionToken="other")
        assert refusal(client_with(sts, stolen).get_caller_identity) == ("InvalidClientTokenId", 403)
        assert refusal(sts.assume_role, **dict(asked, ExternalId="external", DurationSeconds=7200)) == (
            "ValidationError", 400)
    finally:
        iam.delete_role(RoleName=name)
    # IAM User Guide, "Delete roles or instance profiles": its sessions are of no use any more.
    assert refusal(client_with(sts, credentials).get_caller_identity) == (
        "InvalidClientTokenId", 403)
    assert refusal(sts.assume_role, ExternalId="external", **asked) == ("AccessDenied", 403)


def test_session_token(iam, sts, user):
    # GetSessionToken keeps the caller's identity.
    key = iam.create_access_key(UserName=user)["AccessKey"]
    credentials = client_with(sts, key).get_session_token(DurationSeconds=900)["Credentials"]
    session = client_with(sts, credentials)
    assert session.get_caller_identity()["Arn"] == iam.get_user(UserName=user)["User"]["Arn"]
    assert refusal(session.get_session_token) == ("AccessDenied", 403)
