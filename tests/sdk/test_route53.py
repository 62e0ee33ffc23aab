"""Route 53. Expectations: botocore's model, AWS's API reference and Developer Guide, and messages
seen in public issue trackers where a literal text is compared."""
import datetime
import ipaddress
import re
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.coverage import not_called
from tests.support.waiting import wait_for

REGIONAL = {"us-east-1": "Z1UJRXOUMOOFQ8", "us-west-2": "Z2OJLYMUO9EFXC"}


@pytest.fixture(scope="module")
def route53(aws):
    return aws.client("route53")


@pytest.fixture
def zone(route53):
    """A hosted zone of its own, emptied and deleted afterwards."""
    name = f"z{uuid.uuid4().hex[:10]}.test"
    made = route53.create_hosted_zone(Name=name, CallerReference=str(uuid.uuid4()),
                                      HostedZoneConfig={"Comment": "a test"})
    made["HostedZone"]["Plain"] = name
    yield made["HostedZone"]
    zone_id = made["HostedZone"]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    changes = [{"Action": "DELETE", "ResourceRecordSet": record} for record in records
               if record["Type"] not in ("NS", "SOA")]
    if changes:
        route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
    route53.delete_hosted_zone(Id=zone_id)


@pytest.fixture
def checks(route53):
    made = []

    def of(settings, reference=None):
        check = route53.create_health_check(CallerReference=reference or str(uuid.uuid4()),
                                            HealthCheckConfig=settings)["HealthCheck"]
        if check["Id"] not in made:
            made.append(check["Id"])
        return check

    def make(reference=None, **config):
        return of({"Type": "HTTPS", "FullyQualifiedDomainName": "a.example.com", **config},
                  reference)
    make.of = of
    yield make
    for check in made:
        route53.delete_health_check(HealthCheckId=check)


def refused(code, call, *words, **arguments):
    with pytest.raises(ClientError) as caught:
        call(*words, **arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def record(name, value="192.0.2.1", kind="A", **more):
    return {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}], **more}


def alias(name, region, identifier=None, weight=None, evaluate=True):
    made = {"Name": name, "Type": "A",
            "AliasTarget": {"HostedZoneId": REGIONAL[region], "EvaluateTargetHealth": evaluate,
                            "DNSName": f"d-abcdefghij.execute-api.{region}.amazonaws.com"}}
    if identifier:
        made.update(SetIdentifier=identifier, Weight=weight)
    return made


def change(route53, zone, *changes):
    return route53.change_resource_record_sets(
        HostedZoneId=zone["Id"],
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": what}
                                 for action, what in changes]})["ChangeInfo"]


def batch_refused(route53, zone, *changes):
    return refused("InvalidChangeBatch", change, route53, zone, *changes)


def test_a_new_zone_has_servers_and_soa(route53):
    reference = str(uuid.uuid4())
    made = route53.create_hosted_zone(Name="Fresh.tandem.test", CallerReference=reference)
    zone = made["HostedZone"]
    try:
        assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
        assert re.fullmatch(r"/hostedzone/Z[A-Z0-9]{12,31}", zone["Id"])
        assert made["Location"].endswith(zone["Id"])
        assert zone["Name"] == "fresh.tandem.test."
        assert zone["Config"] == {"PrivateZone": False} and zone["ResourceRecordSetCount"] == 2
        assert re.fullmatch(r"/change/C[A-Z0-9]+", made["ChangeInfo"]["Id"])
        assert made["ChangeInfo"]["Status"] == "PENDING"
        servers = made["DelegationSet"]["NameServers"]
        assert len(servers) == 4
        assert {re.fullmatch(r"ns-\d+\.awsdns-\d+\.(com|net|org|co\.uk)", server).group(1)
                for server in servers} == {"com", "net", "org", "co.uk"}
        records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
        assert [(r["Name"], r["Type"], r["TTL"]) for r in records] == [
            ("fresh.tandem.test.", "NS", 172800), ("fresh.tandem.test.", "SOA", 900)]
        assert records[1]["ResourceRecords"] == [
            {"Value": f"{servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"}]
        route53.get_waiter("resource_record_sets_changed").wait(Id=made["ChangeInfo"]["Id"])
        got = route53.get_hosted_zone(Id=zone["Id"])
        assert got["HostedZone"] == zone and got["DelegationSet"] == made["DelegationSet"]
        refused("HostedZoneAlreadyExists", route53.create_hosted_zone, Name="other.test",
                CallerReference=reference)
    finally:
        route53.delete_hosted_zone(Id=zone["Id"])
    message = refused("NoSuchHostedZone", route53.get_hosted_zone, Id=zone["Id"])
    assert message == f"No hosted zone found with ID: {zone['Id'].split('/')[-1]}"


