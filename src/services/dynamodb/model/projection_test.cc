#include "services/dynamodb/model/projection.h"

#include <gtest/gtest.h>

#include "services/dynamodb/model/testing.h"

namespace tandem::dynamodb {
namespace {

using testing::error_of;
using testing::item;
using testing::substitutions;

constexpr std::string_view kItem =
    R"({"id":{"S":"k"},"n":{"N":"5"},"l":{"L":[{"N":"0"},{"M":{"a":{"N":"1"},"b":{"N":"2"}}},)"
    R"({"N":"2"}]},"m":{"M":{"x":{"N":"3"},"y":{"M":{"z":{"S":"q"}}}}},"name":{"S":"w"}})";

std::string projected(std::string_view expression) {
  Substitutions given = substitutions(R"({"#n":"name","#m":"m"})", "");
  return to_json(parse_projection(expression, given).projection.apply(item(kItem)));
}
std::string fault(std::string_view expression) {
  return error_of([&] { projected(expression); });
}

// Developer Guide, "Projection expressions".
TEST(Projection, PicksAttributesAndParts) {
  EXPECT_EQ(projected("id, n"), R"({"id":{"S":"k"},"n":{"N":"5"}})");
  EXPECT_EQ(projected("#n,nope"), R"({"name":{"S":"w"}})");
  EXPECT_EQ(projected("nope"), "{}");
  EXPECT_EQ(projected("#m.x"), R"({"m":{"M":{"x":{"N":"3"}}}})");
  EXPECT_EQ(projected("m.y.z, m.nope"), R"({"m":{"M":{"y":{"M":{"z":{"S":"q"}}}}}})");
  EXPECT_EQ(projected("m.nope"), "{}");
  EXPECT_EQ(projected("n.x, id[0]"), "{}");
}

TEST(Projection, ListElementsCloseUpInTheirOrder) {
  EXPECT_EQ(projected("l[2], l[0], l[9]"), R"({"l":{"L":[{"N":"0"},{"N":"2"}]}})");
  EXPECT_EQ(projected("l[1].b"), R"({"l":{"L":[{"M":{"b":{"N":"2"}}}]}})");
  EXPECT_EQ(projected("l[9]"), "{}");
}

TEST(Projection, FaultsAreWordedAsAwsDoes) {
  const std::string prefix = "Invalid ProjectionExpression: ";
  EXPECT_EQ(fault(""), prefix + "The expression can not be empty;");
  EXPECT_EQ(fault("id,"), prefix + R"(Syntax error; token: "<EOF>", near: ",")");
  EXPECT_EQ(fault("(id)"), prefix + R"(Syntax error; token: "(", near: "(id")");
  EXPECT_EQ(fault("id n"), prefix + R"(Syntax error; token: "n", near: "id n")");
  EXPECT_EQ(fault("#x, name"),
            prefix + "Attribute name is a reserved keyword; reserved keyword: name");
  EXPECT_EQ(fault("#x"), prefix +
                             "An expression attribute name used in the document path is not "
                             "defined; attribute name: #x");
  EXPECT_EQ(fault("id, m.x, id"),
            prefix +
                "Two document paths overlap with each other; must remove or rewrite one of these "
                "paths; path one: [id], path two: [id]");
  EXPECT_EQ(fault("m.x, m[0]"),
            prefix +
                "Two document paths conflict with each other; must remove or rewrite one of these "
                "paths; path one: [m, x], path two: [m, [0]]");
}

}  // namespace
}  // namespace tandem::dynamodb
