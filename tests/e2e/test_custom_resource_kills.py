"""kill -9 of the region while the function of a custom resource works: whoever asks waits for its answer when the
region is back, and every resource is made once.

Source: CloudFormation User Guide, "Custom resource request objects"; Lambda Developer Guide, "Error handling for
asynchronous invocations": an event whose invocation was cut off is tried again."""
import io
import json
import os
import signal
import textwrap
import zipfile

from tests.support.processes import alive, pid_of
from tests.support.waiting import wait_for
from tests.support.world import World

REGION = "us-east-1"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
# Says what it is asked, takes its time and answers.
FUNCTION = textwrap.dedent('''\
    #!/usr/bin/python3
    import json, os, threading, urllib.error, urllib.request
    API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
    while True:
        with urllib.request.urlopen(API + "next") as asked:
            request, event = asked.headers["Lambda-Runtime-Aws-Request-Id"], json.load(asked)
        print("asked", event["RequestType"], event["RequestId"], flush=True)
        if event["RequestType"] == "Create":
            threading.Event().wait(0.5)
        answer = {"Status": "SUCCESS", "PhysicalResourceId": "made", "StackId": event["StackId"],
                  "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"]}
        urllib.request.urlopen(urllib.request.Request(
            event["ResponseURL"], json.dumps(answer).encode(), {"content-type": ""}, method="PUT")).read()
        urllib.request.urlopen(API + request + "/response", b"null").read()
    ''')


def make_function(world):
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.create_system, entry.external_attr = 3, 0o100755 << 16
        archive.writestr(entry, FUNCTION)
    role = world.client("iam").create_role(RoleName="maker", AssumeRolePolicyDocument=json.dumps(TRUST))
    return world.client("lambda").create_function(
        FunctionName="maker", Runtime="provided.al2023", Handler="bootstrap", Timeout=20,
        Role=role["Role"]["Arn"], Code={"ZipFile": code.getvalue()})["FunctionArn"]


def asked(world):
    """(type, request id), in order, as often as the function was invoked."""
    events = world.client("logs").filter_log_events(logGroupName="/aws/lambda/maker")["events"]
    words = [event["message"].split() for event in events]
    return [(found[1], found[2]) for found in words if found[0] == "asked"]


def test_a_custom_resource_outlives_the_region():
    world = World(clock="60x")
    try:
        world.start()
        body = json.dumps({"Resources": {"Made": {
            "Type": "Custom::Made", "Properties": {"ServiceToken": make_function(world)}}}})
        cloudformation = world.client("cloudformation")
        cloudformation.create_stack(StackName="custom", TemplateBody=body)
        wait_for(lambda: "/aws/lambda/maker" in str(
            world.client("logs").describe_log_groups()) and asked(world), what="the function works")
        pid = pid_of(world, REGION)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not alive(pid), what="the end of the region")
        world.tandem("up", "--no-deploy")
        wait_for(lambda: cloudformation.describe_stacks(
            StackName="custom")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE",
            timeout=60, what="the stack is complete")
        cloudformation.delete_stack(StackName="custom")
        wait_for(lambda: cloudformation.list_stacks(
            StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"], what="the stack is deleted")
        wait_for(lambda: "Delete" in dict(asked(world)), what="the log tells of the deletion")
        # Lambda may repeat an event, CloudFormation asks once: one id of each kind.
        assert sorted(kind for kind, _ in set(asked(world))) == ["Create", "Delete"]
    finally:
        world.close()
