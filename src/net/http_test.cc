#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::net {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Headers, LookUpIgnoresCaseAndKeepsOrder) {
  Headers headers = {{"A", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(headers.get("a"), "1");
  EXPECT_THAT(headers.all("A"), ElementsAre("1", "3"));
  EXPECT_EQ(headers.get_or("c", "none"), "none");
  headers.set("A", *headers.get("b"));
  const std::vector<Headers::Field> fields(headers.begin(), headers.end());
  EXPECT_THAT(fields, ElementsAre(Pair("b", "2"), Pair("A", "2")));
  headers.erase("B");
  EXPECT_FALSE(headers.contains("b"));
}

TEST(HttpRequest, SplitsTargetAndHost) {
  HttpRequest request;
  request.target = "/a/b?c=d?e";
  EXPECT_EQ(request.path(), "/a/b");
  EXPECT_EQ(request.query(), "c=d?e");
  EXPECT_EQ(request.host(), "");
  request.headers.set("Host", "Api.Example:8080");
  EXPECT_EQ(request.host(), "api.example");
  request.headers.set("Host", "[::1]:80");
  EXPECT_EQ(request.host(), "[::1]");
  request.headers.set("Host", "[::1]");
  EXPECT_EQ(request.host(), "[::1]");
}

TEST(ParseQuery, DecodesNamesAndValues) {
  EXPECT_THAT(parse_query("a=1&b=&c&&d=x%20y+z%zz&=v"),
              ElementsAre(Pair("a", "1"), Pair("b", ""), Pair("c", ""), Pair("d", "x y z%zz"),
                          Pair("", "v")));
  EXPECT_TRUE(parse_query("").empty());
}

TEST(ReasonPhrase, KnowsRegisteredCodes) {
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
  EXPECT_EQ(reason_phrase(299), "");
}

}  // namespace
}  // namespace tandem::net
