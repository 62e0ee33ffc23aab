"""More connections than a process has room for: idle and slow ones go, everybody else is answered.
TANDEM_CROWD is how many connections are idle (default 4500, over the limit of 4096); a third as many
announce 10 MB and send 1 KB. The same with strangers who begin TLS handshakes and do not go on."""
import http.client
import json
import os
import re
import resource
import socket
import ssl

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.waiting import wait_for
from tests.support.world import World

REGION = "us-east-1"
CROWD = int(os.environ.get("TANDEM_CROWD", "4500"))
# Beside what an idle region has; each waiting connection costs about 14 KB.
MOST_MEMORY = 150 * 1024 * 1024
# A handshake that has not begun costs a few KB; of those that have, 256 are let in at a time.
MOST_FOR_HANDSHAKES = 100 * 1024 * 1024


@pytest.fixture(scope="module")
def world():
    needed = CROWD + CROWD // 3 + 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < needed:
        pytest.skip(f"{needed} descriptors are needed, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    world = World()
    try:
        yield world.start()
    finally:
        world.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_crowd(world, count, said, port="http"):
    """Connections from many addresses of loopback, which has a bounded number of ports each."""
    address = (world.addresses[REGION], world.ports[port])
    crowd = []
    for index in range(count):
        connection = socket.create_connection(
            address, timeout=20, source_address=(f"127.77.0.{1 + index % 50}", 0))
        try:
            connection.sendall(said)
        except OSError:
            pass  # It has been closed to make room already.
        crowd.append(connection)
    return crowd


def health(world):
    connection = http.client.HTTPConnection(world.addresses[REGION], world.ports["http"], timeout=20)
    connection.request("GET", "/_tandem/health")
    status = connection.getresponse().status
    connection.close()
    return status


def resident(world):
    pid = int((world.folder / f".tandem/{REGION}/pid").read_text().split()[0])
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def test_idle_and_slow_connections_shut_nobody_out(world):
    dynamodb = world.client("dynamodb", region=REGION, endpoint=world.region_endpoint(REGION))
    before = resident(world)
    slow = (b"PUT /bucket/key HTTP/1.1\r\nHost: s3.us-east-1.amazonaws.com\r\n"
            b"Content-Length: 10000000\r\n\r\n" + b"x" * 1024)
    crowd = []
    for count, said in ((CROWD, b""), (CROWD // 3, slow)):
        crowd += open_crowd(world, count, said)
        for _ in range(5):
            assert health(world) == 200
            dynamodb.list_tables()
    assert resident(world) - before < MOST_MEMORY
    for connection in crowd:
        connection.close()
    assert health(world) == 200


def client_hello():
    """RFC 8446 §4.1.2, as OpenSSL sends it."""
    sent = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname="todos.tandem.test")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return sent.read()


def https_health(world):
    connection = http.client.HTTPSConnection(world.addresses[REGION], world.ports["https"], timeout=20,
                                             context=ssl.create_default_context(cafile=world.ca))
    connection.request("GET", "/_tandem/health")
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("sent", ["five bytes", "all but the last byte", "a whole hello"])
def test_half_finished_handshakes_take_little_memory_and_shut_nobody_out(world, sent):
    assert https_health(world) == 200
    before = resident(world)
    hello = client_hello()
    said = {"five bytes": hello[:5], "all but the last byte": hello[:-1], "a whole hello": hello}[sent]
    crowd = open_crowd(world, CROWD, said, port="https")
    for _ in range(5):
        assert https_health(world) == 200
    grown = resident(world) - before
    print(f"{CROWD} connections, {sent}: {grown / 2**20:.0f} MB more")
    assert grown < MOST_FOR_HANDSHAKES
    for connection in crowd:
        connection.close()
    assert https_health(world) == 200


# What 12 items of this many numbers are as text is 7 MB for each who asks, in all more than the budget of
# bodies in memory; 60 answers of 25 items held 907 MB.
UNREAD = 60
NUMBERS = 30_000
MOST_FOR_UNREAD = 150 * 1024 * 1024


def batch_get(world, table, keys):
    """A request by hand, so that its answer can be left unread."""
    body = json.dumps({"RequestItems": {table: {"Keys": [{"id": {"S": key}} for key in keys]}}})
    url = f"{world.region_endpoint(REGION)}/"
    request = AWSRequest("POST", url, data=body, headers={
        "X-Amz-Target": "DynamoDB_20120810.BatchGetItem", "Content-Type": "application/x-amz-json-1.0"})
    keys = Credentials(world.credentials["accessKeyId"], world.credentials["secretAccessKey"])
    SigV4Auth(keys, "dynamodb", REGION).add_auth(request)
    fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    # As it was signed: without a port that is the scheme's own.
    port = world.ports["http"]
    host = world.addresses[REGION] + ("" if port == 80 else f":{port}")
    return f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n{fields}\r\n{body}".encode()


def answered(world, operation):
    connection = http.client.HTTPConnection(world.addresses[REGION], world.ports["http"], timeout=20)
    connection.request("GET", "/_tandem/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    sample = rf'tandem_requests_total{{service="dynamodb",operation="{operation}",outcome="[a-z_]+"}} (\d+)'
    return sum(int(count) for count in re.findall(sample, text))


# BatchGetItem returns up to 16 MB (DynamoDB API reference), and what of it a client has not read is
# not in the region's memory.
def test_batch_answers_that_nobody_reads_take_little_memory(world):
    dynamodb = world.client("dynamodb", region=REGION, endpoint=world.region_endpoint(REGION))
    dynamodb.create_table(TableName="numbers", BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    dynamodb.get_waiter("table_exists").wait(TableName="numbers", WaiterConfig={"Delay": 1})
    names = [f"item{number:02}" for number in range(12)]
    for name in names:
        dynamodb.put_item(TableName="numbers",
                          Item={"id": {"S": name}, "l": {"L": [{"N": "1234567"}] * NUMBERS}})
    whole = dynamodb.batch_get_item(RequestItems={"numbers": {"Keys": [{"id": {"S": n}} for n in names]}})
    assert len(whole["Responses"]["numbers"]) == 12 and not whole["UnprocessedKeys"]
    before = resident(world)
    asked = answered(world, "BatchGetItem")
    crowd = open_crowd(world, UNREAD, batch_get(world, "numbers", names))
    wait_for(lambda: answered(world, "BatchGetItem") == asked + UNREAD, timeout=60)
    grown = resident(world) - before
    print(f"{UNREAD} unread answers of BatchGetItem: {grown / 2**20:.0f} MB more")
    assert grown < MOST_FOR_UNREAD
    for connection in crowd:
        connection.close()
    assert health(world) == 200
