"""A private Tandem world for tests: own state folder, own loopback addresses, real processes."""
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import boto3
import botocore.config

from tests.support.aws_cli import printed
from tests.support.coverage import remember_calls

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("TANDEM_BINARY", ROOT / "build/tandem"))
REGIONS = ("us-east-1", "us-west-2")
_serial = itertools.count()


def _address_base():
    """127.x.y: different for every test process and every world in it."""
    number = os.getpid() * 1009 + next(_serial)
    return f"127.{100 + number // 250 % 120}.{1 + number % 250}"


class World:
    """Regions and global, started by the command line as a user would."""

    def __init__(self, clock="1x", weights=(50, 50), template=None, artifact=None, extra="",
                 table="{name: todos, hash_key: id}", binary=BINARY, application=True):
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tandem-test-"))
        self.base = _address_base()
        self.addresses = {"global": f"{self.base}.1"}
        for index, name in enumerate(REGIONS):
            self.addresses[name] = f"{self.base}.{10 + index}"
        self.clock = clock
        self.weights = dict(zip(REGIONS, weights))
        self.extra, self.name, self.table = extra, "todo", table
        self.wanted_ports = {}  # of network.ports
        self.application = application
        self.called = set()  # operations, by any client
        if template is None:
            (self.folder / "template.yaml").write_text("Resources: {}\n")
            template = self.folder / "template.yaml"
        if artifact is None:
            (self.folder / "app.zip").write_bytes(b"")
            artifact = self.folder / "app.zip"
        self.template, self.artifact = template, artifact
        self.write()

    def write(self):
        """tandem.yaml from the settings of this object; call after changing them."""
        regions = "".join(f"  {name}: {{weight: {weight}}}\n" if self.application else f"  {name}:\n"
                          for name, weight in self.weights.items())
        addresses = ", ".join(f"{name}: {address}" for name, address in self.addresses.items())
        ports = ", ".join(f"{use}: {port}" for use, port in self.wanted_ports.items())
        ports = f"ports: {{{ports}}}, " if ports else ""
        application = (f"domain: todos.tandem.test\ntemplate: {self.template}\nartifact: {self.artifact}\n"
                       f"table: {self.table}\nhealth_check: {{path: /todos/health}}\n")
        (self.folder / "tandem.yaml").write_text(
            f"name: {self.name}\nclock: {self.clock}\nregions:\n{regions}{application if self.application else ''}"
            f"network: {{{ports}addresses: {{{addresses}}}}}\n{self.extra}")

    def tandem(self, *words, check=True, timeout=120, text=True):
        done = subprocess.run([str(self.binary), *words], cwd=self.folder, capture_output=True,
                              text=text, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"tandem {' '.join(words)} exited with {done.returncode}\n"
                                 f"{done.stdout}\n{done.stderr}\n{self.process_logs()}")
        return done

    def start(self):
        self.tandem("up", "--no-deploy")
        return self

    def up(self, *words):
        return json.loads(self.tandem("up", "--output", "json", *words).stdout)

    def close(self):
        self.tandem("down", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def process_logs(self):
        text = ""
        for log in sorted(self.folder.glob(".tandem/*/log")):
            text += f"--- {log.parent.name}\n" + log.read_text(errors="replace")[-4000:]
        return text

    @property
    def config(self):
        return json.loads((self.folder / ".tandem/config.json").read_text())

    @property
    def ports(self):
        return self.config["ports"]

    @property
    def endpoint_words(self):
        """For the AWS CLI."""
        return ["--endpoint-url", self.endpoint]

    @property
    def endpoint(self):
        return f"http://{self.addresses['global']}:{self.ports['endpoint']}"

    def region_endpoint(self, region):
        return f"http://{self.addresses[region]}:{self.ports['http']}"

    @property
    def ca(self):
        return str(self.folder / ".tandem/ca/ca.pem")

    @property
    def credentials(self):
        return self.config["credentials"]

    def client(self, service, region="us-east-1", endpoint=None, **options):
        """A boto3 client as a user would make it, without retries, so that tests see each answer."""
        settings = botocore.config.Config(retries={"max_attempts": 0, "mode": "standard"},
                                          read_timeout=90, **options)
        made = boto3.client(service, region_name=region, endpoint_url=endpoint or self.endpoint,
                            aws_access_key_id=self.credentials["accessKeyId"],
                            aws_secret_access_key=self.credentials["secretAccessKey"],
                            config=settings)
        remember_calls(made, self.called)
        return made

    def cli(self, *words, region="us-east-1", check=True, stdin=None):
        """Debian's AWS CLI. Returns what it printed, parsed when it is JSON."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment.update(AWS_ACCESS_KEY_ID=self.credentials["accessKeyId"],
                           AWS_SECRET_ACCESS_KEY=self.credentials["secretAccessKey"],
                           AWS_DEFAULT_REGION=region, AWS_EC2_METADATA_DISABLED="true",
                           AWS_MAX_ATTEMPTS="1", AWS_PAGER="")
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.endpoint, *words],
                              env=environment, capture_output=True, text=True, timeout=120,
                              input=stdin)
        if not check:
            return done
        assert done.returncode == 0, f"aws {' '.join(words)}: {done.stderr}"
        return printed(done.stdout)
