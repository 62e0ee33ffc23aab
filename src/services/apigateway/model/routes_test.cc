#include "services/apigateway/model/routes.h"

#include <gtest/gtest.h>

namespace tandem::apigateway {
namespace {

struct RoutesTest : ::testing::Test {
  RoutesTest() {
    const char* kPaths[] = {"/",        "/todos",    "/todos/{id}",    "/todos/health",
                            "/a/{x}/b", "/{proxy+}", "/files/{path+}", "/todos/{id}/done"};
    for (std::uint32_t i = 0; i < std::size(kPaths); ++i) {
      routes.add(kPaths[i], i);
      paths.push_back(kPaths[i]);
    }
  }
  std::string find(std::string_view path) {
    const auto target = routes.find(path, parameters);
    return target ? paths[*target] : "none";
  }
  Routes routes;
  std::vector<std::string> paths;
  PathParameters parameters;
};

// AWS, REST API resource matching: exact segment, then {variable}, then {greedy+}.
TEST_F(RoutesTest, PreferTheMoreSpecific) {
  EXPECT_EQ(find("/todos/health"), "/todos/health");
  EXPECT_EQ(find("/todos/7"), "/todos/{id}");
  EXPECT_EQ(parameters.at(0).first, "id");
  EXPECT_EQ(parameters.at(0).second, "7");
  EXPECT_EQ(find("/files/a/b/c"), "/files/{path+}");
  EXPECT_EQ(parameters.at(0).second, "a/b/c");
}

TEST_F(RoutesTest, LeaveABranchThatLeadsNowhere) {
  EXPECT_EQ(find("/todos/7/other"), "/{proxy+}");
  EXPECT_EQ(parameters.size(), 1u);
  EXPECT_EQ(parameters.at(0).second, "todos/7/other");
  EXPECT_EQ(find("/a/1"), "/{proxy+}");
}

TEST_F(RoutesTest, IgnoreATrailingSlash) {
  EXPECT_EQ(find("/todos/"), "/todos");
  EXPECT_EQ(find("/"), "/");
  EXPECT_EQ(find(""), "/");
}

TEST_F(RoutesTest, DecodeSegmentsAndVariables) {
  EXPECT_EQ(find("/tod%6Fs/a%20b%2Fc"), "/todos/{id}");
  EXPECT_EQ(parameters.at(0).second, "a%20b%2Fc");
  EXPECT_EQ(find("/todos/%zz"), "/todos/{id}");
  EXPECT_EQ(parameters.at(0).second, "%zz");
}

TEST_F(RoutesTest, DotsAreOrdinarySegments) {
  EXPECT_EQ(find("/todos/../../etc/passwd"), "/{proxy+}");
  EXPECT_EQ(parameters.at(0).second, "todos/../../etc/passwd");
}

TEST(Routes, EmptySegmentsFillNoVariable) {
  Routes routes;
  routes.add("/todos/{id}", 0);
  PathParameters parameters;
  EXPECT_FALSE(routes.find("/todos//", parameters));
  EXPECT_FALSE(routes.find("/", parameters));
  EXPECT_FALSE(routes.find("/todos", parameters));
  EXPECT_TRUE(parameters.empty());
}

TEST(CanonicalPath, HasOneSpelling) {
  EXPECT_EQ(canonical_path("/todos/7", "/todos/{id}"), "/todos/7");
  EXPECT_EQ(canonical_path("/%74odos/7/", "/todos/{id}"), "/todos/7");
  EXPECT_EQ(canonical_path("/a%2Fb", "/{x}"), "/a%2Fb");
  EXPECT_EQ(canonical_path("/a/", "/{x+}"), "/a/");
  EXPECT_EQ(canonical_path("", "/"), "/");
  EXPECT_EQ(canonical_path("/", "/"), "/");
}

}  // namespace
}  // namespace tandem::apigateway
