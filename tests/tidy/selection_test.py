#!/usr/bin/env python3
"""The rule of selection.py, on small repositories made for it.   tests/tidy/selection_test.py"""
import pathlib
import subprocess
import tempfile
import unittest

import selection


def git(folder, *words):
    subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@test.invalid",
                    "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main", *words],
                   cwd=folder, check=True, capture_output=True)


class SelectionTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        self.root = self.place / "origin"
        (self.root / "src").mkdir(parents=True)
        git(self.root, "init", "-q")
        for number in range(40):
            (self.root / f"src/file{number:02}.cc").write_text(f"int number{number};\n")
        self.commit("all of them")

    def commit(self, text):
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", text)

    def change(self, name, text="changed"):
        (self.root / name).write_text(f"// {text}\n")

    def choose(self, root=None, at_most=10):
        root = root or self.root
        tree = selection.Tree.of(root)
        return selection.choose("sources", selection.files("src/*.cc", root=root), tree.touched, tree,
                                at_most)

    def test_takes_what_the_last_commits_touched_and_an_eighth_of_the_rest(self):
        for number in range(selection.LAST_COMMITS + 1):
            self.change(f"src/file{number:02}.cc")
            self.commit(f"change {number}")
        tree = selection.Tree.of(self.root)
        # The most recent first; the oldest of the changes is one commit too far back.
        self.assertEqual(tree.touched, tuple(f"src/file{number:02}.cc" for number in (5, 4, 3, 2, 1)))
        choice = self.choose()
        self.assertTrue(set(tree.touched) <= set(choice.items))
        self.assertEqual(len(choice.items), 5 + 5)  # an eighth of 35, rounded up
        self.assertIn("10 of 40 sources: 5 touched (by the last 5 commits), 5 drawn", choice.line)

    def test_every_clone_of_a_commit_chooses_the_same_and_another_commit_others(self):
        self.change("src/file00.cc")
        self.commit("one")
        git(self.place, "clone", "-q", str(self.root), "clone")
        before = self.choose()
        self.assertEqual(self.choose(self.place / "clone"), before)
        self.change("src/file00.cc", "again")
        self.commit("two")
        self.assertNotEqual(self.choose().items, before.items)

    def test_a_clone_without_history_draws_the_same_eighth_and_says_what_it_lacks(self):
        self.change("src/file00.cc")
        self.commit("one")
        git(self.place, "clone", "-q", "--depth=1", f"file://{self.root}", "shallow")
        tree = selection.Tree.of(self.place / "shallow")
        self.assertEqual(tree.key, selection.Tree.of(self.root).key)
        self.assertEqual(tree.touched, ())
        choice = self.choose(self.place / "shallow")
        self.assertEqual(len(choice.items), 5)
        self.assertIn("0 touched (no history here)", choice.line)

    def test_what_is_not_committed_comes_first(self):
        self.change("src/file01.cc")
        self.commit("one")
        self.change("src/file02.cc")
        self.change("src/new.cc")
        tree = selection.Tree.of(self.root)
        self.assertEqual(tree.touched, ("src/file02.cc", "src/new.cc", "src/file01.cc"))
        self.assertIn(", 2 uncommitted files", tree.story)
        self.assertIn("src/new.cc", self.choose().items)

    def test_a_merge_is_one_commit(self):
        git(self.root, "checkout", "-q", "-b", "side")
        for number in range(3):
            self.change(f"src/file{number:02}.cc")
            self.commit(f"side {number}")
        git(self.root, "checkout", "-q", "main")
        self.change("src/file09.cc")
        self.commit("main")
        git(self.root, "merge", "-q", "--no-ff", "-m", "merge", "side")
        tree = selection.Tree.of(self.root)
        self.assertEqual(tree.touched, ("src/file00.cc", "src/file01.cc", "src/file02.cc",
                                        "src/file09.cc"))
        self.assertIn("by the last 2 commits, all there are here", tree.story)

    def test_a_large_change_is_bounded_and_says_so(self):
        for number in range(20):
            self.change(f"src/file{number:02}.cc")
        self.commit("many")
        choice = self.choose(at_most=4)
        self.assertEqual(len(choice.items), 4 + 5)
        self.assertIn("4 of 20 touched (by", choice.line)

    def test_a_folder_that_git_does_not_know_is_drawn_from_by_its_contents(self):
        plain = self.place / "plain"
        (plain / "src").mkdir(parents=True)
        (plain / "build").mkdir()
        for number in range(16):
            (plain / f"src/file{number:02}.cc").write_text("int a;\n")
        choice = self.choose(plain)
        self.assertEqual(len(choice.items), 2)
        self.assertIn("git does not know this folder", choice.line)
        self.assertEqual(self.choose(plain), choice)
        (plain / "src/file00.cc").write_text("int b;\n")
        self.assertNotEqual(selection.Tree.of(plain).key, "")
        self.assertNotEqual(self.choose(plain).line, choice.line)

    def test_a_touched_header_stands_for_its_own_source_and_some_of_those_that_include_it(self):
        (self.root / "src/part").mkdir()
        (self.root / "src/part/thing.h").write_text("#pragma once\n")
        (self.root / "src/part/thing.cc").write_text('#include "part/thing.h"\n')
        for number in range(10):
            (self.root / f"src/part/user{number}.cc").write_text('#include "part/thing.h"\n')
        self.commit("a part")
        self.change("src/part/thing.h")
        tree = selection.Tree(selection.Tree.of(self.root).key, ("src/part/thing.h",), "")
        chosen = selection.touched_with_includers(
            tree, selection.files("src/*.cc", root=self.root), self.root)
        self.assertEqual(chosen[0], "src/part/thing.cc")
        self.assertEqual(len(chosen), 1 + selection.INCLUDERS)
        self.assertTrue(all(each.startswith("src/part/user") for each in chosen[1:]))

    def test_what_is_deleted_is_not_chosen(self):
        (self.root / "src/file00.cc").unlink()
        self.commit("one fewer")
        choice = self.choose()
        self.assertNotIn("src/file00.cc", choice.items)
        self.assertIn("of 39 sources: 0 touched (by the last 1 commits, all there are here)", choice.line)


if __name__ == "__main__":
    unittest.main()
