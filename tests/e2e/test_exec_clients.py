"""AWS's own clients under `tandem exec`, none of which is told where AWS is: its names alone lead to the
regions, and nothing leaves the machine, which is counted at its card. What clients ask for is theirs
(tests/clients); what they print is what AWS would have them print. As root and as an ordinary user."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from tests.e2e.test_exec_network import DOMAIN, NO_HINTS, inside, world  # noqa: F401
from tests.support.machine import OUTSIDE, WORLD_PORT, machine  # noqa: F401
from tests.support.npm import fetch
from tests.support.world import REGIONS, ROOT, World

SOURCES = ROOT / "tests/clients"
KEPT = ROOT / "build/clients"  # between runs: what was fetched and compiled
BUILT = ROOT / "build/release/tests/clients"
ARN = "arn:aws:iam::123456789012:root"
TABLES = {region: ["todos"] for region in REGIONS}
REFUSED = "NotImplementedException"
IPPROTO_TCP, IPPROTO_UDP = 6, 17


def compile_go():
    if not shutil.which("go") or not os.path.isdir("/usr/share/gocode/src/github.com/aws/aws-sdk-go"):
        return "Go or AWS's SDK for it is missing (scripts/install-packages clients)"
    done = subprocess.run(["go", "build", "-o", KEPT / "go-client", "."], cwd=SOURCES / "go", capture_output=True,
                          text=True, env={**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode",
                                          "CGO_ENABLED": "0", "GOCACHE": str(KEPT / "go-cache")})
    return done.stderr


@pytest.fixture(scope="session", autouse=True)
def prepared():
    """Before this thread is where there is no way to a registry. Why a language's clients are not there."""
    KEPT.mkdir(parents=True, exist_ok=True)
    return {"javascript": fetch(SOURCES, KEPT), "go": compile_go()}


@pytest.fixture(scope="module")
def clients(machine, prepared):  # noqa: F811
    """A folder that an ordinary user may look into, wherever the build is."""
    seen = pathlib.Path(tempfile.mkdtemp(prefix="tandem-clients-"))
    seen.chmod(0o755)
    for path in [*SOURCES.glob("*.js"), SOURCES / "Client.java", BUILT / "static_client", KEPT / "go-client"]:
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(path, seen)
    modules = seen / "node_modules"
    modules.mkdir()
    with contextlib.ExitStack() as undone:
        undone.callback(shutil.rmtree, seen)
        if not prepared["javascript"]:
            subprocess.run(["mount", "--bind", KEPT / "node_modules", modules], check=True)
            undone.callback(subprocess.run, ["umount", "--lazy", modules], check=True)
            # Whatever goes wrong, what is kept is not what is removed.
            subprocess.run(["mount", "-o", "remount,bind,ro", modules], check=True)
        yield seen


@pytest.fixture
def nothing_leaves(machine, world):  # noqa: F811
    before = len(machine.left())
    yield
    assert machine.left()[before:] == []


def run(world, *words):
    return inside(world, *NO_HINTS, *words)


def check(shown, unserved):
    assert shown == {"arn": ARN, "body": "by name", "tables": TABLES, "unserved": [REFUSED] * unserved}


def test_what_leaves_is_counted(world, machine):
    """Or all of the others would show nothing: names that are nobody's here are asked for outside, and
    who has them is reached."""
    before = len(machine.left())
    code = f"import socket; socket.create_connection(('left.example', {WORLD_PORT}), 10)"
    inside(world, "/usr/bin/python3", "-c", code)
    left = machine.left()[before:]
    assert [IPPROTO_UDP, OUTSIDE, 53, "left.example"] in left
    assert [IPPROTO_TCP, OUTSIDE, WORLD_PORT, ""] in left
    assert {tuple(each[1:3]) for each in left} == {(OUTSIDE, 53), (OUTSIDE, WORLD_PORT)}
    # Without exec the names of AWS are asked for outside, as everybody else's.
    done = subprocess.run(["dig", "+short", "sts.amazonaws.com"], capture_output=True, text=True)
    assert done.stdout.strip() == OUTSIDE
    assert [IPPROTO_UDP, OUTSIDE, 53, "sts.amazonaws.com"] in machine.left()


