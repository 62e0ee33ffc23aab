"""What the tests of CloudFormation have in common: a stack by its name, made and waited for."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError, WaiterError

ROLE = {"AssumeRolePolicyDocument": {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                   "Action": "sts:AssumeRole"}]}}


@pytest.fixture(scope="module")
def cloudformation(aws):
    return aws.client("cloudformation")


@pytest.fixture(scope="module")
def logs(aws):
    return aws.client("logs")


@pytest.fixture
def name(cloudformation):
    stack = f"sdk-{uuid.uuid4().hex[:12]}"
    yield stack
    cloudformation.delete_stack(StackName=stack)
    wait(cloudformation, stack, "stack_delete_complete")


def wait(cloudformation, stack, what):
    cloudformation.get_waiter(what).wait(
        StackName=stack, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})


def create(cloudformation, stack, template, **more):
    body = template if isinstance(template, str) else json.dumps(template)
    answer = cloudformation.create_stack(StackName=stack, TemplateBody=body, **more)
    try:
        wait(cloudformation, stack, "stack_create_complete")
    except WaiterError as error:
        raise AssertionError([one["ResourceStatusReason"] for one in events(cloudformation, stack)
                              if one["ResourceStatus"].endswith("_FAILED")]) from error
    return answer["StackId"]


def stack_of(cloudformation, stack):
    return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]


def outputs(cloudformation, stack):
    return {one["OutputKey"]: one["OutputValue"]
            for one in stack_of(cloudformation, stack)["Outputs"]}


def error_of(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def events(cloudformation, stack):
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    return [event for page in pages for event in page["StackEvents"]]
