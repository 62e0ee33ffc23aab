"""What the tests of CloudWatch's metrics have in common."""
import datetime

from tests.support.waiting import wait_for

UTC = datetime.timezone.utc


def total(cloudwatch, namespace, metric, dimensions, statistic="Sum"):
    """Of the last hour; None when there is nothing."""
    now = datetime.datetime.now(UTC)
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName=metric, Dimensions=[{"Name": name, "Value": value} for name, value in
                                                            dimensions.items()],
        StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(minutes=2), Period=3600,
        Statistics=[statistic])["Datapoints"]
    return sum(point[statistic] for point in points) if points else None


def arrives(cloudwatch, namespace, metric, dimensions, value, statistic="Sum"):
    # A value is there within about two minutes on AWS.
    wait_for(lambda: total(cloudwatch, namespace, metric, dimensions, statistic) == value, timeout=300,
             what=f"{metric} of {value}")
