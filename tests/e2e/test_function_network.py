"""tandem.yaml's functions.network: what a function reaches in each kind of network, from within. The
machine is a network namespace with a card, and the world behind the card is another. docs/sandbox.md
has the rules; they are Tandem's own."""
import contextlib
import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

import boto3
import pytest

from tests.e2e.test_prison import OrdinaryWorld, answer, create, log_of, package
from tests.support.machine import GATEWAY, MACHINE, OUTSIDE, SECOND, WORLD_PORT, ip, listener, machine  # noqa: F401
from tests.support.waiting import wait_for
from tests.support.world import BINARY, REGIONS, World

# A function that uses its role's credentials.
SDK_FUNCTION = b"""#!/usr/bin/python3
import json, os, urllib.request, boto3
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as reply:
        reply.read()
        request_id = reply.headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        client = boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
        result = client.list_tables()["TableNames"]
    except Exception as error:
        result = str(error)
    urllib.request.urlopen(api + request_id + "/response", json.dumps(result).encode()).read()
"""


def make_world(kind, network):
    made = kind(extra=f"functions: {{network: {network}}}\n")
    try:
        made.said = made.tandem("up", "--no-deploy").stderr
        create(made, "prisoner", Timeout=60, MemorySize=256)
        create(made, "other")
        create(made, "sdk", Timeout=60, MemorySize=512, code=package(SDK_FUNCTION))
        return made
    except BaseException:
        made.close()
        raise


@pytest.fixture(scope="module", params=[World, OrdinaryWorld], ids=["root", "ordinary"])
def outbound(request):
    # Root needs no leave; most distributions give everybody theirs.
    os.chmod("/dev/net/tun", 0o600 if request.param is World else 0o666)
    made = make_world(request.param, "outbound")
    yield made
    made.close()


@pytest.fixture(scope="module", params=[World, OrdinaryWorld], ids=["root", "ordinary"])
def host(request):
    made = make_world(request.param, "host")
    yield made
    made.close()


def attempt(world, **event):
    result, error = answer(world, "prisoner", **event)
    assert error is None, result
    return result


def connect(world, address, port, device=""):
    """A socket that is bound to a device passes the loopback by."""
    return attempt(world, **{"try": "connect", "address": address, "port": str(port),
                             "device": device})


def http(world, address, port, method, path):
    request = f"{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return attempt(world, **{"try": "http", "address": address, "port": str(port), "request": request})


def own_doors(world):
    return [(world.addresses["us-east-1"], world.ports["http"]),
            (world.addresses["us-west-2"], world.ports["http"]),
            (world.addresses["global"], world.ports["endpoint"])]


def pastas():
    """Processes that lead networks of cells out, by number."""
    found = set()
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            if words[0] == b"pasta" and b"--netns" in words:
                found.add(entry.parent.name)
    return found


def test_outbound_reaches_the_world_and_its_names(outbound):
    assert http(outbound, OUTSIDE, WORLD_PORT, "GET", "/") == "the world"
    assert attempt(outbound, **{"try": "resolve", "name": "shop.example"}) == OUTSIDE


def test_outbound_does_not_reach_the_machine(outbound, listener):
    """Neither its loopback, by whatever name, nor its other addresses, nor a cloud's metadata."""
    places = [("127.0.0.1", listener), (MACHINE, listener), (SECOND, listener), (GATEWAY, listener),
              (outbound.addresses["global"], listener), ("169.254.169.254", 80),
              ("169.254.170.2", 80), (outbound.addresses["global"], outbound.ports["dns"])]
    places += [(outbound.addresses[name], outbound.ports["replication"]) for name in REGIONS]
    for address, port in places:
        for device in ("", "card"):
            assert connect(outbound, address, port, device) in (
                "Connection refused", "No route to host", "Operation not permitted",
                    "Operation now in progress"), (
                    address, port, device)


def test_outbound_has_aws_and_not_tandem_s_own_paths(outbound):
    for address, port in own_doors(outbound):
        assert http(outbound, address, port, "GET", "/2015-03-31/functions").startswith("HTTP/1.1 403")
        for method, path in (("POST", "/_tandem/reset"), ("GET", "/_tandem/health")):
            assert http(outbound, address, port, method, path).startswith("HTTP/1.1 403")
    assert answer(outbound, "sdk") == ([], None)


def test_a_way_out_ends_with_its_region(outbound):
    assert attempt(outbound, **{"try": "identity"})
    running = pastas()
    assert running
    outbound.tandem("region", "kill", "us-east-1")
    wait_for(lambda: not pastas() & running, what="the end of the ways out")
    outbound.tandem("region", "start", "us-east-1")
    assert http(outbound, OUTSIDE, WORLD_PORT, "GET", "/") == "the world"


def test_outbound_on_a_machine_without_a_network(outbound):
    """What can work without the world works."""
    ip("route", "del", "default")
    try:
        outbound.client("lambda").update_function_configuration(FunctionName="sdk", MemorySize=513)
        assert answer(outbound, "sdk") == ([], None)
        wait_for(lambda: "Sandbox.Offline: no way to the world" in log_of(outbound, "sdk"),
                 what="the log")
    finally:
        ip("route", "add", "default", "via", GATEWAY)


