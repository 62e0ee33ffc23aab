"""Groups, the policies of users and groups, and service-linked roles as boto3 sees them. Sources: the IAM
API Reference (operation pages), the IAM User Guide ("IAM and AWS STS quotas", "Create a service-linked
role")."""
import json

import pytest

from tests.sdk.test_iam_sts import BASIC, POLICY, fresh, refusal


@pytest.fixture(scope="module")
def iam(aws):
    return aws.client("iam", region="us-east-1")


@pytest.fixture
def user(iam):
    name = fresh("user")
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "a"}])
    yield name
    iam.delete_user(UserName=name)


@pytest.fixture
def group(iam):
    name = fresh("group")
    iam.create_group(GroupName=name, Path="/teams/")
    yield name
    iam.delete_group(GroupName=name)


def test_who_is_in_a_group(iam, user, group):
    # CreateGroup, GetGroup, AddUserToGroup, ListGroupsForUser, DeleteGroup, DeleteUser.
    assert refusal(iam.create_group, GroupName=group.upper()) == ("EntityAlreadyExists", 409)
    assert refusal(iam.get_group, GroupName="nobody") == ("NoSuchEntity", 404)
    assert refusal(iam.add_user_to_group, GroupName=group, UserName="nobody") == ("NoSuchEntity", 404)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.add_user_to_group(GroupName=group, UserName=user)  # changes nothing
    shown = iam.get_group(GroupName=group)
    assert [one["UserName"] for one in shown["Users"]] == [user]
    assert "Tags" not in shown["Users"][0]
    assert shown["Group"]["GroupId"].startswith("AGPA")
    assert shown["Group"]["Arn"].endswith(f":group/teams/{group}")
    assert [one["GroupName"] for one in iam.list_groups_for_user(UserName=user)["Groups"]] == [group]
    assert group in [one["GroupName"] for one in iam.list_groups(PathPrefix="/teams/")["Groups"]]
    assert group not in [one["GroupName"] for one in iam.list_groups(PathPrefix="/other/")["Groups"]]
    assert refusal(iam.delete_group, GroupName=group) == ("DeleteConflict", 409)
    assert refusal(iam.delete_user, UserName=user) == ("DeleteConflict", 409)
    iam.remove_user_from_group(GroupName=group, UserName=user)
    assert iam.get_group(GroupName=group)["Users"] == []


def test_a_user_is_in_ten_groups_at_most(iam, user):
    groups = [fresh("group") for _ in range(11)]
    for name in groups:
        iam.create_group(GroupName=name)
    for name in groups[:10]:
        iam.add_user_to_group(GroupName=name, UserName=user)
    assert refusal(iam.add_user_to_group, GroupName=groups[10], UserName=user) == ("LimitExceeded", 409)
    for name in groups[:10]:
        iam.remove_user_from_group(GroupName=name, UserName=user)
    for name in groups:
        iam.delete_group(GroupName=name)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_policies_of(iam, user, group, kind):
    # Put…Policy, Get…Policy, Delete…Policy, List…Policies, Attach…Policy, Detach…Policy.
    of = {kind.capitalize() + "Name": user if kind == "user" else group}
    call = lambda verb, what, **more: getattr(iam, f"{verb}_{what.replace('X', kind)}")(**of, **more)
    call("put", "X_policy", PolicyName="own", PolicyDocument=json.dumps(POLICY))
    assert call("get", "X_policy", PolicyName="own")["PolicyDocument"] == POLICY
    assert call("list", "X_policies")["PolicyNames"] == ["own"]
    assert refusal(getattr(iam, f"get_{kind}_policy"), PolicyName="other", **of) == ("NoSuchEntity", 404)
    room = 2048 if kind == "user" else 5120
    large = json.dumps(POLICY).replace("logs:*", "logs:" + "x" * room)
    assert refusal(getattr(iam, f"put_{kind}_policy"), PolicyName="large", PolicyDocument=large,
                   **of) == ("LimitExceeded", 409)
    call("attach", "X_policy", PolicyArn=BASIC)
    attached = call("list", "attached_X_policies")["AttachedPolicies"]
    assert attached == [{"PolicyName": BASIC.rsplit("/", 1)[1], "PolicyArn": BASIC}]
    delete = getattr(iam, f"delete_{kind}")
    assert refusal(delete, **of) == ("DeleteConflict", 409)
    call("detach", "X_policy", PolicyArn=BASIC)
    assert refusal(delete, **of) == ("DeleteConflict", 409)
    call("delete", "X_policy", PolicyName="own")


def test_a_managed_policy_counts_who_has_it(iam, user, group):
    arn = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=json.dumps(POLICY))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=user, PolicyArn=arn)
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 2
    iam.detach_user_policy(UserName=user, PolicyArn=arn)
    iam.detach_group_policy(GroupName=group, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def test_a_policy_answers_with_its_tags_and_is_named_by_an_arn(iam, user):
    tags = [{"Key": "a", "Value": "1"}]
    made = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=json.dumps(POLICY), Tags=tags)["Policy"]
    assert made["Tags"] == tags
    assert refusal(iam.attach_user_policy, UserName=user, PolicyArn="not-an-arn-but-long-enough") == (
        "ValidationError", 400)
    iam.delete_policy(PolicyArn=made["Arn"])


def test_tags_of_a_user(iam, user):
    iam.tag_user(UserName=user, Tags=[{"Key": "stage", "Value": "dev"}])
    assert sorted(iam.list_user_tags(UserName=user)["Tags"], key=lambda tag: tag["Value"]) == [
        {"Key": "team", "Value": "a"}, {"Key": "stage", "Value": "dev"}]
    iam.untag_user(UserName=user, TagKeys=["team"])
    assert iam.get_user(UserName=user)["User"]["Tags"] == [{"Key": "stage", "Value": "dev"}]


def test_service_linked_role(iam):
    # CreateServiceLinkedRole, DeleteServiceLinkedRole, GetServiceLinkedRoleDeletionStatus.
    service, name = "replication.dynamodb.amazonaws.com", "AWSServiceRoleForDynamoDBReplication"
    role = iam.create_service_linked_role(AWSServiceName=service, Description="d")["Role"]
    assert role["Arn"].endswith(f":role/aws-service-role/{service}/{name}")
    statement = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"Service": [service]}
    assert refusal(iam.create_service_linked_role, AWSServiceName=service) == ("InvalidInput", 400)
    assert refusal(iam.create_service_linked_role, AWSServiceName=service,
                   CustomSuffix="x") == ("InvalidInput", 400)
    assert refusal(iam.delete_role, RoleName=name) == ("UnmodifiableEntity", 400)
    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=BASIC) == ("UnmodifiableEntity", 400)
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{service}/{name}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert refusal(iam.get_role, RoleName=name) == ("NoSuchEntity", 404)
    assert refusal(iam.get_service_linked_role_deletion_status,
                   DeletionTaskId=task + "0") == ("NoSuchEntity", 404)
