"""A request whose connection ends before its answer: sent once unless it only reads."""
import socket
import threading

import botocore.exceptions
import pytest

from tests.support.world import World

REGION = "us-east-1"


class HangsUp(threading.Thread):
    """In a region's place: answers the first request, reads the second and closes its connection without a
    word; answers whatever comes afterwards. Only what is asked of DynamoDB counts: others of the world ask a
    region for this and that, at any time."""

    def __init__(self, address, port):
        super().__init__(daemon=True)
        self.listener = socket.create_server((address, port))
        self.requests = []
        self.connections = []
        self.lock = threading.Lock()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            server = threading.Thread(target=self.serve, args=(connection,), daemon=True)
            self.connections.append((connection, server))
            server.start()

    def serve(self, connection):
        with connection:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    try:
                        piece = connection.recv(65536)
                    except OSError:
                        piece = b""
                    if not piece:
                        return
                    head += piece
                fields = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")
                target = [line.split(".")[-1] for line in fields if line.lower().startswith("x-amz-target")]
                with self.lock:
                    self.requests += target
                    if target and len(self.requests) == 2:
                        return
                status = b"200 OK" if target else b"404 Not Found"
                try:
                    connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Type: application/x-amz-json-1.0"
                                       b"\r\nContent-Length: 2\r\n\r\n{}")
                except OSError:
                    return

    def close(self):
        # Only a shutdown wakes the threads, and only then is the port free.
        for end in [self.listener, *(connection for connection, _ in self.connections)]:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.listener.close()
        self.join()
        for _, server in self.connections:
            server.join()


@pytest.fixture(scope="module")
def world():
    world = World()
    try:
        world.start()
        world.tandem("region", "kill", REGION)
        yield world
    finally:
        world.close()


@pytest.fixture
def region(world):
    region = HangsUp(world.addresses[REGION], world.ports["http"])
    region.start()
    yield region
    region.close()


def test_a_write_is_sent_once_and_its_outcome_is_called_unknown(world, region):
    # RFC 9110 §9.2.2; "ADD n 1" twice is 2.
    dynamodb = world.client("dynamodb", region=REGION)
    dynamodb.list_tables()
    with pytest.raises(botocore.exceptions.ClientError) as unknown:
        dynamodb.update_item(TableName="ttt", Key={"id": {"S": "a"}}, UpdateExpression="ADD n :one",
                             ExpressionAttributeValues={":one": {"N": "1"}})
    assert unknown.value.response["Error"]["Code"] == "RequestOutcomeUnknown"
    assert "may have been carried out" in unknown.value.response["Error"]["Message"]
    # No status that an SDK repeats by itself.
    assert unknown.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert region.requests == ["ListTables", "UpdateItem"]


def test_a_read_is_repeated(world, region):
    dynamodb = world.client("dynamodb", region=REGION)
    dynamodb.list_tables()
    dynamodb.get_item(TableName="ttt", Key={"id": {"S": "a"}})
    assert region.requests == ["ListTables", "GetItem", "GetItem"]


def test_a_write_that_was_never_sent_is_unavailable(world):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        world.client("dynamodb", region=REGION).update_item(TableName="ttt", Key={"id": {"S": "a"}})
    assert refused.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
