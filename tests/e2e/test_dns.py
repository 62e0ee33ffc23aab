"""The DNS server through real sockets: dig, pipelined clients, junk."""
import collections
import math
import random
import socket
import struct
import subprocess
import uuid

import pytest

from tests.support.waiting import wait_for
from tests.support.world import World

NAME = "todos.tandem.test"
ALIAS_ZONES = {"us-east-1": "Z1UJRXOUMOOFQ8", "us-west-2": "Z2OJLYMUO9EFXC"}


class Dns:
    def __init__(self, world):
        self.world = world
        self.address, self.port = world.addresses["global"], world.ports["dns"]
        self.route53 = world.client("route53")
        self.zone = self.route53.create_hosted_zone(
            Name="tandem.test", CallerReference=str(uuid.uuid4()))["HostedZone"]["Id"]

    def change(self, *changes):
        self.route53.change_resource_record_sets(
            HostedZoneId=self.zone,
            ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}
                                     for record in changes]})

    def weigh(self, **weights):
        self.change(*({"Name": NAME, "Type": "A", "SetIdentifier": region,
                       "Weight": weights[region.replace("-", "_")],
                       "AliasTarget": {"HostedZoneId": zone, "EvaluateTargetHealth": False,
                                       "DNSName": f"d-abc.execute-api.{region}.amazonaws.com"}}
                      for region, zone in ALIAS_ZONES.items()))

    def dig(self, *words):
        done = subprocess.run(["dig", f"@{self.address}", "-p", str(self.port), "+tries=1", *words],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def dig_many(self, count, *options):
        batch = self.world.folder / "batch"
        batch.write_text(f"{NAME} A\n" * count)
        return self.dig("+short", *options, "-f", str(batch)).split()

    def query(self, identity, name=NAME):
        question = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        return struct.pack(">6H", identity, 0, 1, 0, 0, 0) + question + b"\0\0\1\0\1"


@pytest.fixture(scope="module")
def dns():
    world = World()
    try:
        yield Dns(world.start())
    finally:
        world.close()


def share(world, addresses):
    counts = collections.Counter(addresses)
    assert set(counts) <= set(world.addresses.values())
    return counts[world.addresses["us-east-1"]] / counts.total()


def five_sigma(weight, draws):
    return 5 * math.sqrt(weight * (1 - weight) / draws)


def over_udp(dns, count):
    """Addresses of count answers, a window of queries under way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.settimeout(5)
        channel.connect((dns.address, dns.port))
        sent, answers = 0, []
        while len(answers) < count:
            while sent < count and sent - len(answers) < 50:
                channel.send(dns.query(sent % 65536))
                sent += 1
            answers.append(address_in(channel.recv(4096)))
        return answers


def over_tcp(dns, count):
    with socket.create_connection((dns.address, dns.port), timeout=5) as channel:
        stream, sent, answers = channel.makefile("rb"), 0, []
        while len(answers) < count:
            if sent == len(answers):
                burst = min(100, count - sent)
                packets = (dns.query(n) for n in range(burst))
                channel.sendall(b"".join(struct.pack(">H", len(p)) + p for p in packets))
                sent += burst
            size, = struct.unpack(">H", stream.read(2))
            answers.append(address_in(stream.read(size)))
        return answers


def address_in(message):
    """Of the first answer, whose name is a pointer to the question."""
    start = 12 + len(NAME) + 2 + 4 + 12
    assert struct.unpack(">H", message[6:8])[0] == 1
    return socket.inet_ntoa(message[start:start + 4])


@pytest.mark.parametrize("weight", (0.5, 0.9))
def test_answers_split_by_weight(dns, weight):
    # Developer Guide, "Weighted routing": weight over the sum of the weights, drawn per query.
    dns.weigh(us_east_1=round(weight * 100), us_west_2=round((1 - weight) * 100))
    assert abs(share(dns.world, over_udp(dns, 20_000)) - weight) < 0.03
    assert abs(share(dns.world, over_tcp(dns, 20_000)) - weight) < 0.03
    # dig takes its time, so fewer draws and the tolerance that fits them.
    assert abs(share(dns.world, dns.dig_many(2_000)) - weight) < five_sigma(weight, 2_000)
    assert abs(share(dns.world, dns.dig_many(200, "+tcp")) - weight) < five_sigma(weight, 200)


def test_regional_names_lead_to_their_region(dns):
    for region in ALIAS_ZONES:
        name = f"abc123.execute-api.{region}.amazonaws.com"
        assert dns.dig("+short", name).split() == [dns.world.addresses[region]]
        assert dns.dig("+noall", "+answer", name).split()[1:4] == ["60", "IN", "A"]
    assert "NXDOMAIN" in dns.dig("abc.execute-api.eu-west-1.amazonaws.com")
    assert "REFUSED" in dns.dig("www.example.com")


def test_a_large_answer_goes_over_tcp(dns):
    values = [{"Value": f"10.0.{n // 256}.{n % 256}"} for n in range(400)]
    dns.change({"Name": "big.tandem.test", "Type": "A", "TTL": 60, "ResourceRecords": values})
    assert " tc" in dns.dig("+ignore", "big.tandem.test")
    assert len(dns.dig("+short", "big.tandem.test").split()) == 400


def test_client_subnet_is_echoed(dns):
    # RFC 7871 §7.2.1; the answer does not depend on it, so the scope is 0.
    assert "CLIENT-SUBNET: 192.0.2.0/24/0" in dns.dig("+subnet=192.0.2.0/24", NAME)


def test_junk_does_not_stop_the_server(dns):
    seed = random.randrange(2 ** 32)
    print(f"seed {seed}")
    source = random.Random(seed)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        for _ in range(2_000):
            packet = bytearray(dns.query(1)) + source.randbytes(source.randrange(40))
            for _ in range(source.randrange(6)):
                packet[source.randrange(len(packet))] = source.randrange(256)
            channel.sendto(packet[:source.randrange(len(packet)) + 1], (dns.address, dns.port))
    with socket.create_connection((dns.address, dns.port), timeout=5) as channel:
        channel.sendall(b"\xff\xff" + source.randbytes(70_000))
    assert dns.dig("+short", NAME)


def test_health_steers_the_answers():
    world = World(clock="100x")
    try:
        world.start()
        dns = Dns(world)
        ids = {}
        for region in ALIAS_ZONES:
            ids[region] = dns.route53.create_health_check(
                CallerReference=str(uuid.uuid4()),
                HealthCheckConfig={
                    "Type": "TCP", "Port": 443, "RequestInterval": 10,
                    "FullyQualifiedDomainName": f"abc.execute-api.{region}.amazonaws.com",
                })["HealthCheck"]["Id"]
        dns.change(*({"Name": NAME, "Type": "A", "SetIdentifier": region, "Weight": 1, "TTL": 60,
                      "HealthCheckId": ids[region],
                      "ResourceRecords": [{"Value": world.addresses[region]}]}
                     for region in ALIAS_ZONES))
        over_tls = dns.route53.create_health_check(
            CallerReference=str(uuid.uuid4()),
            HealthCheckConfig={"Type": "HTTPS", "RequestInterval": 10, "ResourcePath": "/",
                               "FullyQualifiedDomainName": "abc.execute-api.us-east-1.amazonaws.com",
                               })["HealthCheck"]["Id"]
        # No such API: the gateway answers, with 403, and that is no success.
        seen = wait_for(lambda: dns.route53.get_health_check_status(
            HealthCheckId=over_tls)["HealthCheckObservations"], what="an observation")
        assert seen[0]["StatusReport"]["Status"] == "Failure: HTTP Status Code 403, Forbidden"
        both = {world.addresses[region] for region in ALIAS_ZONES}
        wait_for(lambda: set(over_udp(dns, 60)) == both, what="both regions in the answers")
        world.tandem("region", "kill", "us-east-1")
        wait_for(lambda: set(over_udp(dns, 60)) == {world.addresses["us-west-2"]},
                 what="the dead region out of the answers")
        seen = dns.route53.get_health_check_status(
            HealthCheckId=ids["us-east-1"])["HealthCheckObservations"]
        assert len(seen) == 16
        assert all(s["StatusReport"]["Status"].startswith("Failure: ") for s in seen)
        world.tandem("region", "start", "us-east-1")
        wait_for(lambda: set(over_udp(dns, 60)) == both, what="the region back in the answers")
    finally:
        world.close()


# Of src/aws/places.txt: Washington (US), Germany, Brazil, Japan, Canada.
WASHINGTON, GERMANY, BRAZIL, JAPAN, CANADA = (
    "198.19.74.0/24", "198.18.54.0/24", "198.18.30.0/24", "203.0.113.0/24", "198.18.36.0/24")


def group(name, **policies):
    return [{"Name": name, "Type": "A", "SetIdentifier": address, "TTL": 60,
             "ResourceRecords": [{"Value": address.replace("_", ".").strip("n")}], **policy}
            for address, policy in policies.items()]


def from_places(dns, name, *subnets):
    return [dns.dig("+short", f"+subnet={subnet}", name).split() for subnet in subnets]


def test_latency_goes_by_the_clients_subnet(dns):
    # Developer Guide, "Latency-based routing"; RFC 7871.
    name = "latency.tandem.test"
    dns.change(*group(name, n192_0_2_1={"Region": "us-west-2"}, n192_0_2_2={"Region": "eu-central-1"},
                      n192_0_2_3={"Region": "sa-east-1"}, n192_0_2_4={"Region": "ap-northeast-1"},
                      n192_0_2_5={"Region": "ca-central-1"}))
    assert from_places(dns, name, WASHINGTON, GERMANY, BRAZIL, JAPAN, CANADA) == [
        [f"192.0.2.{number}"] for number in range(1, 6)]
    assert from_places(dns, name, "2001:db8:36::/48") == [["192.0.2.2"]]
    # The answer says how far it holds; a weighted one holds for all.
    assert "CLIENT-SUBNET: 198.18.54.0/24/24" in dns.dig(f"+subnet={GERMANY}", name)
    assert "CLIENT-SUBNET: 3.1.2.0/24/8" in dns.dig("+subnet=3.1.2.0/24", name)
    dns.weigh(us_east_1=1, us_west_2=1)
    assert "CLIENT-SUBNET: 198.18.54.0/24/0" in dns.dig(f"+subnet={GERMANY}", NAME)


def test_geolocation_goes_from_the_smallest_place_outwards(dns):
    # Developer Guide, "Geolocation routing".
    name = "geo.tandem.test"
    dns.change(*group(name, n192_0_2_1={"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "WA"}},
                      n192_0_2_2={"GeoLocation": {"ContinentCode": "EU"}},
                      n192_0_2_3={"GeoLocation": {"CountryCode": "BR"}},
                      n192_0_2_4={"GeoLocation": {"ContinentCode": "NA"}}))
    assert from_places(dns, name, WASHINGTON, GERMANY, BRAZIL, JAPAN, CANADA) == [
        ["192.0.2.1"], ["192.0.2.2"], ["192.0.2.3"], [], ["192.0.2.4"]]
    nothing = dns.dig(f"+subnet={JAPAN}", name)
    assert "status: NOERROR" in nothing and "ANSWER: 0" in nothing
    assert "CLIENT-SUBNET: 203.0.113.0/24/24" in nothing
    dns.change(*group(name, n192_0_2_5={"GeoLocation": {"CountryCode": "*"}}))
    assert from_places(dns, name, JAPAN, "10.0.0.0/8") == [["192.0.2.5"], ["192.0.2.5"]]


def test_multivalue_answers_are_eight_of_all(dns):
    # Developer Guide, "Multivalue answer routing".
    name = "multi.tandem.test"
    dns.change(*group(name, **{f"n192_0_2_{number}": {"MultiValueAnswer": True} for number in range(10)}))
    batch = dns.world.folder / "multi"
    draws = 300
    batch.write_text(f"{name} A\n" * draws)
    counts = collections.Counter(dns.dig("+short", "-f", str(batch)).split())
    assert counts.total() == 8 * draws and len(counts) == 10
    for address, count in counts.items():
        assert abs(count / draws - 0.8) < five_sigma(0.8, draws), (address, count)


def test_malformed_client_subnets_are_format_errors(dns):  # RFC 7871 §7.1.2
    question = dns.query(7)[12:]
    # Bits beyond the prefix; a prefix longer than an address; a scope in a query; too few bytes.
    for option in (b"\0\1\x18\0\xc6\x12\x36\1", b"\0\1\x21\0\xc6\x12\x36\0\0", b"\0\1\x18\x18\xc6\x12\x36",
                   b"\0\1\x18\0\xc6"):
        opt = b"\0" + struct.pack(">HHIHHH", 41, 4096, 0, 4 + len(option), 8, len(option)) + option
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
            channel.settimeout(5)
            channel.sendto(struct.pack(">6H", 7, 0, 1, 0, 0, 1) + question + opt, (dns.address, dns.port))
            assert struct.unpack(">H", channel.recv(4096)[2:4])[0] & 15 == 1, option


def test_a_file_of_ones_own_says_where_clients_are():
    world = World()
    try:
        own = world.folder / "tandem-places.txt"
        own.write_text("# mine\nprefix 127.0.5.0/24 country DE\nprefix 198.18.54.0/24 country JP\n")
        dns = Dns(world.start())
        name = "own.tandem.test"
        dns.change(*group(name, n192_0_2_1={"Region": "eu-central-1"}, n192_0_2_2={"Region": "us-east-1"},
                          n192_0_2_3={"Region": "ap-northeast-1"}))
        assert dns.dig("+short", "-b", "127.0.5.1", name).split() == ["192.0.2.1"]
        assert dns.dig("+short", "-b", "127.0.6.1", name).split() == ["192.0.2.2"]
        assert from_places(dns, name, GERMANY) == [["192.0.2.3"]]
        world.tandem("down")
        own.write_text("prefix 127.0.5.0/24 country DE\nprefix 127.0.5.0/33 country DE\n")
        done = world.tandem("up", "--no-deploy", check=False)
        assert done.returncode != 0
        assert "tandem-places.txt: line 2: 127.0.5.0/33 is longer than /24" in done.stderr + done.stdout
        own.unlink()
        world.tandem("up", "--no-deploy")
        assert dns.dig("+short", "-b", "127.0.5.1", name).split() == ["192.0.2.2"]
    finally:
        world.close()
