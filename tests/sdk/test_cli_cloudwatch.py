"""CloudWatch through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, cloudwatch; [API] CloudWatch API
Reference, each operation's page."""
import datetime
import json
import uuid

import pytest

UTC = datetime.timezone.utc


@pytest.fixture
def namespace():
    return f"Cli/{uuid.uuid4()}"


def at(minutes_ago):
    now = datetime.datetime.now(UTC).replace(second=0, microsecond=0) - datetime.timedelta(minutes=minutes_ago)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_metrics_put_and_read(cli, namespace):  # [CLI] put-metric-data, list-metrics, get-metric-statistics
    cli("cloudwatch", "put-metric-data", "--namespace", namespace, "--metric-name", "Orders", "--value", "3",
        "--unit", "Count", "--timestamp", at(2), "--dimensions", "Shop=One")
    cli("cloudwatch", "put-metric-data", "--namespace", namespace, "--metric-name", "Orders", "--unit", "Count",
        "--timestamp", at(2), "--dimensions", "Shop=One",
        "--statistic-values", "Sum=9,Minimum=1,Maximum=5,SampleCount=3")
    listed = cli("cloudwatch", "list-metrics", "--namespace", namespace, "--dimensions", "Name=Shop")
    assert listed["Metrics"] == [{"Namespace": namespace, "MetricName": "Orders",
                                  "Dimensions": [{"Name": "Shop", "Value": "One"}]}]
    read = cli("cloudwatch", "get-metric-statistics", "--namespace", namespace, "--metric-name", "Orders",
               "--dimensions", "Name=Shop,Value=One", "--start-time", at(10), "--end-time", at(0), "--period", "60",
               "--statistics", "Sum", "Average", "--unit", "Count")
    (point,) = read["Datapoints"]
    assert (point["Sum"], point["Average"], point["Unit"]) == (12.0, 3.0, "Count")


def test_metric_math(cli, namespace):  # [CLI] get-metric-data
    for value, name in (("4", "Failures"), ("16", "Orders")):
        cli("cloudwatch", "put-metric-data", "--namespace", namespace, "--metric-name", name, "--value", value,
            "--timestamp", at(2))
    queries = [{"Id": name[0].lower(), "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": namespace, "MetricName": name}, "Period": 60, "Stat": "Sum"}}
        for name in ("Failures", "Orders")]
    queries.append({"Id": "rate", "Expression": "100 * f / o", "Label": "per cent"})
    found = cli("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(queries), "--start-time", at(10),
                "--end-time", at(0))
    (result,) = found["MetricDataResults"]
    assert (result["Label"], result["Values"], result["StatusCode"]) == ("per cent", [25.0], "Complete")


def test_what_is_refused(cli, namespace):  # [API] PutMetricData, errors
    assert cli.refused("cloudwatch", "put-metric-data", "--namespace", "AWS/", "--metric-name", "a", "--value", "1") == (
        "InvalidParameterValue", "PutMetricData", "The value AWS/ for parameter Namespace is invalid.")


def test_every_operation_on_metrics_was_called(aws, cli):
    left = cli.not_called("cloudwatch", aws.region_endpoint("us-east-1"))
    assert [each for each in left if "Alarm" not in each and "Resource" not in each] == []
