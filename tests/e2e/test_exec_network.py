"""`tandem exec`: the names of AWS and of the application lead to the regions, whatever tool asks and whether
or not it knows of AWS_ENDPOINT_URL; what is outside is reached as before. As root and as an ordinary user,
on a machine with a card and a world behind it. Where names lead is said in docs/cli.md; what AWS's own
clients ask for is botocore's endpoints.json."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading

import pytest

from tests.e2e.test_prison import NOBODY, OrdinaryWorld
from tests.support.machine import GATEWAY, OUTSIDE, WORLD_PORT, ip, listener, machine  # noqa: F401
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, ROOT, World

DOMAIN = "todos.tandem.test"
# No variable says where: Debian's botocore knows none.
NO_HINTS = ("env", "-u", "AWS_ENDPOINT_URL")


@pytest.fixture(scope="module", params=[World, OrdinaryWorld], ids=["root", "ordinary"])
def world(request):
    os.chmod("/dev/net/tun", 0o600 if request.param is World else 0o666)
    made = request.param(clock="20x")
    try:
        for name, source in (("template", ROOT / "sample-app/template.yaml"),
                             ("artifact", ROOT / "build/release/todo-app.zip")):
            setattr(made, name, pathlib.Path(shutil.copy(source, made.folder)))
        made.write()
        for path in made.folder.iterdir():
            os.chown(path, *((0, 0) if request.param is World else (NOBODY, NOBODY)))
        made.up()
        yield made
    finally:
        made.close()


def inside(world, *words, check=True):
    return world.tandem("exec", "--", *words, check=check)


def run_as(world, *words):
    """By the user whose world it is."""
    user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups") if type(world) is OrdinaryWorld else ()
    return subprocess.run([*user, *words], cwd=world.folder, capture_output=True, text=True, timeout=120)


def boto3(world, code):
    text = "import boto3, botocore, json, sys\n" + code
    return json.loads(inside(world, *NO_HINTS, "/usr/bin/python3", "-c", text).stdout)


def test_the_application_is_reached_by_its_name(world):
    key = 'curl -sS -H "x-api-key: $TANDEM_API_KEY" '
    done = inside(world, "sh", "-c", key + f"-X POST -d '{{\"text\":\"by name\"}}' https://{DOMAIN}/todos && "
                  + key + "$TANDEM_URL/todos && echo && dig +short +tcp " + DOMAIN)
    assert done.stderr == "" and "by name" in done.stdout
    assert done.stdout.split("\n")[-2] in [world.addresses[region] for region in REGIONS]


def test_a_function_is_reached_by_its_url(world):
    """Under the region's certificate, as an application is: TLS does not end on the way."""
    functions = world.client("lambda")
    name = functions.list_functions()["Functions"][0]["FunctionName"]
    url = functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    try:
        assert "Forbidden. For troubleshooting Function URL" in inside(world, "curl", "-sS", url).stdout
    finally:
        functions.delete_function_url_config(FunctionName=name)


def test_the_names_of_aws_lead_to_the_regions(world):
    shown = boto3(world, """
s3 = boto3.client("s3", "us-west-2")
s3.create_bucket(Bucket="named-bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(Bucket="named-bucket", Key="k", Body=b"x" * 3_000_000)
print(json.dumps({
    "endpoint": s3.meta.endpoint_url,
    "length": len(s3.get_object(Bucket="named-bucket", Key="k")["Body"].read()),
    "anywhere": [each["Name"] for each in boto3.client("s3", "us-east-1").list_buckets()["Buckets"]],
    "arn": boto3.client("sts", "us-east-1").get_caller_identity()["Arn"],
    "zones": len(boto3.client("route53").list_hosted_zones()["HostedZones"]),
    "tables": {region: boto3.client("dynamodb", region).list_tables()["TableNames"]
               for region in ("us-east-1", "us-west-2")}}))
for name in ("k",):
    s3.delete_object(Bucket="named-bucket", Key=name)
s3.delete_bucket(Bucket="named-bucket")
""")
    assert shown["endpoint"] == "https://s3.us-west-2.amazonaws.com" and shown["length"] == 3_000_000
    assert "named-bucket" in shown["anywhere"] and shown["zones"] == 1
    assert shown["arn"] == "arn:aws:iam::123456789012:root"
    assert shown["tables"] == {region: ["todos"] for region in REGIONS}


