"""Speaks to CloudWatch in a protocol of its client's choice: whichever botocore this Python has, told to prefer
one. Arguments: the protocol, the endpoint, the namespace; the answers come as JSON on standard output."""
import json
import sys
import time

import botocore.config
import botocore.exceptions
import botocore.model
import botocore.session

PROTOCOL, ENDPOINT, NAMESPACE = sys.argv[1:]


def client():
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    made = session.create_client("cloudwatch", region_name="us-east-1", endpoint_url=ENDPOINT,
                                 config=botocore.config.Config(request_min_compression_size_bytes=512))
    spoken = made.meta.service_model.resolved_protocol
    if spoken != PROTOCOL:
        raise SystemExit(f"{spoken} is spoken instead of {PROTOCOL}")
    return made


def code_of(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"].get("Message")]
    return None


def alarm_of(cloudwatch, metric):
    name = NAMESPACE.replace("/", "-")
    cloudwatch.put_metric_alarm(
        AlarmName=name, **metric, Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1.5,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore", Tags=[{"Key": "a", "Value": "b"}])
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand")
    alarm, = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    age = time.time() - alarm["StateUpdatedTimestamp"].timestamp()
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    cloudwatch.delete_alarms(AlarmNames=[name])
    items = cloudwatch.describe_alarm_history(AlarmName=name, MaxRecords=1)["AlarmHistoryItems"]
    return [alarm["Threshold"], alarm["Dimensions"] == metric["Dimensions"], alarm["OKActions"], -5 < age < 60, tags,
            len(items), code_of(cloudwatch.delete_alarms, AlarmNames=[name])[0]]


def main():
    known = botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS
    botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (PROTOCOL, *(each for each in known if each != PROTOCOL))
    cloudwatch, now = client(), time.time() // 60 * 60
    sent = {}
    cloudwatch.meta.events.register(
        "before-send", lambda request, **_: sent.update(gzip=request.headers.get("Content-Encoding")))
    data = [{"MetricName": "m", "Value": value, "Timestamp": now - 120, "Unit": "Count",
             "Dimensions": [{"Name": "d", "Value": "x" * 50}]} for value in (1.5, 2, -4)] * 20
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    found = {"gzip": sent["gzip"].decode() if isinstance(sent["gzip"], bytes) else sent["gzip"]}
    metric = {"Namespace": NAMESPACE, "MetricName": "m", "Dimensions": data[0]["Dimensions"]}
    points = cloudwatch.get_metric_statistics(**metric, StartTime=now - 600, EndTime=now, Period=60,
                                              Statistics=["Sum", "Minimum", "SampleCount"])["Datapoints"]
    found["points"] = [{**point, "Timestamp": point["Timestamp"].timestamp() - now} for point in points]
    result, = cloudwatch.get_metric_data(
        StartTime=now - 600, EndTime=now, MetricDataQueries=[
            {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}])["MetricDataResults"]
    found["data"] = [result["Id"], result["Values"], [each.timestamp() - now for each in result["Timestamps"]]]
    found["listed"] = cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"] == [metric]
    found["bad"] = code_of(cloudwatch.put_metric_data, Namespace=NAMESPACE, MetricData=[{**data[0], "Values": [1]}])
    found["backwards"] = code_of(cloudwatch.get_metric_data, StartTime=now, EndTime=now, MetricDataQueries=[
        {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}])
    found["alarm"] = alarm_of(cloudwatch, metric)
    print(json.dumps(found))


main()
