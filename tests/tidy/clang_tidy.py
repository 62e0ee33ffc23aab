#!/usr/bin/env python3
"""Runs clang-tidy (.clang-tidy) over the pure code.

    tests/tidy/clang_tidy.py [--build build/release] [FILE...]

clang-tidy 14 cannot read libstdc++'s C++20 coroutines, so files that include them, at whatever
remove, are left out; so are tests. Exits 1 when there is a finding.
"""
import argparse
import concurrent.futures
import functools
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
COROUTINES = re.compile(r"#include <boost/asio|#include <coroutine>|\bco_(?:await|return)\b")


@functools.cache
def awaits(path):
    text = path.read_text()
    if COROUTINES.search(text):
        return True
    included = [SRC / name for name in re.findall(r'#include "([^"]+)"', text)]
    return any(awaits(each) for each in included if each.is_file())


def pure_sources():
    listed = subprocess.run(["git", "ls-files", "--", "src/*.cc"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split()
    return [ROOT / name for name in listed
            if not name.endswith(("_test.cc", "_impl.cc", "pch.cc")) and not awaits(ROOT / name)]


def check(arguments, path):
    done = subprocess.run(["clang-tidy", "--quiet", path, "--", "-std=c++20", f"-I{SRC}",
                           f"-I{arguments.build}/generated", "-DSPDLOG_FMT_EXTERNAL",
                           "-DSPDLOG_COMPILED_LIB"], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    files = [each.resolve() for each in arguments.files] or pure_sources()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for code, output in pool.map(functools.partial(check, arguments), files):
            if code != 0:
                failed += 1
                print(output.rstrip())
    print(f"clang-tidy: {failed} of {len(files)} files with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
