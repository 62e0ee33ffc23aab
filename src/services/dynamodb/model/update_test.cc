#include "services/dynamodb/model/update.h"

#include <gtest/gtest.h>

#include "services/dynamodb/model/testing.h"

namespace tandem::dynamodb {
namespace {

using testing::error_of;
using testing::item;
using testing::substitutions;

constexpr std::string_view kValues =
    R"({":one":{"N":"1"},":two":{"N":"2"},":s":{"S":"x"},":l":{"L":[{"N":"9"}]},)"
    R"(":ss":{"SS":["a","z"]},":ns":{"NS":["1","5"]},":bs":{"BS":["AA=="]},":m":{"M":{}},)"
    R"(":big":{"N":"9e125"}})";
constexpr std::string_view kNames = R"({"#n":"name","#dot":"a.b","#p":"n"})";
constexpr std::string_view kItem =
    R"({"id":{"S":"k"},"n":{"N":"5"},"s":{"S":"t"},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]},)"
    R"("l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"N":"3"},"y":{"M":{"z":{"S":"q"}}}}}})";

/// The item after the update, without the attributes that kItem had and that did not change.
std::string changed(std::string_view expression) {
  Substitutions given = substitutions(kNames, kValues);
  Map after = item(kItem);
  apply(parse_update(expression, given), after, ItemExists::kYes);
  const Map before = item(kItem);
  Map difference;
  for (const auto& [name, value] : after.attributes()) {
    const Value* old = before.find(name);
    if (old == nullptr || !(*old == value)) difference.append(name, value);
  }
  for (const auto& [name, value] : before.attributes()) {
    if (after.find(name) == nullptr) difference.append("-" + name, Value());
  }
  return to_json(difference);
}

std::string fault(std::string_view expression) {
  return error_of([&] { changed(expression); });
}
std::string invalid(std::string_view text) {
  return std::string("Invalid UpdateExpression: ").append(text);
}

// Developer Guide, "Update expressions", and [measured: Expressions].
TEST(Update, SetsAndComputes) {
  EXPECT_EQ(changed("SET a = :one"), R"({"a":{"N":"1"}})");
  EXPECT_EQ(changed("set a=s,#n=:two"), R"({"a":{"S":"t"},"name":{"N":"2"}})");
  EXPECT_EQ(changed("SET #dot = :s"), R"({"a.b":{"S":"x"}})");
  EXPECT_EQ(changed("SET n = n + :two"), R"({"n":{"N":"7"}})");
  EXPECT_EQ(changed("SET n = :two - n"), R"({"n":{"N":"-3"}})");
  EXPECT_EQ(changed("SET n = (n - :one)"), R"({"n":{"N":"4"}})");
  EXPECT_EQ(changed("SET n = if_not_exists(nope, :one) + :two"), R"({"n":{"N":"3"}})");
  EXPECT_EQ(changed("SET a = if_not_exists(n, :one)"), R"({"a":{"N":"5"}})");
  EXPECT_EQ(changed("SET a = if_not_exists(b, if_not_exists(m.y.z, :one))"), R"({"a":{"S":"q"}})");
  EXPECT_EQ(changed("SET a = list_append(:l, l)"),
            R"({"a":{"L":[{"N":"9"},{"N":"0"},{"N":"1"},{"N":"2"}]}})");
  EXPECT_EQ(changed("SET a = list_append(if_not_exists(q, :l), :l)"),
            R"({"a":{"L":[{"N":"9"},{"N":"9"}]}})");
  EXPECT_EQ(changed("SET m.w = m.y.z, m.x = :s"),
            R"({"m":{"M":{"x":{"S":"x"},"y":{"M":{"z":{"S":"q"}}},"w":{"S":"q"}}}})");
}

TEST(Update, ReadsEverythingBeforeItWrites) {
  EXPECT_EQ(changed("SET n = s, s = n"), R"({"n":{"S":"t"},"s":{"N":"5"}})");
  EXPECT_EQ(changed("REMOVE n SET a = n"), R"({"a":{"N":"5"},"-n":{"NULL":true}})");
  EXPECT_EQ(fault("SET a = :one, b = a"),
            "The provided expression refers to an attribute that does not exist in the item");
}

