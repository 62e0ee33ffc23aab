"""A corpus of templates, rendered here, by Velocity 1.7 itself and by npm's velocityjs.

Velocity is what API Gateway runs, as far as anybody can tell (it fits all that was measured): what differs
from it is in VELOCITY_DIFFERS, with the reason. velocityjs is another program's reading of the same language,
which frameworks' local gateways use; the corpus says of each template why it reads it differently. An entry
that does not differ any more is as wrong as one that is missing.

Where one of them is not installed its test is left out, and says what to install.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
RENDER = os.environ.get("RENDER_TEMPLATES", str(HERE.parents[1] / "build/release/tests/templates/render_templates"))
JARS = ["velocity.jar", "commons-collections3.jar", "commons-lang.jar"]
# What every template of the corpus may use. The last reference keeps the beginning of the template itself from
# being what follows a directive.
BEFORE = ('#set($s="text")#set($n=3)#set($t=true)#set($f=false)#set($m={"k":"v","a b":"w"})'
          '#set($l=["x","y","z"])${s}')

# Template: why. Rendering fails in the same cases; in what words is not compared.
VELOCITY_DIFFERS = {
    "#define($d)x$d#end$d":
        "a block within itself is cut off after two levels; Velocity prints its name there, API Gateway prints "
        "nothing for what has no value [measured: Mapping templates]",
    '#set($x = $s + $nope)$x #set($x = $t + "x")$x #set($x = $l + 1)[$x]':
        "Velocity's lexer stays in the state of $x after the #set on the same line and takes [ for an index; here "
        "it is text: nothing is lost by it",
}
# What the corpus' first column says of velocityjs.
VELOCITYJS_DIFFERS = {
    "null": "prints a reference without a value as it is written; API Gateway prints nothing "
            "[measured: Mapping templates]",
    "methods": "has JavaScript's methods, not Java's",
    "values": "calculates, compares and prints as JavaScript does, and knows no index or pattern that is wrong",
    "blanks": "keeps the blanks before #set where Velocity's SET_DIRECTIVE token takes them (Parser.jjt)",
    "grammar": "does not know this part of Velocity's grammar, or another way",
}


def corpus():
    lines = (HERE / "corpus.txt").read_text().splitlines()
    return [tuple(line.split("\t", 1)) for line in lines]


def rendered(command, **arguments):
    """What a program makes of the corpus: "=" and the text, or "!" and why there is none."""
    templates = "\x01".join(BEFORE + template.replace("¶", "\n") for _, template in corpus())
    made = subprocess.run(command, input=templates.encode(), stdout=subprocess.PIPE, check=True, timeout=100,
                          **arguments).stdout.decode()
    # A Java array prints its address.
    return [re.sub(r"(\[Ljava\.lang\.String;@)\w+", r"\g<1>0", each) for each in made.split("\x01")]


def differing(ours, theirs):
    """The templates that the two render to different texts, with both."""
    assert len(ours) == len(theirs) == len(corpus())
    return {template: (mine, other) for (_, template), mine, other in zip(corpus(), ours, theirs)
            if mine != other and not mine[0] == other[0] == "!"}


@pytest.fixture(scope="module")
def ours():
    return rendered([RENDER])


def test_velocity(ours):
    folder = pathlib.Path(os.environ.get("VELOCITY_JARS", "/usr/share/java"))
    if not shutil.which("javac") or not all((folder / each).is_file() for each in JARS):
        pytest.skip("Velocity is not here: apt-get install velocity default-jdk-headless, or VELOCITY_JARS=folder "
                    f"with {', '.join(JARS)}")
    theirs = rendered(["java", "-cp", ":".join(str(folder / each) for each in JARS), str(HERE / "Velocity.java")])
    found = differing(ours, theirs)
    assert {each: found[each] for each in found if each not in VELOCITY_DIFFERS} == {}
    assert [each for each in VELOCITY_DIFFERS if each not in found] == []


def test_velocityjs(ours):
    known = shutil.which("node") and subprocess.run(
        ["node", "-e", "require('velocityjs')"], cwd=HERE, stderr=subprocess.DEVNULL).returncode == 0
    if not known:
        pytest.skip("velocityjs is not here: npm install velocityjs@2.1.7 in a folder, and "
                    "NODE_PATH=folder/node_modules")
    found = differing(ours, rendered(["node", str(HERE / "velocityjs.js")]))
    reasons = {template: reason for reason, template in corpus() if reason != "same"}
    assert set(reasons.values()) <= set(VELOCITYJS_DIFFERS)
    assert {each: found[each] for each in found if each not in reasons} == {}
    assert [each for each in reasons if each not in found] == []
