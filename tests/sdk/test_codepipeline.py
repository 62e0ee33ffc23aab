"""CodePipeline as its API reference and user guide describe it: pipelines of S3 sources, stacks, approvals, functions
and deployments to S3, which need no build."""
import io
import json
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.support.coverage import not_called
from tests.support.waiting import wait_for
from tests.support.younger import more

TRUST = {"Version": "2012-10-17",
         "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                        "Principal": {"Service": ["codepipeline.amazonaws.com", "cloudformation.amazonaws.com",
                                                  "lambda.amazonaws.com"]}}]}
TEMPLATE = """
Parameters:
  Kept: {Type: String}
  Days: {Type: String}
Resources:
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: !Ref Kept, RetentionInDays: !Ref Days}
Outputs:
  Name: {Value: !Ref Group}
"""

# A function that says it is done, with what an Amazon Linux 2023 function has.
BOOTSTRAP = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  event=$(curl -sS -D /tmp/headers "$api/next")
  id=$(grep -i lambda-runtime-aws-request-id /tmp/headers | tr -d '[:space:]' | cut -d: -f2)
  job=$(echo "$event" | sed 's/.*"CodePipeline.job":{"id":"\\([^"]*\\)".*/\\1/')
  curl -sS --aws-sigv4 "aws:amz:$AWS_REGION:codepipeline" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN" -H "Content-Type: application/x-amz-json-1.1" \\
    -H "X-Amz-Target: CodePipeline_20150709.PutJobSuccessResult" \\
    -d "{\\"jobId\\":\\"$job\\",\\"outputVariables\\":{\\"Said\\":\\"done\\"}}" \\
    "${AWS_ENDPOINT_URL:-https://codepipeline.$AWS_REGION.amazonaws.com}/" >&2
  curl -sS -X POST "$api/$id/response" -d '{}' >/dev/null
