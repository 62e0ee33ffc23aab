"""Route 53's resource types. Sources: CloudFormation template reference, each type's page; User Guide, "Update
rollback"; Route 53 API Reference, the operation named."""
import json

import pytest

from tests.sdk.cloudformation_helpers import cloudformation, create, name, outputs, stack_of, wait  # noqa: F401
from tests.support.waiting import wait_for


def test_domain_and_routing(aws, cloudformation, name):
    domain = f"{name}.example.test"
    template = {"Resources": {
        "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": domain}},
        "Certificate": {"Type": "AWS::CertificateManager::Certificate", "Properties": {
            "DomainName": domain, "ValidationMethod": "DNS"}},
        "Domain": {"Type": "AWS::ApiGateway::DomainName", "Properties": {
            "DomainName": domain, "RegionalCertificateArn": {"Ref": "Certificate"},
            "EndpointConfiguration": {"Types": ["REGIONAL"]}, "SecurityPolicy": "TLS_1_2"}},
        "Check": {"Type": "AWS::Route53::HealthCheck", "Properties": {
            "HealthCheckConfig": {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80,
                                  "RequestInterval": 30, "FailureThreshold": 3},
            "HealthCheckTags": [{"Key": "Name", "Value": name}]}},
        "Alias": {"Type": "AWS::Route53::RecordSet", "Properties": {
            "HostedZoneId": {"Ref": "Zone"}, "Name": domain, "Type": "A", "SetIdentifier": "east",
            "Weight": 50, "HealthCheckId": {"Ref": "Check"},
            "AliasTarget": {"DNSName": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]},
                            "HostedZoneId": {"Fn::GetAtt": ["Domain", "RegionalHostedZoneId"]},
                            "EvaluateTargetHealth": True}}},
        "Others": {"Type": "AWS::Route53::RecordSetGroup", "Properties": {
            "HostedZoneName": {"Fn::Sub": f"{domain}."}, "RecordSets": [
                {"Name": f"a.{domain}", "Type": "CNAME", "TTL": "60", "ResourceRecords": [domain]},
                {"Name": f"t.{domain}", "Type": "TXT", "TTL": "60", "ResourceRecords": ["\"x\""]}]},
            "DependsOn": "Zone"}},
        "Outputs": {"Zone": {"Value": {"Ref": "Zone"}}, "Check": {"Value": {"Ref": "Check"}},
                    "Servers": {"Value": {"Fn::Join": [",", {"Fn::GetAtt": ["Zone", "NameServers"]}]}}}}
    create(cloudformation, name, template)
    made = outputs(cloudformation, name)
    assert len(made["Servers"].split(",")) == 4
    route53 = aws.client("route53")

    def weights():
        sets = route53.list_resource_record_sets(HostedZoneId=made["Zone"])["ResourceRecordSets"]
        return {one["Name"]: one.get("Weight") for one in sets if one["Type"] not in ("NS", "SOA")}

    assert weights() == {f"{domain}.": 50, f"a.{domain}.": None, f"t.{domain}.": None}
    tags = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=made["Check"])
    assert tags["ResourceTagSet"]["Tags"] == [{"Key": "Name", "Value": name}]
    template["Resources"]["Alias"]["Properties"]["Weight"] = 0
    template["Resources"]["Others"]["Properties"]["RecordSets"].pop()
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template))
    wait(cloudformation, name, "stack_update_complete")
    assert weights() == {f"{domain}.": 0, f"a.{domain}.": None}


def test_calculated_health_checks(aws, cloudformation, name):
    # AWS::Route53::HealthCheck: HealthCheckConfig is updated in place but for Type, RequestInterval and
    # MeasureLatency.
    endpoint = {"Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80, "FailureThreshold": 1}

    def template(**config):
        return {
            "Resources": {
                "A": {"Type": "AWS::Route53::HealthCheck", "Properties": {"HealthCheckConfig": endpoint}},
                "B": {"Type": "AWS::Route53::HealthCheck", "Properties": {
                    "HealthCheckConfig": {**endpoint, "Inverted": True}}},
                "Both": {"Type": "AWS::Route53::HealthCheck", "Properties": {
                    "HealthCheckConfig": {"Type": "CALCULATED", "HealthThreshold": 2, **config}}}},
            "Outputs": {one: {"Value": {"Ref": one}} for one in ("A", "B", "Both")}}

    create(cloudformation, name, template(ChildHealthChecks=[{"Ref": "A"}, {"Ref": "B"}]))
    made = outputs(cloudformation, name)
    route53 = aws.client("route53")

    def config():
        return route53.get_health_check(HealthCheckId=made["Both"])["HealthCheck"]["HealthCheckConfig"]

    assert sorted(config()["ChildHealthChecks"]) == sorted((made["A"], made["B"]))
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(
        template(ChildHealthChecks=[{"Ref": "A"}], HealthThreshold=1, Inverted=True)))
    wait(cloudformation, name, "stack_update_complete")
    assert outputs(cloudformation, name) == made
    assert (config()["ChildHealthChecks"], config()["HealthThreshold"], config()["Inverted"]) == (
        [made["A"]], 1, True)