TEST(Update, ListIndexesMeanPositionsBeforeTheUpdate) {
  EXPECT_EQ(changed("SET l[1] = :s"), R"({"l":{"L":[{"N":"0"},{"S":"x"},{"N":"2"}]}})");
  EXPECT_EQ(changed("SET l[9] = :one, l[7] = :s, l[8] = :two"),
            R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"x"},{"N":"2"},{"N":"1"}]}})");
  EXPECT_EQ(changed("REMOVE l[0] SET l[2] = :s"), R"({"l":{"L":[{"N":"1"},{"S":"x"}]}})");
  EXPECT_EQ(changed("REMOVE l[0], l[1]"), R"({"l":{"L":[{"N":"2"}]}})");
  EXPECT_EQ(changed("REMOVE l[2], l[0]"), R"({"l":{"L":[{"N":"1"}]}})");
  EXPECT_EQ(changed("SET l[7] = :s REMOVE l[3]"),
            R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"S":"x"}]}})");
  EXPECT_EQ(changed("REMOVE l[17]"), "{}");
  EXPECT_EQ(changed("REMOVE l[0], l[1], l[2]"), R"({"l":{"L":[]}})");
}

TEST(Update, RemovesAttributesAndMembers) {
  EXPECT_EQ(changed("REMOVE n"), R"({"-n":{"NULL":true}})");
  EXPECT_EQ(changed("REMOVE nope"), "{}");
  EXPECT_EQ(changed("REMOVE m.y.z"), R"({"m":{"M":{"x":{"N":"3"},"y":{"M":{}}}}})");
  EXPECT_EQ(changed("REMOVE m.nope"), "{}");
}

TEST(Update, AddsNumbersAndSets) {
  EXPECT_EQ(changed("ADD n :two"), R"({"n":{"N":"7"}})");
  EXPECT_EQ(changed("ADD a :two, m.x :one"),
            R"({"m":{"M":{"x":{"N":"4"},"y":{"M":{"z":{"S":"q"}}}}},"a":{"N":"2"}})");
  EXPECT_EQ(changed("ADD ss :ss"), R"({"ss":{"SS":["a","b","z"]}})");
  EXPECT_EQ(changed("ADD a :bs"), R"({"a":{"BS":["AA=="]}})");
  EXPECT_EQ(fault("ADD s :one"), "An operand in the update expression has an incorrect data type");
  EXPECT_EQ(fault("ADD ss :ns"), "An operand in the update expression has an incorrect data type");
}

TEST(Update, DeletesFromSets) {
  EXPECT_EQ(changed("DELETE ss :ss"), R"({"ss":{"SS":["b"]}})");
  EXPECT_EQ(changed("DELETE ns :ns"), R"({"ns":{"NS":["2"]}})");
  EXPECT_EQ(changed("DELETE nope :ss"), "{}");
  EXPECT_EQ(fault("DELETE n :ns"),
            "An operand in the update expression has an incorrect data type");
  // There are no empty sets: the attribute goes with its last member.
  Map map = item(R"({"id":{"S":"k"},"q":{"SS":["z","a"]}})");
  Substitutions given = substitutions("", kValues);
  apply(parse_update("DELETE q :ss", given), map, ItemExists::kYes);
  EXPECT_EQ(to_json(map), R"({"id":{"S":"k"}})");
}

TEST(Update, PathsThroughNowhereAreRefused) {
  const std::string bad =
      "The document path provided in the update expression is invalid for update";
  for (const auto expression :
       {"SET s.a = :one", "SET l.a = :one", "SET nope.a = :one", "SET m[0] = :one",
        "SET nope[0] = :one", "REMOVE s.a", "REMOVE nope.a", "REMOVE nope[0]", "ADD nope.a :one"}) {
    EXPECT_EQ(fault(expression), bad) << expression;
  }
}

TEST(Update, OnAMissingItemOnlySetAndAddCreate) {
  Substitutions given = substitutions("", kValues);
  const Update removing = parse_update("REMOVE a.b, c DELETE d :ss", given);
  EXPECT_FALSE(removing.creates_items());
  Map map = item(R"({"id":{"S":"k"}})");
  apply(removing, map, ItemExists::kNo);
  EXPECT_EQ(to_json(map), R"({"id":{"S":"k"}})");
  EXPECT_TRUE(parse_update("ADD c :one", given).creates_items());
  EXPECT_TRUE(parse_update("REMOVE a SET c = :one", given).creates_items());
}

