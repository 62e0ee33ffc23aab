"""Functions are prisoners: one of them tries every wall of docs/sandbox.md, as root and as an
ordinary user. What a function may do on AWS is said in Lambda's developer guide ("Lambda quotas",
"Lambda execution environment"); the walls are Tandem's own."""
import io
import json
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import tempfile
import zipfile

import pytest

from tests.sdk.apigateway_helpers import api_host, rest_api, send
from tests.support.roles import role_of
from tests.support.waiting import wait_for
from tests.support.world import BINARY, ROOT, World

FUNCTION = ROOT / "build/release/tests/functions/prisoner_function"
NOBODY = 65534


class OrdinaryWorld(World):
    """The same, started by a user without rights; by root's hand when the tests are root's."""

    def __init__(self, **settings):
        super().__init__(**settings)
        if os.geteuid() != 0:
            return
        # The build may be below a folder that is root's alone.
        self.binary = self.folder / "tandem"
        shutil.copy(pathlib.Path(os.environ.get("TANDEM_BINARY", ROOT / "build/tandem")), self.binary)
        for path in [self.folder, *self.folder.iterdir()]:
            os.chown(path, NOBODY, NOBODY)

    def tandem(self, *words, check=True, timeout=120, text=True):
        if os.geteuid() != 0:
            return super().tandem(*words, check=check, timeout=timeout, text=text)
        done = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
             str(self.binary), *words],
            cwd=self.folder, capture_output=True, text=text, timeout=timeout)
        assert not check or done.returncode == 0, done.stdout + done.stderr + self.process_logs()
        return done


def package(content=None, mode=0o755, name="bootstrap"):
    bytes_ = io.BytesIO()
    with zipfile.ZipFile(bytes_, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (0o100000 | mode) << 16
        archive.writestr(entry, FUNCTION.read_bytes() if content is None else content)
    return bytes_.getvalue()


def create(world, name, region="us-east-1", code=None, **settings):
    world.client("lambda", region).create_function(
        FunctionName=name, Runtime="provided.al2023", Role=role_of(world, "lambda"), Handler="bootstrap",
        Code={"ZipFile": package() if code is None else code}, **settings)


def answer(world, function, region="us-east-1", **event):
    """(payload, function error or None)"""
    reply = world.client("lambda", region).invoke(FunctionName=function,
                                                  Payload=json.dumps(event).encode())
    return json.loads(reply["Payload"].read()), reply.get("FunctionError")


@pytest.fixture(scope="module", params=["as started", "ordinary"])
def world(request):
    if request.param == "ordinary" and os.geteuid() != 0:
        pytest.skip("the tests' own user is an ordinary one")
    made = World() if request.param == "as started" else OrdinaryWorld()
    try:
        made.start()
        create(made, "prisoner", Timeout=60, MemorySize=256,
               Environment={"Variables": {"SECRET": "its own"}})
        create(made, "other", Environment={"Variables": {"SECRET": "another's"}})
        yield made
    finally:
        made.close()


def attempt(world, **event):
    result, error = answer(world, "prisoner", **event)
    assert error is None, result
    return result


def test_nothing_of_the_machine_is_writable(world):
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/fs/suid_dumpable",
                 "/proc/sys/kernel/panic", "/proc/sysrq-trigger", "/usr/x", "/etc/x", "/x",
                 "/var/task/x", "/dev/shm/x", "/dev/x", "/dev/ptmx", "/proc/1/mem"):
        assert attempt(world, **{"try": "write", "path": path}) in (
            "Read-only file system", "Permission denied", "No such file or directory"), path
    assert attempt(world, **{"try": "write", "path": "/tmp/x"}) == "done"


def test_files_of_the_machine_and_of_tandem_are_not_there(world):
    config = world.folder / ".tandem/config.json"
    assert config.exists()
    for path in (config, world.folder / ".tandem/ca/ca.key", "/etc/shadow",
                 "/root/.profile", "/sys/kernel/vmcoreinfo", "/dev/kmsg", "/dev/mem", "/dev/vda",
                 "/dev/fuse", "/dev/kvm"):
        assert attempt(world, **{"try": "read", "path": str(path)}) in (
            "No such file or directory", "Permission denied"), path
    # The user that AWS's functions are, and nobody of the machine.
    users = attempt(world, **{"try": "read", "path": "/etc/passwd"}).split()
    assert [line.split(":")[0] for line in users] == ["root", "sbx_user1051"]
    assert attempt(world, **{"try": "list", "path": str(world.folder)}) == "No such file or directory"
    seen = attempt(world, **{"try": "list", "path": "/"}).split()
    assert not set(seen) - {"bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "opt", "proc",
                            "sbin", "tmp", "usr", "var"}


