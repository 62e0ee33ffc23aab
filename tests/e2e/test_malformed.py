"""Bad bytes at every door: each gets its answer, and the process is the same one afterwards."""
import http.client
import io
import json
import os
import random
import socket
import ssl
import zipfile

import botocore.exceptions
import pytest

from tests.support.dns import query_a
from tests.support.roles import role_of
from tests.support.waiting import wait_for
from tests.support.world import World

REGION = "us-east-1"
# A key the region does not know: let in, so that what is looked at is the body.
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=AKIDUNKNOWN/20260101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host, Signature=" + "0" * 64)


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        world.start()
        world.pids = pids(world)
        yield world
    finally:
        world.close()


def pids(world):
    running = {path.parent.name: int(path.read_text().split()[0])
               for path in world.folder.glob(".tandem/*/pid")}
    return {name: pid for name, pid in running.items() if os.path.exists(f"/proc/{pid}")}


@pytest.fixture(autouse=True)
def still_the_same_processes(world):
    yield
    assert pids(world) == world.pids, world.process_logs()
    assert call_ok(world)


def call_ok(world):
    """Both HTTP listeners still answer."""
    for address, port in ((world.addresses[REGION], world.ports["http"]),
                          (world.addresses["global"], world.ports["endpoint"])):
        connection = http.client.HTTPConnection(address, port, timeout=20)
        connection.request("GET", "/_tandem/health")
        if connection.getresponse().status != 200:
            return False
        connection.close()
    return True


def raw(world, data, finish=True):
    """Sends bytes to the region's HTTP port and reads until it closes (or 10 s)."""
    with socket.create_connection((world.addresses[REGION], world.ports["http"]), 10) as channel:
        try:
            channel.sendall(data)
            if finish:
                channel.shutdown(socket.SHUT_WR)
        except OSError as refused:  # it may close before it has read everything
            del refused
        channel.settimeout(10)
        answer = b""
        try:
            while piece := channel.recv(65536):
                answer += piece
        except ConnectionResetError as reset:
            del reset
        return answer


BAD_HTTP = {
    "garbage": (b"\x00\x01\x02\x03\r\n\r\n", b" 400 "),
    "no version": (b"GET /\r\n\r\n", b" 400 "),
    "future version": (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", b" 505 "),
    "space in a name": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", b" 400 "),
    "folded field": (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n", b" 400 "),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                    b" 400 "),
    "length and chunks": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b" 400 "),
    "negative length": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b" 400 "),
    "bad chunk size": (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                       b" 400 "),
    "huge length": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", b" 413 "),
    "huge header": (b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 300_000 + b"\r\n\r\n", b" 431 "),
    "unknown expectation": (b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n",
                            b" 417 "),
}


@pytest.mark.parametrize("name", BAD_HTTP)
def test_bad_http_is_refused(world, name):
    data, status = BAD_HTTP[name]
    answer = raw(world, data)
    assert status in answer.split(b"\r\n", 1)[0] + b" ", answer[:200]


@pytest.mark.parametrize("cut", [1, 10, 30, 60, 90])
def test_a_request_cut_short_is_dropped(world, cut):
    whole = (b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"
             b"Content-Length: 2\r\n\r\n{}")
    answer = raw(world, whole[:cut])
    assert answer == b"" or b" 400 " in answer.split(b"\r\n", 1)[0]


def test_random_bytes_do_no_harm(world):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    noise = random.Random(seed)
    for _ in range(200):
        raw(world, noise.randbytes(noise.randint(1, 400)))
    tls = (world.addresses[REGION], world.ports["https"])
    for _ in range(50):
        with socket.create_connection(tls, 10) as channel:
            channel.sendall(noise.randbytes(noise.randint(1, 400)))


def dynamodb(world, body, operation="PutItem"):
    head = (f"POST / HTTP/1.1\r\nHost: dynamodb.{REGION}.amazonaws.com\r\n"
            f"X-Amz-Target: DynamoDB_20120810.{operation}\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\nConnection: close\r\n"
            f"Authorization: {AUTHORIZATION}\r\nX-Amz-Date: 20260101T000000Z\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    answer = raw(world, head + body)
    header, _, text = answer.partition(b"\r\n\r\n")
    return int(header.split(b" ")[1]), json.loads(text)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"nul", b'{"TableName"}', b'{"TableName":"t","Item":' + b'{"a":' * 5000,
    b'{"TableName":"\xff\xfe"}', b'{"TableName":' + b"[" * 200_000,
    b'{"TableName":"ttt","Item":{"id":{"N":"1e999"}}}', b'{"TableName":"ttt","Item":{"id":{"X":1}}}'],
    ids=["nothing", "open", "array", "cut word", "no value", "deep item", "no UTF-8", "deep name",
         "big number", "no such type"])
