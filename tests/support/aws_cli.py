"""Debian's AWS CLI for tests that call it hundreds of times: words in, exit code and output out.

A spawned `aws` (World.cli) spends nearly all of its second on imports; here they are paid once, see
aws_cli_host.py. The commands are the same code with the same environment.
"""
import dataclasses
import json
import os
import pathlib
import re
import subprocess

from tests.support.coverage import not_called

HOST = pathlib.Path(__file__).with_name("aws_cli_host.py")
SERVICES = ("apigateway", "application-autoscaling", "cloudformation", "codebuild", "codepipeline", "dynamodb", "events",
            "lambda", "route53", "s3")
# The CLI's exit codes: AWS CLI User Guide, "Understanding return codes".
USAGE_ERROR, SERVICE_ERROR, OTHER_ERROR = 252, 254, 255
# Without retries, the CLI says that there were none.
_ERROR = re.compile(r"\s*An error occurred \((?P<code>[^)]+)\) when calling the (?P<operation>\w+) "
                    r"operation(?: \(reached max retries: 0\))?: (?P<message>.*?)\s*", re.DOTALL)


def error_in(stderr):
    """(code, operation, message) of what the CLI prints when the service refuses."""
    error = _ERROR.fullmatch(stderr)
    assert error, stderr
    return error["code"], error["operation"], error["message"]


def printed(text):
    """What the CLI prints, parsed when it is JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclasses.dataclass
class Finished:
    code: int
    stdout: str
    stderr: str
    operations: list


class CliHost:
    """The process that forks for every command; close() ends it."""

    def __init__(self):
        self._process = subprocess.Popen(["/usr/bin/python3", "-I", str(HOST), *SERVICES],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, request):
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the CLI's process ended with {self._process.wait()}"
        return Finished(**json.loads(answer))

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class AwsCli:
    """`aws` against a world. Remembers which operations its commands called."""

    def __init__(self, host, world):
        self._host = host
        self._world = world
        self.called = set()

    def run(self, *words, region="us-east-1", folder="/", stdin="", credentials=None):
        """One command, however it ends."""
        finished = self._host.run({
            "words": [*self._world.endpoint_words, *map(str, words)],
            "environment": self._environment(region, credentials or self._world.credentials),
            "folder": str(folder), "stdin": stdin})
        self.called.update(finished.operations)
        return finished

    def __call__(self, *words, **settings):
        """What a command that succeeds prints, parsed when it is JSON; {} when it is nothing."""
        finished = self.run(*words, **settings)
        assert finished.code == 0, f"aws {' '.join(map(str, words))}: {finished}"
        return printed(finished.stdout) if finished.stdout.strip() else {}

    def refused(self, *words, **settings):
        """(code, operation, message) of a command that the service refuses."""
        finished = self.run(*words, **settings)
        assert finished.code == SERVICE_ERROR, finished
        assert finished.stdout == "", finished
        return error_in(finished.stderr)

    def not_called(self, service, endpoint):
        """The operations of a service which the process at endpoint has and no command called."""
        return not_called(self.called, service, endpoint)

    def _environment(self, region, credentials):
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        token = credentials.get("sessionToken")
        return {**kept, **({"AWS_SESSION_TOKEN": token} if token else {}), "HOME": "/nonexistent", "LANG": "C.UTF-8",
                "AWS_ACCESS_KEY_ID": credentials["accessKeyId"],
                "AWS_SECRET_ACCESS_KEY": credentials["secretAccessKey"],
                "AWS_DEFAULT_REGION": region, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": ""}
