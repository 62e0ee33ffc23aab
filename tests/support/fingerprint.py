"""What a machine's files are, so that two looks at them can be compared.

By hand, of all the machine with every content: python3 -m tests.support.fingerprint OUT [FOLDER LEFT OUT...];
two such files are compared with diff.
"""
import hashlib
import os
import stat
import sys
import tempfile

from tests.support.world import ROOT

# The system's own, and where other programs write at any time.
SYSTEM = ("/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/sbin", "/srv", "/usr", "/var")
ALIVE = ("/dev", "/proc", "/run", "/sys", "/var/log", "/var/tmp", str(ROOT), tempfile.gettempdir())


def content_of(path):
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except PermissionError:
        return ""


def attributes_of(path):
    try:
        return tuple((name, os.getxattr(path, name, follow_symlinks=False))
                     for name in os.listxattr(path, follow_symlinks=False))
    except OSError:  # not of this file system
        return ()


def about(path, status, contents):
    """All but when it was last read; nothing can change without the time of its change."""
    seen = (status.st_ino, status.st_nlink, status.st_mode, status.st_uid, status.st_gid, status.st_rdev,
            status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if not contents:
        return seen
    if stat.S_ISLNK(status.st_mode):
        return (*seen, os.readlink(path))
    return (*seen, attributes_of(path), content_of(path) if stat.S_ISREG(status.st_mode) else "")


def entries_of(folder):
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def fingerprint(tops=SYSTEM, left_out=ALIVE, contents=False):
    """Path to what is known of it, of every name on the file systems of the tops."""
    seen = {}
    folders = [(top, os.lstat(top).st_dev) for top in tops if os.path.isdir(top) and not os.path.islink(top)]
    while folders:
        folder, device = folders.pop()
        seen[folder] = about(folder, os.lstat(folder), contents)
        for entry in entries_of(folder):
            if entry.path in left_out:
                continue
            try:
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    seen[entry.path] = about(entry.path, status, contents)
                elif status.st_dev == device:
                    folders.append((entry.path, device))
            except FileNotFoundError:
                continue  # another program's
    return seen


def differences(before, after):
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def main(out, *left_out):
    seen = fingerprint(("/",), (*ALIVE, *left_out), contents=True)
    with open(out, "w", errors="surrogateescape") as file:
        for path in sorted(seen):
            print(repr(path), *seen[path], file=file)


if __name__ == "__main__":
    main(*sys.argv[1:])
