"""CloudWatch's metrics. Sources: [API] CloudWatch API Reference, each operation's page; [UG] CloudWatch User
Guide, the page named."""
import datetime
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.coverage import not_called

UTC = datetime.timezone.utc


@pytest.fixture
def cloudwatch(aws):
    return aws.client("cloudwatch")


@pytest.fixture
def namespace():
    return f"Test/{uuid.uuid4()}"


def minutes_ago(number):
    now = datetime.datetime.now(UTC).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=number)


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message")


def put(cloudwatch, namespace, **datum):
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Orders", **datum}])


def statistics(cloudwatch, namespace, **more):
    arguments = {"Namespace": namespace, "MetricName": "Orders", "StartTime": minutes_ago(30),
                 "EndTime": minutes_ago(-1), "Period": 60, "Statistics": ["Sum"], **more}
    answer = cloudwatch.get_metric_statistics(**arguments)
    assert answer["Label"] == "Orders"
    return sorted(answer["Datapoints"], key=lambda point: (point["Timestamp"], point["Unit"]))


def test_values_of_a_minute_are_one_datapoint(cloudwatch, namespace):
    # [API] GetMetricStatistics: "the time stamp used for the data point"; the start of its period.
    at = minutes_ago(5)
    for value in (1, 2, 6):
        put(cloudwatch, namespace, Value=value, Timestamp=at + datetime.timedelta(seconds=value * 5))
    put(cloudwatch, namespace, Value=10, Timestamp=minutes_ago(3))
    every = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    first, second = statistics(cloudwatch, namespace, Statistics=every)
    assert first == {"Timestamp": at, "SampleCount": 3.0, "Sum": 9.0, "Average": 3.0, "Minimum": 1.0,
                     "Maximum": 6.0, "Unit": "None"}
    assert (second["Timestamp"], second["Sum"]) == (minutes_ago(3), 10.0)
    longer = statistics(cloudwatch, namespace, Period=300, StartTime=minutes_ago(5))
    assert [(point["Timestamp"], point["Sum"]) for point in longer] == [(minutes_ago(5), 19.0)]
    # EndTime is exclusive, StartTime is not.
    exact = statistics(cloudwatch, namespace, StartTime=minutes_ago(5), EndTime=minutes_ago(3))
    assert [point["Sum"] for point in exact] == [9.0]


def test_values_with_counts_and_statistic_sets(cloudwatch, namespace):
    # [API] MetricDatum: Values, Counts, StatisticValues. [UG] "Statistics definitions": percentiles of a set.
    put(cloudwatch, namespace, Values=[1, 2, 3], Counts=[1, 1, 2], Timestamp=minutes_ago(9))
    put(cloudwatch, namespace, Timestamp=minutes_ago(7), StatisticValues={
        "SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4})
    put(cloudwatch, namespace, Timestamp=minutes_ago(5), StatisticValues={
        "SampleCount": 2, "Sum": 6, "Minimum": 3, "Maximum": 3})
    found = statistics(cloudwatch, namespace, Statistics=["Sum", "SampleCount"])
    assert [(point["Sum"], point["SampleCount"]) for point in found] == [(9.0, 4.0), (10.0, 4.0), (6.0, 2.0)]
    found = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName="Orders", StartTime=minutes_ago(30), EndTime=minutes_ago(-1), Period=60,
        ExtendedStatistics=["p50", "p100", "tm75"])["Datapoints"]
    found = [point["ExtendedStatistics"] for point in sorted(found, key=lambda point: point["Timestamp"])]
    assert [(point["p50"], point["p100"]) for point in found] == [(2.0, 3.0), (3.0, 3.0)]


def test_each_unit_is_a_stream_of_its_own(cloudwatch, namespace):
    # [API] GetMetricStatistics: "If you omit Unit, all data that was collected with any unit is returned, along with
    # the corresponding units". [measured: CloudWatch]
    put(cloudwatch, namespace, Value=1, Unit="Seconds", Timestamp=minutes_ago(2))
    put(cloudwatch, namespace, Value=5, Unit="Bytes", Timestamp=minutes_ago(2))
    found = statistics(cloudwatch, namespace)
    assert [(point["Unit"], point["Sum"]) for point in found] == [("Bytes", 5.0), ("Seconds", 1.0)]
    assert [point["Sum"] for point in statistics(cloudwatch, namespace, Unit="Seconds")] == [1.0]
    assert statistics(cloudwatch, namespace, Unit="Count") == []


def test_dimensions_are_a_set(cloudwatch, namespace):
    # [UG] "CloudWatch concepts": "CloudWatch treats each unique combination of dimensions as a separate metric".
    pair = [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]
    put(cloudwatch, namespace, Value=1, Dimensions=pair)
    put(cloudwatch, namespace, Value=2, Dimensions=pair[::-1])
    put(cloudwatch, namespace, Value=4)
    assert sum(point["Sum"] for point in statistics(cloudwatch, namespace, Dimensions=pair)) == 3.0
    assert sum(point["Sum"] for point in statistics(cloudwatch, namespace)) == 4.0
    assert statistics(cloudwatch, namespace, Dimensions=pair[:1]) == []
    listed = cloudwatch.list_metrics(Namespace=namespace)["Metrics"]
    assert sorted(len(metric["Dimensions"]) for metric in listed) == [0, 2]
    # [API] ListMetrics: filters by dimension, with and without a value.
    listed = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "a"}], RecentlyActive="PT3H")
    assert [metric["Dimensions"] for metric in listed["Metrics"]] == [pair[::-1]]
    other = [{"Name": "a", "Value": "9"}]
    assert cloudwatch.list_metrics(Namespace=namespace, Dimensions=other)["Metrics"] == []
    assert cloudwatch.list_metrics(Namespace=namespace, MetricName="Absent")["Metrics"] == []


