"""AWS::CloudWatch::Alarm and CompositeAlarm. Sources: CloudFormation template reference, each type's page; CloudWatch User
Guide, "Invoke a Lambda function from an alarm"."""
import datetime
import json
import uuid

import pytest

from tests.support.waiting import wait_for

BODY = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: logs
          PolicyDocument:
            Statement: [{Effect: Allow, Action: 'logs:*', Resource: '*'}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code:
        ZipFile: |
          import json
          def handler(event, context):
              print(json.dumps(event))
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Function
      Action: lambda:InvokeFunction
      Principal: lambda.alarms.cloudwatch.amazonaws.com
      SourceArn: !GetAtt Alarm.Arn
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: too many
      Namespace: !Ref AWS::StackName
      MetricName: Orders
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 5
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: ignore
      AlarmActions: [!GetAtt Function.Arn]
      Tags: [{Key: a, Value: b}]
  Both:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmName: !Sub '${AWS::StackName}-both'
      AlarmRule: !Sub 'ALARM("${Alarm}")'
Outputs:
  Alarm: {Value: !Ref Alarm}
  Arn: {Value: !GetAtt Alarm.Arn}
  Both: {Value: !Ref Both}
  Function: {Value: !Ref Function}
"""


@pytest.fixture
def stack(aws):
    cloudformation, name = aws.client("cloudformation"), f"alarms-{uuid.uuid4().hex[:12]}"
    cloudformation.create_stack(StackName=name, TemplateBody=BODY, Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield name
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=name)["MetricAlarms"] == []


def test_an_alarm_on_a_metric_invokes_a_function(aws, stack):
    cloudwatch, logs = aws.client("cloudwatch"), aws.client("logs")
    described = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    made = {each["OutputKey"]: each["OutputValue"] for each in described}
    alarm = cloudwatch.describe_alarms(AlarmNames=[made["Alarm"]])["MetricAlarms"][0]
    assert (alarm["AlarmArn"], alarm["Threshold"]) == (made["Arn"], 5.0)
    assert made["Both"] == f"{stack}-both"
    tags = {each["Key"]: each["Value"] for each in cloudwatch.list_tags_for_resource(ResourceARN=made["Arn"])["Tags"]}
    assert tags["a"] == "b"
    minute = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)
    cloudwatch.put_metric_data(Namespace=stack, MetricData=[
        {"MetricName": "Orders", "Value": 9, "Timestamp": minute}])
    # An alarm that is put is evaluated at once, so that the test need not wait for the minute.
    body = BODY.replace("too many", "far too many")
    aws.client("cloudformation").update_stack(StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    aws.client("cloudformation").get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})

    def event():
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{made['Function']}")["logGroups"]
        if not groups:
            return None
        lines = logs.filter_log_events(logGroupName=groups[0]["logGroupName"])["events"]
        return next((json.loads(line["message"]) for line in lines if line["message"].startswith("{")), None)

    got = wait_for(event, timeout=120, what="the function's log")
    assert (got["source"], got["alarmArn"]) == ("aws.cloudwatch", made["Arn"])
    data = got["alarmData"]
    assert (data["alarmName"], data["state"]["value"]) == (made["Alarm"], "ALARM")
    assert data["configuration"]["description"] == "far too many"
    assert data["configuration"]["metrics"][0]["metricStat"]["metric"] == {
        "namespace": stack, "name": "Orders", "dimensions": {}}
    both = cloudwatch.describe_alarms(AlarmNames=[made["Both"]], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    assert both["StateValue"] == "ALARM"
    items = wait_for(lambda: cloudwatch.describe_alarm_history(AlarmName=made["Alarm"], HistoryItemType="Action")[
        "AlarmHistoryItems"], what="the action's item")
    assert items[0]["HistorySummary"].startswith("Successfully executed action arn:aws:lambda:")