def test_it_is_nobody_and_sees_nobody(world):
    status = dict(line.split(":\t", 1) for line in
                  attempt(world, **{"try": "read", "path": "/proc/self/status"}).splitlines()
                  if ":\t" in line)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    processes = [name for name in attempt(world, **{"try": "list", "path": "/proc"}).split()
                 if name.isdigit()]
    assert len(processes) == 2  # bubblewrap's first process and the function itself
    # The first is not under the filter: what it is made of is out of reach.
    assert attempt(world, **{"try": "list", "path": "/proc/1"}) == ""
    # Outside, too, it is not root.
    owners = {os.stat(entry).st_uid for entry in pathlib.Path("/proc").glob("[0-9]*")
              if read(entry / "cmdline").startswith(b"/var/task/bootstrap")}
    assert owners and 0 not in owners


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_system_calls_that_lead_out_are_refused(world):
    refused = dict(line.split(": ") for line in attempt(world, **{"try": "calls"}).splitlines())
    assert len(refused) > 25
    done = {name for name, result in refused.items() if result == "done"}
    assert not done
    for name in ("unshare user", "clone user", "mount", "setns", "ptrace", "bpf", "hide"):
        assert refused[name] == "Operation not permitted", name
    for name in ("clone3", "io_uring_setup", "shmget", "memfd_secret"):
        assert refused[name] == "Function not implemented", name
    assert refused["vsock"] == refused["packet"] == "Address family not supported by protocol"


def test_the_host_s_network_is_not_there(world):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        places = [("127.0.0.1", listener.getsockname()[1])]
        for region in ("us-east-1", "us-west-2"):
            places.append((world.addresses[region], world.ports["replication"]))
        places.append((world.addresses["global"], world.ports["dns"]))
        for address, port in places:
            assert attempt(world, **{"try": "connect", "address": address, "port": str(port)}) == (
                "Connection refused"), (address, port)
    for address in ("8.8.8.8", "169.254.169.254", "10.0.0.1"):
        assert attempt(world, **{"try": "connect", "address": address, "port": "53"}) == (
            "Network is unreachable")
    # The Runtime API is where Lambda has it; that of another function is not in this network.
    assert attempt(world, **{"try": "connect", "address": "127.0.0.1", "port": "9001"}) == "done"


def http(world, address, port, method, path):
    request = f"{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return attempt(world, **{"try": "http", "address": address, "port": str(port), "request": request})