def test_bad_json_is_a_client_error(world, body):
    # DynamoDB: SerializationException or ValidationException, both 400.
    status, document = dynamodb(world, body)
    assert status == 400
    assert document["__type"].split("#")[1] in ("SerializationException", "ValidationException"), document


def refused(call, *codes, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**parameters)
    assert error.value.response["Error"]["Code"] in codes, error.value
    return error.value.response["Error"]["Message"]


def test_bodies_over_the_limit_are_refused_in_the_services_words(world):
    # S3 API reference, "Error responses": EntityTooLarge; API Gateway's REQUEST_TOO_LARGE.
    scope = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=x"
    address = (world.addresses[REGION], world.ports["http"])
    for host, headers, status, text in (
            ("127.0.0.1", {"Authorization": scope.format("s3")}, 400, b"<Code>EntityTooLarge</Code>"),
            ("127.0.0.1", {"Authorization": scope.format("lambda")}, 413,
             b"Request must be smaller than 70167211 bytes"),
            ("a1.execute-api.us-east-1.amazonaws.com", {}, 413,
             b'{"message":"HTTP content length exceeded 10485760 bytes."}')):
        connection = http.client.HTTPConnection(*address, timeout=10)
        connection.putrequest("PUT", "/bucket/key", skip_host=True)
        for name, value in {"Host": host, "Content-Length": str(2 ** 40), **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == status and text in body, body
        connection.close()


def test_yaml_bombs_and_deep_nesting(world):
    stacks = world.client("cloudformation", REGION)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 10) + "]")
    bomb = "\n".join(lines) + "\nResources: {}\n"
    for body in (bomb, "[" * 20_000, "{a: " * 5_000, "a:\n" + "".join(
            " " * i + "b:\n" for i in range(1, 200)), '{"Resources":' + '{"a":' * 5000):
        refused(stacks.validate_template, "ValidationError", TemplateBody=body)


def archive(entries):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o755 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, content)
    return data.getvalue()


@pytest.mark.parametrize("package", [
    b"not a zip", archive([("../../escape", b"x")]), archive([("/etc/escape", b"x")]),
    archive([("a/../../escape", b"x")]), archive([("bootstrap", b"x")])[:-30],
    archive([(f"bomb{n}", b"\0" * 40_000_000) for n in range(8)])],
    ids=["no zip", "slip", "absolute", "inner slip", "cut", "bomb"])
def test_bad_zips_are_refused(world, package):
    refused(world.client("lambda", REGION).create_function, "InvalidParameterValueException",
            FunctionName="bad", Runtime="provided.al2023", Handler="x",
            Role=role_of(world, "lambda"), Code={"ZipFile": package})
    assert not list(world.folder.rglob("escape"))


def test_bad_dns_packets(world):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    noise = random.Random(seed)
    zone = world.client("route53").create_hosted_zone(Name="malformed.test", CallerReference=str(seed))
    world.client("route53").change_resource_record_sets(
        HostedZoneId=zone["HostedZone"]["Id"],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": {
            "Name": "a.malformed.test", "Type": "A", "TTL": 5,
            "ResourceRecords": [{"Value": "192.0.2.1"}]}}]})
    server = (world.addresses["global"], world.ports["dns"])
    looping = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01"
    packets = [looping, b"", b"\0" * 11, b"\xff" * 12, looping[:13]]
    packets += [noise.randbytes(noise.randint(1, 600)) for _ in range(500)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        for packet in packets:
            channel.sendto(packet, server)
    for packet in packets[:50]:
        with socket.create_connection(server, 5) as channel:
            channel.sendall(len(packet).to_bytes(2, "big") + packet)
    assert wait_for(lambda: query_a("a.malformed.test", *server)) == [("192.0.2.1", 5)]


def test_tls_without_and_with_strange_names(world):
    for name in (None, "unknown.example", "a" * 60 + ".example"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((world.addresses[REGION], world.ports["https"]), 10) as channel:
            with context.wrap_socket(channel, server_hostname=name) as secure:
                secure.sendall(b"GET / HTTP/1.1\r\nHost: unknown.example\r\nConnection: close\r\n\r\n")
                assert secure.recv(65536).startswith(b"HTTP/1.1 ")
