#!/usr/bin/python3
"""Packs a program with its loader and shared libraries into a Lambda zip.

Usage: package.py PROGRAM LAUNCHER OUT.zip

    bootstrap     LAUNCHER, a static program that starts the rest
    bin/todo-app  PROGRAM
    lib/          the loader as ld.so, and every library PROGRAM needs

The zip depends on the files' content only: same files, same bytes.
"""
import os
import re
import subprocess
import sys
import zipfile


def libraries(program):
    """Paths of the loader and of the libraries, as the loader itself finds them."""
    listing = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    loader, found = None, []
    for line in listing.splitlines():
        line = line.strip()
        if line.startswith("linux-vdso"):
            continue
        if "not found" in line:
            sys.exit(f"package.py: {line}")
        named = re.match(r"(\S+) => (\S+) \(0x", line)
        direct = re.match(r"(/\S+) \(0x", line)
        if named:
            found.append((named.group(1), named.group(2)))
        elif direct:
            loader = direct.group(1)
    if loader is None:
        sys.exit(f"package.py: {program} has no loader: is it dynamic?")
    return loader, found


def add(archive, name, path):
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with open(path, "rb") as file:
        archive.writestr(entry, file.read(), compresslevel=9)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    program, launcher, out = sys.argv[1:]
    loader, found = libraries(program)
    partial = out + ".partial"
    with zipfile.ZipFile(partial, "w") as archive:
        add(archive, "bootstrap", launcher)
        add(archive, "bin/todo-app", program)
        add(archive, "lib/ld.so", loader)
        for name, path in sorted(found):
            add(archive, "lib/" + os.path.basename(name), path)
    os.replace(partial, out)


if __name__ == "__main__":
    main()
