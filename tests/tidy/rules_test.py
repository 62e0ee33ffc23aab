#!/usr/bin/env python3
"""The rules of edges.py, coroutines.py and clang_tidy.py's groups, on small examples."""
import unittest

import clang_tidy
import coroutines
import edges


class EdgesTest(unittest.TestCase):
    def test_arrows_between_folders_point_down_only(self):
        self.assertIsNone(edges.complaint("service/node.cc", "net/http.h"))
        self.assertIn("core/ includes net/", edges.complaint("core/text.cc", "net/http.h"))
        self.assertIn("store/ includes net/", edges.complaint("store/store.cc", "net/http.h"))
        self.assertIn("is not in", edges.complaint("attic/x.cc", "core/text.h"))

    def test_only_the_service_that_needs_it_includes_it(self):
        self.assertIsNone(edges.complaint("services/dynamodb/store/a.cc", "replication/record.h"))
        self.assertIn("services/ includes replication/",
                      edges.complaint("services/s3/store/a.cc", "replication/record.h"))

    def test_services_never_meet(self):
        self.assertIn("service s3 includes service iam",
                      edges.complaint("services/s3/api/a.cc", "services/iam/errors.h"))

    def test_inside_a_service_model_is_below_store_and_api(self):
        self.assertIsNone(edges.complaint("services/s3/api/a.cc", "services/s3/model/b.h"))
        self.assertIsNone(edges.complaint("services/s3/model/a.cc", "services/s3/errors.h"))
        self.assertIn("s3/model includes s3/api",
                      edges.complaint("services/s3/model/a.cc", "services/s3/api/b.h"))
        self.assertIn("s3/store includes s3/service",
                      edges.complaint("services/s3/store/a.cc", "services/s3/service.h"))
        self.assertIn("s3/attic is not in", edges.complaint("services/s3/attic/a.cc", "services/s3/errors.h"))

    def test_parts_in_parentheses_may_include_each_other(self):
        for a, b in (("code", "exec"), ("exec", "code")):
            self.assertIsNone(edges.complaint(f"services/lambda/{a}/a.cc", f"services/lambda/{b}/b.h"))
        self.assertIn("lambda/code includes lambda/api",
                      edges.complaint("services/lambda/code/a.cc", "services/lambda/api/b.h"))

    def test_tests_use_every_part_of_their_own_service(self):
        self.assertIsNone(edges.complaint("services/s3/model/a_test.cc", "services/s3/service.h"))


class CoroutinesTest(unittest.TestCase):
    def complaints(self, text):
        return [complaint for _, complaint in coroutines.reference_parameters(text)]

    def test_a_coroutine_takes_values(self):
        for parameter in ("const std::string& name", "std::string&& name", "net::HttpRequest& request",
                          "std::vector<int>& all"):
            found = self.complaints(f"Task<void> f(int n, {parameter});")
            self.assertEqual(len(found), 1, parameter)
            self.assertIn("take it by value", found[0])

    def test_what_the_caller_keeps_for_the_call_may_be_a_reference(self):
        self.assertEqual(self.complaints("Task<service::Reply> put(service::RequestContext& c, int n);"), [])
        self.assertEqual(self.complaints("Task<std::map<int, int>> f(core::Workers& pool);"), [])
        self.assertEqual(len(self.complaints("Task<void> f(const HandlerContext& context);")), 1)

    def test_references_inside_of_a_parameters_type_are_others_business(self):
        self.assertEqual(self.complaints("Task<void> f(std::function<void(const int&)> call);"), [])
        self.assertEqual(self.complaints("void f(const std::string& name);\nTask<void> member_;"), [])

    def test_lambda_coroutines_capture_nothing_and_take_values(self):
        self.assertEqual(len(self.complaints("f([this](int n) -> Task<void> { co_await g(); });")), 1)
        self.assertEqual(len(self.complaints("f([](const int& n) -> Task<void> { co_return; });")), 1)
        self.assertEqual(self.complaints("f([](int n) -> Task<void> { co_return; });"), [])
        # No coroutine itself: it makes one.
        self.assertEqual(self.complaints(
            "f([&a]() -> Task<void> { ++a; return []() -> Task<void> { co_return; }(); });"), [])

    def test_roots_start_in_core_task(self):
        text = "void f() { asio::co_spawn(loop, g(), done); }  // co_spawn(\n"
        self.assertEqual(len(coroutines.stray_roots("src/net/a.cc", text)), 1)
        self.assertEqual(coroutines.stray_roots("src/core/task.cc", text), [])
        self.assertEqual(coroutines.stray_roots("src/net/a_test.cc", text), [])
        self.assertEqual(coroutines.stray_roots("src/region/wiring.cc", text), [])


class GroupsTest(unittest.TestCase):
    def test_names_of_unnamed_namespaces_are_found(self):
        names = clang_tidy.own_names("src/cli/run.cc")
        self.assertTrue({"kAbout", "tool_words", "called"} <= names, names)

    def test_every_source_is_in_one_group_and_no_group_defines_a_name_twice(self):
        paths = clang_tidy.sources()
        found = clang_tidy.groups(paths)
        self.assertEqual(sorted(path for group in found for path in group.paths), paths)
        for group in found:
            names = [name for path in group.paths for name in clang_tidy.own_names(path)]
            self.assertEqual(len(names), len(set(names)))
            self.assertEqual({clang_tidy.awaits(path) for path in group.paths}, {group.coroutines})


if __name__ == "__main__":
    unittest.main()