def test_lists_come_in_pages_of_500(cloudwatch, namespace):
    # [API] ListMetrics: "Up to 500 results are returned for any one call."; PutMetricData: 1,000 metrics.
    data = [{"MetricName": f"m{number:03}", "Value": 1} for number in range(600)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace))
    assert [len(page["Metrics"]) for page in pages] == [500, 100]
    assert [metric["MetricName"] for page in pages for metric in page["Metrics"]] == [
        each["MetricName"] for each in data]
    # terraform-provider-aws and others report this text.
    assert refusal(cloudwatch.list_metrics, Namespace=namespace, NextToken="x") == (
        "InvalidParameterValue", "Request parameter NextToken is invalid")


def test_high_resolution(cloudwatch, namespace):
    # [API] PutMetricData: StorageResolution; GetMetricStatistics: periods of 1, 5, 10 and 30 seconds.
    at = minutes_ago(2)
    for second in (0, 4, 10):
        put(cloudwatch, namespace, Value=1, StorageResolution=1, Timestamp=at + datetime.timedelta(seconds=second))
    found = statistics(cloudwatch, namespace, Period=5, StartTime=at)
    assert [((point["Timestamp"] - at).seconds, point["Sum"]) for point in found] == [(0, 2.0), (10, 1.0)]
    assert [point["Sum"] for point in statistics(cloudwatch, namespace)] == [3.0]