def test_debians_cli(world, nothing_leaves):
    """In a script, where `exec` gives it no flag: it is too old for AWS_ENDPOINT_URL."""
    more = """
aws dynamodb list-tables --region us-west-2 --query TableNames --output text
aws sqs list-queues --region eu-west-1
""" if type(world) is World else ""
    done = run(world, "sh", "-c", f"""{more}
aws sts get-caller-identity --query Arn --output text
aws cloudfront list-distributions
true""")
    assert done.stdout == ("todos\n" if more else "") + f"{ARN}\n"
    called = f"An error occurred ({REFUSED}) when calling the "
    assert called + "ListDistributions operation: The service cloudfront is not served here." in done.stderr
    if more:
        assert called + "ListQueues operation: The region eu-west-1 is not one of this world" in done.stderr


def test_boto3(world, nothing_leaves):
    code = """
import boto3, botocore, json
s3 = boto3.client("s3", "us-west-2")
place = {"Bucket": "named-by-boto3"}
s3.create_bucket(**place, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(**place, Key="k", Body=b"by name")
body = s3.get_object(**place, Key="k")["Body"].read().decode()
s3.delete_object(**place, Key="k")
s3.delete_bucket(**place)
def code(service, operation, region="us-east-1"):
    try:
        getattr(boto3.client(service, region), operation)()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
print(json.dumps({
    "arn": boto3.client("sts").get_caller_identity()["Arn"], "body": body,
    "tables": {region: boto3.client("dynamodb", region).list_tables()["TableNames"]
               for region in ("us-east-1", "us-west-2")},
    "unserved": [code("cloudfront", "list_distributions"), code("ec2", "describe_instances"), code("sns", "list_topics"),
                 code("kinesis", "list_streams"), code("eks", "list_clusters"), code("dynamodb", "list_tables", "eu-west-1")]}))
"""
    check(json.loads(run(world, "/usr/bin/python3", "-c", code).stdout), 6)


@pytest.mark.parametrize("program, unserved", [("v3.js", 3), ("v2.js", 4)])
def test_javascript(world, clients, prepared, nothing_leaves, program, unserved):
    if prepared["javascript"]:
        pytest.skip(prepared["javascript"])
    check(json.loads(run(world, "node", str(clients / program)).stdout), unserved)


def test_go(world, clients, prepared, nothing_leaves):
    if prepared["go"]:
        pytest.skip(prepared["go"])
    assert "statically linked" in subprocess.run(["file", clients / "go-client"], capture_output=True, text=True).stdout
    check(json.loads(run(world, str(clients / "go-client")).stdout), 3)


def test_java(world, clients, nothing_leaves):
    """Debian's trusts what /etc/ssl/certs/java/cacerts has, and no variable tells it of more."""
    if not shutil.which("javac"):
        pytest.skip("Java is missing (scripts/install-packages clients)")
    if pathlib.Path("/etc/ssl/certs/java/cacerts").read_bytes()[:4].hex() != "feedfeed":
        pytest.skip("this Java's roots are in another form")
    done = inside(world, "env", "-i", "java", str(clients / "Client.java"), "https://sts.amazonaws.com/",
                  f"https://{DOMAIN}/todos/health")
    assert "400 <ErrorResponse" in done.stdout and "\n200 " in done.stdout, done
    # Whoever checks the file's digest finds it right.
    listed = inside(world, "keytool", "-list", "-cacerts", "-storepass", "changeit", "-alias", "Tandem local CA")
    assert "trustedCertEntry" in listed.stdout


def test_a_static_program(world, clients, nothing_leaves):
    """That knows of no variable, and asks /etc/resolv.conf's server itself."""
    assert subprocess.run(["ldd", clients / "static_client"], capture_output=True).returncode != 0
    names = ["dynamodb.us-west-2.amazonaws.com", "sts.amazonaws.com", "no-such.eu-west-1.amazonaws.com", DOMAIN]
    done = inside(world, "env", "-i", str(clients / "static_client"), *names)
    assert done.stdout.count("HTTP/1.1 ") == len(names), done
    for said in ("UnknownOperationException", "<Code>MissingAction</Code>", REFUSED):
        assert said in done.stdout, done


def test_curl(world, nothing_leaves):
    done = inside(world, "env", "-i", "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} ",
                  f"https://{DOMAIN}/todos/health", "https://sts.amazonaws.com/", f"http://{DOMAIN}/todos/health")
    assert done.stderr == ""
    assert done.stdout.split()[0] == "200"