def test_zone_comment_and_names(route53, zone):
    assert zone["Config"]["Comment"] == "a test"
    changed = route53.update_hosted_zone_comment(Id=zone["Id"], Comment="other")["HostedZone"]
    assert changed["Config"]["Comment"] == "other"
    refused("InvalidDomainName", route53.create_hosted_zone, Name="a..test",
            CallerReference=str(uuid.uuid4()))
    refused("InvalidDomainName", route53.create_hosted_zone, Name="a" * 64 + ".test",
            CallerReference=str(uuid.uuid4()))


def test_zones_are_listed_in_pages(route53, zone):
    others = [route53.create_hosted_zone(Name=name, CallerReference=str(uuid.uuid4()))
              ["HostedZone"]["Id"] for name in ("b.paged.test", "a.paged.test", "paged.test")]
    try:
        ids = {z["Id"] for page in route53.get_paginator("list_hosted_zones").paginate(
            PaginationConfig={"PageSize": 2}) for z in page["HostedZones"]}
        assert ids >= {zone["Id"], *others}
        assert route53.get_hosted_zone_count()["HostedZoneCount"] >= 4
        named = route53.list_hosted_zones_by_name(DNSName="paged.test", MaxItems="2")
        assert [z["Name"] for z in named["HostedZones"]] == ["paged.test.", "a.paged.test."]
        assert named["IsTruncated"] and named["NextDNSName"] == "b.paged.test."
        rest = route53.list_hosted_zones_by_name(DNSName=named["NextDNSName"], MaxItems="1",
                                                 HostedZoneId=named["NextHostedZoneId"])
        assert [z["Name"] for z in rest["HostedZones"]] == ["b.paged.test."]
    finally:
        for other in others:
            route53.delete_hosted_zone(Id=other)


def test_a_zone_with_records_is_not_deleted(route53, zone):
    change(route53, zone, ("CREATE", record(f"a.{zone['Plain']}")))
    assert refused("HostedZoneNotEmpty", route53.delete_hosted_zone, Id=zone["Id"]) == (
        "The specified hosted zone contains non-required resource record sets and so cannot be "
        "deleted.")