def own_address():
    """One of this machine that is no loopback; the loopback's where it has no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("203.0.113.1", 9))  # A route is looked for; nothing is sent.
        except OSError:
            return "127.0.0.1"
        return asked.getsockname()[0]


def test_an_api_does_not_lead_there_either(world):
    """A function may make an API, whose integrations the region calls (docs/tandem-yaml.md, integrations.network)."""
    gateway = world.client("apigateway")
    for address in ("127.0.0.1", own_address()):
        with socket.create_server((address, 0)) as listening, rest_api(gateway) as api:
            listening.setblocking(False)
            uri = f"http://{address}:{listening.getsockname()[1]}/"
            gateway.put_method(restApiId=api.id, resourceId=api.root, httpMethod="GET", authorizationType="NONE")
            gateway.put_integration(restApiId=api.id, resourceId=api.root, httpMethod="GET", type="HTTP_PROXY",
                                    integrationHttpMethod="GET", uri=uri)
            api.deploy()
            status, _, body = send(world, api_host(api), "GET", "/dev/")
            assert (status, json.loads(body)) == (504, {"message": "Network error communicating with endpoint"})
            with pytest.raises(BlockingIOError):
                listening.accept()
    assert "integrations: {network: host}" in world.process_logs()


def test_aws_of_every_region_is_there_and_tandem_s_own_paths_are_not(world):
    ports = world.ports
    doors = [(world.addresses["us-east-1"], ports["http"]),
             (world.addresses["us-west-2"], ports["http"]),
             (world.addresses["global"], ports["endpoint"])]
    for address, port in doors:
        listing = http(world, address, port, "GET", "/2015-03-31/functions")
        assert listing.startswith("HTTP/1.1 403"), listing  # unsigned
        for path in ("/_tandem/reset", "/_tandem/links", "//_tandem/reset", "/x/../_tandem/reset",
                     "/%5ftandem/reset", f"http://{address}/_tandem/reset"):
            for method in ("GET", "POST"):
                reply = http(world, address, port, method, path)
                assert reply.startswith(("HTTP/1.1 403", "HTTP/1.1 404", "HTTP/1.1 400")), reply
    assert attempt(world, **{"try": "connect", "address": world.addresses["us-east-1"],
                             "port": str(ports["https"])}) == "done"
    # Addresses that are nobody's have no AWS either.
    assert http(world, "127.9.9.9", ports["http"], "GET", "/").startswith("HTTP/1.1 404")
    assert world.client("lambda").get_function(FunctionName="other")


def test_processes_are_counted(world):
    made, why = attempt(world, **{"try": "fork"}).split(" ", 1)
    assert why == "Resource temporarily unavailable"
    assert 900 < int(made) <= 1024  # Lambda quotas: 1,024 processes and threads


def test_memory_is_counted_wherever_it_is(world):
    for event in ({"try": "memfd", "mb": "2048"}, {"try": "shared", "mb": "512", "seconds": "30"}):
        payload, error = answer(world, "prisoner", **event)
        assert error == "Unhandled" and "signal: killed" in payload["errorMessage"], payload
    # Written and given back, it is in nobody's page tables; a process whose first thread has ended
    # shows nothing of its own; an empty file is a name and an inode; what lies in sockets is the
    # kernel's.
    for event in ({"try": "given back", "mb": "700", "seconds": "10"},
                  {"try": "headless", "mb": "512", "seconds": "10"},
                  {"try": "names", "count": "400000", "seconds": "10"},
                  {"try": "sockets", "count": "3000", "seconds": "10"}):
        payload, error = answer(world, "prisoner", **event)
        assert error == "Unhandled" and "signal: killed" in payload["errorMessage"], (event, payload)
    # What is shared counts once.
    assert attempt(world, **{"try": "share", "mb": "120"}) == "held"
    assert 500 <= int(attempt(world, **{"try": "tmp"})) <= 512


def test_a_line_without_end_is_cut(world):
    """CloudWatch Logs quotas: an event has at most 256 KB here, as it long had there."""
    assert attempt(world, **{"try": "line", "mb": "30"}) == "printed"
    lines = wait_for(lambda: [line for line in log_of(world, "prisoner").splitlines()
                              if line.startswith("xxx")], what="the line")
    assert max(len(line) for line in lines) <= 262144


def test_code_that_cannot_start_says_why(world):
    """Runtime.InvalidEntrypoint as seen on AWS."""
    for name, code in (("nothing", package(b"x", name="readme")),
                       ("mode", package(mode=0o644)),
                       ("interpreter", package(b"#!/no/such/program\n"))):
        create(world, name, code=code)
        payload, error = answer(world, name)
        assert error == "Unhandled" and payload["errorType"] == "Runtime.InvalidEntrypoint", payload
        assert "bootstrap" in payload["errorMessage"]
        wait_for(lambda name=name: "Runtime.InvalidEntrypoint" in log_of(world, name),
                 what=f"the log of {name}")


def test_a_project_below_a_folder_that_is_root_s_alone(monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("an ordinary user's projects are his own")
    home = pathlib.Path(tempfile.mkdtemp(prefix="home-", dir="/root"))
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    world = World()
    try:
        assert home in world.folder.parents
        world.start()
        create(world, "homely")
        payload, error = answer(world, "homely", **{"try": "list", "path": "/var/task"})
        assert (payload, error) == ("bootstrap ", None)
        for path in (home, "/root"):
            payload, error = answer(world, "homely", **{"try": "list", "path": str(path)})
            assert error is None and payload == "No such file or directory"
    finally:
        world.close()
        shutil.rmtree(home)


class NamespacelessWorld(World):
    """Started where no user namespace may be made, as many containers are."""

    def up_there(self, *words):
        locked = "echo 0 > /proc/sys/user/max_user_namespaces || exit 77; exec \"$@\""
        return subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", locked, "sh",
                               str(BINARY), "up", *words], cwd=self.folder, capture_output=True,
                              text=True, timeout=120)


def test_without_user_namespaces_everybody_is_told():
    """ServiceException: Lambda API reference, Invoke."""
    world = NamespacelessWorld(template=ROOT / "sample-app/template.yaml",
                               artifact=ROOT / "build/release/todo-app.zip")
    try:
        done = world.up_there()
        if done.returncode == 77 or done.stderr.startswith("unshare:"):
            pytest.skip("no user namespace can be made here: " + done.stderr)
        why = "'sysctl -w user.max_user_namespaces=15000' allows them"
        assert done.returncode == 1 and why in done.stderr, done.stdout + done.stderr
        create(world, "prisoner")
        client = world.client("lambda")
        with pytest.raises(client.exceptions.ServiceException) as refused:
            client.invoke(FunctionName="prisoner")
        assert why in str(refused.value)
        wait_for(lambda: why in log_of(world, "prisoner"), what="the function's log")
        assert "Sandbox.Failure" in log_of(world, "prisoner")
    finally:
        world.close()


def log_of(world, function):
    client = world.client("logs")
    try:
        events = client.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    except client.exceptions.ResourceNotFoundException:
        return ""
    return "\n".join(event["message"] for event in events)
