"""Route 53 through the AWS CLI. Sources: [CLI] AWS CLI Command Reference, route53, and the User Guide's
pages on return codes and pagination; [API] Route 53 API Reference, each operation's page and its errors;
messages seen in public issue trackers where a literal text is compared."""
import json
import re
import uuid

import pytest

from tests.support.aws_cli import SERVICE_ERROR, error_in

# AWS General Reference, "API Gateway endpoints": the zone of us-east-1's regional endpoints.
REGIONAL_ZONE = "Z1UJRXOUMOOFQ8"


def new_zone(cli, name):
    return cli("route53", "create-hosted-zone", "--name", name, "--caller-reference",
               str(uuid.uuid4()), "--hosted-zone-config", "Comment=made by a command")


def drop(cli, zone_id):
    records = cli("route53", "list-resource-record-sets", "--hosted-zone-id", zone_id, "--query",
                  "ResourceRecordSets[?Type!='NS' && Type!='SOA']")
    if records:
        change(cli, zone_id, *(("DELETE", record) for record in records))
    return cli("route53", "delete-hosted-zone", "--id", zone_id)["ChangeInfo"]


@pytest.fixture
def zone(cli):
    """A hosted zone of its own. Its name is without the dot at the end."""
    name = f"z{uuid.uuid4().hex[:10]}.test"
    made = new_zone(cli, name)["HostedZone"]
    yield {**made, "Name": name}
    drop(cli, made["Id"])


@pytest.fixture
def check(cli):
    made = create_check(cli, str(uuid.uuid4()))
    yield made
    cli("route53", "delete-health-check", "--health-check-id", made["Id"])


def check_words(reference, **more):
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "a.example.com", "ResourcePath": "/up",
              **more}
    return ("route53", "create-health-check", "--caller-reference", reference,
            "--health-check-config", json.dumps(config))


def create_check(cli, reference, **more):
    return cli(*check_words(reference, **more))["HealthCheck"]


def record(name, *values, kind="A", **more):
    return {"Name": name, "Type": kind, "TTL": 60, **more,
            "ResourceRecords": [{"Value": value} for value in values or ("192.0.2.1",)]}


def change_words(zone_id, changes):
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": what} for action, what in changes]}
    return ("route53", "change-resource-record-sets", "--hosted-zone-id", zone_id, "--change-batch",
            json.dumps(batch))


def change(cli, zone_id, *changes):
    return cli(*change_words(zone_id, changes))["ChangeInfo"]


def records(cli, zone_id, *more):
    return cli("route53", "list-resource-record-sets", "--hosted-zone-id", zone_id,
               *more)["ResourceRecordSets"]


def test_zone_life(cli):  # [API] CreateHostedZone, GetHostedZone, DeleteHostedZone
    name = f"z{uuid.uuid4().hex[:10]}.test"
    reference = str(uuid.uuid4())
    create = ("route53", "create-hosted-zone", "--name", name, "--caller-reference", reference)
    made = cli(*create)
    zone = made["HostedZone"]
    assert re.fullmatch(r"/hostedzone/Z[A-Z0-9]{12,31}", zone["Id"])
    assert (zone["Name"], zone["CallerReference"]) == (f"{name}.", reference)
    assert zone["Config"] == {"PrivateZone": False} and zone["ResourceRecordSetCount"] == 2
    assert made["Location"].endswith(f"/2013-04-01{zone['Id']}")
    assert made["ChangeInfo"]["Status"] == "PENDING"
    assert cli("route53", "wait", "resource-record-sets-changed", "--id",
               made["ChangeInfo"]["Id"]) == {}
    servers = made["DelegationSet"]["NameServers"]
    assert len(servers) == 4
    # [CLI] an id may have its path or not.
    for given in (zone["Id"], zone["Id"].split("/")[-1]):
        shown = cli("route53", "get-hosted-zone", "--id", given)
        assert shown == {"HostedZone": zone, "DelegationSet": {"NameServers": servers}}
    first, second = records(cli, zone["Id"])
    assert (first["Name"], first["Type"], first["TTL"]) == (f"{name}.", "NS", 172800)
    assert {one["Value"].rstrip(".") for one in first["ResourceRecords"]} == set(servers)
    assert (second["Type"], second["TTL"]) == ("SOA", 900)
    assert cli.refused(*create) == (
        "HostedZoneAlreadyExists", "CreateHostedZone",
        "A hosted zone has already been created with the specified caller reference.")
    assert drop(cli, zone["Id"])["Id"].startswith("/change/")
    assert cli.refused("route53", "get-hosted-zone", "--id", zone["Id"]) == (
        "NoSuchHostedZone", "GetHostedZone",
        f"No hosted zone found with ID: {zone['Id'].split('/')[-1]}")