def test_what_is_not_served_is_refused_here(world):
    """In the shape of AWS's errors, and no question for a name of AWS's gets to the world's name server,
    which would answer any."""
    shown = boto3(world, """
def code(service, region, operation):
    client = boto3.client(service, region, config=botocore.config.Config(retries={"total_max_attempts": 1}))
    try:
        getattr(client, operation)()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
print(json.dumps([code("sqs", "us-west-2", "list_queues"), code("dynamodb", "eu-west-1", "list_tables")]))
""")
    assert shown == ["NotImplementedException"] * 2
    for name in ("amazonaws.com", "no-such.amazonaws.com", "x.lambda-url.us-east-1.on.aws", "s3.eu-west-1.amazonaws.com"):
        answer = inside(world, "dig", "+short", name).stdout.strip()
        assert answer.startswith("127."), (name, answer)
        assert inside(world, "dig", "+short", name, "AAAA").stdout == ""


def port_that_nobody_has():
    """None of those that connections get, or whoever keeps trying would in the end be connected to itself."""
    for port in range(20_000, 30_000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def test_what_is_outside_is_reached_as_before(world, listener):
    code = f"""
import json, socket
def talk(address):
    with socket.create_connection(address, timeout=10) as peer:
        peer.sendall(b"x")
        return peer.recv(100).decode()
print(json.dumps([socket.gethostbyname("anything.example"), talk(("anything.example", {WORLD_PORT}))]))
socket.create_connection(("127.0.0.1", {listener}), timeout=10)
"""
    assert json.loads(inside(world, "/usr/bin/python3", "-c", code).stdout) == [OUTSIDE, "the world"]
    # What begins to listen meanwhile is followed.
    port = port_that_nobody_has()
    begun = world.folder / "begun"
    begun.unlink(missing_ok=True)
    script = f"touch {begun}; until (exec 3<>/dev/tcp/127.0.0.1/{port}); do :; done 2>/dev/null"
    command = threading.Thread(target=inside, args=(world, "timeout", "60", "bash", "-c", script))
    command.start()
    wait_for(begun.exists, what="the command")
    with socket.create_server(("127.0.0.1", port)) as later:
        later.settimeout(30)
        later.accept()[0].close()
    command.join()


def test_the_machines_ipv6_loopback_is_reached(world):
    code = "import socket, sys; print(socket.create_connection(('::1', int(sys.argv[1])), 10).recv(9).decode())"
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        server.settimeout(30)
        done = []
        command = threading.Thread(target=lambda: done.append(
            inside(world, "/usr/bin/python3", "-c", code, str(server.getsockname()[1]))))
        command.start()
        with server.accept()[0] as peer:
            peer.sendall(b"from six")
        command.join()
    assert done[0].stdout == "from six\n"
    # Who listens in IPv4 alone is not there.
    with socket.create_server(("127.0.0.1", 0)) as four:
        refused = inside(world, "/usr/bin/python3", "-c", code, str(four.getsockname()[1]), check=False)
    assert "ConnectionRefusedError" in refused.stderr


def test_the_command_is_as_it_would_be_without(world):
    assert inside(world, "sh", "-c", "exit 7", check=False).returncode == 7
    codes = [world.tandem("exec", *network, "--", "no-such-command", check=False).returncode
             for network in ((), ("--network", "host"))]
    assert codes[0] == codes[1] and codes[0] in (126, 127)  # of folders that this user may not look into
    assert inside(world, "pwd").stdout.strip() == str(world.folder)
    assert inside(world, "id", "-u").stdout.strip() == ("0" if type(world) is World else str(NOBODY))
    # Its parent is whoever it would be, and it has no children that it does not know of.
    assert inside(world, "sh", "-c", "pgrep -P $$; true").stdout == ""  # it does not list itself
    # Whoever waits for the end of what the command writes does not wait for the network's.
    slow = f"{world.binary} exec -- bash -c 'sleep 1000 </dev/null >/dev/null 2>&1 3>&- & echo $!' 3>&1 | cat"
    sleeper = run_as(world, "bash", "-c", slow).stdout.strip()
    os.kill(int(sleeper), 9)
    closed = run_as(world, "bash", "-c", f"{world.binary} exec -- sh -c 'curl -sS https://{DOMAIN}/todos/health > seen' <&- >&- 2>&-")
    assert closed.returncode == 0 and (world.folder / "seen").read_text()
    host = world.tandem("exec", "--network", "host", "--", "sh", "-c", "readlink /proc/self/ns/net")
    assert host.stdout.strip() == os.readlink("/proc/thread-self/ns/net")


def helpers(world):
    """Processes of this world's exec that are there."""
    return subprocess.run(["pgrep", "-f", f"tandem exec-network --config {world.folder}/"], capture_output=True,
                          text=True).stdout.split()


def test_the_network_lives_as_long_as_somebody_inside(world):
    wait_for(lambda: not helpers(world), what="those of other commands end")
    late = world.folder / "late"
    late.unlink(missing_ok=True)
    script = f"(until test -e {late}.go; do :; done; curl -sS https://{DOMAIN}/todos/health >{late} 2>&1) </dev/null >/dev/null 2>&1 &"
    inside(world, "bash", "-c", script)
    assert helpers(world)
    pathlib.Path(f"{late}.go").touch()
    wait_for(lambda: late.exists() and late.read_text(), what="the answer")
    assert "curl" not in late.read_text()
    wait_for(lambda: not helpers(world), what="nobody serves an empty network")


def test_the_applications_name_is_nobody_elses_while_global_is_dead(world):
    world.tandem("region", "kill", "global")
    try:
        done = inside(world, "sh", "-c", f"dig {DOMAIN}; dig +short dynamodb.us-east-1.amazonaws.com; "
                                         "dig +short anything.example")
        assert "status: SERVFAIL" in done.stdout
        assert done.stdout.split()[-2:] == [world.addresses["us-east-1"], OUTSIDE]
        for region in REGIONS:
            code = f'print(json.dumps(boto3.client("dynamodb", "{region}").list_tables()["TableNames"]))'
            assert boto3(world, code) == ["todos"]
        # The variable would name one region; without it tools ask each.
        assert inside(world, "sh", "-c", "echo [$AWS_ENDPOINT_URL]").stdout == "[]\n"
    finally:
        world.tandem("up", "--no-deploy")


def test_a_dead_region_refuses_connections(world):
    """As outside, and not by ending them: a client may try the next address of a connection that was refused."""
    world.tandem("region", "kill", "us-west-2")
    try:
        done = inside(world, "curl", "-sS", "https://dynamodb.us-west-2.amazonaws.com/", check=False)
        assert done.returncode == 7, done
        begun, again = world.folder / "dead-seen", world.folder / "alive-again"
        for path in (begun, again):
            path.unlink(missing_ok=True)
        script = f"touch {begun}; until test -e {again}; do :; done; until curl -sS -o /dev/null " \
                 "https://dynamodb.us-west-2.amazonaws.com/ 2>/dev/null; do :; done"
        command = threading.Thread(target=inside, args=(world, "timeout", "60", "bash", "-c", script))
        command.start()
        wait_for(begun.exists, what="the command")
    finally:
        world.tandem("region", "start", "us-west-2")
    again.touch()
    command.join(60)
    assert not command.is_alive()


def test_a_dead_home_is_named(world):
    """Tools ask it unless they are told of another region."""
    world.tandem("region", "kill", "us-east-1")
    try:
        done = inside(world, "true")
        assert "us-east-1 is not running; 'tandem region start us-east-1' starts it" in done.stderr
    finally:
        world.tandem("region", "start", "us-east-1")
    assert inside(world, "true").stderr == ""


def test_what_there_are_no_descriptors_for_is_named(world):
    with contextlib.ExitStack() as listening:
        for _ in range(60):
            listening.enter_context(socket.create_server(("127.0.0.1", 0)))
        script = f"ulimit -n 110; {world.binary} exec -- curl -sS https://{DOMAIN}/todos/health"
        done = run_as(world, "bash", "-c", script)
    assert "addresses and ports are not reached in its network" in done.stderr, done
    assert "a hard limit above 110" in done.stderr
    assert "curl" not in done.stderr and done.stdout  # The regions come first.


def test_a_folder_that_is_gone_is_called_so(world):
    gone = world.folder / "gone"
    for words in ("exec -- true", "status"):
        script = f"mkdir {gone}; cd {gone}; rmdir {gone}; {world.binary} {words}"
        done = run_as(world, "bash", "-c", script)
        assert done.returncode == 2 and done.stderr.strip() == "the folder in which this runs is gone", done


def test_resolvers_are_told_that_any_name_may_be_asked_for(world):
    """RFC 1035 §4.1.1, RA: some ask nobody who does not say so."""
    for name in ("sts.amazonaws.com", DOMAIN, "anything.example"):
        answer = inside(world, "dig", name).stdout
        assert " ra; QUERY" in answer and "WARNING" not in answer, answer


def test_what_nobody_outside_could_reach_is_not_started(world):
    for words in (("up",), ("region", "start", "us-west-2")):
        done = inside(world, str(world.binary), *words, check=False)
        assert done.returncode == 2 and "without it" in done.stderr, done
    # An exec in an exec is where it is.
    nested = inside(world, str(world.binary), "exec", "--", "curl", "-sS", f"https://{DOMAIN}/todos/health")
    assert nested.stderr == "" and nested.stdout


# As resolvconf(8) has it.
LINK = "mkdir /etc/run; cp /etc/resolv.conf /etc/run/; ln -s /etc/run/resolv.conf /etc/link; mv /etc/link /etc/resolv.conf"


@pytest.mark.parametrize("before, replace", [
    ("true", "cp /etc/resolv.conf /etc/new; mv /etc/new /etc/resolv.conf"),
    (LINK, "cp /etc/run/resolv.conf /etc/run/new; mv /etc/run/new /etc/run/resolv.conf"),
    (LINK, "cp /etc/run/resolv.conf /etc/new; mv /etc/new /etc/resolv.conf")], ids=["file", "target", "link"])
def test_files_that_are_replaced_outside_stay_covered(world, tmp_path, before, replace):
    """As whoever manages a machine's network replaces them: rename(2) takes a mount away that is another
    namespace's."""
    ready, go, seen = (world.folder / name for name in ("replace", "replaced", "resolved"))
    for path in (ready, go, seen):
        path.unlink(missing_ok=True)
    user = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups " if type(world) is OrdinaryWorld else ""
    command = f"touch {ready}; until test -e {go}; do :; done; until grep -q 127.255.0.53 /etc/resolv.conf; " \
              f"do :; done; dig +short sts.amazonaws.com >{seen}"
    script = f"""set -e
cp -a /etc {tmp_path}/etc
mount --bind {tmp_path}/etc /etc
{before}
cd {world.folder}
{user}{world.binary} exec -- timeout 60 bash -c '{command}' &
until test -e {ready}; do :; done
{replace}
touch {go}
wait $!
"""
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-c", script],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    assert seen.read_text() == "127.255.0.1\n"


def test_many_at_once_on_first_use(world):
    shutil.rmtree(world.folder / ".tandem/exec", ignore_errors=True)
    (world.folder / ".tandem/ca/bundle.pem").unlink(missing_ok=True)
    done = []
    commands = [threading.Thread(target=lambda: done.append(inside(world, "true"))) for _ in range(6)]
    for each in commands:
        each.start()
    for each in commands:
        each.join()
    assert [each.stderr for each in done] == [""] * 6


def test_whatever_the_caller_ignores(world):
    code = "import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.umask(0o077); " \
           f"os.execv('{world.binary}', ['tandem', 'exec', '--', 'sh', '-c', 'cat /etc/resolv.conf'])"
    shutil.rmtree(world.folder / ".tandem/exec", ignore_errors=True)
    done = run_as(world, "/usr/bin/python3", "-c", code)
    assert done.stderr == "" and "127.255.0.53" in done.stdout
    assert (world.folder / ".tandem/exec/resolv.conf").stat().st_mode & 0o777 == 0o644


def test_a_machine_without_a_way_out(world, listener):
    ip("route", "del", "default")
    try:
        done = inside(world, "sh", "-c", f"curl -sS https://{DOMAIN}/todos/health && "
                                         f"timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/{listener}' && echo here")
        assert done.stderr == "" and done.stdout.endswith("here\n")
    finally:
        ip("route", "add", "default", "via", GATEWAY)


def test_where_there_can_be_no_such_network_it_says_so(world):
    if type(world) is World:
        pytest.skip("root may")
    os.chmod("/dev/net/tun", 0o600)
    try:
        done = inside(world, "/usr/bin/aws", "sts", "get-caller-identity")
        assert "'chmod 666 /dev/net/tun' as root opens it" in done.stderr
        assert "variables alone lead tools here" in done.stderr
        assert json.loads(done.stdout)["Account"] == "123456789012"
    finally:
        os.chmod("/dev/net/tun", 0o666)