def test_what_cannot_be_put(cloudwatch, namespace):
    # [measured: CloudWatch]
    def refused(**datum):
        return refusal(cloudwatch.put_metric_data, Namespace=namespace,
                       MetricData=[{"MetricName": "Orders", **datum}])

    assert refused(Value=1, Values=[1]) == (
        "InvalidParameterCombination", "The parameters MetricData.member.1.Value and MetricData.member.1.Values are "
        "mutually exclusive and you have specified both.")
    assert refused(Values=[1, 2], Counts=[1]) == (
        "InvalidParameterValue",
        "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.")
    assert refused(Value=2.0 ** 361)[0] == "InvalidParameterValue"
    assert refused(Value=1, Timestamp=minutes_ago(60 * 24 * 15)) == (
        "InvalidParameterValue",
        "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.")
    assert refusal(cloudwatch.put_metric_data, Namespace="AWS/", MetricData=[{"MetricName": "x", "Value": 1}]) == (
        "InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
    many = [{"MetricName": "x", "Value": 1}] * 1001
    assert refusal(cloudwatch.put_metric_data, Namespace=namespace, MetricData=many) == (
        "InvalidParameterValue", "The collection MetricData must not have a size greater than 1000.")
    assert cloudwatch.list_metrics(Namespace=namespace)["Metrics"] == []


def test_what_cannot_be_asked(cloudwatch, namespace):
    # [measured: CloudWatch]
    asked = {"Namespace": namespace, "MetricName": "Orders", "StartTime": minutes_ago(1440), "EndTime": minutes_ago(0),
             "Period": 1, "Statistics": ["Sum"]}
    assert refusal(cloudwatch.get_metric_statistics, **asked) == (
        "InvalidParameterCombination", "You have requested up to 86400 datapoints, which exceeds the limit of 1440. "
        "You may reduce the datapoints requested by increasing Period, or decreasing the time range.")
    assert refusal(cloudwatch.get_metric_statistics, **{**asked, "Period": 60, "EndTime": minutes_ago(1440)}) == (
        "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
    none = {key: value for key, value in asked.items() if key != "Statistics"}
    assert refusal(cloudwatch.get_metric_statistics, **{**none, "Period": 60})[1] == (
        "Must specify either Statistics or ExtendedStatistics")
    assert cloudwatch.get_metric_statistics(**{**asked, "Period": 60})["Datapoints"] == []


def stat(namespace, name="Orders", stat="Sum", period=60, **more):
    return {"Metric": {"Namespace": namespace, "MetricName": name}, "Period": period, "Stat": stat, **more}


def data(cloudwatch, queries, **more):
    asked = {"StartTime": minutes_ago(10), "EndTime": minutes_ago(0), "ScanBy": "TimestampAscending", **more}
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **asked)
    assert answer["Messages"] == []
    return answer["MetricDataResults"]


@pytest.fixture
def shop(cloudwatch, namespace):
    """Orders of 1, 2, 4 and Failures of 1, -, 2, from four minutes ago on."""
    for minute, orders, failures in ((4, 1, 1), (3, 2, None), (2, 4, 2)):
        put(cloudwatch, namespace, Value=orders, Timestamp=minutes_ago(minute))
        if failures:
            put(cloudwatch, namespace, Value=failures, MetricName="Failures", Timestamp=minutes_ago(minute))
    return namespace


def test_several_metrics_at_once(cloudwatch, shop):
    # [API] GetMetricData: "TimestampDescending" is the default; ReturnData; a metric without data.
    queries = [{"Id": "o", "MetricStat": stat(shop)}, {"Id": "none", "MetricStat": stat(shop, "Absent")},
               {"Id": "f", "MetricStat": stat(shop, "Failures"), "ReturnData": False}]
    orders, none = data(cloudwatch, queries, ScanBy="TimestampDescending")
    assert orders == {"Id": "o", "Label": "Orders", "Timestamps": [minutes_ago(2), minutes_ago(3), minutes_ago(4)],
                      "Values": [4.0, 2.0, 1.0], "StatusCode": "Complete"}
    assert none == {"Id": "none", "Label": "Absent", "Timestamps": [], "Values": [], "StatusCode": "Complete"}


def test_metric_math(cloudwatch, shop):
    # [UG] "Using math expressions with CloudWatch metrics"
    metrics = [{"Id": "o", "MetricStat": stat(shop), "ReturnData": False},
               {"Id": "f", "MetricStat": stat(shop, "Failures"), "ReturnData": False}]

    def value(expression, **more):
        found = data(cloudwatch, [*metrics, {"Id": "e", "Expression": expression, **more}])
        return [(result["Label"], result["Values"]) for result in found]

    assert value("100 * f / o", Label="Rate") == [("Rate", [100.0, 0.0, 50.0])]
    assert value("FILL(f, REPEAT)")[0][1][:3] == [1.0, 1.0, 2.0]
    assert value("IF(o > 1, o)") == [("e", [2.0, 4.0])]
    assert value("SUM(METRICS())") == [("e", [2.0, 2.0, 6.0])]
    assert value("RATE(o)")[0][1] == pytest.approx([1 / 60, 2 / 60])
    assert value("METRICS() * 2", Label="twice") == [("twice Orders", [2.0, 4.0, 8.0]), ("twice Failures", [2.0, 4.0])]
    chained = [*metrics, {"Id": "b", "Expression": "a + 1"}, {"Id": "a", "Expression": "o * 10"}]
    assert [(result["Id"], result["Values"]) for result in data(cloudwatch, chained)] == [
        ("b", [11.0, 21.0, 41.0]), ("a", [10.0, 20.0, 40.0])]


def test_labels(cloudwatch, shop):
    # [measured: CloudWatch]; [UG] "Use dynamic labels"
    queries = [{"Id": "a", "MetricStat": stat(shop)}, {"Id": "b", "MetricStat": stat(shop, stat="Average", period=300)},
               {"Id": "c", "MetricStat": stat(shop), "Label": "${LABEL} of ${PROP('Region')}: ${SUM}, ${MAX}"}]
    found = data(cloudwatch, queries)
    assert [result["Label"] for result in found] == [
        "Orders Sum 60", "Orders Average 300", "Orders Sum 60 of us-east-1: 7, 4"]


def test_values_under_several_units(cloudwatch, shop):
    # [measured: CloudWatch]
    put(cloudwatch, shop, Value=9, Unit="Milliseconds", Timestamp=minutes_ago(3))
    one, = data(cloudwatch, [{"Id": "o", "MetricStat": stat(shop)}])
    assert one["Values"] == [9.0]
    assert one["Messages"] == [{"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, None]'"}]
    one, = data(cloudwatch, [{"Id": "o", "MetricStat": stat(shop, Unit="None")}])
    assert one["Values"] == [1.0, 2.0, 4.0]


def test_data_comes_in_pages(cloudwatch, shop):
    # [API] GetMetricData: MaxDatapoints, NextToken, PartialData.
    queries = [{"Id": "o", "MetricStat": stat(shop)}, {"Id": "f", "MetricStat": stat(shop, "Failures")}]
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=minutes_ago(10), EndTime=minutes_ago(0), MaxDatapoints=2)
    found = [[(result["Id"], result["Values"], result["StatusCode"]) for result in page["MetricDataResults"]]
             for page in pages]
    assert found == [[("o", [4.0, 2.0], "PartialData")], [("o", [1.0], "Complete"), ("f", [2.0], "PartialData")],
                     [("f", [1.0], "Complete")]]


