"""Roles that services act as, for tests that need one and do not ask who it is."""
import json


def trust(*services):
    """A trust policy that lets these in: "lambda"."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]}}]})


def role_of(world, *services):
    """The ARN of a role that lets these in; made when it is first asked for, once in a world."""
    known = vars(world).setdefault("known_roles", {})
    if services not in known:
        made = world.client("iam").create_role(RoleName="-".join(("test", *services)),
                                               AssumeRolePolicyDocument=trust(*services))
        known[services] = made["Role"]["Arn"]
    return known[services]