def test_zones_that_are_refused(cli, zone):  # [API] InvalidDomainName, HostedZoneNotEmpty
    assert cli.refused("route53", "create-hosted-zone", "--name", "a..test", "--caller-reference",
                       str(uuid.uuid4()))[:2] == ("InvalidDomainName", "CreateHostedZone")
    change(cli, zone["Id"], ("CREATE", record(f"a.{zone['Name']}")))
    assert cli.refused("route53", "delete-hosted-zone", "--id", zone["Id"]) == (
        "HostedZoneNotEmpty", "DeleteHostedZone",
        "The specified hosted zone contains non-required resource record sets and so cannot be "
        "deleted.")


def test_comment(cli, zone):  # [API] UpdateHostedZoneComment
    assert zone["Config"]["Comment"] == "made by a command"
    update = ("route53", "update-hosted-zone-comment", "--id", zone["Id"])
    assert cli(*update, "--comment", "other")["HostedZone"]["Config"] == {
        "Comment": "other", "PrivateZone": False}
    assert "Comment" not in cli(*update)["HostedZone"]["Config"]
    assert cli.refused("route53", "update-hosted-zone-comment", "--id", "Z0000000000000")[:2] == (
        "NoSuchHostedZone", "UpdateHostedZoneComment")


def test_zones_are_listed(cli):  # [API] ListHostedZones, ListHostedZonesByName, GetHostedZoneCount
    base = f"z{uuid.uuid4().hex[:10]}.test"
    ids = {name: new_zone(cli, name)["HostedZone"]["Id"] for name in (base, f"a.{base}",
                                                                      f"b.{base}")}
    try:
        listed = cli("route53", "list-hosted-zones", "--page-size", "1", "--query",
                     f"HostedZones[?ends_with(Name, '{base}.')].Id")
        assert set(listed) == set(ids.values())
        first = cli("route53", "list-hosted-zones", "--max-items", "1")
        assert len(first["HostedZones"]) == 1
        second = cli("route53", "list-hosted-zones", "--max-items", "1", "--starting-token",
                     first["NextToken"])
        assert second["HostedZones"][0]["Id"] != first["HostedZones"][0]["Id"]
        named = cli("route53", "list-hosted-zones-by-name", "--dns-name", base, "--max-items", "2")
        assert [each["Name"] for each in named["HostedZones"]] == [f"{base}.", f"a.{base}."]
        assert named["IsTruncated"] is True and named["NextDNSName"] == f"b.{base}."
        rest = cli("route53", "list-hosted-zones-by-name", "--dns-name", named["NextDNSName"],
                   "--hosted-zone-id", named["NextHostedZoneId"], "--max-items", "1")
        assert [each["Id"] for each in rest["HostedZones"]] == [ids[f"b.{base}"]]
        assert cli("route53", "get-hosted-zone-count")["HostedZoneCount"] >= 3
    finally:
        for zone_id in ids.values():
            drop(cli, zone_id)


def test_records_change_and_resolve(cli, zone, tmp_path):
    # [API] ChangeResourceRecordSets, GetChange, TestDNSAnswer
    name = f"a.{zone['Name']}"
    file = tmp_path / "batch.json"
    file.write_text(json.dumps({"Comment": "first", "Changes": [
        {"Action": "CREATE", "ResourceRecordSet": record(name, "192.0.2.1", "192.0.2.2")}]}))
    made = cli("route53", "change-resource-record-sets", "--hosted-zone-id", zone["Id"],
               "--change-batch", f"file://{file}")["ChangeInfo"]
    assert (made["Status"], made["Comment"]) == ("PENDING", "first")
    cli("route53", "wait", "resource-record-sets-changed", "--id", made["Id"])
    assert cli("route53", "get-change", "--id", made["Id"].split("/")[-1])["ChangeInfo"][
        "Status"] == "INSYNC"
    assert cli.refused("route53", "get-change", "--id", "C0000000000000")[:2] == (
        "NoSuchChange", "GetChange")
    test = ("route53", "test-dns-answer", "--hosted-zone-id", zone["Id"], "--record-type", "A",
            "--record-name")
    answer = cli(*test, name)
    assert sorted(answer["RecordData"]) == ["192.0.2.1", "192.0.2.2"]
    assert (answer["ResponseCode"], answer["RecordType"], answer["Protocol"]) == (
        "NOERROR", "A", "UDP")
    assert cli(*test, f"no.{zone['Name']}")["ResponseCode"] == "NXDOMAIN"


