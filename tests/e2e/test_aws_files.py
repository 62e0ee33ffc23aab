"""The files that deploy the architecture to AWS: templates, the pipelines' specs, and what they name. AWS itself is
not asked here; those who know its rules are, where the machine has them (tests/support/judges.py)."""
import io
import os
import re
import shlex
import subprocess
import textwrap
import zipfile

import yaml

from tests.support import judges, versioned_app
from tests.support.git_server import GitServer
from tests.support.roles import role_of
from tests.support.waiting import wait_for
from tests.support.world import REGIONS, ROOT, World

REGION = "us-west-2"
TEMPLATES = ["pipeline/pipeline.yml", "sample-app/template.yaml"]


class CloudFormationYaml(yaml.SafeLoader):
    """Its functions' short forms are kept as {tag: value}."""


def _function(loader, suffix, node):
    build = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence,
             yaml.MappingNode: loader.construct_mapping}[type(node)]
    return {suffix: build(node, *([True] if build != loader.construct_scalar else []))}


CloudFormationYaml.add_multi_constructor("!", _function)


def read(path):
    return yaml.load((ROOT / path).read_text(), CloudFormationYaml)


def commands(spec, phases=("install", "pre_build", "build", "post_build")):
    return [command for phase in phases for command in spec["phases"].get(phase, {}).get("commands", [])]


