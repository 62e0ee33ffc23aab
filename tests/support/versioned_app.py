"""An application that says which version it is, as a repository that the pipelines build: a bootstrap in
Python, the sample app's template, and pipeline/ as it is but for what builds."""
import pathlib
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]

BOOTSTRAP = '''\
#!/usr/bin/python3
import json, os, urllib.request
VERSION = "%s"
API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(API + "next") as event:
        request, body = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    answer = {"statusCode": 200, "body": json.dumps({"version": VERSION}),
              "headers": {"x-region": os.environ["AWS_REGION"]}}
    urllib.request.urlopen(API + request + "/response", json.dumps(answer).encode()).read()
'''

BUILDSPEC = textwrap.dedent("""\
    version: 0.2
    phases:
      build:
        commands:
          - python3 test.py
      post_build:
        commands:
          - python3 package.py bootstrap todo-app.zip
    artifacts:
      files:
        - todo-app.zip
        - template.yaml
        - pipeline/deployspec.yml
    """)

PACKAGE = '''\
import sys, zipfile
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.create_system, entry.external_attr = 3, 0o100755 << 16
with zipfile.ZipFile(sys.argv[2], "w") as archive:
    archive.writestr(entry, open(sys.argv[1], "rb").read())
'''


def files(version, **more):
    """{path: text} of the repository, at a version."""
    found = {"bootstrap": BOOTSTRAP % version, "test.py": "print('all is well')\n", "package.py": PACKAGE,
             "template.yaml": (ROOT / "sample-app/template.yaml").read_text(),
             "pipeline/buildspec.yml": BUILDSPEC,
             "pipeline/deployspec.yml": (ROOT / "pipeline/deployspec.yml").read_text()}
    found.update(more)
    return found


def package(version, path):
    """The same package that a build makes."""
    import zipfile
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr = 3, 0o100755 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, BOOTSTRAP % version)
    return path
