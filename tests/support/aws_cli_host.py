"""The process behind AwsCli: has Debian's AWS CLI imported and forks for every command.

Reads a request a line on stdin, {"words", "environment", "folder", "stdin"}, and answers each with a
line {"code", "stdout", "stderr", "operations"}. A forked child is what /usr/bin/aws is after its
imports: the CLI's own main(), real file descriptors, a real exit code.

Started with `python3 -I`: only the system's packages are seen. The CLI is a process apart from the
tests because it brings a botocore of its own under the name boto3's has.
"""
import json
import os
import pathlib
import signal
import sys
import tempfile
import types

import awscli.botocore.waiter
import awscli.clidriver

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))

from tests.support.waiting import hurried_sleep  # noqa: E402

COMMAND_TIMEOUT_S = 120


def new_driver(services):
    """The CLI's driver, with what commands of these services read from disk read already."""
    driver = awscli.clidriver.create_clidriver()
    driver.session.get_component("endpoint_resolver")
    for service in services:
        driver.session.get_paginator_model(service)
        driver.subcommand_table[service].subcommand_table
    # `aws ... wait` and `aws cloudformation deploy` poll at a pace made for AWS.
    sys.modules["botocore.waiter"].time = types.SimpleNamespace(sleep=hurried_sleep)
    return driver


def become_command(driver, request, files):
    """In the child: never returns."""
    signal.alarm(COMMAND_TIMEOUT_S)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    for descriptor, file in enumerate(files[:3]):
        os.dup2(file.fileno(), descriptor)
    operations = files[3]

    def record(model, **_):
        operations.write(f"{model.service_model.service_name}.{model.name}\n".encode())

    driver.session.register("before-call", record)
    code = awscli.clidriver.AWSCLIEntryPoint(driver).main(request["words"])
    sys.stdout.flush()
    sys.stderr.flush()
    operations.flush()
    os._exit(code or 0)


def run(driver, request):
    files = [tempfile.TemporaryFile() for _ in range(4)]
    files[0].write(request["stdin"].encode())
    files[0].seek(0)
    child = os.fork()
    if child == 0:
        become_command(driver, request, files)
    _, status = os.waitpid(child, 0)
    texts = []
    for file in files[1:]:
        file.seek(0)
        texts.append(file.read().decode(errors="replace"))
    return {"code": os.waitstatus_to_exitcode(status), "stdout": texts[0], "stderr": texts[1],
            "operations": texts[2].split()}


def main():
    driver = new_driver(sys.argv[1:])
    sys.argv = ["aws"]  # the name usage errors give the command
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(driver, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
