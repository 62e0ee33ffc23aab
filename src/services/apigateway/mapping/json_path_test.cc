// The examples of Jayway JsonPath's README, on its document, and of API Gateway's developer guide.
#include "services/apigateway/mapping/json_path.h"

#include <gtest/gtest.h>

namespace tandem::apigateway::mapping {
namespace {

constexpr const char* kStore = R"({"store": {"book": [
  {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
  {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
  {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
  {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99}],
  "bicycle": {"color": "red", "price": 19.95}}, "expensive": 10})";

std::string find(std::string_view path, std::string_view document = kStore) {
  const auto parsed = JsonPath::parse(path);
  if (!parsed) return "no path: " + parsed.error().message;
  const auto found = parsed.value().evaluate(json::parse_text(document).value());
  if (!found) return "failed: " + found.error().message;
  return found.value() ? json::to_text(*found.value()) : "nothing";
}

TEST(JsonPath, FindsOneValue) {
  EXPECT_EQ(find("$.store.bicycle.color"), "\"red\"");
  EXPECT_EQ(find("$['store']['bicycle']['color']"), "\"red\"");
  EXPECT_EQ(find("store.bicycle.color"), "\"red\"");
  EXPECT_EQ(find("$.store.book[0].author"), "\"Nigel Rees\"");
  EXPECT_EQ(find("$.store.book[-1].author"), "\"J. R. R. Tolkien\"");
  EXPECT_EQ(find("$.store.book[9].author"), "nothing");
  EXPECT_EQ(find("$.store.nothing.at.all"), "nothing");
  EXPECT_EQ(find("$.a", R"({"a":null})"), "null");
  EXPECT_EQ(find("$", "5"), "5");
  EXPECT_EQ(find("$['a','b']", R"({"a":1,"b":2,"c":3})"), R"({"a":1,"b":2})");
}

TEST(JsonPath, FindsLists) {
  EXPECT_EQ(find("$.store.book[*].author"),
            R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])");
  EXPECT_EQ(find("$..author"),
            R"(["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"])");
  EXPECT_EQ(find("$..price"), "[8.95E0,1.299E1,8.99E0,2.299E1,1.995E1]");
  EXPECT_EQ(find("$..book[2].title"), R"(["Moby Dick"])");
  EXPECT_EQ(find("$..book[0,1].title"), R"(["Sayings of the Century","Sword of Honour"])");
  EXPECT_EQ(find("$..book[:2].title"), R"(["Sayings of the Century","Sword of Honour"])");
  EXPECT_EQ(find("$..book[1:2].title"), R"(["Sword of Honour"])");
  EXPECT_EQ(find("$..book[-2:].title"), R"(["Moby Dick","The Lord of the Rings"])");
  EXPECT_EQ(find("$.store.*.color"), R"(["red"])");
  EXPECT_EQ(find("$.nothing[*]"), "[]");
  EXPECT_EQ(find("$..*", R"({"a":{"b":1}})"), R"([{"b":1},1])");
}

TEST(JsonPath, Filters) {
  EXPECT_EQ(find("$..book[?(@.isbn)].title"), R"(["Moby Dick","The Lord of the Rings"])");
  EXPECT_EQ(find("$.store.book[?(@.price < 10)].title"),
            R"(["Sayings of the Century","Moby Dick"])");
  EXPECT_EQ(find("$..book[?(@.price <= $['expensive'])].title"),
            R"(["Sayings of the Century","Moby Dick"])");
  EXPECT_EQ(find("$..book[?(@.author =~ /.*REES/i)].title"), R"(["Sayings of the Century"])");
  EXPECT_EQ(find("$.store.book[?(@.price < 10 && @.category == 'fiction')].title"),
            R"(["Moby Dick"])");
  EXPECT_EQ(find("$.store.book[?(@.category == 'reference' || @.price > 20)].price"),
            "[8.95E0,2.299E1]");
  EXPECT_EQ(find("$.store.book[?(!(@.price < 10 && @.category == 'fiction'))].price"),
            "[8.95E0,1.299E1,2.299E1]");
  EXPECT_EQ(find("$.store.book[?(@.category in ['reference'])].price"), "[8.95E0]");
  EXPECT_EQ(find("$.store.book[?(@.category nin ['fiction'])].price"), "[8.95E0]");
  EXPECT_EQ(find("$.a[?(@.b size 2)].c", R"({"a":[{"b":[1,2],"c":1},{"b":[],"c":2}]})"), "[1]");
  EXPECT_EQ(find("$.a[?(@.b empty true)].c", R"({"a":[{"b":[1,2],"c":1},{"b":[],"c":2}]})"), "[2]");
}

TEST(JsonPath, CallsFunctions) {
  EXPECT_EQ(find("$.store.book.length()"), "4");
  EXPECT_EQ(find("$.a.sum()", R"({"a":[1,2,3]})"), "6E0");
  EXPECT_EQ(find("$.a.avg()", R"({"a":[1,2,3]})"), "2E0");
  EXPECT_EQ(find("$.a.min()", R"({"a":[1,2,3]})"), "1E0");
  EXPECT_EQ(find("$.store.keys()"), R"(["book","bicycle"])");
}

TEST(JsonPath, RefusesWhatIsNone) {
  for (const char* wrong : {"", "$.", "$..", "$[", "$['a'", "$[a]", "$.a[?(@.b ==)]",
                            "$.a[?(@.b ~ 1)]", "$.a b", "$.a.nosuch()", "$.a[1:2:3]", "$x"}) {
    EXPECT_FALSE(JsonPath::parse(wrong).ok()) << wrong;
  }
  EXPECT_FALSE(JsonPath::parse("$" + std::string(5000, 'a')).ok());
}

TEST(JsonPath, SaysWhetherItLeadsToOneValue) {
  EXPECT_TRUE(JsonPath::parse("$.a[0]['b']").value().is_definite());
  for (const char* many : {"$..a", "$.*", "$[*]", "$[0,1]", "$[1:]", "$[?(@.a)]", "$['a','b'].c"}) {
    EXPECT_FALSE(JsonPath::parse(many).value().is_definite()) << many;
  }
}

TEST(JsonPath, BoundsItsSearch) {
  std::string wide = "[";
  for (int each = 0; each < 400; ++each) wide += "{\"a\":[1,2,3]},";
  wide += "0]";
  EXPECT_EQ(find("$..[?(@..a[?(@..b)])]..*", wide).substr(0, 1), "[");
  std::string nested = wide;
  for (int each = 0; each < 20; ++each) nested = "{\"a\":" + nested + "}";
  EXPECT_EQ(find("$..*..*..*..*", nested), "failed: takes more steps than a template may take");
}

}  // namespace
}  // namespace tandem::apigateway::mapping