def test_batches_that_are_refused(cli, zone):  # [API] InvalidChangeBatch
    name = f"a.{zone['Name']}."
    change(cli, zone["Id"], ("CREATE", record(name)))
    assert cli.refused(*change_words(zone["Id"], [("CREATE", record(f"b.{zone['Name']}")),
                                                  ("CREATE", record(name))])) == (
        "InvalidChangeBatch", "ChangeResourceRecordSets",
        f"[Tried to create resource record set [name='{name}', type='A'] but it already exists]")
    assert len(records(cli, zone["Id"])) == 3
    assert cli.refused(*change_words(zone["Id"], [("DELETE", record(name, "192.0.2.9"))]))[2] == (
        f"[Tried to delete resource record set [name='{name}', type='A'] but the values provided "
        "do not match the current values]")
    assert cli.refused(*change_words(zone["Id"], [("CREATE", record("a.elsewhere.test"))]))[2] == (
        f"[RRSet with DNS name a.elsewhere.test. is not permitted in zone {zone['Name']}.]")
    assert cli.refused(*change_words("Z0000000000000", [("CREATE", record(name))]))[0] == (
        "NoSuchHostedZone")


def test_records_are_listed(cli, zone):  # [API] ListResourceRecordSets
    base = zone["Name"]
    alias = {"Name": f"api.{base}", "Type": "A", "AliasTarget": {
        "HostedZoneId": REGIONAL_ZONE, "EvaluateTargetHealth": True,
        "DNSName": "d-abcdefghij.execute-api.us-east-1.amazonaws.com"}}
    change(cli, zone["Id"], ("CREATE", alias),
           ("CREATE", record(f"t.{base}", '"a text"', kind="TXT")),
           *(("UPSERT", record(f"w.{base}", SetIdentifier=name, Weight=weight))
             for name, weight in (("one", 1), ("two", 2))))
    expected = [("", "NS"), ("", "SOA"), ("api.", "A"), ("t.", "TXT"), ("w.", "A"), ("w.", "A")]
    got = [(one["Name"].removesuffix(f"{base}."), one["Type"])
           for one in records(cli, zone["Id"], "--page-size", "2")]
    assert got == expected
    page = cli("route53", "list-resource-record-sets", "--hosted-zone-id", zone["Id"], "--max-items",
               "5")
    assert len(page["ResourceRecordSets"]) == 5
    rest = records(cli, zone["Id"], "--starting-token", page["NextToken"])
    assert [(one["SetIdentifier"], one["Weight"]) for one in rest] == [("two", 2)]
    shown = records(cli, zone["Id"], "--query", "{ResourceRecordSets: ResourceRecordSets[?AliasTarget]}")
    assert shown == [{**alias, "Name": f"api.{base}.", "AliasTarget": {
        **alias["AliasTarget"], "DNSName": alias["AliasTarget"]["DNSName"] + "."}}]
    assert cli.refused("route53", "list-resource-record-sets", "--hosted-zone-id",
                       "Z0000000000000")[:2] == ("NoSuchHostedZone", "ListResourceRecordSets")


def test_policies_and_clients(cli, zone):  # [API] ChangeResourceRecordSets, TestDNSAnswer
    base = zone["Name"]
    made = [record(f"l.{base}", f"192.0.2.{number}", SetIdentifier=region, Region=region)
            for number, region in enumerate(("ap-northeast-1", "sa-east-1"))]
    made += [record(f"g.{base}", "192.0.2.3", SetIdentifier="africa", GeoLocation={"ContinentCode": "AF"})]
    made += [record(f"m.{base}", f"192.0.2.{number}", SetIdentifier=str(number), MultiValueAnswer=True)
             for number in range(2)]
    change(cli, zone["Id"], *(("CREATE", one) for one in made))
    test = ("route53", "test-dns-answer", "--hosted-zone-id", zone["Id"], "--record-type", "A",
            "--record-name")
    from_brazil = ("--edns0-client-subnet-ip", "177.32.0.0", "--edns0-client-subnet-mask", "24")
    assert cli(*test, f"l.{base}", *from_brazil)["RecordData"] == ["192.0.2.1"]
    assert cli(*test, f"l.{base}", "--resolver-ip", "133.11.0.1")["RecordData"] == ["192.0.2.0"]
    assert cli(*test, f"g.{base}", *from_brazil)["RecordData"] == []
    assert len(cli(*test, f"m.{base}")["RecordData"]) == 2
    assert {one.get("Region") for one in records(cli, zone["Id"])} == {
        None, "ap-northeast-1", "sa-east-1"}
    change(cli, zone["Id"], *(("DELETE", one) for one in made))


