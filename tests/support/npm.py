"""What tests take from npm's registry: the packages that a lock names, fetched once and kept under build/."""
import fcntl
import pathlib
import shutil
import subprocess
import tempfile


def fetch(sources, kept):
    """Why there is nothing in kept/node_modules, or "". sources holds package.json and its lock; their
    scripts are not executed."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node or npm is missing (scripts/install-packages clients)"
    kept.mkdir(parents=True, exist_ok=True)
    # Tests that run beside each other may want the same.
    with open(kept / "lock", "w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        return _fetched(sources, kept)


def _fetched(sources, kept):
    lock, fetched = sources / "package-lock.json", kept / "package-lock.json"
    if (kept / "node_modules").is_dir() and fetched.is_file() and fetched.read_bytes() == lock.read_bytes():
        return ""
    fetched.unlink(missing_ok=True)
    shutil.copy(sources / "package.json", kept)
    with tempfile.TemporaryDirectory(dir=kept) as aside:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(sources / name, aside)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=aside,
                              capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            return f"npm does not give {sources.name}: {done.stderr[-500:]}"
        shutil.rmtree(kept / "node_modules", ignore_errors=True)
        shutil.move(pathlib.Path(aside) / "node_modules", kept)
    shutil.copy(lock, fetched)
    return ""


def registry_missing():
    """Why builds cannot install packages from where this runs, or ""."""
    if not shutil.which("npm"):
        return "npm is missing (scripts/install-packages clients)"
    with tempfile.TemporaryDirectory() as cache:
        try:
            looked = subprocess.run(["npm", "view", "--fetch-retries=0", "--cache", cache, "semver@7.6.3", "version"],
                                    capture_output=True, timeout=15)
        except subprocess.TimeoutExpired:
            looked = None
    return "" if looked and looked.returncode == 0 else "there is no way to the package registries from here"
