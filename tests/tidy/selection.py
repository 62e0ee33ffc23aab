#!/usr/bin/env python3
"""What the tests look at when looking at everything takes too long: the one place of that rule.

    what the last commits touched, and an eighth of the rest

* Touched is what differs from the last commit (untracked files, too), then what the last
  LAST_COMMITS commits changed, the most recent first. A merge is one commit: the first parents are
  followed. Each part says how many touched ones it takes at most, so that a large merge stays within
  its minutes.
* A touched header stands for the files that include it directly: its own source first, then
  INCLUDERS more. Who includes it at a further remove is not looked for: that is half of the tree.
* The eighth is drawn by the hash of the tree: every clone of a commit draws the same, and each
  commit another. What is not committed does not change it.
* A clone without history knows fewer commits, or none; a folder that git does not read knows nothing
  touched, and draws by a digest of the sources. The line that a part prints says which it was.

    tests/tidy/selection.py list PATTERN...     the repository's files, as git sees them
"""
import dataclasses
import fnmatch
import hashlib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAST_COMMITS = 5
SHARE = 8
INCLUDERS = 2
NOT_OURS = {".git", "build", "node_modules", "__pycache__", ".tandem"}


def git(root, *words):
    """What git prints, or None when it does not read this folder (no repository, another owner's)."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def files(*patterns, root=ROOT):
    """The repository's files that match, untracked ones too, as paths from its root."""
    listed = git(root, "ls-files", "-co", "--exclude-standard", "--", *patterns)
    if listed is not None:
        return sorted({name for name in listed.splitlines() if (root / name).is_file()})
    found = []
    for folder, inner, names in os.walk(root):
        inner[:] = [each for each in inner if each not in NOT_OURS]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(each for each in found
                  if any(fnmatch.fnmatchcase(each, pattern) for pattern in patterns))


@dataclasses.dataclass(frozen=True)
class Tree:
    """What is known of a checkout: by which hash it draws, and what was touched lately."""
    key: str
    touched: tuple  # paths from the root, the most recently touched first
    story: str      # where `touched` comes from, for people

    @staticmethod
    def of(root=ROOT):
        key = git(root, "rev-parse", "HEAD^{tree}")
        if key is None:
            return Tree(digest(root), (), "git does not know this folder")
        uncommitted = sorted(set(lines(git(root, "diff", "--name-only", "HEAD"))
                                 + lines(git(root, "ls-files", "-o", "--exclude-standard"))))
        recent = lines(git(root, "rev-list", "--first-parent", f"-n{LAST_COMMITS}", "HEAD"))
        touched, known = list(uncommitted), 0
        for commit in recent:
            changed = git(root, "diff", "--name-only", f"{commit}^1", commit)
            if changed is None:  # its parent is not here: the first commit, or a shallow clone
                break
            known += 1
            touched += lines(changed)
        story = f"by the last {known} commits" if known else "no history here"
        if 0 < known < LAST_COMMITS:
            story += ", all there are here"
        if uncommitted:
            story += f", {len(uncommitted)} uncommitted files"
        return Tree(key.strip(), tuple(dict.fromkeys(touched)), story)


def lines(text):
    return text.splitlines() if text else []


def digest(root):
    """Stands for the tree's hash where there is no git."""
    total = hashlib.sha256()
    for name in files("src/*", "tests/*", root=root):
        total.update(name.encode() + b"\0" + hashlib.sha256((root / name).read_bytes()).digest())
    return total.hexdigest()


def draw(tree, kind, items, count):
    """`count` of the items, by the tree's hash; another kind draws others."""
    order = sorted(items, key=lambda item: hashlib.sha256(f"{tree.key} {kind} {item}".encode()).digest())
    return order[:count]


@dataclasses.dataclass(frozen=True)
class Choice:
    items: tuple  # in the order of everything
    line: str     # how many of how many, and why


def choose(kind, everything, touched, tree, at_most):
    """Of `everything`: the first `at_most` of `touched`, and an eighth of the rest, one at least."""
    known = set(everything)
    candidates = [each for each in dict.fromkeys(touched) if each in known]
    recent = candidates[:at_most]
    rest = sorted(known - set(recent))
    drawn = draw(tree, kind, rest, -(-len(rest) // SHARE))
    chosen = set(recent) | set(drawn)
    of = f" of {len(candidates)}" if len(candidates) > len(recent) else ""
    return Choice(tuple(each for each in everything if each in chosen),
                  f"selection: {len(chosen)} of {len(known)} {kind}: {len(recent)}{of} touched "
                  f"({tree.story}), {len(drawn)} drawn from the rest by {tree.key[:10]}")


def whole(kind, everything):
    return Choice(tuple(everything), f"selection: {len(everything)} of {len(everything)} {kind}: all")


def includers(paths, root=ROOT):
    """{header as it is included: those of `paths` that include it directly}."""
    found = {}
    for path in paths:
        for name in re.findall(r'^#include "([^"]+)"', (root / path).read_text(), re.M):
            found.setdefault(name, []).append(path)
    return found


def touched_with_includers(tree, paths, root=ROOT):
    """`paths` that were touched, each touched header followed by those of `paths` that it stands for."""
    by_header = includers(paths, root)
    known = set(paths)
    order = []
    for path in tree.touched:
        if path in known:
            order.append(path)
        if not path.endswith(".h"):
            continue
        own = path.removesuffix(".h") + ".cc"
        order += [own] if own in known else []
        others = [each for each in by_header.get(path.removeprefix("src/"), []) if each != own]
        order += draw(tree, f"includers of {path}", others, INCLUDERS)
    return list(dict.fromkeys(order))


def main():
    if len(sys.argv) < 3 or sys.argv[1] != "list":
        raise SystemExit(__doc__)
    print("\n".join(files(*sys.argv[2:])))


if __name__ == "__main__":
    main()