def test_cfn_lint_has_nothing_to_say():
    done = subprocess.run([judges.cfn_lint(), "--regions", "us-east-1", "us-west-2", "--", *TEMPLATES], cwd=ROOT,
                          capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


# S3, "General purpose bucket naming rules"; API reference, CreateRole and CreateFunction: names of 64 characters, of
# which CloudFormation's own ending, a hyphen and 12 or 13 characters, is a part.
def test_names_made_from_the_application_s_stay_within_their_limits():
    template = read("pipeline/pipeline.yml")
    pattern = template["Parameters"]["AppName"]["AllowedPattern"]
    longest = max(n for n in range(1, 100) if re.fullmatch(pattern, "a" * n))
    deploy = template["Resources"]["Deploy"]["Properties"]["Environment"]["EnvironmentVariables"]
    bucket = next(each["Value"]["Sub"] for each in deploy if each["Name"] == "CODE_BUCKET")
    for part, length in (("${AppName}", longest), ("${AWS::AccountId}", 12), ("${DeploymentRegion}", 14)):
        bucket = bucket.replace(part, "x" * length)
    assert len(bucket) == 63
    for name in read("sample-app/template.yaml")["Resources"]:
        if name in ("Role", "Function"):
            assert longest + len("-app-") + len(name) + 14 <= 64


def test_the_specs_name_what_there_is():
    build, deploy = read("pipeline/buildspec.yml"), read("pipeline/deployspec.yml")
    project = (ROOT / "sample-app/CMakeLists.txt").read_text()
    assert "/todo-app.zip" in project and re.search(r"NAME \w*empty_root", project)
    made = {word for command in commands(build) if command.startswith("cp ")
            for word in map(os.path.basename, shlex.split(command)[1:-1])}
    for path in build["artifacts"]["files"]:
        assert path in made or (ROOT / path).exists(), path
    assert made == {"todo-app.zip", "template.yaml"}
    # The packages that both specs would install are a set of scripts/install-packages.
    sets = (ROOT / "scripts/install-packages").read_text()
    wanted = re.search(r'^pipelines="(.*?)"$', sets, re.M).group(1).split()
    assert wanted[-1] == "awscli" and "--no-install-recommends awscli;" in commands(deploy)[0]
    assert re.search(r"dpkg -s (.*?) >", commands(build)[0]).group(1).split() == wanted[:-1]
    assert re.search(r"apt-get install -y --no-install-recommends (.*?)\n\s*fi", commands(build)[0],
                     re.DOTALL).group(1).replace("\\\n", "").split() == wanted[:-1]

    text = "\n".join(commands(deploy))
    template = read("sample-app/template.yaml")["Parameters"]
    given = set(re.findall(r'"(\w+)=\$', re.search("--parameter-overrides (.*)", text).group(1)))
    assert given <= set(template)
    assert {name for name, parameter in template.items() if "Default" not in parameter} <= given
    environment = read("pipeline/pipeline.yml")["Resources"]["Deploy"]["Properties"]["Environment"]
    known = {each["Name"] for each in environment["EnvironmentVariables"]} | set(re.findall(r"(\w+)=", text))
    assert set(re.findall(r"\$([A-Z_]+)", text)) <= known
    for spec, project in (("buildspec", "Build"), ("deployspec", "Deploy")):
        source = read("pipeline/pipeline.yml")["Resources"][project]["Properties"]["Source"]
        assert source == {"Type": "CODEPIPELINE", "BuildSpec": f"pipeline/{spec}.yml"}


# Stands for the application where minutes of compiling would prove nothing about the spec: the same folder, targets
# and tests.
SHORT_PROJECT = textwrap.dedent("""\
    cmake_minimum_required(VERSION 3.22)
    project(todo_app LANGUAGES NONE)
    option(TANDEM_TESTS "Build the tests" OFF)
    enable_testing()
    if(NOT CMAKE_BUILD_TYPE STREQUAL Release OR NOT TANDEM_TESTS)
      message(FATAL_ERROR "not what is shipped")
    endif()
    set(zip ${CMAKE_BINARY_DIR}/todo-app.zip)
    add_custom_command(OUTPUT ${zip} VERBATIM
      COMMAND ${CMAKE_COMMAND} -E tar cf ${zip} --format=zip ${CMAKE_CURRENT_SOURCE_DIR}/bootstrap)
    add_custom_target(sample_app_zip ALL DEPENDS ${zip})
    add_test(NAME sample_app COMMAND ${CMAKE_COMMAND} -E compare_files ${zip} ${zip})
    add_test(NAME sample_app_empty_root COMMAND ${CMAKE_COMMAND} -E false)
    """)


def test_the_buildspec_runs_in_a_build(world):
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        for path in ("pipeline/buildspec.yml", "pipeline/deployspec.yml", "sample-app/template.yaml"):
            archive.write(ROOT / path, path)
        archive.writestr("sample-app/CMakeLists.txt", SHORT_PROJECT)
        archive.writestr("sample-app/bootstrap", "#!/bin/sh\n")
    s3, codebuild = world.client("s3", REGION), world.client("codebuild", REGION)
    s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="files", Key="source.zip", Body=source.getvalue())
    codebuild.create_project(
        name="todo", serviceRole=role_of(world, "codebuild"),
        source={"type": "S3", "location": "files/source.zip", "buildspec": "pipeline/buildspec.yml"},
        artifacts={"type": "S3", "location": "files", "name": "package.zip", "packaging": "ZIP"},
        environment={"type": "LINUX_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL",
                     "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0"})
    started = codebuild.start_build(projectName="todo")["build"]["id"]

    def shown():
        return codebuild.batch_get_builds(ids=[started])["builds"][0]

    wait_for(lambda: shown()["buildComplete"], timeout=120, what="the build's end")
    log = world.client("logs", REGION).get_log_events(
        logGroupName="/aws/codebuild/todo", logStreamName=started.split(":")[1], startFromHead=True)
    log = "".join(event["message"] for event in log["events"])
    assert shown()["buildStatus"] == "SUCCEEDED", log
    assert "100% tests passed, 0 tests failed out of 1" in log
    package = zipfile.ZipFile(io.BytesIO(s3.get_object(Bucket="files", Key="package.zip")["Body"].read()))
    assert sorted(package.namelist()) == ["pipeline/deployspec.yml", "template.yaml", "todo-app.zip"]
    assert package.read("template.yaml") == (ROOT / "sample-app/template.yaml").read_bytes()


