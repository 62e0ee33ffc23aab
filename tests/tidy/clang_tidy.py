#!/usr/bin/env python3
"""Runs clang-tidy (.clang-tidy) over the sources, coroutines too, several in one go.

    tests/tidy/clang_tidy.py [--build build/release] [FILE...]
    tests/tidy/clang_tidy.py --selected     what tests/tidy/selection.py chooses

One check is wrong about coroutines and off in files that include them, at whatever remove:
performance-unnecessary-value-param. A coroutine takes its parameters by value, whatever it does with them.

Most of a run's time goes into the headers of Asio and the standard library, and little into a file
of ours. So up to GROUP files are read as one, as in a unity build, which takes a third of the time;
files whose unnamed namespaces define the same names are kept apart, and should a group not compile
all the same, or a name of one file meet another's, its files are looked at one by one. Tests are left out. Exits 1 when there is a finding.
"""
import argparse
import concurrent.futures
import dataclasses
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import selection

ROOT = selection.ROOT
# 14, the default of Debian 12, cannot read libstdc++'s coroutines.
PROGRAM = "clang-tidy-16"
GROUP = 8
# More than these touched files do not fit into their minutes.
AT_MOST_TOUCHED = 48
COROUTINES = re.compile(r"#include <boost/asio|#include <coroutine>|\bco_(?:await|return)\b")
WRONG_ABOUT_COROUTINES = "-performance-unnecessary-value-param"
# Reading several sources as one is this script's own doing.
WRONG_ABOUT_GROUPS = "-bugprone-suspicious-include"
# What only the files alone can tell: that they compile, and that a library's forward declaration does not
# only meet a name of another source's.
TOLD_ALONE = ("[clang-diagnostic-error", "[bugprone-forward-declaration-namespace")
OWN_NAME = re.compile(r"^(?:(?:struct|class|enum(?: class)?|using|union)\s+(\w+)|"
                      r"[\w:<>,&*\[\]\s]*?\b(\w+)(?:\(|\s*=|\s*\{|\[|;))")


def sources():
    return [name for name in selection.files("src/*.cc")
            if not name.endswith(("_test.cc", "_impl.cc", "pch.cc"))]


@functools.cache
def awaits(path):
    text = (ROOT / path).read_text()
    if COROUTINES.search(text):
        return True
    included = [f"src/{name}" for name in re.findall(r'^#include "([^"]+)"', text, re.M)]
    return any(awaits(each) for each in included if (ROOT / each).is_file())


def own_names(path):
    """Names defined in the unnamed namespaces of a file, a few too many rather than too few: what
    stands at the start of a line there, as clang-format leaves it."""
    names, inside = set(), False
    for line in (ROOT / path).read_text().splitlines():
        if line == "namespace {":
            inside = True
        elif line.startswith("}  // namespace"):
            inside = False
        elif line[:1].strip() and (inside or line.startswith("static ")):
            match = OWN_NAME.match(line.removeprefix("[[noreturn]] "))
            if match:
                names.add(match.group(1) or match.group(2))
    return names


@dataclasses.dataclass
class Group:
    coroutines: bool
    paths: list = dataclasses.field(default_factory=list)
    names: set = dataclasses.field(default_factory=set)


def groups(paths):
    """Files of one folder come together: they share most of their headers."""
    found = []
    for path in paths:
        names, coroutines = own_names(path), awaits(path)
        place = next((each for each in found if each.coroutines == coroutines
                      and len(each.paths) < GROUP and not names & each.names), None)
        if place is None:
            found.append(place := Group(coroutines))
        place.paths.append(path)
        place.names |= names
    return found


def run(build, path, checks):
    done = subprocess.run(
        [PROGRAM, "--quiet", f"--config-file={ROOT / '.clang-tidy'}", f"--checks={','.join(checks)}", path,
         "--", "-std=c++20", f"-I{ROOT / 'src'}", f"-I{build}/generated", "-DSPDLOG_FMT_EXTERNAL",
         "-DSPDLOG_COMPILED_LIB", "-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_ASIO_NO_DEPRECATED",
         "-pthread"], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout


def check(build, folder, group):
    """(number of files that had to be looked at alone, findings)."""
    checks = [WRONG_ABOUT_COROUTINES] if group.coroutines else []
    if len(group.paths) == 1:
        code, output = run(build, group.paths[0], checks)
        return 0, output.rstrip() if code != 0 else ""
    unit = pathlib.Path(folder) / (group.paths[0].replace("/", "_") + ".group.cc")
    unit.write_text("".join(f'#include "{ROOT / path}"\n' for path in group.paths))
    code, output = run(build, unit, [*checks, WRONG_ABOUT_GROUPS])
    if not any(each in output for each in TOLD_ALONE):
        return 0, output.rstrip() if code != 0 else ""
    alone = [check(build, folder, Group(group.coroutines, [path]))[1] for path in group.paths]
    return len(group.paths), "\n".join(each for each in alone if each)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--selected", action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    kind, everything = "sources for clang-tidy", sources()
    if arguments.files:
        everything = [str(each.resolve().relative_to(ROOT)) for each in arguments.files]
    choice = selection.whole(kind, everything)
    if arguments.selected:
        tree = selection.Tree.of()
        choice = selection.choose(kind, everything, selection.touched_with_includers(tree, everything),
                                  tree, AT_MOST_TOUCHED)
    print(choice.line, flush=True)
    findings = alone = 0
    together = groups(choice.items)
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for single, output in pool.map(
                functools.partial(check, arguments.build.resolve(), folder), together):
            alone += single
            if output:
                findings += 1
                print(output, flush=True)
    print(f"clang-tidy: {findings} of {len(together)} groups with findings, {len(choice.items)} files "
          f"read, {alone} of them once more alone")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