def test_without_leave_to_make_a_device_outbound_is_refused():
    os.chmod("/dev/net/tun", 0o600)
    world = OrdinaryWorld(extra="functions: {network: outbound}\n")
    try:
        done = world.tandem("up", "--no-deploy", check=False)
        assert done.returncode == 2
        assert "'chmod 666 /dev/net/tun' as root opens it" in done.stderr
    finally:
        world.close()


def test_without_pasta_outbound_is_refused():
    world = World(extra="functions: {network: outbound}\n")
    try:
        done = subprocess.run([str(BINARY), "up", "--no-deploy"], cwd=world.folder, capture_output=True, text=True,
                              timeout=60, env={"PATH": "/nowhere"})
        assert done.returncode == 2
        assert "functions.network is outbound, which needs pasta; 'apt-get install passt'" in done.stderr
        assert not (world.folder / ".tandem/config.json").exists()
    finally:
        world.close()


def test_an_edit_of_the_network_takes_effect(listener):
    world = World()
    try:
        world.start()
        create(world, "prisoner")
        assert connect(world, "127.0.0.1", listener) == "Connection refused"
        for network, machine, outside in (("outbound", "Connection refused", "done"),
                                          ("host", "done", "done"),
                                          ("isolated", "Connection refused", "Network is unreachable")):
            world.extra = f"functions: {{network: {network}}}\n"
            world.write()
            assert "started anew" in world.tandem("up", "--no-deploy").stderr
            status = json.loads(world.tandem("status", "--output", "json").stdout)
            assert status["functions"] == {"network": network}
            assert connect(world, "127.0.0.1", listener) == machine
            assert connect(world, OUTSIDE, WORLD_PORT) == outside
        assert "unsafe" not in world.tandem("status").stdout
    finally:
        world.close()


def test_host_is_named_unsafe(host):
    assert "warning: functions.network is host" in host.said
    assert "Functions: network host, which is unsafe." in host.tandem("status").stdout
    assert "functions.network is host" in host.process_logs()


def test_host_reaches_the_machine_and_the_world(host, listener):
    assert connect(host, "127.0.0.1", listener) == "done"
    assert http(host, OUTSIDE, WORLD_PORT, "GET", "/") == "the world"
    assert answer(host, "sdk") == ([], None)


def test_host_does_not_give_a_function_another_s_events(host):
    """A Runtime API is the one function's whose process connects."""
    other, error = answer(host, "other", **{"try": "environment", "name": "AWS_LAMBDA_RUNTIME_API"})
    assert error is None
    own = attempt(host, **{"try": "environment", "name": "AWS_LAMBDA_RUNTIME_API"})
    assert other != own
    address, port = other.split(":")
    for method, path in (("GET", "invocation/next"), ("POST", "invocation/x/response"),
                         ("POST", "invocation/x/error"), ("POST", "init/error")):
        reply = http(host, address, port, method, "/2018-06-01/runtime/" + path)
        assert reply.startswith("HTTP/1.1 403") and "Runtime.Forbidden" in reply, reply
    # Nor to a stranger on the machine.
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{other}/2018-06-01/runtime/invocation/next", timeout=30)
    assert refused.value.code == 403
    assert answer(host, "other", **{"try": "identity"})[1] is None


def test_host_keeps_strangers_from_tandem_s_own_paths(host):
    for address, port in own_doors(host):
        for method, path in (("POST", "/_tandem/reset"), ("GET", "/_tandem/links"),
                             ("PUT", "/_tandem/links/us-west-2"), ("POST", "/_tandem/rebuild"),
                             ("GET", "/_tandem/metrics"), ("GET", "/_tandem/dns"),
                             ("GET", "/_tandem/keys/AKIAIOSFODNN7EXAMPLE")):
            reply = http(host, address, port, method, path)
            assert reply.startswith("HTTP/1.1 403"), (path, reply)
    assert host.client("lambda").get_function(FunctionName="other")
    # Commands sign what they ask, and so do regions.
    status = json.loads(host.tandem("status", "--output", "json").stdout)
    assert all(process["running"] for process in status["processes"])
    assert "not known" not in host.tandem("status").stderr
    refused = host.tandem("region", "rebuild", "us-east-1", check=False)
    assert "signed" not in refused.stderr, refused.stderr
    key = host.client("iam").create_access_key(
        UserName=host.client("iam").create_user(UserName="u")["User"]["UserName"])["AccessKey"]
    assert key_works(host, key)


def key_works(world, key):
    client = boto3.client("dynamodb", region_name="us-east-1",
                          endpoint_url=world.region_endpoint("us-east-1"),
                          aws_access_key_id=key["AccessKeyId"],
                          aws_secret_access_key=key["SecretAccessKey"])
    return client.list_tables()["ResponseMetadata"]["HTTPStatusCode"] == 200
