"""Others' knowledge of AWS, newer than Debian's, where this machine has it: cfn-lint, botocore's API models, the
AWS CLI. Each is looked for on PATH; none is needed, and a test that misses one says so and is left out."""
import functools
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

MODEL_JUDGE = pathlib.Path(__file__).with_name("model_judge.py")


def _on_path(*names):
    """Every such program, as `which -a` lists them."""
    folders = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    found = [folder / name for folder in folders for name in names]
    return [str(program) for program in dict.fromkeys(found) if os.access(program, os.X_OK)]


def _printed(*words):
    """What a program prints, or "" when it fails: a shim may stand for a program that is not there."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _version(text, pattern=r"(\d+)\.(\d+)\.(\d+)"):
    found = re.search(pattern, text)
    return tuple(map(int, found.groups())) if found else ()


@functools.cache
def cfn_lint():
    """The program; skips the test where there is none."""
    for program in _on_path("cfn-lint"):
        if version := _version(_printed(program, "--version")):
            print(f"cfn-lint {'.'.join(map(str, version))}")
            return program
    pytest.skip("cfn-lint is not on PATH (pip install cfn-lint)")


@functools.cache
def newest_models():
    """(a Python, the version of its botocore): the newest on PATH, Debian's at least."""
    return max(((_version(_printed(python, "-c", "import botocore; print(botocore.__version__)")), python)
                for python in [sys.executable, *_on_path("python3")]), key=lambda each: each[0])[::-1]


@functools.cache
def newer_cli():
    """The newest AWS CLI on PATH; skips the test where that is Debian's, which other tests use."""
    pattern = r"botocore/(\d+)\.(\d+)\.(\d+)"
    known = _version(_printed("/usr/bin/aws", "--version"), pattern)
    newest = max(((_version(_printed(program, "--version"), pattern), program) for program in _on_path("aws")),
                 default=((), ""), key=lambda each: each[0])
    if newest[0] <= known:
        pytest.skip("no AWS CLI on PATH is newer than Debian's (pip install awscli)")
    print(f"AWS CLI with botocore {'.'.join(map(str, newest[0]))}")
    return newest[1]


def faults_in(calls):
    """What the newest API models say against calls: [[service, operation, parameters], ...], in lines; none when
    each operation exists and takes these parameters."""
    python, version = newest_models()
    print(f"{len(calls)} calls by the models of botocore {'.'.join(map(str, version))}")
    done = subprocess.run([python, str(MODEL_JUDGE)], input=json.dumps(calls), capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
