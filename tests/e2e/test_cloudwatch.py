"""CloudWatch in a world whose minutes are seconds. Sources: [ROUTE53] Route 53 Developer Guide, "Monitoring health checks
using CloudWatch", "Monitoring hosted zones using Amazon CloudWatch"."""
import json
import urllib.request

import pytest

from tests.sdk.cloudwatch_helpers import arrives, total
from tests.support.dns import query_a
from tests.support.waiting import wait_for
from tests.support.world import World


@pytest.fixture(scope="module")
def world():
    world = World(clock="60x")
    try:
        yield world.start()
    finally:
        world.close()


def test_health_checks_and_queries_are_us_east_1s(world):
    # [ROUTE53] They are in US East (N. Virginia) whatever they look at.
    cloudwatch, route53 = world.client("cloudwatch"), world.client("route53")
    made = route53.create_health_check(CallerReference="all", HealthCheckConfig={
        "Type": "CALCULATED", "HealthThreshold": 0, "ChildHealthChecks": []})["HealthCheck"]["Id"]
    arrives(cloudwatch, "AWS/Route53", "HealthCheckStatus", {"HealthCheckId": made}, 1.0, "Minimum")
    zone = route53.create_hosted_zone(Name="metrics.test", CallerReference="zone")["HostedZone"]["Id"]
    for _ in range(3):
        query_a("metrics.test", world.addresses["global"], world.ports["dns"])
    zone_id = zone.rsplit("/", 1)[-1]
    wait_for(lambda: total(cloudwatch, "AWS/Route53", "DNSQueries", {"HostedZoneId": zone_id}) == 3.0,
             what="three queries")
    assert world.client("cloudwatch", "us-west-2").list_metrics(Namespace="AWS/Route53")["Metrics"] == []
    # [API] PutMetricData: "You can't specify a Namespace that begins with AWS/".
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        cloudwatch.put_metric_data(Namespace="AWS/Route53", MetricData=[{"MetricName": "x", "Value": 1}])


def test_a_health_check_follows_an_alarm(world):
    # [ROUTE53] Health checks that monitor CloudWatch alarms; the alarm may be in any Region.
    cloudwatch, route53 = world.client("cloudwatch", "us-west-2"), world.client("route53")
    cloudwatch.put_metric_alarm(
        AlarmName="orders", Namespace="Shop", MetricName="Orders", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=100, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore")
    cloudwatch.set_alarm_state(AlarmName="orders", StateValue="OK", StateReason="by hand")
    made = route53.create_health_check(CallerReference="alarm", HealthCheckConfig={
        "Type": "CLOUDWATCH_METRIC", "InsufficientDataHealthStatus": "LastKnownStatus",
        "AlarmIdentifier": {"Region": "us-west-2", "Name": "orders"}})["HealthCheck"]["Id"]

    def status():
        with urllib.request.urlopen(f"{world.endpoint}/_tandem/dns") as answer:
            checks = json.load(answer)["HealthChecks"]
        return next(check["Healthy"] for check in checks if check["Id"] == made)

    assert status() is True
    cloudwatch.set_alarm_state(AlarmName="orders", StateValue="ALARM", StateReason="by hand")
    wait_for(lambda: status() is False, what="the check to follow its alarm")
    cloudwatch.set_alarm_state(AlarmName="orders", StateValue="OK", StateReason="by hand")
    wait_for(status, what="the check to follow its alarm back")
    route53.delete_health_check(HealthCheckId=made)