def test_geo_locations(cli):  # [API] ListGeoLocations, GetGeoLocation
    listed = cli("route53", "list-geo-locations", "--start-continent-code", "OC")
    assert [one["ContinentName"] for one in listed["GeoLocationDetailsList"]] == [
        "Oceania", "South America"]
    assert (listed["IsTruncated"], listed["MaxItems"]) == (False, "100")
    page = cli("route53", "list-geo-locations", "--start-country-code", "US", "--max-items", "1")
    assert page["GeoLocationDetailsList"][0]["CountryName"] == "United States"
    assert cli("route53", "get-geo-location", "--country-code", "LI")["GeoLocationDetails"] == {
        "CountryCode": "LI", "CountryName": "Liechtenstein"}
    assert cli.refused("route53", "get-geo-location", "--continent-code", "ZZ")[:2] == (
        "NoSuchGeoLocation", "GetGeoLocation")


def test_health_check_life(cli):
    # [API] CreateHealthCheck, GetHealthCheck, UpdateHealthCheck, DeleteHealthCheck
    reference = str(uuid.uuid4())
    made = create_check(cli, reference)
    assert made["HealthCheckVersion"] == 1 and made["CallerReference"] == reference
    assert made["HealthCheckConfig"] == {
        "Type": "HTTPS", "Port": 443, "ResourcePath": "/up", "RequestInterval": 30,
        "FullyQualifiedDomainName": "a.example.com", "FailureThreshold": 3, "Inverted": False,
        "MeasureLatency": False, "Disabled": False, "EnableSNI": True}
    one = ("--health-check-id", made["Id"])
    assert cli("route53", "get-health-check", *one)["HealthCheck"] == made
    update = ("route53", "update-health-check", *one, "--health-check-version", "1")
    changed = cli(*update, "--failure-threshold", "5", "--inverted", "--reset-elements",
                  "ResourcePath")["HealthCheck"]
    assert changed["HealthCheckVersion"] == 2
    assert (changed["HealthCheckConfig"]["FailureThreshold"],
            changed["HealthCheckConfig"]["Inverted"]) == (5, True)
    assert "ResourcePath" not in changed["HealthCheckConfig"]
    assert cli.refused(*update, "--port", "444")[:2] == (
        "HealthCheckVersionMismatch", "UpdateHealthCheck")
    assert cli.refused(*check_words(reference, Port=444))[:2] == (
        "HealthCheckAlreadyExists", "CreateHealthCheck")
    assert cli("route53", "delete-health-check", *one) == {}
    assert cli.refused("route53", "get-health-check", *one)[:2] == (
        "NoSuchHealthCheck", "GetHealthCheck")
    assert cli.refused(*check_words(str(uuid.uuid4()), RequestInterval=15))[:2] == (
        "InvalidInput", "CreateHealthCheck")


def test_health_checks_are_listed(cli, check):  # [API] ListHealthChecks, GetHealthCheckCount
    other = create_check(cli, str(uuid.uuid4()), ResourcePath="/other")
    try:
        listed = cli("route53", "list-health-checks", "--page-size", "1", "--query",
                     "HealthChecks[].Id")
        assert {check["Id"], other["Id"]} <= set(listed)
        assert len(cli("route53", "list-health-checks", "--max-items", "1")["HealthChecks"]) == 1
        assert cli("route53", "get-health-check-count")["HealthCheckCount"] >= 2
    finally:
        cli("route53", "delete-health-check", "--health-check-id", other["Id"])