class NewestShell:
    """A user's shell whose `aws` is the newest CLI of this machine, and whose AWS is a world."""

    def __init__(self, folder):
        self.folder = folder
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._command("aws", judges.newer_cli())

    def _command(self, name, program):
        path = self._programs / name
        path.write_text(f"#!/bin/sh\nexec {shlex.quote(program)} \"$@\"\n")
        path.chmod(0o755)

    def run(self, world, script, **variables):
        """What the script prints, which must succeed."""
        environment = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
        environment.update(
            variables, AWS_ENDPOINT_URL=world.endpoint, AWS_ACCESS_KEY_ID=world.credentials["accessKeyId"],
            AWS_SECRET_ACCESS_KEY=world.credentials["secretAccessKey"], AWS_EC2_METADATA_DISABLED="true",
            PATH=f"{self._programs}{os.pathsep}{environment['PATH']}")
        done = subprocess.run(["/bin/bash", "-c", script], cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{world.process_logs()}"
        return done.stdout


def test_the_deployspec_with_the_newest_cli(world, tmp_path):
    """Its options and parameters are checked by that CLI's models; Debian's runs it in test_pipelines.py."""
    shell = NewestShell(tmp_path)
    versioned_app.package("1", tmp_path / "todo-app.zip")
    (tmp_path / "template.yaml").write_text((ROOT / "sample-app/template.yaml").read_text())
    told = shell.run(world, "set -e\n" + "\n".join(commands(read("pipeline/deployspec.yml"))), APP_NAME="todo",
                     DEPLOYMENT_REGION=REGION, APP_STACK="todo-app", CODE_BUCKET="todo-code", STAGE_NAME="live",
                     TABLE_NAME="todos")
    assert "Successfully created/updated stack - todo-app" in told
    stack = world.client("cloudformation", REGION).describe_stacks(StackName="todo-app")["Stacks"][0]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert (stack["StackStatus"], given["StageName"]) == ("CREATE_COMPLETE", "live")


def blocks(heading):
    """The commands that docs/aws.md gives under a heading."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## )", (ROOT / "docs/aws.md").read_text(), re.M | re.S).group(1)
    return "\n".join(re.findall(r"^```\n(.*?)^```$", section, re.M | re.S))


def test_what_the_page_says_of_pipelines_and_their_end(tmp_path):
    """docs/aws.md as it is, with Debian's AWS CLI 2 and boto3: two pipelines, and in the end nothing."""
    def shell(script, stdin=os.devnull):
        script = f"set -e; PATH=/usr/bin:/bin; cd {tmp_path}; exec <{stdin}\n{script}"
        return world.tandem("exec", "--", "bash", "-c", script, timeout=400).stdout

    server = GitServer(tmp_path / "git", "ghp_0123456789abcdef")
    world = World(extra=f"git: {{host: '{server.url}'}}\n")
    try:
        server.repository("OWNER", "REPOSITORY").commit("the first", versioned_app.files("1"))
        world.start()
        (tmp_path / "pipeline").symlink_to(ROOT / "pipeline")
        (tmp_path / "token").write_text(server.token + "\n")
        told = shell(blocks("Two pipelines"), tmp_path / "token")
        assert "tour-pipeline-us-west-2" in told and "Source" in told
        assert not (tmp_path / "parameters.json").exists()
        for region in REGIONS:
            def states():
                shown = world.client("codepipeline", region).get_pipeline_state(name=f"tour-pipeline-{region}")
                return [stage.get("latestExecution", {}).get("status") for stage in shown["stageStates"]]
            wait_for(lambda: states() == ["Succeeded"] * 3, timeout=180, what=f"the pipeline to {region}")

        # What the notebook's last cell does.
        for region in REGIONS:
            client = world.client("cloudformation", region)
            client.delete_stack(StackName="tour-app")
            client.get_waiter("stack_delete_complete").wait(StackName="tour-app", WaiterConfig={"Delay": 1})
        shell(blocks("Taking it down"))
        for region in REGIONS:
            assert world.client("cloudformation", region).list_stacks(
                StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"] == []
            assert world.client("s3", region).list_buckets()["Buckets"] == []
            assert world.client("logs", region).describe_log_groups()["logGroups"] == []
    finally:
        world.close()
        server.close()
