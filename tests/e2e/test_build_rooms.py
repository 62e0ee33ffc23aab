"""The rooms in which builds run: every wall of docs/sandbox.md ("Builds") is tried from within, with
Tandem started by root and by an ordinary user. What a build may expect of its shell is said in the
CodeBuild User Guide ("Build specification reference", "Environment variables in build
environments"); the walls are Tandem's own."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import textwrap
import time

import pytest

from tests.e2e.test_prison import NOBODY, OrdinaryWorld
from tests.support.fingerprint import differences, fingerprint
from tests.support.machine import MACHINE, OUTSIDE, WORLD_PORT, listener, machine  # noqa: F401
from tests.support.rooms import Rooms
from tests.support.waiting import wait_for
from tests.support.world import ROOT, World

CREDENTIALS = "/v2/credentials/8b1a9953"
PROBE = ROOT / "tests/rooms/probe.py"


@pytest.fixture(scope="module", params=["root", "ordinary"])
def rooms(request, machine):  # noqa: F811
    # Root needs no leave; most distributions give everybody theirs.
    os.chmod("/dev/net/tun", 0o600 if request.param == "root" else 0o666)
    world = World() if request.param == "root" else OrdinaryWorld()
    try:
        world.start()
        made = Rooms(world, None if request.param == "root" else NOBODY)
        made.world, made.is_root = world, request.param == "root"
        yield made
        made.close()
    finally:
        world.close()


@pytest.fixture(scope="module")
def room(rooms):
    opened = rooms.open("room", AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=CREDENTIALS, GIVEN="yes",
                        AWS_DEFAULT_REGION="us-east-1")
    yield opened
    opened.close()


@contextlib.contextmanager
def another(rooms, name, **environment):
    opened = rooms.open(name, **environment)
    try:
        yield opened
    finally:
        opened.close()
    assert not (rooms.rooms_folder / name).exists()


def probe(room, *words):
    """What tests/rooms/probe.py, run inside, has to say."""
    script = PROBE.read_text()
    return json.loads(room.output(f"python3 - {' '.join(words)} <<'THE_END'\n{script}\nTHE_END"))


# Shells


def test_one_shell_keeps_what_commands_leave(room):
    assert room.output("pwd") == room.inside + "\n"
    room.output("mkdir -p a/b; cd a; X=1; export Y='it is'; f() { echo \"$X $Y $1\"; }; sleep 600 &")
    assert room.output("f 'not'; pwd") == f"1 it is not\n{room.inside}/a\n"
    assert room.output("kill -0 $! && echo there") == "there\n"
    assert room.variables()["Y"] == "it is" and "X" not in room.variables()
    # It goes on, in another shell, where the command before had come to.
    assert room.run("cd b; export Z=3; exit 3") == (3, "")
    assert room.output("pwd; echo \"$Y|$X|$Z\"") == f"{room.inside}/a\nit is||\n"
    assert room.run("kill -TERM $$")[0] == -signal.SIGTERM
    assert room.output("cd ..; pwd") == room.inside + "\n"
    # A folder that is gone.
    room.output("mkdir gone; cd gone; rmdir ../gone")
    assert room.run("exit 1")[0] == 1
    assert room.output("cd /; pwd") == "/\n"


def test_a_command_s_text_is_its_own_matter(room):
    assert room.output("if true\nthen\n  echo one\nfi\n\ncat <<E\n$((1 + 1))\nE") == "one\n2\n"
    for broken in ("if", "echo 'open", "echo $(", "done", "cat <<E"):
        room.run(broken)
        assert room.output("echo on") == "on\n", broken
    assert room.run("set -e; false; echo no") == (1, "")
    assert room.output("false; echo not e") == "not e\n"
    assert room.run("set -eu\n: $nothing")[0] != 0
    assert room.run("exec true") == (0, "")
    assert room.run("no-such-program")[0] == 127
    assert "script.sh" in room.run("no-such-program")[1]
    # Standard input has nothing.
    assert room.output("cat; read x || echo none") == "none\n"
    room.output("set -x")
    assert "printf" not in room.output("true") and "printf" not in room.output("set +x")
    assert room.output("printf 'a\\0b'") == "a\0b"
    assert room.output("echo \"it's\" '\"' \\\\ \"\\$\"") == "it's \" \\ $\n"


def test_shells_of_other_kinds(room):
    bash = {"interpreter": "bash"}
    assert room.output("a=(1 2 3); echo ${a[2]} $BASH", **bash).startswith("3 /")
    assert room.output("echo ${a[1]}", **bash) == "2\n"
    assert "script.sh: line" in room.run("no-such-program", **bash)[1]
    room.output("export KEPT=1")
    # A new one knows what the room began with.
    assert room.output("echo $GIVEN-$KEPT; pwd", new=True) == f"yes-\n{room.inside}\n"
    assert room.output("echo $KEPT") == "1\n"
    room.output("true", variables={"GIVEN": "a 'b' \"c\" $d\n`e`", "1bad": "x", "LATER": ""})
    assert room.output("printf %s \"$GIVEN\"; env | grep -c LATER=") == "a 'b' \"c\" $d\n`e`1\n"
    assert room.output("echo $NEW", new=True, variables={"NEW": "n"}) == "n\n"
    large = {f"LARGE{i}": "x" * 100_000 for i in range(10)}
    assert room.output("echo ${#LARGE7}", new=True, variables=large) == "100000\n"
    assert room.output("echo 'on'") == "on\n"


def test_output_is_complete_and_in_order(room):
    assert room.output("echo a; echo b >&2; echo c; echo d > /dev/stderr; echo e | tee /dev/stdout"
                       ) == "a\nb\nc\nd\ne\ne\n"
    lines = room.output("seq 200000").split()
    assert lines == [str(i) for i in range(1, 200001)]
    # A job that holds the pipe holds nobody up.
    room.output("(sleep 600; echo late) & (sleep 600 > /dev/null 2>&1) & echo begun")
    assert room.output("printf 'no end of line'") == "no end of line"


def test_the_control_channel_bears_with_anything(room):
    """Whoever is inside may write whatever he likes where the shells report."""
    assert room.run("kill -9 1; echo $?")[0] == 0
    room.run("printf 'garbage\\0\\0' > /dev/tandem/report")
    assert room.output("echo on") == "on\n"
    room.run("printf '7\\0\\0' > /dev/tandem/report; exit 9")
    assert room.output("echo on") == "on\n"
    room.run("head -c 300000 /dev/zero > /dev/tandem/report &")
    room.run("true")
    wait_for(lambda: room.run("echo on") == (0, "on\n"), what="a command that works")
    assert room.run("exit 5", new=True)[0] == 5
    room.run("exec >/dev/null 2>&1; exit 0")
    assert room.output("echo on") == "on\n"
    assert room.run("rm -f /dev/tandem/report")[0] == 1
    assert room.run("mv /dev/tandem /dev/other; mv /dev /other")[0] == 1
    assert room.output("printf() { false; }; echo on") == "on\n"
    assert room.run("exit 0")[0] == 0


def test_a_shell_of_another_user(rooms):
    with another(rooms, "users") as room:
        if not rooms.is_root:
            code, output = room.run("id -un", user="games")
            assert code == 126 and "games" in output
            return
        room.output("echo secret > /root/x; export KEPT=1")
        assert room.output("id -un; id -gn; cd /tmp; touch his; echo $KEPT; cat /root/x || true",
                           user="games") == "games\ngames\n1\ncat: /root/x: Permission denied\n"
        assert room.output("stat -c %U his; pwd") == "games\n/tmp\n"
        assert room.output("echo x > /dev/stderr", user="games") == "x\n"
        code, output = room.run("true", user="no-one-of-that-name")
        assert (code, output) == (126, "run-as: there is no user no-one-of-that-name\n")


# Walls


def test_it_is_nobody_on_the_host(rooms, room):
    status = dict(line.split(":\t", 1) for line in room.output("cat /proc/self/status").splitlines()
                  if ":\t" in line)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    # CAP_CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE,
    # SYS_CHROOT, SETFCAP
    for name in ("CapPrm", "CapEff", "CapBnd"):
        assert int(status[name], 16) & ~0x800405fb == 0, status[name]
    assert status["CapAmb"] == "0" * 16
    room.output("sleep 613 &")
    owners = wait_for(lambda: {os.stat(entry).st_uid for entry in pathlib.Path("/proc").glob("[0-9]*")
                               if read(entry / "cmdline") == b"sleep\x00613\x00"}, what="the process")
    assert len(owners) == 1 and 0 not in owners
    assert (owners == {NOBODY}) == (not rooms.is_root)
    if rooms.is_root:
        assert min(owners) >= 65_000
    assert room.output("id -u; hostname") == "0\ncodebuild\n"


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_nothing_of_the_machine_is_there(rooms, room):
    state = rooms.world.folder / ".tandem"
    names = [str(state / "config.json"), str(state / "ca/ca.key"), str(rooms.folder),
             str(ROOT), "/root/.profile", "/home/*", "/etc/ssh", "/etc/ssl/private/*",
             "/var/lib/postgresql", "/var/log/*log", "/dev/vda", "/dev/kmsg", "/dev/mem", "/dev/fuse",
             "/dev/kvm", "/dev/net", "/sys/*", "/run/systemd", "/run/dbus", "/tmp/*"]
    assert room.output(f"ls -d {' '.join(names)} 2>/dev/null; true") == ""
    assert set(room.output("ls /").split()) <= {
        "bin", "boot", "codebuild", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media",
        "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"}
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/panic", "/proc/sysrq-trigger",
                 "/proc/sys/fs/suid_dumpable", "/dev/x", "/proc/1/oom_score_adj_"):
        assert room.run(f"echo 1 > {path}")[0] != 0, path
    assert room.run("printf -- -900 > /proc/self/oom_score_adj")[0] != 0
    if not rooms.is_root:
        for path in ("/usr/x", "/usr/bin/env", "/var/lib/dpkg/status"):
            assert room.run(f"echo 1 >> {path}")[0] != 0, path
    # What it sees of this program cannot be changed, from whatever side.
    for path in ("/proc/1/exe", "/dev/tandem/room"):
        assert room.run(f"chmod 0 {path}")[0] != 0 and room.run(f": >> {path}")[0] != 0, path


def test_files_that_not_everybody_reads(rooms):
    """The machine's root is root inside, by number: of its files, and of the room's own, nothing is let
    in that an ordinary user could not read."""
    places = [pathlib.Path("/usr/local/share/tandem-probe"), pathlib.Path("/etc/apt/tandem-probe"),
              pathlib.Path("/var/lib/dpkg/tandem-probe")]
    for each in places:
        each.mkdir()
        for name, mode in (("key", 0o600), ("group", 0o640), ("all", 0o644)):
            (each / name).write_text("secret" if mode != 0o644 else "open")
            (each / name).chmod(mode)
        (each / "closed").mkdir(mode=0o700)
        (each / "closed/all").write_text("secret")
    try:
        # Another process: what was found below /usr is remembered for a while.
        own = Rooms(rooms.world, None if rooms.is_root else NOBODY)
        with another(own, "hidden") as room:
            found = room.output(f"cat $(find {' '.join(map(str, places))} -type f) 2>/dev/null; true")
            assert "secret" not in found and "open" in found, found
            # In its place something of one's own may be made.
            if rooms.is_root:
                made = places[0] / "key"
                assert room.output(f"echo mine > {made}; cat {made}") == "mine\n"
            shadow = room.output("cat /etc/shadow /etc/gshadow 2>/dev/null; true")
            assert all(line.split(":")[1] == "*" for line in shadow.splitlines())
        own.close()
        assert (places[0] / "key").read_text() == "secret"
    finally:
        for each in places:
            for file in ("key", "group", "all", "closed/all"):
                (each / file).unlink()
            (each / "closed").rmdir()
            each.rmdir()


def test_system_calls_that_lead_out_are_refused(room):
    said = probe(room, "calls")
    assert not {name for name, result in said.items() if result == "done"}, said
    for name in ("unshare user", "clone user", "mount", "umount", "setns", "bpf", "keyctl", "kexec",
                 "init_module", "open_by_handle_at", "pivot_root", "sethostname", "settimeofday",
                 "bind to device"):
        assert said[name] == "Operation not permitted", (name, said[name])
    for name in ("clone3", "io_uring_setup", "memfd_secret"):
        assert said[name] == "Function not implemented", name
    for name in ("packet", "vsock", "inet6", "alg"):
        assert said[name] == "Address family not supported by protocol", name
    assert said["mknod"] == "Operation not permitted"


def test_what_builds_need_is_there(rooms, room):
    assert probe(room, "needs") == {"semaphore": "done", "pool": "done", "pty": "done",
                                    "shm": "done", "flock": "done", "signal": "done"}
    assert room.output("cat > x.c <<E\n#include <stdio.h>\nint main() { puts(\"compiled\"); }\nE\n"
                       "cc x.c -o x && ./x") == "compiled\n"
    assert room.output("node -e 'console.log(require(\"child_process\").execSync(\"echo node\")+\"\")'"
                       ).strip() == "node"
    assert room.output("cd; pwd; touch x; echo y > /tmp/y; ls ~") == "/root\nx\n"


def test_processes_are_its_own_and_counted(rooms, room):
    assert room.run("ps -e -o args= | grep -c '[r]oom_driver'") == (1, "0\n")
    assert room.output("ls -d /proc/[0-9]* | wc -l").strip().isdigit()
    with another(rooms, "crowd") as crowd:
        made = probe(crowd, "crowd")["made"]
        # docs/sandbox.md: 4,096.
        assert 3000 < made <= 4096
        # Another room has its own count.
        assert room.output("echo on") == "on\n"


def test_rooms_are_nothing_to_each_other(rooms, room):
    with another(rooms, "neighbour") as neighbour:
        neighbour.output("echo secret > ~/x; echo secret > /tmp/y; sleep 617 &")
        room.output("rm -rf /tmp/y ~/x")
        assert room.output("ls /tmp/y ~/x 2>/dev/null; ps -e -o args= | grep '[s]leep 617'; true") == ""
        place = neighbour.source.parent / "root/root/x"
        assert place.exists() and room.run(f"cat {place}")[0] != 0
        if rooms.is_root:
            assert place.stat().st_uid != (room.source.parent / "root/root").stat().st_uid
        # A program that becomes whose it is: the build's, who is nobody, and out of reach for others.
        neighbour.output("cp /usr/bin/id ~/id; chmod 4755 ~/id")
        made = neighbour.source.parent / "root/root/id"
        assert made.exists() and subprocess.run(["setpriv", "--reuid=games", "--regid=games", "--clear-groups",
                                                 "test", "-e", made], check=False).returncode == 1
        # Abstract sockets, shared memory and addresses are of one room.
        neighbour.output(textwrap.dedent("""
            python3 -c '
            import signal, socket
            a = socket.socket(socket.AF_UNIX); a.bind(b"\\0here"); a.listen()
            b = socket.create_server(("0.0.0.0", 7777))
            print("up", flush=True)
            signal.pause()' > /tmp/up &
            until grep -q up /tmp/up; do sleep 0.01; done
            ipcmk -M 1000 > /dev/null; echo secret > /dev/shm/x"""))
        assert probe(neighbour, "connect", "127.0.0.1", "7777") == {"connect": "done"}
        for address in ("127.0.0.1", "169.254.170.2", MACHINE):
            assert probe(room, "connect", address, "7777")["connect"] != "done", address
            with socket.socket() as outside:
                outside.settimeout(0.2)
                assert outside.connect_ex((address, 7777)) != 0, address
        assert probe(room, "abstract") == {"connect": "Connection refused"}
        assert "0x" not in room.output("ipcs -m")
        assert room.output("ls /dev/shm") == "" and not os.path.exists("/dev/shm/x")


def test_nothing_of_the_region_is_handed_in(rooms, room):
    """Descriptors, environments and folders of the processes that were there before the build was."""
    said = room.output("readlink /proc/[0-9]*/fd/* 2>/dev/null; true").split("\n")
    kinds = {each.split(":")[0] for each in said if each and not each.startswith(("/dev/", "/proc/"))}
    assert kinds == {"pipe", "socket", "anon_inode"}, said
    environments = room.output("cat /proc/[0-9]*/environ | tr '\\0' '\\n' | cut -d= -f1 | sort -u").split()
    assert "GIVEN" in environments and "PYTEST_CURRENT_TEST" not in environments, environments
    assert room.output("ls /proc/1/root/") == room.output("ls /") == room.output("ls /proc/1/cwd/")


def test_nothing_outlives_kill(rooms):
    opened = rooms.open("ends")
    opened.output("(setsid sleep 619 &) ; nohup sleep 619 > /dev/null 2>&1 &")
    opened.output("trap '' TERM INT HUP; (trap '' TERM; setsid sh -c 'sleep 619; true' &)")
    opened.start("echo begun; sleep 619; echo no")
    wait_for(lambda: "begun" in opened.printed(), what="the command")
    wait_for(lambda: count_of("619") >= 4, what="all that is to be ended")
    begun = time.monotonic()
    opened.kill()
    assert opened.wait() == (-signal.SIGKILL, "begun\n")
    assert time.monotonic() - begun < 5
    assert opened.run("echo no") == (-signal.SIGKILL, "")
    opened.close()
    assert count_of("619") == 0
    assert not (rooms.rooms_folder / "ends").exists()


def count_of(seconds):
    return sum(b"sleep\x00" + seconds.encode() in read(entry / "cmdline")
               for entry in pathlib.Path("/proc").glob("[0-9]*"))


def test_what_is_left_of_a_region_that_was_killed_is_swept(rooms):
    own = Rooms(rooms.world, None if rooms.is_root else NOBODY)
    room = own.open("left")
    room.output("sleep 631 & mkdir -p ~/a/b; cd ~/a; touch b/f; chmod 0 b; chmod 0 .; ln -s / ~/root")
    # Deeper than a path may be long, and than a stack.
    room.output("cd /tmp; python3 -c '\nimport os\nfor i in range(3000):\n"
                "    os.mkdir(\"deep\" * 20); os.chdir(\"deep\" * 20)'")
    if rooms.is_root:
        room.output("chown -R games /tmp; touch /usr/bin/x; rm -rf /usr/share/doc/bash")
    folder = own.rooms_folder / "left"
    own.process.send_signal(signal.SIGKILL)
    own.process.wait()
    wait_for(lambda: count_of("631") == 0, what="the end of everything inside")
    assert folder.exists()
    assert str(folder) not in pathlib.Path("/proc/self/mountinfo").read_text()
    keep = pathlib.Path("/usr/bin/env").stat()
    sweeper = Rooms(rooms.world, None if rooms.is_root else NOBODY)
    try:
        subprocess.run(["mv", str(folder), str(own.folder / "moved")], check=True)
        target = sweeper.rooms_folder
        wait_for(target.exists, what="the folder of rooms")
        subprocess.run(["mv", str(own.folder / "moved"), str(target / "left")], check=True)
        sweeper.ask("sweep")
        assert list(target.iterdir()) == []
    finally:
        sweeper.close()
        own.process.stdin.close()
        own.close()
    assert pathlib.Path("/usr/bin/env").stat() == keep


def test_whoever_speaks_to_the_region_himself_ends_his_own_room(rooms):
    with another(rooms, "hijack") as room:
        code, _ = room.run("python3 - <<'E'\nimport ctypes, socket\nlibc = ctypes.CDLL(None)\n"
                           "pid = libc.syscall(434, 1, 0)\nfd = libc.syscall(438, pid, 4, 0)\n"
                           "assert fd >= 0\nsocket.socket(fileno=fd).sendall(bytes([255]) * 100000)\nE\n"
                           "sleep 600")
        assert code == -signal.SIGKILL
    with another(rooms, "flood") as room:
        message = "bytes([1, 0, 0, 0]) + b'e'"
        code, _ = room.run("python3 - <<'E'\nimport ctypes, socket\nlibc = ctypes.CDLL(None)\n"
                           "fd = libc.syscall(438, libc.syscall(434, 1, 0), 4, 0)\n"
                           f"socket.socket(fileno=fd).sendall(({message}) * 100000)\nE\nsleep 600")
        assert code == -signal.SIGKILL
    with another(rooms, "after") as room:
        assert room.output("echo on") == "on\n"


def test_a_build_that_fills_the_disk_ends(rooms):
    own = Rooms(rooms.world, None if rooms.is_root else NOBODY)
    wait_for(own.rooms_folder.exists, what="the folder of rooms")
    owner = 0 if rooms.is_root else NOBODY
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=200m,uid={owner},gid={owner},mode=700",
                    "tmpfs", own.rooms_folder], check=True)
    try:
        with another(own, "full") as room:
            code, said = room.run("cat /dev/zero > /tmp/big; sleep 600")
            assert code == -signal.SIGKILL and "of the machine's disk are free" in said, (code, said)
    finally:
        own.process.stdin.close()
        own.process.wait(60)
        subprocess.run(["umount", own.rooms_folder], check=True)
        own.close()


def test_source_is_given(rooms):
    with another(rooms, "source") as room:
        (room.source / "f").write_text("from outside\n")
        (room.source / "d").mkdir()
        (room.source / "d/link").symlink_to("/etc/passwd")
        if rooms.is_root is False and os.geteuid() == 0:
            for path in (room.source / "f", room.source / "d", room.source / "d/link"):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        before = os.stat("/etc/passwd")
        room.give()
        assert os.stat("/etc/passwd").st_uid == before.st_uid
        assert room.output("cat f; echo more >> f; echo new > d/g; stat -c %u f d d/link"
                           ) == "from outside\n0\n0\n0\n"
        assert (room.source / "f").read_text() == "from outside\nmore\n"


# Packages

POSTINST = """#!/bin/sh
set -e
adduser --system --group --home /var/lib/probe probe >/dev/null
mkdir -p /var/lib/probe
chown probe:probe /var/lib/probe
chmod 2750 /var/lib/probe
update-alternatives --install /usr/bin/probing probing /usr/bin/probe 10 >/dev/null
ldconfig
"""


def machine_s_files(rooms):
    """What programs and packages are by their content, and every name of the system's folders where root
    could have changed it."""
    told = fingerprint(("/etc", "/var/lib/dpkg", "/usr/bin", "/usr/sbin"), contents=True)
    return (told, fingerprint()) if rooms.is_root else (told,)


def test_packages_are_installed_and_the_machine_stays_as_it_was(rooms):
    before = machine_s_files(rooms)
    with another(rooms, "packages") as room:
        room.output("mkdir -p p/DEBIAN p/usr/bin; printf '#!/bin/sh\\necho probing\\n' > p/usr/bin/probe;"
                    "chmod 755 p/usr/bin/probe; printf 'Package: tandem-probe\\nVersion: 1\\n"
                    "Architecture: all\\nMaintainer: x <x@x>\\nDescription: x\\n' > p/DEBIAN/control;"
                    f"cat > p/DEBIAN/postinst <<'E'\n{POSTINST}E\nchmod 755 p/DEBIAN/postinst\n"
                    "dpkg-deb -b p probe.deb > /dev/null; mv probe.deb /tmp")
        code, said = room.run("apt-get install -y /tmp/probe.deb 2>&1")
        if not rooms.is_root:
            assert code != 0
            assert any("packages cannot be installed" in each for each in room.remarks)
            room.output("mkdir m; cd m; echo '{\"name\": \"m\", \"version\": \"1.0.0\", \"bin\": \"m.js\"}'"
                        " > package.json; printf '#!/usr/bin/env node\\nconsole.log(\"npm\")\\n' > m.js;"
                        "npm install -g --offline $PWD")
            assert room.output("m") == "npm\n"
        else:
            assert code == 0, said
            assert room.output("probe; probing; dpkg -s tandem-probe | grep Status; "
                               "stat -c '%U %a' /var/lib/probe; id -un probe") == (
                "probing\nprobing\nStatus: install ok installed\nprobe 2750\nprobe\n")
            # Programs of the machine's may be replaced.
            room.output("mv /usr/bin/hostname /usr/bin/old; cp /usr/bin/true /usr/bin/hostname; "
                        "rm -rf /usr/share/doc/bash; apt-get remove -y tandem-probe 2>&1")
            assert room.remarks == []
    for then, now in zip(before, machine_s_files(rooms)):
        assert differences(then, now) == []


# The network


def test_names_of_aws_lead_to_the_regions(rooms, room):
    home = rooms.world
    assert json.loads(room.output("aws sts get-caller-identity"))["Account"] == "123456789012"
    room.output("aws s3 mb s3://room-bucket-1; echo x > x; aws s3 cp x s3://room-bucket-1/k")
    assert "room-bucket-1" in [b["Name"] for b in home.client("s3").list_buckets()["Buckets"]]
    assert "TableNames" in room.output("aws dynamodb list-tables --region us-west-2")
    code, said = room.run("aws sqs list-queues 2>&1")
    assert code != 0 and "sqs" in said
    head = room.output("curl -sSv https://room-bucket-1.s3.dualstack.us-east-1.amazonaws.com/k 2>&1")
    assert "SSL certificate verify ok" in head
    for url in ("http://dynamodb.us-east-1.amazonaws.com/", "https://iam.amazonaws.com/",
                home.region_endpoint("us-west-2"), home.endpoint):
        assert room.output(f"curl -sS -o /dev/null -w '%{{http_code}}' {url}") != "000"
    assert room.output("python3 -c 'import urllib.request as u; "
                       "print(u.urlopen(\"https://sts.amazonaws.com/\").status)' 2>&1 | tail -1"
                       ).startswith("urllib.error.HTTPError")
    assert room.output("node -e 'require(\"https\").get(\"https://s3.us-west-2.amazonaws.com/\", "
                       "r => { console.log(r.statusCode > 0); process.exit(); })'") == "true\n"
    # The application's names are Tandem's DNS's matter, and the machine's are the machine's.
    assert room.output("getent hosts anything.example") .split()[0] == OUTSIDE


def test_tandem_s_own_paths_are_not_there(rooms, room):
    home = rooms.world
    for place in (home.region_endpoint("us-east-1"), home.endpoint, "http://sts.amazonaws.com",
                  "https://dynamodb.us-west-2.amazonaws.com"):
        for path in ("/_tandem/reset", "//_tandem/reset", "/%5ftandem/reset", "/_tandem/health"):
            said = room.output(f"curl -sS --path-as-is -o /dev/null -w '%{{http_code}}' -X POST {place}{path}")
            assert said in ("400", "403", "404", "405"), (place, path, said)
    for address, port in ((home.addresses["us-east-1"], home.ports["replication"]),
                          (home.addresses["global"], 22)):
        assert probe(room, "connect", address, str(port)) == {"connect": "Connection refused"}


def test_credentials_are_where_containers_have_them(rooms, room):
    url = "http://169.254.170.2"
    given = json.loads(room.output(f"curl -sS {url}$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
    assert given == {"AccessKeyId": "ASIAROOM", "SecretAccessKey": "secret", "Token": "token",
                     "Expiration": "2030-03-17T17:46:40Z",
                     "RoleArn": "arn:aws:iam::123456789012:role/builder"}
    for path in ("/v2/credentials/other", "/", "/_tandem/health"):
        assert room.output(f"curl -sS -o /dev/null -w '%{{http_code}}' {url}{path}") == "400"
    assert room.output("aws configure list | grep -c container-role") == "2\n"
    with another(rooms, "poor") as poor:
        assert poor.output(f"curl -sS -o /dev/null -w '%{{http_code}}' {url}{CREDENTIALS}") == "400"
    # Nobody else has the address: outside it is as it was.
    with socket.socket() as attempt:
        attempt.settimeout(0.2)
        assert attempt.connect_ex(("169.254.170.2", 80)) != 0


def test_the_way_out_leads_past_the_machine(rooms, room, listener):  # noqa: F811
    assert room.remarks == [] or not rooms.is_root
    assert probe(room, "talk", OUTSIDE, str(WORLD_PORT)) == {"talk": "the world"}
    for address in ("127.0.0.1", "127.9.9.9", MACHINE, "169.254.169.254"):
        said = probe(room, "connect", address, str(listener))["connect"]
        assert said in ("Connection refused", "Network is unreachable", "No route to host"), (address, said)


def test_a_machine_that_has_no_way_out_builds_all_the_same(rooms):
    subprocess.run(["ip", "link", "set", "card", "down"], check=True)
    try:
        with another(rooms, "offline") as room:
            assert room.output("echo on") == "on\n"
            assert any("no way to the world" in each for each in room.remarks)
            assert "TableNames" in room.output("AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b "
                                               "aws dynamodb list-tables --region us-west-2")
    finally:
        for words in ("link set card up", "route add default via 198.51.100.1"):
            subprocess.run(["ip", *words.split()], check=True)


def test_without_user_namespaces_it_is_said_why(rooms):
    locked = "echo 0 > /proc/sys/user/max_user_namespaces || exit 77; exec \"$@\""
    made = Rooms(rooms.world, None if rooms.is_root else NOBODY,
                 before=["unshare", "--user", "--map-root-user", "sh", "-c", locked, "sh"])
    try:
        said = made.ask("open", "none", environment={})
        why = "'sysctl -w user.max_user_namespaces=15000' allows them"
        assert why in said["refused"] or "no further users" in said["refused"], said
        assert not (made.rooms_folder / "none").exists()
    finally:
        made.close()


def test_a_build_has_the_memory_of_its_compute_type(rooms):
    """API reference, ProjectEnvironment: "Use up to 4 GiB memory" … Who holds most of it is killed."""
    with another(rooms, "hungry", memory_mib=150) as room:
        hold = "held = b'x' * ({} << 20); {}"
        stay = "import signal; signal.pause()"
        assert room.output(f'python3 -c "{hold.format(100, 1)}" && echo enough') == "enough\n"
        code, output = room.run(f'python3 -c "{hold.format(200, stay)}"; echo ended with $?')
        assert code == 0 and "ended with 137" in output
        assert "A process has been killed: the build held" in output
        assert "more than BUILD_GENERAL1_SMALL has" in output
        assert room.output("echo goes on") == "goes on\n"