def test_changes_reach_every_server(route53, zone):
    made = change(route53, zone, ("CREATE", record(f"a.{zone['Plain']}")))
    assert made["Status"] == "PENDING"
    route53.get_waiter("resource_record_sets_changed").wait(Id=made["Id"])
    assert route53.get_change(Id=made["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    refused("NoSuchChange", route53.get_change, Id="C0000000000000")
    answer = route53.test_dns_answer(HostedZoneId=zone["Id"], RecordName=f"a.{zone['Plain']}",
                                     RecordType="A")
    assert answer["RecordData"] == ["192.0.2.1"] and answer["ResponseCode"] == "NOERROR"
    answer = route53.test_dns_answer(HostedZoneId=zone["Id"], RecordName=f"no.{zone['Plain']}",
                                     RecordType="A")
    assert answer["RecordData"] == [] and answer["ResponseCode"] == "NXDOMAIN"


def test_records_are_listed_by_reversed_labels(route53, zone):
    base = zone["Plain"]
    change(route53, zone, *(("CREATE", record(name)) for name in
                            (f"b.{base}", f"*.{base}", f"a.b.{base}", f"a.{base}")),
           ("CREATE", record(f"w.{base}", SetIdentifier="two", Weight=2)),
           ("CREATE", record(f"w.{base}", SetIdentifier="one", Weight=1)))
    pages = list(route53.get_paginator("list_resource_record_sets").paginate(
        HostedZoneId=zone["Id"], PaginationConfig={"PageSize": 3}))
    assert len(pages) == 3
    got = [(r["Name"].removesuffix(f"{base}."), r["Type"], r.get("SetIdentifier"))
           for page in pages for r in page["ResourceRecordSets"]]
    assert got == [("", "NS", None), ("", "SOA", None), ("\\052.", "A", None), ("a.", "A", None),
                   ("b.", "A", None), ("a.b.", "A", None), ("w.", "A", "one"), ("w.", "A", "two")]
    refused("InvalidInput", route53.list_resource_record_sets, HostedZoneId=zone["Id"],
            StartRecordType="A")


def test_batches_are_all_or_nothing(route53, zone):
    name = f"a.{zone['Plain']}."
    change(route53, zone, ("CREATE", record(name)))
    assert batch_refused(route53, zone, ("CREATE", record(f"b.{zone['Plain']}")),
                         ("CREATE", record(name, "192.0.2.2"))) == (
        f"[Tried to create resource record set [name='{name}', type='A'] but it already exists]")
    assert len(route53.list_resource_record_sets(
        HostedZoneId=zone["Id"])["ResourceRecordSets"]) == 3
    assert batch_refused(route53, zone, ("DELETE", record(name, "192.0.2.2"))) == (
        f"[Tried to delete resource record set [name='{name}', type='A'] but the values provided "
        "do not match the current values]")
    missing = f"c.{zone['Plain']}."
    assert batch_refused(route53, zone, ("DELETE", record(missing))) == (
        f"[Tried to delete resource record set [name='{missing}', type='A'] but it was not found]")
    change(route53, zone, ("DELETE", record(name)),
           ("CREATE", record(name, "other.test", "CNAME")))


def test_conflicts_are_named(route53, zone):
    base = zone["Plain"]
    assert batch_refused(route53, zone, ("CREATE", record("a.elsewhere.test"))) == (
        f"[RRSet with DNS name a.elsewhere.test. is not permitted in zone {base}.]")
    change(route53, zone, ("CREATE", record(f"c.{base}", "x.test", "CNAME")))
    assert batch_refused(route53, zone, ("CREATE", record(f"c.{base}"))) == (
        f"[RRSet of type A with DNS name c.{base}. is not permitted because a conflicting RRSet of "
        f"type CNAME with the same DNS name already exists in zone {base}.]")
    assert batch_refused(route53, zone, ("CREATE", record(f"x.{base}", "nonsense"))) == (
        "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid "
        "IPv4 address) encountered with 'nonsense'']")
    assert "must contain at least one NS record" in batch_refused(
        route53, zone, ("DELETE", next(
            r for r in route53.list_resource_record_sets(
                HostedZoneId=zone["Id"])["ResourceRecordSets"] if r["Type"] == "NS")))


def test_weighted_groups(route53, zone):
    name = f"w.{zone['Plain']}"
    change(route53, zone, ("CREATE", record(name, SetIdentifier="a", Weight=90)),
           ("CREATE", record(name, "192.0.2.2", SetIdentifier="b", Weight=10)))
    change(route53, zone, ("UPSERT", record(name, SetIdentifier="a", Weight=0)))
    for _ in range(20):
        answer = route53.test_dns_answer(HostedZoneId=zone["Id"], RecordName=name, RecordType="A")
        assert answer["RecordData"] == ["192.0.2.2"]
    assert batch_refused(route53, zone, ("CREATE", record(name))) == (
        f"[RRSet with DNS name {name}., type A cannot be created as other RRSets exist with the "
        "same name and type.]")
    other = {**record(name, SetIdentifier="c", Weight=1), "TTL": 61}
    assert "must contain the same TTL" in batch_refused(route53, zone, ("CREATE", other))


def answered(route53, zone, name, subnet=None, **more):
    if subnet:
        more["EDNS0ClientSubnetIP"] = subnet
    return route53.test_dns_answer(HostedZoneId=zone["Id"], RecordName=name, RecordType="A",
                                   **more)["RecordData"]


def same_group(name, *policies):
    return [("CREATE", record(name, f"192.0.2.{number}", SetIdentifier=f"set-{number}", **policy))
            for number, policy in enumerate(policies)]


# Of prefixes that IANA's registry gives to AFRINIC, LACNIC and APNIC: 41/8, 177/8, 133/8.
AFRICA, SOUTH_AMERICA, JAPAN = "41.13.0.0", "177.32.0.0", "133.11.0.0"


def test_latency_groups(route53, zone):
    # [Developer Guide: Latency-based routing; API reference: ResourceRecordSet, Region]
    name = f"l.{zone['Plain']}"
    group = same_group(name, {"Region": "sa-east-1"}, {"Region": "ap-northeast-1"})
    change(route53, zone, *group)
    assert answered(route53, zone, name, SOUTH_AMERICA) == ["192.0.2.0"]
    assert answered(route53, zone, name, JAPAN, EDNS0ClientSubnetMask="24") == ["192.0.2.1"]
    assert answered(route53, zone, name, ResolverIP=JAPAN) == ["192.0.2.1"]
    listed = route53.list_resource_record_sets(
        HostedZoneId=zone["Id"], StartRecordName=name, MaxItems="2")["ResourceRecordSets"]
    assert listed == [{**made, "Name": f"{name}."} for _, made in group]
    # Messages: public issues of external-dns and Terraform's provider.
    twice = record(name, SetIdentifier="x", Region="sa-east-1")
    assert batch_refused(route53, zone, ("CREATE", twice)) == (
        f"[RRSet with DNS name {name}., type A, SetIdentifier x, and Region Name=sa-east-1 cannot be "
        "created because a latency RRSet with the same name, type and region already exists.]")
    weighted = f"w.{zone['Plain']}"
    change(route53, zone, ("CREATE", record(weighted, SetIdentifier="w", Weight=1)))
    assert batch_refused(route53, zone, ("CREATE", {**twice, "Name": weighted})) == (
        f"[RRSet with DNS name {weighted}., type A, SetIdentifier x, and Region Name=sa-east-1 cannot "
        "be created because a non-latency RRSet with the same name and type already exists.]")
    # The policy of a name is another one after one batch.
    change(route53, zone, *(("DELETE", made) for _, made in group),
           *same_group(name, {"Weight": 1}, {"Weight": 0}))
    assert answered(route53, zone, name, JAPAN) == ["192.0.2.0"]
    wrong = {**group[0][1], "Region": "us-east-1"}
    assert "was not found" in batch_refused(route53, zone, ("DELETE", {**wrong, "SetIdentifier": "y"}))
    assert "do not match the current values" in batch_refused(route53, zone, ("DELETE", wrong))
    refused("InvalidInput", change, route53, zone, ("CREATE", {**twice, "Region": "mars-east-1"}))


def test_geolocation_groups(route53, zone):
    # [Developer Guide: Geolocation routing; API reference: GeoLocation]
    name = f"g.{zone['Plain']}"
    group = same_group(name, {"GeoLocation": {"ContinentCode": "AF"}},
                       {"GeoLocation": {"ContinentCode": "SA"}},
                       {"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "WA"}})
    change(route53, zone, *group)
    assert answered(route53, zone, name, AFRICA) == ["192.0.2.0"]
    assert answered(route53, zone, name, SOUTH_AMERICA) == ["192.0.2.1"]
    assert answered(route53, zone, name, JAPAN) == []
    change(route53, zone, ("CREATE", record(name, "192.0.2.9", SetIdentifier="default",
                                            GeoLocation={"CountryCode": "*"})))
    assert answered(route53, zone, name, JAPAN) == ["192.0.2.9"]
    listed = route53.list_resource_record_sets(
        HostedZoneId=zone["Id"], StartRecordName=name)["ResourceRecordSets"]
    assert [one["GeoLocation"] for one in listed] == [
        {"CountryCode": "*"}, *(made["GeoLocation"] for _, made in group)]
    twice = record(name, SetIdentifier="x", GeoLocation={"ContinentCode": "AF"})
    assert "and routing to [continent = (AF, Africa)] cannot be created" in batch_refused(
        route53, zone, ("CREATE", twice))
    for wrong in ({"ContinentCode": "AF", "CountryCode": "ZA"}, {"SubdivisionCode": "WA"},
                  {"CountryCode": "ZZ"}):
        refused("InvalidInput", change, route53, zone, ("CREATE", {**twice, "GeoLocation": wrong}))


def test_failover_groups(route53, zone, checks):
    # [Developer Guide: Failover routing; API reference: ResourceRecordSet, Failover]
    name = f"f.{zone['Plain']}"
    check = checks(Disabled=True)["Id"]
    bare = record(name, SetIdentifier="one", Failover="PRIMARY")
    # Message: a public issue of external-dns.
    assert batch_refused(route53, zone, ("CREATE", bare)) == (
        "[A non-alias primary ResourceRecordSet must have an associated health check. No changes "
        "made.]")
    primary = {**bare, "HealthCheckId": check}
    secondary = record(name, "192.0.2.2", SetIdentifier="two", Failover="SECONDARY")
    change(route53, zone, ("CREATE", primary), ("CREATE", secondary))
    assert answered(route53, zone, name) == ["192.0.2.1"]
    listed = route53.list_resource_record_sets(
        HostedZoneId=zone["Id"], StartRecordName=name)["ResourceRecordSets"]
    assert [one["Failover"] for one in listed] == ["PRIMARY", "SECONDARY"]
    assert "marked as secondary cannot be created" in batch_refused(
        route53, zone, ("CREATE", {**secondary, "SetIdentifier": "three"}))
    change(route53, zone, ("DELETE", primary), ("DELETE", secondary),
           ("CREATE", {**primary, "Failover": "SECONDARY"}),
           ("CREATE", {**secondary, "Failover": "PRIMARY", "HealthCheckId": check}))
    assert answered(route53, zone, name) == ["192.0.2.2"]


def test_multivalue_groups(route53, zone):
    # [Developer Guide: Multivalue answer routing; API reference: ResourceRecordSet]
    name = f"m.{zone['Plain']}"
    change(route53, zone, *same_group(name, *[{"MultiValueAnswer": True}] * 10))
    answer = answered(route53, zone, name)
    assert len(set(answer)) == 8 and set(answer) <= {f"192.0.2.{number}" for number in range(10)}
    listed = route53.list_resource_record_sets(
        HostedZoneId=zone["Id"], StartRecordName=name, MaxItems="1")["ResourceRecordSets"]
    assert listed[0]["MultiValueAnswer"] is True
    plain = f"s.{zone['Plain']}"
    change(route53, zone, ("CREATE", record(plain)))
    # Message: a public issue of cert-manager.
    assert batch_refused(route53, zone, ("CREATE", record(plain, SetIdentifier="x",
                                                          MultiValueAnswer=True))) == (
        f"[RRSet with DNS name {plain}., type A, SetIdentifier x cannot be created because a non "
        "multivalue answer rrset exists with the same name and type.]")


def test_simulated_clients(route53, zone):  # [API reference: TestDNSAnswer]
    name = f"a.{zone['Plain']}"
    change(route53, zone, ("CREATE", record(name)))
    assert answered(route53, zone, name, "2001:db8::1", EDNS0ClientSubnetMask="48") == ["192.0.2.1"]
    refused("InvalidInput", answered, route53, zone, name, "192.0.2.1", EDNS0ClientSubnetMask="33")


def test_geo_locations(route53):  # [API reference: ListGeoLocations, GetGeoLocation]
    pages, start = [], {}
    while True:
        page = route53.list_geo_locations(MaxItems="100", **start)
        pages += page["GeoLocationDetailsList"]
        if not page["IsTruncated"]:
            break
        start = {"Start" + key.removeprefix("Next"): value for key, value in page.items()
                 if key.startswith("Next")}
    assert pages[0] == {"CountryCode": "*", "CountryName": "Default"}
    assert pages[-1] == {"ContinentCode": "SA", "ContinentName": "South America"}
    assert {"CountryCode": "US", "CountryName": "United States", "SubdivisionCode": "WA",
            "SubdivisionName": "Washington"} in pages
    codes = [one["CountryCode"] for one in pages if "CountryCode" in one]
    assert codes == sorted(codes) and len(codes) > 300
    asked = route53.list_geo_locations(StartContinentCode="OC")["GeoLocationDetailsList"]
    assert [one["ContinentCode"] for one in asked] == ["OC", "SA"]
    assert route53.get_geo_location(ContinentCode="AF")["GeoLocationDetails"] == {
        "ContinentCode": "AF", "ContinentName": "Africa"}
    assert route53.get_geo_location(CountryCode="US", SubdivisionCode="WA")["GeoLocationDetails"][
        "SubdivisionName"] == "Washington"
    refused("NoSuchGeoLocation", route53.get_geo_location, CountryCode="ZZ")
    refused("InvalidInput", route53.get_geo_location, SubdivisionCode="WA")


def test_aliases_to_api_gateway(route53, zone):
    name = f"api.{zone['Plain']}"
    change(route53, zone, *(("CREATE", alias(name, region, region, 1)) for region in REGIONAL))
    listed = route53.list_resource_record_sets(
        HostedZoneId=zone["Id"], StartRecordName=name, MaxItems="1")["ResourceRecordSets"][0]
    assert listed == {"Name": f"{name}.", "Type": "A", "SetIdentifier": "us-east-1", "Weight": 1,
                      "AliasTarget": {
                          "HostedZoneId": REGIONAL["us-east-1"], "EvaluateTargetHealth": True,
                          "DNSName": "d-abcdefghij.execute-api.us-east-1.amazonaws.com."}}
    wrong = alias(f"wrong.{zone['Plain']}", "us-east-1")
    wrong["AliasTarget"]["DNSName"] = "d-abcdefghij.execute-api.us-west-2.amazonaws.com"
    assert "does not lie within the target zone" in batch_refused(route53, zone, ("CREATE", wrong))


def test_structure_is_checked(route53, zone):
    bare = {"Name": f"a.{zone['Plain']}", "Type": "A"}
    assert refused("InvalidInput", change, route53, zone, ("UPSERT", bare)) == (
        "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], "
        f"or TrafficPolicyInstanceId], but found none in Change with [Action=UPSERT, "
        f"Name={bare['Name']}, Type=A, SetIdentifier=null]")
    refused("InvalidInput", change, route53, zone,
            ("UPSERT", record(bare["Name"], Weight=1)))
    refused("NoSuchHealthCheck", change, route53, zone,
            ("UPSERT", record(bare["Name"], HealthCheckId=str(uuid.uuid4()))))


def test_health_check_defaults_and_update(route53, checks):
    check = checks(ResourcePath="/health")
    assert check["HealthCheckVersion"] == 1
    assert check["HealthCheckConfig"] == {
        "Type": "HTTPS", "Port": 443, "ResourcePath": "/health",
        "FullyQualifiedDomainName": "a.example.com", "RequestInterval": 30, "FailureThreshold": 3,
        "MeasureLatency": False, "Inverted": False, "Disabled": False, "EnableSNI": True}
    assert route53.get_health_check(HealthCheckId=check["Id"])["HealthCheck"] == check
    changed = route53.update_health_check(
        HealthCheckId=check["Id"], HealthCheckVersion=1, FailureThreshold=5, Disabled=True,
        ResetElements=["ResourcePath"])["HealthCheck"]
    assert changed["HealthCheckVersion"] == 2
    assert changed["HealthCheckConfig"]["FailureThreshold"] == 5
    assert "ResourcePath" not in changed["HealthCheckConfig"]
    refused("HealthCheckVersionMismatch", route53.update_health_check,
            HealthCheckId=check["Id"], HealthCheckVersion=1, Port=444)


def test_health_check_references(route53, checks):
    reference = str(uuid.uuid4())
    first = checks(reference)
    assert checks(reference)["Id"] == first["Id"]
    refused("HealthCheckAlreadyExists", checks, reference, Port=444)
    spent = route53.create_health_check(
        CallerReference=str(uuid.uuid4()),
        HealthCheckConfig={"Type": "HTTP", "FullyQualifiedDomainName": "a.test"})["HealthCheck"]
    route53.delete_health_check(HealthCheckId=spent["Id"])
    refused("HealthCheckAlreadyExists", checks, spent["CallerReference"])
    refused("NoSuchHealthCheck", route53.get_health_check, HealthCheckId=spent["Id"])


def test_health_checks_are_listed_and_counted(route53, checks):
    ids = {checks()["Id"] for _ in range(3)}
    listed = {c["Id"] for page in route53.get_paginator("list_health_checks").paginate(
        PaginationConfig={"PageSize": 2}) for c in page["HealthChecks"]}
    assert listed >= ids
    assert route53.get_health_check_count()["HealthCheckCount"] >= 3


def test_health_check_input(route53, checks):
    refused("InvalidInput", checks, RequestInterval=15)
    refused("InvalidInput", checks, IPAddress="10.0.0.1")
    refused("InvalidInput", checks, Type="HTTPS_STR_MATCH")
    refused("InvalidInput", checks, Type="TCP")
    refused("InvalidInput", route53.create_health_check, CallerReference=str(uuid.uuid4()),
            HealthCheckConfig={"Type": "HTTP"})


def test_health_check_status_has_regions_and_addresses(route53, checks):
    # API Reference, GetHealthCheckStatus: one observation for each checker that has looked.
    check = checks(RequestInterval=10)
    observations = wait_for(lambda: route53.get_health_check_status(
        HealthCheckId=check["Id"])["HealthCheckObservations"])
    for seen in observations:
        assert re.fullmatch(r"[a-z]+-[a-z]+-\d", seen["Region"])
        ipaddress.ip_address(seen["IPAddress"])
        # Nobody serves the name here, so the checkers say why they got nowhere.
        assert seen["StatusReport"]["Status"].startswith("Failure: ")
        assert isinstance(seen["StatusReport"]["CheckedTime"], datetime.datetime)
    failures = route53.get_health_check_last_failure_reason(
        HealthCheckId=check["Id"])["HealthCheckObservations"]
    assert {seen["IPAddress"] for seen in failures} >= {seen["IPAddress"] for seen in observations}
    refused("NoSuchHealthCheck", route53.get_health_check_status, HealthCheckId=str(uuid.uuid4()))
    assert len(route53.get_checker_ip_ranges()["CheckerIpRanges"]) >= 16


def test_calculated_health_checks(route53, checks):
    # API Reference, HealthCheckConfig: HealthThreshold, ChildHealthChecks; terraform-provider-aws issue 44004
    # has the first literal message.
    children = sorted(checks()["Id"] for _ in range(2))

    def create(**config):
        return checks.of({"Type": "CALCULATED", **config})

    made = create(HealthThreshold=1, ChildHealthChecks=children)
    assert made["HealthCheckConfig"] == {
        "Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": children,
        "Inverted": False, "Disabled": False}
    changed = route53.update_health_check(
        HealthCheckId=made["Id"], HealthThreshold=0, Inverted=True,
        ChildHealthChecks=children[:1])["HealthCheck"]["HealthCheckConfig"]
    assert (changed["HealthThreshold"], changed["Inverted"], changed["ChildHealthChecks"]) == (
        0, True, children[:1])
    emptied = route53.update_health_check(
        HealthCheckId=made["Id"], ResetElements=["ChildHealthChecks"])["HealthCheck"]
    assert not emptied["HealthCheckConfig"].get("ChildHealthChecks")
    assert refused("InvalidInput", create, ChildHealthChecks=children) == (
        "Invalid parameter : Calculated health checks must have a health threshold specified.")
    refused("InvalidInput", create, HealthThreshold=1, ChildHealthChecks=[str(uuid.uuid4())])
    # Developer Guide, "Monitoring other health checks": not the status of other calculated ones.
    refused("InvalidInput", create, HealthThreshold=1, ChildHealthChecks=[made["Id"]])
    refused("InvalidInput", create, HealthThreshold=1, FailureThreshold=3)
    refused("InvalidInput", route53.get_health_check_status, HealthCheckId=made["Id"])
    refused("InvalidInput", route53.get_health_check_last_failure_reason, HealthCheckId=made["Id"])


def test_a_check_in_use_may_be_deleted(route53, zone):
    check = route53.create_health_check(
        CallerReference=str(uuid.uuid4()),
        HealthCheckConfig={"Type": "HTTP", "FullyQualifiedDomainName": "a.test"})["HealthCheck"]
    change(route53, zone, ("CREATE", record(f"a.{zone['Plain']}", SetIdentifier="x", Weight=1,
                                            HealthCheckId=check["Id"])))
    # API Reference, DeleteHealthCheck: it goes although a record uses it; the record stays.
    route53.delete_health_check(HealthCheckId=check["Id"])
    refused("NoSuchHealthCheck", route53.get_health_check, HealthCheckId=check["Id"])
    records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    assert [one["HealthCheckId"] for one in records if "HealthCheckId" in one] == [check["Id"]]


def test_tags(route53, zone, checks):
    check = checks()["Id"]
    plain_zone = zone["Id"].split("/")[-1]
    for kind, thing in (("healthcheck", check), ("hostedzone", plain_zone)):
        route53.change_tags_for_resource(
            ResourceType=kind, ResourceId=thing,
            AddTags=[{"Key": "Name", "Value": "n"}, {"Key": "k", "Value": "v"}])
        route53.change_tags_for_resource(ResourceType=kind, ResourceId=thing, RemoveTagKeys=["k"])
        assert route53.list_tags_for_resource(
            ResourceType=kind, ResourceId=thing)["ResourceTagSet"] == {
                "ResourceType": kind, "ResourceId": thing,
                "Tags": [{"Key": "Name", "Value": "n"}]}
    sets = route53.list_tags_for_resources(ResourceType="healthcheck",
                                           ResourceIds=[check])["ResourceTagSets"]
    assert [s["ResourceId"] for s in sets] == [check]
    refused("NoSuchHealthCheck", route53.list_tags_for_resource, ResourceType="healthcheck",
            ResourceId=str(uuid.uuid4()))


def test_limits(route53, zone):
    limit = route53.get_account_limit(Type="MAX_HOSTED_ZONES_BY_OWNER")
    assert limit["Limit"]["Value"] >= 500 and limit["Count"] >= 1
    limit = route53.get_hosted_zone_limit(Type="MAX_RRSETS_BY_ZONE", HostedZoneId=zone["Id"])
    assert limit["Limit"]["Value"] >= 10_000 and limit["Count"] == 2


def test_every_operation_was_called(aws, called):
    assert not_called(called, "route53", aws.endpoint) == []