def test_a_calculated_health_check(cli, check):  # [API] HealthCheckConfig
    words = ("route53", "create-health-check", "--caller-reference", str(uuid.uuid4()),
             "--health-check-config")
    made = cli(*words, json.dumps({"Type": "CALCULATED", "HealthThreshold": 1,
                                   "ChildHealthChecks": [check["Id"]]}))["HealthCheck"]
    one = ("--health-check-id", made["Id"])
    try:
        changed = cli("route53", "update-health-check", *one, "--health-threshold", "2",
                      "--child-health-checks", check["Id"])["HealthCheck"]["HealthCheckConfig"]
        assert (changed["HealthThreshold"], changed["ChildHealthChecks"]) == (2, [check["Id"]])
        for command in ("get-health-check-status", "get-health-check-last-failure-reason"):
            assert cli.refused("route53", command, *one)[0] == "InvalidInput"
    finally:
        cli("route53", "delete-health-check", *one)


def test_what_checkers_say(cli, check):
    # [API] GetHealthCheckStatus, GetHealthCheckLastFailureReason, GetCheckerIpRanges
    one = ("--health-check-id", check["Id"])
    for command in ("get-health-check-status", "get-health-check-last-failure-reason"):
        for seen in cli("route53", command, *one)["HealthCheckObservations"]:
            assert seen["Region"] and seen["IPAddress"] and seen["StatusReport"]["Status"]
    absent = ("--health-check-id", str(uuid.uuid4()))
    assert cli.refused("route53", "get-health-check-status", *absent)[:2] == (
        "NoSuchHealthCheck", "GetHealthCheckStatus")
    assert cli.refused("route53", "get-health-check-last-failure-reason", *absent)[:2] == (
        "NoSuchHealthCheck", "GetHealthCheckLastFailureReason")
    ranges = cli("route53", "get-checker-ip-ranges")["CheckerIpRanges"]
    assert len(ranges) >= 16 and all("/" in each for each in ranges)


def test_tags(cli, zone, check):
    # [API] ChangeTagsForResource, ListTagsForResource, ListTagsForResources
    for kind, thing in (("healthcheck", check["Id"]), ("hostedzone", zone["Id"].split("/")[-1])):
        one = ("--resource-type", kind, "--resource-id", thing)
        assert cli("route53", "change-tags-for-resource", *one, "--add-tags", "Key=Name,Value=n",
                   "Key=k,Value=v") == {}
        cli("route53", "change-tags-for-resource", *one, "--remove-tag-keys", "k")
        tags = {"ResourceType": kind, "ResourceId": thing, "Tags": [{"Key": "Name", "Value": "n"}]}
        assert cli("route53", "list-tags-for-resource", *one) == {"ResourceTagSet": tags}
        assert cli("route53", "list-tags-for-resources", "--resource-type", kind, "--resource-ids",
                   thing) == {"ResourceTagSets": [tags]}
    assert cli.refused("route53", "list-tags-for-resource", "--resource-type", "healthcheck",
                       "--resource-id", str(uuid.uuid4()))[:2] == (
        "NoSuchHealthCheck", "ListTagsForResource")


def test_limits(cli, zone):  # [API] GetAccountLimit, GetHostedZoneLimit
    limit = cli("route53", "get-account-limit", "--type", "MAX_HEALTH_CHECKS_BY_OWNER")
    assert limit["Limit"]["Type"] == "MAX_HEALTH_CHECKS_BY_OWNER"
    assert limit["Limit"]["Value"] >= 200 and limit["Count"] >= 0
    limit = cli("route53", "get-hosted-zone-limit", "--hosted-zone-id", zone["Id"], "--type",
                "MAX_RRSETS_BY_ZONE")
    assert limit == {"Limit": {"Type": "MAX_RRSETS_BY_ZONE", "Value": 10000}, "Count": 2}


def test_the_spawned_command(aws, zone):  # [CLI] User Guide, "Return codes"
    shown = aws.cli("route53", "get-hosted-zone", "--id", zone["Id"], "--output", "text", "--query",
                    "HostedZone.Name")
    assert shown == f"{zone['Name']}.\n"
    done = aws.cli("route53", "get-hosted-zone", "--id", "Z0000000000000", check=False)
    assert (done.returncode, done.stdout) == (SERVICE_ERROR, "")
    assert error_in(done.stderr) == ("NoSuchHostedZone", "GetHostedZone",
                                     "No hosted zone found with ID: Z0000000000000")


def test_every_operation_was_called(aws, cli):
    assert cli.not_called("route53", aws.endpoint) == []
