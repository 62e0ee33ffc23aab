#!/usr/bin/env python3
"""What a world costs that just runs: the sample application left alone, health checks only.

    bench/idle.py [--minutes 9] [--clock 20x]

Prints memory and disk of every process each minute, and what the log groups hold: at `clock: 20x` nine
minutes are three hours of AWS's pace. TANDEM_BINARY says which binary (default: build/tandem)."""
import argparse
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.waiting import pace  # noqa: E402
from tests.support.world import REGIONS, World  # noqa: E402


def resident_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def disk_mb(folder):
    out = subprocess.run(["du", "-sk", str(folder)], capture_output=True, text=True, check=False).stdout
    return int(out.split()[0]) / 1024


def look(world, start):
    minute = (time.monotonic() - start) / 60
    words = []
    for name in ("global", *REGIONS):
        folder = world.folder / ".tandem" / name
        pid = int((folder / "pid").read_text().split()[0])
        words.append(f"{name} {resident_mb(pid):5.1f} MB memory {disk_mb(folder):6.1f} MB disk")
    for region in REGIONS:
        groups = world.client("logs", region).describe_log_groups()["logGroups"]
        words.append(f"{region} logs {sum(group['storedBytes'] for group in groups) / 2**20:6.2f} MB")
    print(f"{minute:5.1f} min  " + "; ".join(words), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=9)
    parser.add_argument("--clock", default="20x")
    options = parser.parse_args()
    world = World(clock=options.clock, template=ROOT / "sample-app/template.yaml",
                  artifact=ROOT / "build/release/todo-app.zip")
    try:
        world.up()
        start = time.monotonic()
        look(world, start)
        for minute in range(1, options.minutes + 1):
            pace(start, minute, 1 / 60)
            look(world, start)
    finally:
        world.close()


if __name__ == "__main__":
    main()