def test_queries_that_are_none(cloudwatch, namespace):
    # [measured: CloudWatch]
    def refused(*queries, **more):
        asked = {"StartTime": minutes_ago(10), "EndTime": minutes_ago(0), **more}
        code, message = refusal(cloudwatch.get_metric_data, MetricDataQueries=list(queries), **asked)
        assert code == "ValidationError"
        return message

    good = {"Id": "a", "MetricStat": stat(namespace)}
    assert refused(good, EndTime=minutes_ago(11)) == "The parameter EndTime must be greater than StartTime."
    assert refused(good, EndTime=minutes_ago(10)) == "The parameter StartTime must not equal parameter EndTime."
    assert refused({"Id": "a"}) == "The parameter MetricDataQueries.member.1.MetricStat is required.\n"
    assert refused({**good, "Period": 60}) == (
        "The parameters MetricDataQueries.member.1.Period and MetricDataQueries.member.1.MetricStat are mutually "
        "exclusive and you have specified both.")
    for bad in ("o +", "absent", "SEARCH('x', 'Sum', 60)", "1 + 1"):
        assert "'e'" in refused(good, {"Id": "e", "Expression": bad})
    assert "e" in refused(good, {"Id": "e", "Expression": "f"}, {"Id": "f", "Expression": "e"})
    assert refused({**good, "Id": "A"}).startswith("The value A for parameter MetricDataQueries.member.1.Id")
    assert refused(good, good) == "The values for parameter Id in MetricDataQueries are not unique."


def test_every_operation_on_metrics_was_called(aws, called):
    left = not_called(called, "cloudwatch", aws.region_endpoint("us-east-1"))
    assert [each for each in left if "Alarm" not in each and "Resource" not in each] == []