TEST(Update, ArithmeticStaysExactOrIsRefused) {
  const std::string overflow =
      "Number overflow. Attempting to store a number with magnitude larger than supported range";
  EXPECT_EQ(fault("SET a = :big + :big"), overflow);
  // AWS names lacking precision an overflow too.
  EXPECT_EQ(fault("SET a = :big + :one"), overflow);
  EXPECT_EQ(fault("SET a = s + :one"),
            "An operand in the update expression has an incorrect data type");
  EXPECT_EQ(fault("SET a = list_append(n, :l)"),
            "An operand in the update expression has an incorrect data type");
}

// [measured: Expressions] The messages and their precedence.
TEST(Update, FaultsAreWordedAsAwsDoes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "The expression can not be empty;"},
      {"HELLO b = :one", R"(Syntax error; token: "HELLO", near: "HELLO b")"},
      {"SET", R"(Syntax error; token: "<EOF>", near: "SET")"},
      {"SET _1 = :one", R"(Syntax error; token: "_", near: "SET _1")"},
      {"SET a = :one,", R"(Syntax error; token: "<EOF>", near: ",")"},
      {"ADD  SET #n", R"(Syntax error; token: "SET", near: "ADD  SET #n")"},
      {"SET a = :one + :one + :one", R"(Syntax error; token: "+", near: ":one + :one")"},
      {"SET a = f(b, :one + :two)", R"(Syntax error; token: "+", near: ":one + :two")"},
      {"ADD a n", R"(Syntax error; token: "n", near: "a n")"},
      {"SET :one = :two", R"(Syntax error; token: ":one", near: "SET :one =")"},
      {"SET a = f(name)", "Attribute name is a reserved keyword; reserved keyword: name"},
      {"SET a = f(b), c = :nope", "Invalid function name; function: f"},
      {"SET a = LIST_APPEND(:l, :l)", "Invalid function name; function: LIST_APPEND"},
      {"SET a = size(b)", "The function is not allowed in an update expression; function: size"},
      {"SET a = list_append(list_append(:l, :l), :l)",
       "The function is not allowed to be used this way in an expression; function: list_append"},
      {"SET a = :nope SET b = :one",
       "The \"SET\" section can only be used once in an update expression;"},
      {"SET #x = :one",
       "An expression attribute name used in the document path is not defined; attribute name: "
       "#x"},
      {"SET a = :nope, a = :one",
       "An expression attribute value used in expression is not defined; attribute value: :nope"},
      {"SET a[1] = :one, a.b = :one, c = :one, c.d = :one",
       "Two document paths overlap with each other; must remove or rewrite one of these paths; "
       "path one: [c], path two: [c, d]"},
      {"SET #p = :one REMOVE n",
       "Two document paths overlap with each other; must remove or rewrite one of these paths; "
       "path one: [n], path two: [n]"},
      {"SET a.b = :one, a[1] = :one",
       "Two document paths conflict with each other; must remove or rewrite one of these paths; "
       "path one: [a, b], path two: [a, [1]]"},
      {"ADD a :s",
       "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
      {"ADD a :l",
       "Incorrect operand type for operator or function; operator: ADD, operand type: LIST"},
      {"DELETE a :one",
       "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"},
      {"SET a = if_not_exists(:one, :two)",
       "Operator or function requires a document path; operator or function: if_not_exists"},
      {"SET a = list_append(:l)",
       "Incorrect number of operands for operator or function; operator or function: list_append, "
       "number of operands: 1"},
      {"SET a = list_append(:l, :s)",
       "Incorrect operand type for operator or function; operator or function: list_append, "
       "operand type: S"},
      {"SET a = :s + :one",
       "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
  };
  for (const auto& [expression, message] : cases) {
    EXPECT_EQ(fault(expression), invalid(message)) << expression;
  }
}

/// Three hundred copies of the largest list would take gigabytes.
TEST(Update, StopsWhenWhatItWritesIsTooLarge) {
  Map large = item(kItem);
  large.set("l", Value(List(150'000, Value::string(""))));
  Substitutions given = substitutions("", "");
  const auto update = [&](std::string_view expression) {
    Map after = large;
    return error_of([&] { apply(parse_update(expression, given), after, ItemExists::kYes); });
  };
  EXPECT_EQ(update("SET a = l, b = l"), "no error");
  EXPECT_EQ(update("SET a = l, b = l, c = l"),
            "Item size to update has exceeded the maximum allowed size");
}

}  // namespace
}  // namespace tandem::dynamodb