@pytest.mark.parametrize("change", (
    {"TTL": "soon"}, {"Type": "CNAME", "ResourceRecords": [""]}, {"ResourceRecords": ["999.1.1.1"]},
    {"SetIdentifier": "x", "Weight": 999}))
@pytest.mark.parametrize("group", (False, True))
def test_a_refused_record_is_rolled_back(aws, cloudformation, name, change, group):
    # User Guide, "Update rollback": the stack is again what it was.
    record = {"Name": f"a.{name}.test", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]}

    def template(**changed):
        properties = {**record, **changed}
        if group:
            properties = {"RecordSets": [properties]}
        return json.dumps({"Resources": {
            "Z": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": f"{name}.test"}},
            "R": {"Type": "AWS::Route53::RecordSetGroup" if group else "AWS::Route53::RecordSet",
                  "Properties": {"HostedZoneId": {"Ref": "Z"}, **properties}}}})
    create(cloudformation, name, template())
    zone = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Z")[
        "StackResourceDetail"]["PhysicalResourceId"]
    cloudformation.update_stack(StackName=name, TemplateBody=template(**change))
    wait_for(lambda: not stack_of(cloudformation, name)["StackStatus"].endswith("_IN_PROGRESS"))
    assert stack_of(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    records = aws.client("route53").list_resource_record_sets(HostedZoneId=zone)
    assert [(one["Name"], one["Type"], one["TTL"]) for one in records["ResourceRecordSets"]][2:] == [
        (f"a.{name}.test.", "A", 60)]


def test_a_record_groups_policy_changes_at_once(aws, cloudformation, name):
    # Route 53 API reference, ChangeResourceRecordSets: a batch is made whole or not at all.
    route53 = aws.client("route53")
    policies = (({"Weight": 1}, {"Weight": 0}), ({"Region": "us-east-1"}, {"Region": "us-west-2"}),
                ({"Failover": "PRIMARY", "HealthCheckId": {"Ref": "C"}}, {"Failover": "SECONDARY"}),
                ({"GeoLocation": {"ContinentCode": "EU"}},
                 {"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "WA"}}),
                ({"MultiValueAnswer": True}, {"MultiValueAnswer": True}))

    def template(policy):
        sets = [{"Name": f"p.{name}.test", "Type": "A", "TTL": "60", "SetIdentifier": str(number),
                 "ResourceRecords": [f"192.0.2.{number}"], **one} for number, one in enumerate(policy)]
        return json.dumps({"Resources": {
            "Z": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": f"{name}.test"}},
            "C": {"Type": "AWS::Route53::HealthCheck", "Properties": {"HealthCheckConfig": {
                "Type": "TCP", "IPAddress": "192.0.2.1", "Port": 80}}},
            "G": {"Type": "AWS::Route53::RecordSetGroup", "Properties": {
                "HostedZoneId": {"Ref": "Z"}, "RecordSets": sets}}}})
    create(cloudformation, name, template(policies[0]))
    zone = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Z")[
        "StackResourceDetail"]["PhysicalResourceId"]

    def chosen_by():
        listed = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return [{key: one[key] for key in policy if key != "HealthCheckId"}
                for one, policy in zip(listed[2:], policies[at], strict=True)]
    for at in range(1, len(policies)):
        cloudformation.update_stack(StackName=name, TemplateBody=template(policies[at]))
        wait(cloudformation, name, "stack_update_complete")
        assert chosen_by() == [{key: value for key, value in one.items() if key != "HealthCheckId"}
                               for one in policies[at]]
    # What is refused is rolled back to the policy that was.
    cloudformation.update_stack(StackName=name, TemplateBody=template(
        ({"Region": "us-east-1"}, {"Region": "us-east-1"})))
    wait_for(lambda: not stack_of(cloudformation, name)["StackStatus"].endswith("_IN_PROGRESS"))
    assert stack_of(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert chosen_by() == list(policies[at])


def test_a_zones_id_may_carry_its_path(aws, cloudformation, name):
    # CreateHostedZone answers with "/hostedzone/Z…"; CDK and people hand that on as it is.
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(Name=f"{name}.test", CallerReference=name)["HostedZone"]["Id"]
    assert zone.startswith("/hostedzone/")
    record = {"HostedZoneId": zone, "Name": f"a.{name}.test", "Type": "A", "TTL": "60",
              "ResourceRecords": ["192.0.2.1"]}
    group = {"HostedZoneId": zone, "RecordSets": [
        {"Name": f"b.{name}.test", "Type": "A", "AliasTarget": {
            "HostedZoneId": zone, "DNSName": f"a.{name}.test"}}]}
    create(cloudformation, name, {"Resources": {
        "R": {"Type": "AWS::Route53::RecordSet", "Properties": record},
        "G": {"Type": "AWS::Route53::RecordSetGroup", "DependsOn": "R", "Properties": group}}})
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [one["Name"] for one in records][2:] == [f"a.{name}.test.", f"b.{name}.test."]