done
"""


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def fresh(kind):
    return f"{kind}-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="module")
def pipelines(aws):
    return aws.client("codepipeline")


@pytest.fixture(scope="module")
def s3(aws):
    return aws.client("s3")


@pytest.fixture(scope="module")
def role(aws):
    """Of pipelines, stacks and functions."""
    iam = aws.client("iam")
    name = fresh("pipes")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    yield arn
    iam.delete_role_policy(RoleName=name, PolicyName="all")
    iam.delete_role(RoleName=name)


@pytest.fixture(scope="module")
def bucket(s3):
    """Versioned: of sources, artifacts and deployments."""
    name = fresh("pipes")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for each in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def code(s3, bucket):
    """Key of a source."""
    key = f"{fresh('code')}.zip"
    s3.put_object(Bucket=bucket, Key=key, Body=make_zip(
        {"template.yaml": TEMPLATE, "test.json": json.dumps({"Parameters": {"Days": "3"}, "Tags": {"made": "by"}}),
         "site/index.html": "<p>", "names.json": json.dumps({"group": f"/test/{key}"})}))
    return key


def action(name, kind, configuration=None, inputs=(), outputs=(), order=1, **others):
    category, owner, provider = kind.split("/")
    return {"name": name, "runOrder": order, "configuration": configuration or {},
            "actionTypeId": {"category": category, "owner": owner, "provider": provider, "version": "1"},
            "inputArtifacts": [{"name": each} for each in inputs],
            "outputArtifacts": [{"name": each} for each in outputs], **others}


def source(bucket, key):
    return {"name": "Source", "actions": [action(
        "Fetch", "Source/AWS/S3", {"S3Bucket": bucket, "S3ObjectKey": key, "PollForSourceChanges": "false"},
        outputs=["Code"], namespace="got")]}


def approval(name="May", order=1):
    return action(name, "Approval/AWS/Manual", {"CustomData": "May it?"}, order=order)


@pytest.fixture
def make(pipelines, role, bucket):
    """Makes a pipeline; its name."""
    names = []

    def made(*stages, **others):
        name = fresh("pipe")
        declaration = {"name": name, "roleArn": role, "artifactStore": {"type": "S3", "location": bucket},
                       "stages": list(stages), "version": 1}
        created = pipelines.create_pipeline(pipeline=declaration, **others)
        names.append(name)
        assert created["pipeline"]["version"] == 1
        return name

    yield made
    for name in names:
        pipelines.delete_pipeline(name=name)


def executions(pipelines, name):
    return pipelines.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]


def newest(pipelines, name):
    return executions(pipelines, name)[0]["pipelineExecutionId"]


def status(pipelines, name, execution):
    found = pipelines.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)
    return found["pipelineExecution"]["status"]


def end_of(pipelines, name, execution, timeout=60):
    def ended():
        now = status(pipelines, name, execution)
        return now if now not in ("InProgress", "Stopping") else None
    return wait_for(ended, timeout, f"the end of {execution}")


def stage_of(pipelines, name, stage):
    states = pipelines.get_pipeline_state(name=name)["stageStates"]
    return next(each for each in states if each["stageName"] == stage)


def latest(pipelines, name, stage, of_action):
    found = next(each for each in stage_of(pipelines, name, stage)["actionStates"] if each["actionName"] == of_action)
    return found.get("latestExecution", {})


def token_of(pipelines, name, stage="Ask", of_action="May"):
    return wait_for(lambda: latest(pipelines, name, stage, of_action).get("token"), what="an approval's token")


def say(pipelines, name, verdict, stage="Ask", of_action="May"):
    token = token_of(pipelines, name, stage, of_action)
    return pipelines.put_approval_result(pipelineName=name, stageName=stage, actionName=of_action, token=token,
                                         result={"summary": "seen", "status": verdict})


def test_a_pipeline_is_made_shown_changed_and_deleted(pipelines, make, bucket, code, role):
    # API reference, CreatePipeline, GetPipeline, UpdatePipeline, ListPipelines, DeletePipeline.
    name = make(source(bucket, code), {"name": "Ask", "actions": [approval()]}, tags=[{"key": "a", "value": "b"}])
    shown = pipelines.get_pipeline(name=name)
    assert shown["pipeline"]["roleArn"] == role
    assert shown["pipeline"]["stages"][0]["actions"][0]["namespace"] == "got"
    arn = shown["metadata"]["pipelineArn"]
    assert arn.endswith(f":{name}") and ":codepipeline:" in arn
    assert name in [each["name"] for page in pipelines.get_paginator("list_pipelines").paginate()
                    for each in page["pipelines"]]
    changed = shown["pipeline"]
    changed["stages"][1]["actions"][0]["name"] = "Really"
    updated = pipelines.update_pipeline(pipeline=changed)["pipeline"]
    assert updated["version"] == 2
    assert pipelines.get_pipeline(name=name, version=1)["pipeline"]["stages"][1]["actions"][0]["name"] == "May"
    code_of, message = refusal(pipelines.create_pipeline, pipeline=changed)
    assert code_of == "PipelineNameInUseException" and name in message
    pipelines.tag_resource(resourceArn=arn, tags=[{"key": "c", "value": "d"}])
    pipelines.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert pipelines.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "c", "value": "d"}]
    pipelines.delete_pipeline(name=name)
    assert refusal(pipelines.get_pipeline, name=name)[0] == "PipelineNotFoundException"
    assert refusal(pipelines.list_tags_for_resource, resourceArn=arn)[0] == "ResourceNotFoundException"
    assert refusal(pipelines.start_pipeline_execution, name=name)[0] == "PipelineNotFoundException"


def test_a_structure_is_refused_in_aws_words(pipelines, role, bucket, code):
    # cfn-lint issue 29; awsdocs/aws-cloudformation-user-guide pull request 941.
    def refused(*stages):
        return refusal(pipelines.create_pipeline, pipeline={
            "name": fresh("pipe"), "roleArn": role, "artifactStore": {"type": "S3", "location": bucket},
            "stages": list(stages), "version": 1})
    ask = {"name": "Ask", "actions": [approval()]}
    assert refused(source(bucket, code)) == (
        "InvalidStructureException",
        "Pipeline has only 1 stage(s). There should be a minimum of 2 stages in a pipeline")
    assert refused(ask, {"name": "Other", "actions": [approval()]}) == (
        "InvalidStructureException", "Pipeline should start with a stage that only contains source actions")
    # SageMaker developer guide, "SageMaker Studio Permissions Required to Use Projects".
    assert refusal(pipelines.create_pipeline, pipeline={
        "name": fresh("pipe"), "roleArn": f"{role}-none", "artifactStore": {"type": "S3", "location": bucket},
        "stages": [source(bucket, code), ask], "version": 1}) == (
        "InvalidStructureException", f"CodePipeline is not authorized to perform AssumeRole on role {role}-none")
    build = {"name": "Build", "actions": [action("Make", "Build/AWS/CodeBuild", {"ProjectName": "p"})]}
    assert refused(source(bucket, code), build) == (
        "InvalidActionDeclarationException",
        "Action Make declares 0 input artifacts which is less than the minimum count (1)")


def test_a_stack_is_deployed_from_an_artifact(aws, pipelines, make, bucket, code, role, s3):
    # User guide, "CloudFormation deploy action reference": parameters, the configuration file, functions of
    # overrides, OutputFileName and output variables.
    stack, logs = fresh("stack"), aws.client("logs")
    overrides = {"Kept": {"Fn::GetParam": ["Code", "names.json", "group"]}}
    deploy = action("Stack", "Deploy/AWS/CloudFormation", {
        "ActionMode": "CREATE_UPDATE", "StackName": stack, "TemplatePath": "Code::template.yaml",
        "TemplateConfiguration": "Code::test.json", "ParameterOverrides": json.dumps(overrides),
        "Capabilities": "CAPABILITY_IAM,CAPABILITY_AUTO_EXPAND", "RoleArn": role,
        "OutputFileName": "out.json"}, inputs=["Code"], outputs=["Outputs"], namespace="stack")
    publish = action("Publish", "Deploy/AWS/S3", {"BucketName": bucket, "Extract": "true",
                                                  "ObjectKey": "#{stack.Name}", "CacheControl": "max-age=5"},
                     inputs=["Outputs"], order=2)
    drop = action("Drop", "Deploy/AWS/CloudFormation",
                  {"ActionMode": "DELETE_ONLY", "StackName": stack, "RoleArn": role}, order=3)
    name = make(source(bucket, code), {"name": "Deploy", "actions": [deploy, publish, drop]})
    execution = newest(pipelines, name)
    assert end_of(pipelines, name, execution) == "Succeeded", pipelines.get_pipeline_state(name=name)
    found = s3.get_object(Bucket=bucket, Key=f"/test/{code}/out.json")
    assert json.loads(found["Body"].read()) == {"Name": f"/test/{code}"}
    assert found["CacheControl"] == "max-age=5"
    details = pipelines.list_action_executions(pipelineName=name, filter={"pipelineExecutionId": execution})
    shown = {each["actionName"]: each for each in details["actionExecutionDetails"]}
    assert shown["Stack"]["output"]["outputVariables"] == {"Name": f"/test/{code}"}
    assert shown["Publish"]["input"]["resolvedConfiguration"]["ObjectKey"] == f"/test/{code}"
    made = shown["Fetch"]["output"]["outputArtifacts"][0]["s3location"]
    assert made["bucket"] == bucket and made["key"].startswith(f"{name[:20]}/Code/")
    assert shown["Fetch"]["output"]["outputVariables"]["BucketName"] == bucket
    assert logs.describe_log_groups(logGroupNamePrefix=f"/test/{code}")["logGroups"] == []


def test_a_change_set_is_made_approved_and_executed(aws, pipelines, make, bucket, code, role):
    # The same, CHANGE_SET_REPLACE and CHANGE_SET_EXECUTE.
    stack = fresh("stack")
    common = {"StackName": stack, "ChangeSetName": "next", "RoleArn": role}
    prepare = action("Prepare", "Deploy/AWS/CloudFormation", {
        **common, "ActionMode": "CHANGE_SET_REPLACE", "TemplatePath": "Code::template.yaml",
        "ParameterOverrides": json.dumps({"Kept": f"/test/{code}", "Days": "1"})}, inputs=["Code"])
    carry_out = action("CarryOut", "Deploy/AWS/CloudFormation", {**common, "ActionMode": "CHANGE_SET_EXECUTE"}, order=3)
    name = make(source(bucket, code), {"name": "Ask", "actions": [prepare, approval(order=2), carry_out]})
    client = aws.client("cloudformation")
    token_of(pipelines, name)
    assert client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    say(pipelines, name, "Approved")
    assert end_of(pipelines, name, newest(pipelines, name)) == "Succeeded", pipelines.get_pipeline_state(name=name)
    assert client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    # Once more, with nothing to change.
    again = pipelines.start_pipeline_execution(name=name)["pipelineExecutionId"]
    say(pipelines, name, "Approved")
    assert end_of(pipelines, name, again) == "Succeeded", pipelines.get_pipeline_state(name=name)
    client.delete_stack(StackName=stack)
    client.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


def test_a_failed_deployment_is_retried_with_the_same_source(pipelines, make, bucket, role, s3):
    # User guide, "Retry a failed stage or failed actions in a stage".
    key = f"{fresh('code')}.zip"
    s3.put_object(Bucket=bucket, Key=key, Body=make_zip({"other.txt": "x"}))
    publish = action("Publish", "Deploy/AWS/S3", {"BucketName": fresh("nowhere"), "Extract": "true"}, inputs=["Code"])
    name = make(source(bucket, key), {"name": "Deploy", "actions": [publish]})
    execution = newest(pipelines, name)
    assert end_of(pipelines, name, execution) == "Failed"
    failed = latest(pipelines, name, "Deploy", "Publish")
    assert failed["status"] == "Failed" and failed["errorDetails"]["message"]
    assert pipelines.retry_stage_execution(pipelineName=name, stageName="Deploy", pipelineExecutionId=execution,
                                           retryMode="FAILED_ACTIONS")["pipelineExecutionId"] == execution
    assert end_of(pipelines, name, execution) == "Failed"
    assert latest(pipelines, name, "Deploy", "Publish")["actionExecutionId"] != failed["actionExecutionId"]
    with more(pipelines, "RetryStageExecution", members={"retryMode": "ALL_ACTIONS"}):
        pipelines.retry_stage_execution(pipelineName=name, stageName="Deploy", pipelineExecutionId=execution,
                                        retryMode="FAILED_ACTIONS")
    assert end_of(pipelines, name, execution) == "Failed"
    assert refusal(pipelines.retry_stage_execution, pipelineName=name, stageName="Deploy",
                   pipelineExecutionId=str(uuid.uuid4()),
                   retryMode="FAILED_ACTIONS")[0] == "NotLatestPipelineExecutionException"


def test_a_disabled_transition_holds_and_is_released(pipelines, make, bucket, code, s3):
    # User guide, "Disable or enable transitions".
    publish = action("Publish", "Deploy/AWS/S3", {"BucketName": bucket, "Extract": "false", "ObjectKey": f"{code}.copy"},
                     inputs=["Code"])
    name = make(source(bucket, code), {"name": "Ask", "actions": [approval()]},
                {"name": "Deploy", "actions": [publish]})
    execution = newest(pipelines, name)
    pipelines.disable_stage_transition(pipelineName=name, stageName="Deploy", transitionType="Inbound",
                                       reason="not yet")
    say(pipelines, name, "Approved")
    held = wait_for(lambda: stage_of(pipelines, name, "Deploy").get("inboundExecution"))
    assert held["pipelineExecutionId"] == execution
    state = stage_of(pipelines, name, "Deploy")["inboundTransitionState"]
    assert (state["enabled"], state["disabledReason"]) == (False, "not yet")
    pipelines.enable_stage_transition(pipelineName=name, stageName="Deploy", transitionType="Inbound")
    assert end_of(pipelines, name, execution) == "Succeeded"
    assert zipfile.ZipFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=f"{code}.copy")["Body"].read())).namelist()


def test_an_execution_is_stopped_and_another_rejected(pipelines, make, bucket, code):
    # API reference, StopPipelineExecution, PutApprovalResult.
    name = make(source(bucket, code), {"name": "Ask", "actions": [approval()]})
    execution = newest(pipelines, name)
    token = token_of(pipelines, name)
    pipelines.stop_pipeline_execution(pipelineName=name, pipelineExecutionId=execution, reason="enough")
    assert status(pipelines, name, execution) == "Stopping"
    assert refusal(pipelines.stop_pipeline_execution, pipelineName=name,
                   pipelineExecutionId=execution)[0] == "DuplicatedStopRequestException"
    pipelines.stop_pipeline_execution(pipelineName=name, pipelineExecutionId=execution, abandon=True)
    assert status(pipelines, name, execution) == "Stopped"
    assert latest(pipelines, name, "Ask", "May")["status"] == "Abandoned"
    assert executions(pipelines, name)[0]["stopTrigger"]["reason"] == "enough"
    assert refusal(pipelines.put_approval_result, pipelineName=name, stageName="Ask", actionName="May", token=token,
                   result={"summary": "", "status": "Approved"})[0] == "ApprovalAlreadyCompletedException"
    second = pipelines.start_pipeline_execution(name=name, clientRequestToken="once")["pipelineExecutionId"]
    assert pipelines.start_pipeline_execution(name=name, clientRequestToken="once")["pipelineExecutionId"] == second
    assert refusal(pipelines.put_approval_result, pipelineName=name, stageName="Ask", actionName="May",
                   token=str(uuid.uuid4()),
                   result={"summary": "", "status": "Approved"})[0] == "InvalidApprovalTokenException"
    assert say(pipelines, name, "Rejected")["approvedAt"]
    assert end_of(pipelines, name, second) == "Failed"
    assert latest(pipelines, name, "Ask", "May")["errorDetails"]["message"] == "seen"
    assert refusal(pipelines.get_pipeline_execution, pipelineName=name,
                   pipelineExecutionId=str(uuid.uuid4()))[0] == "PipelineExecutionNotFoundException"


def test_a_function_is_called_and_says_that_it_is_done(aws, pipelines, make, bucket, code, role):
    # User guide, "Invoke an AWS Lambda function in a pipeline in CodePipeline".
    client, function = aws.client("lambda"), fresh("say")
    client.create_function(FunctionName=function, Runtime="provided.al2023", Role=role, Handler="bootstrap",
                           Code={"ZipFile": make_zip({"bootstrap": BOOTSTRAP})}, Timeout=20)
    client.get_waiter("function_active_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    call = action("Call", "Invoke/AWS/Lambda", {"FunctionName": function, "UserParameters": "#{got.ETag}"},
                  inputs=["Code"], namespace="called")
    name = make(source(bucket, code), {"name": "Call", "actions": [call]})
    execution = newest(pipelines, name)
    try:
        assert end_of(pipelines, name, execution) == "Succeeded", pipelines.get_pipeline_state(name=name)
    finally:
        client.delete_function(FunctionName=function)
    details = pipelines.list_action_executions(pipelineName=name)["actionExecutionDetails"]
    assert details[0]["output"]["outputVariables"] == {"Said": "done"}
    gone = str(uuid.uuid4())
    assert refusal(pipelines.put_job_success_result, jobId=gone)[0] == "JobNotFoundException"
    assert refusal(pipelines.put_job_failure_result, jobId=gone, failureDetails={
        "type": "JobFailed", "message": "no"})[0] == "JobNotFoundException"


def test_a_stack_makes_a_pipeline(aws, pipelines, bucket, code, role):
    # CloudFormation template reference, AWS::CodePipeline::Pipeline.
    client, name = aws.client("cloudformation"), fresh("pipe")
    template = {"Parameters": {"Why": {"Type": "String"}}, "Resources": {"Pipe": {
        "Type": "AWS::CodePipeline::Pipeline",
        "Properties": {"Name": name, "RoleArn": role, "ArtifactStore": {"Type": "S3", "Location": bucket},
                       "DisableInboundStageTransitions": [{"StageName": "Ask", "Reason": {"Ref": "Why"}}],
                       "Tags": [{"Key": "a", "Value": "b"}],
                       "Stages": [
                           {"Name": "Source", "Actions": [{
                               "Name": "Fetch", "OutputArtifacts": [{"Name": "Code"}],
                               "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "S3", "Version": "1"},
                               "Configuration": {"S3Bucket": bucket, "S3ObjectKey": code,
                                                 "PollForSourceChanges": False}}]},
                           {"Name": "Ask", "Actions": [{
                               "Name": "May", "ActionTypeId": {"Category": "Approval", "Owner": "AWS",
                                                               "Provider": "Manual", "Version": "1"}}]}]}}},
                "Outputs": {"Name": {"Value": {"Ref": "Pipe"}}, "Version": {"Value": {"Fn::GetAtt": "Pipe.Version"}}}}
    client.create_stack(StackName=name, TemplateBody=json.dumps(template),
                        Parameters=[{"ParameterKey": "Why", "ParameterValue": "not yet"}])
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    outputs = {each["OutputKey"]: each["OutputValue"]
               for each in client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]}
    assert outputs == {"Name": name, "Version": "1"}
    shown = pipelines.get_pipeline(name=name)
    configuration = shown["pipeline"]["stages"][0]["actions"][0]["configuration"]
    assert configuration == {"S3Bucket": bucket, "S3ObjectKey": code, "PollForSourceChanges": "false"}
    arn = shown["metadata"]["pipelineArn"]
    assert {"key": "a", "value": "b"} in pipelines.list_tags_for_resource(resourceArn=arn)["tags"]
    wait_for(lambda: stage_of(pipelines, name, "Ask").get("inboundExecution"))
    assert stage_of(pipelines, name, "Ask")["inboundTransitionState"]["disabledReason"] == "not yet"
    client.update_stack(StackName=name, UsePreviousTemplate=True,
                        Parameters=[{"ParameterKey": "Why", "ParameterValue": "later"}])
    client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert stage_of(pipelines, name, "Ask")["inboundTransitionState"]["disabledReason"] == "later"
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert refusal(pipelines.get_pipeline, name=name)[0] == "PipelineNotFoundException"


def test_variables_and_queues_of_the_second_type(pipelines, role, bucket, code, make):
    # User guide, "Set or change the pipeline execution mode", "Pipeline variables".
    name = fresh("pipe")
    ask = approval()
    ask["configuration"]["CustomData"] = "#{variables.Who} #{codepipeline.PipelineExecutionId}"
    declaration = {"name": name, "roleArn": role, "artifactStore": {"type": "S3", "location": bucket},
                   "stages": [source(bucket, code), {"name": "Ask", "actions": [ask]}], "version": 1}
    younger = {**declaration, "pipelineType": "V2", "executionMode": "QUEUED",
               "variables": [{"name": "Who", "defaultValue": "me"}]}
    with more(pipelines, "CreatePipeline", members={"pipeline": {**younger, "executionMode": "PARALLEL"}}):
        assert "PARALLEL" in refusal(pipelines.create_pipeline, pipeline=declaration)[1]
    with more(pipelines, "CreatePipeline", members={"pipeline": {**younger, "pipelineType": "V1"}}):
        assert refusal(pipelines.create_pipeline, pipeline=declaration)[0] == "InvalidStructureException"
    with more(pipelines, "CreatePipeline", members={"pipeline": younger}):
        pipelines.create_pipeline(pipeline=declaration)
    try:
        with more(pipelines, "StartPipelineExecution", members={"variables": [{"name": "Who", "value": "you"}]}):
            second = pipelines.start_pipeline_execution(name=name)["pipelineExecutionId"]
        first = executions(pipelines, name)[-1]["pipelineExecutionId"]
        say(pipelines, name, "Approved")
        assert end_of(pipelines, name, first) == "Succeeded"
        wait_for(lambda: stage_of(pipelines, name, "Ask")["latestExecution"]["pipelineExecutionId"] == second)
        say(pipelines, name, "Approved")
        assert end_of(pipelines, name, second) == "Succeeded"
        details = pipelines.list_action_executions(pipelineName=name, filter={"pipelineExecutionId": second})
        shown = details["actionExecutionDetails"][0]["input"]["resolvedConfiguration"]
        assert shown["CustomData"] == f"you {second}"
    finally:
        pipelines.delete_pipeline(name=name)


def test_action_types_are_listed(pipelines):
    types = pipelines.list_action_types(actionOwnerFilter="AWS")["actionTypes"]
    found = {(each["id"]["category"], each["id"]["provider"]): each for each in types}
    assert found["Source", "S3"]["outputArtifactDetails"] == {"minimumCount": 1, "maximumCount": 1}
    keys = {each["name"]: each for each in found["Deploy", "CloudFormation"]["actionConfigurationProperties"]}
    assert keys["ActionMode"]["required"] and not keys["OutputFileName"]["required"]


def test_every_operation_was_called(aws, called):
    assert not_called(called, "codepipeline", aws.region_endpoint("us-east-1")) == []
