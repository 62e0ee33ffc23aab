#include "services/dynamodb/model/condition.h"

#include <gtest/gtest.h>

#include "services/dynamodb/model/testing.h"

namespace tandem::dynamodb {
namespace {

using testing::error_of;
using testing::item;
using testing::substitutions;

constexpr std::string_view kValues =
    R"({":one":{"N":"1"},":two":{"N":"2"},":s":{"S":"abc"},":ab":{"S":"ab"},":b":{"B":"YWJj"},)"
    R"(":ss":{"SS":["y","x"]},":l":{"L":[{"N":"1"}]},":x":{"S":"x"},":t":{"S":"SS"},)"
    R"(":null":{"NULL":true},":true":{"BOOL":true}})";
constexpr std::string_view kNames = R"({"#n":"name","#st":"status","#dotted":"a.b"})";
constexpr std::string_view kItem =
    R"({"n":{"N":"1"},"s":{"S":"abc"},"bin":{"B":"YWJj"},"ss":{"SS":["x","y"]},)"
    R"("ns":{"NS":["1","2"]},"l":{"L":[{"N":"1"},{"S":"x"}]},"name":{"S":"abc"},)"
    R"("m":{"M":{"k":{"L":[{"N":"7"},{"N":"2"}]}}},"a.b":{"N":"2"},"z":{"NULL":true}})";

bool holds(std::string_view expression) {
  Substitutions given = substitutions(kNames, kValues);
  return matches(parse_condition(ExpressionKind::kCondition, expression, given), item(kItem));
}

std::string fault(std::string_view expression) {
  const std::string prefix = "Invalid ConditionExpression: ";
  const std::string message = error_of([&] { holds(expression); });
  EXPECT_TRUE(message.starts_with(prefix)) << message;
  return message.substr(std::min(prefix.size(), message.size()));
}

// Developer Guide, "Condition and filter expressions, operators, and functions".
TEST(Condition, ComparesByTypeAndValue) {
  for (const auto expression :
       {"n = :one",          "n <> :two",         "n < :two",        "n <= :one",
        "n >= :one",         ":two > n",          "s = :s",          "s > :ab",
        "bin = :b",          "ss = :ss",          "l[0] = :one",     "m.k[1] = :two",
        "#n = :s",           "#dotted = :two",    "z = :null",       "n BETWEEN :one AND :two",
        "n in (:two, :one)", "size(s) > :two",    "size(ss) = :two", "size(l) = :two",
        "size(m) = :one",    "size(bin) >= :two", "n <> s",          "s <> :b"}) {
    EXPECT_TRUE(holds(expression)) << expression;
  }
  for (const auto expression :
       {"n = :two", "n = :s", "n < :ab", "s < :one", "bin = :s", "l[5] = :one", "m.nope = :one",
        "n.x = :one", "s[0] = :one", "size(n) = :one", "n in (:two)", "n between :two and :two",
        "l < :one"}) {
    EXPECT_FALSE(holds(expression)) << expression;
  }
}

TEST(Condition, WhatDoesNotExistIsUnequalToEverything) {
  EXPECT_FALSE(holds("nope = nada"));
  EXPECT_TRUE(holds("nope <> nada"));
  EXPECT_TRUE(holds("nope <> :one"));
  EXPECT_FALSE(holds("nope < :one"));
  EXPECT_FALSE(holds("nope between n and :two"));
}

TEST(Condition, CallsFunctions) {
  for (const auto expression :
       {"attribute_exists(n)", "attribute_exists(m.k[1])", "attribute_not_exists(m.k[2])",
        "begins_with(s, :ab)", "contains(s, :ab)", "contains(ss, :x)", "contains(ns, :two)",
        "contains(l, :one)", "contains(:s, s)", "attribute_type(ss, :t)", "contains(bin, :b)"}) {
    EXPECT_TRUE(holds(expression)) << expression;
  }
  for (const auto expression :
       {"attribute_exists(nope)", "begins_with(bin, :ab)", "begins_with(n, :ab)", "contains(s, :x)",
        "contains(ss, :one)", "contains(n, :one)", "attribute_type(s, :t)",
        "attribute_type(nope, :t)", "contains(bin, :ab)"}) {
    EXPECT_FALSE(holds(expression)) << expression;
  }
}

TEST(Condition, CombinesByPrecedence) {
  EXPECT_TRUE(holds("n = :one OR n = :two AND s = :x"));
  EXPECT_FALSE(holds("(n = :one OR n = :two) AND s = :x"));
  EXPECT_TRUE(holds("NOT n = :two AND NOT (s = :x OR s = :ab)"));
  EXPECT_TRUE(holds("not not n = :one"));
  EXPECT_TRUE(holds("(n) = (:one)"));
  EXPECT_TRUE(holds("((n) = :one)"));
  EXPECT_TRUE(holds("((n = :one) and s = :s) or n = :two"));
  EXPECT_TRUE(holds("(size(s)) > :two"));
  EXPECT_TRUE(holds("(attribute_exists(n)) and (NOT attribute_exists(nope))"));
  EXPECT_FALSE(holds("n = :one and (n = :two or (s = :x or s = :ab))"));
  EXPECT_TRUE(holds("n = :two or n = :two or n = :one and s = :s"));
}

// [measured: Expressions] The messages and their precedence.
TEST(Condition, SyntaxErrorsShowTokenAndSurroundings) {
  EXPECT_EQ(fault(""), "The expression can not be empty;");
  EXPECT_EQ(fault("  "), "The expression can not be empty;");
  EXPECT_EQ(fault("foo"), R"(Syntax error; token: "<EOF>", near: "foo")");
  EXPECT_EQ(fault("_a = :one"), R"(Syntax error; token: "_", near: "_a")");
  EXPECT_EQ(fault("a-b = :one"), R"(Syntax error; token: "-", near: "a-b")");
  EXPECT_EQ(fault(":one a"), R"(Syntax error; token: "a", near: ":one a")");
  EXPECT_EQ(fault("n == :one"), R"(Syntax error; token: "=", near: "== :one")");
  EXPECT_EQ(fault("n = "), R"(Syntax error; token: "<EOF>", near: "= ")");
  EXPECT_EQ(fault("n = :one and"), R"(Syntax error; token: "<EOF>", near: "and")");
  EXPECT_EQ(fault("(n = :one"), R"(Syntax error; token: "<EOF>", near: ":one")");
  EXPECT_EQ(fault("n = :one)"), R"~(Syntax error; token: ")", near: ":one)")~");
  EXPECT_EQ(fault("n IN :one"), R"(Syntax error; token: ":one", near: "IN :one")");
  EXPECT_EQ(fault("n[:one] = :one"), R"(Syntax error; token: ":one", near: "[:one]")");
  EXPECT_EQ(fault("# = :one"), R"(Syntax error; token: "#", near: "# =")");
  EXPECT_EQ(fault("é = :one"), R"(Syntax error; token: "é", near: "é =")");
  EXPECT_EQ(fault("between = :one"), R"(Syntax error; token: "between", near: "between =")");
}

TEST(Condition, FaultsAreReportedInAwsPrecedence) {
  EXPECT_EQ(fault("((f(name) = :nope))"), "The expression has redundant parentheses;");
  EXPECT_EQ(fault("((n)) = :one"), "The expression has redundant parentheses;");
  EXPECT_EQ(fault("attribute_exists(attribute_exists(name)) and f(n)"),
            "Invalid function name; function: f");
  EXPECT_EQ(fault("if_not_exists(n, :one) = :one"),
            "The function is not allowed in a condition expression; function: if_not_exists");
  EXPECT_EQ(fault("attribute_exists(n) = name"),
            "The function is not allowed to be used this way in an expression; function: "
            "attribute_exists");
  EXPECT_EQ(fault("size(n)"),
            "The function is not allowed to be used this way in an expression; function: size");
  EXPECT_EQ(fault("size(contains(s, :x)) = :one"),
            "The function is not allowed to be used this way in an expression; function: contains");
  EXPECT_EQ(fault("#nope = :one and name = :one"),
            "Attribute name is a reserved keyword; reserved keyword: name");
  EXPECT_EQ(fault("m.Status = :one"),
            "Attribute name is a reserved keyword; reserved keyword: Status");
  EXPECT_EQ(fault("begins_with(#nope, :one, :one)"),
            "An expression attribute name used in the document path is not defined; attribute "
            "name: #nope");
  EXPECT_EQ(fault("n = :nope"),
            "An expression attribute value used in expression is not defined; attribute value: "
            ":nope");
  EXPECT_EQ(fault("begins_with(n, :one, n)"),
            "Incorrect number of operands for operator or function; operator or function: "
            "begins_with, number of operands: 3");
  EXPECT_EQ(fault("n = n"),
            "The first operand must be distinct from the remaining operands for this operator or "
            "function; operator: =, first operand: [n]");
  EXPECT_EQ(fault("contains(m.k[1], m.k[1])"),
            "The first operand must be distinct from the remaining operands for this operator or "
            "function; operator: contains, first operand: [m, k, [1]]");
  // The first faulty condition from the left counts, whatever is wrong with later ones.
  EXPECT_EQ(fault("size(:one) = :two and n = :nope"),
            "Incorrect operand type for operator or function; operator or function: size, operand "
            "type: N");
}

TEST(Condition, OperandTypesAreChecked) {
  const std::string wrong =
      "Incorrect operand type for operator or function; operator or function: ";
  EXPECT_EQ(fault("begins_with(n, :one)"), wrong + "begins_with, operand type: N");
  EXPECT_EQ(fault("n < :l"), wrong + "<, operand type: L");
  EXPECT_EQ(fault("n between :ss and :two"), wrong + "BETWEEN, operand type: SS");
  EXPECT_EQ(fault("size(:true) = :one"), wrong + "size, operand type: BOOL");
  EXPECT_EQ(fault("attribute_type(n, s)"),
            wrong + "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
  EXPECT_EQ(fault("attribute_type(n, :one)"), wrong + "attribute_type, operand type: N");
  EXPECT_EQ(fault("attribute_type(n, :x)"),
            "Invalid attribute type name found; type: x, valid types: "
            "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
  EXPECT_EQ(fault("attribute_exists(:one)"),
            "Operator or function requires a document path; operator or function: "
            "attribute_exists");
  EXPECT_EQ(fault("n between :two and :one"),
            "The BETWEEN operator requires upper bound to be greater than or equal to lower "
            "bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: "
            "AttributeValue: {N:1}");
  EXPECT_EQ(fault("n between :s and :one"),
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
            "operand: AttributeValue: {S:abc}, upper bound operand: AttributeValue: {N:1}");
}

// Quotas, "Expression parameters": 4 KB, 300 operators; hostile nesting must not exhaust the stack.
TEST(Condition, LimitsHold) {
  EXPECT_EQ(fault("n = :one" + std::string(4089, ' ')),
            "Expression size has exceeded the maximum allowed size; expression size: 4097");
  const auto chain = [](int operators) {
    std::string out = "n<s";
    for (int i = 0; i < operators; ++i) out += " or (n<s";
    return out + std::string(static_cast<std::size_t>(operators), ')');
  };
  EXPECT_FALSE(holds(chain(149)));
  EXPECT_EQ(fault(chain(150)), "The expression contains too many operators; operator count: 301");
  EXPECT_EQ(fault(std::string(4096, '(')), "The expression has redundant parentheses;");
  EXPECT_EQ(fault(std::string(2000, '(') + "n<s" + std::string(2000, ')')),
            "The expression has redundant parentheses;");
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "not ";
  EXPECT_EQ(fault(nots + "n<s"), "The expression contains too many operators; operator count: 301");
  std::string calls;
  for (int i = 0; i < 1300; ++i) calls += "f(";
  EXPECT_EQ(fault("n < " + calls + "n" + std::string(1300, ')')),
            "The function is not allowed to be used this way in an expression; function: f");
  EXPECT_EQ(fault("n[99999999999] = :one"),
            "List index is not within the allowable range; index: [99999999999]");
}

TEST(Substitutions, AreValidated) {
  const auto names = [](std::string_view json) {
    return error_of([&] { substitutions(json, ""); });
  };
  const auto values = [](std::string_view json) {
    return error_of([&] { substitutions("", json); });
  };
  EXPECT_EQ(names("{}"), "ExpressionAttributeNames must not be empty");
  EXPECT_EQ(values("{}"), "ExpressionAttributeValues must not be empty");
  EXPECT_EQ(names(R"({"x":"y"})"),
            R"(ExpressionAttributeNames contains invalid key: Syntax error; key: "x")");
  EXPECT_EQ(names(R"({"#":"y"})"),
            R"(ExpressionAttributeNames contains invalid key: Syntax error; key: "#")");
  EXPECT_EQ(values(R"({":a-b":{"S":"y"}})"),
            R"(ExpressionAttributeValues contains invalid key: Syntax error; key: ":a-b")");
  EXPECT_EQ(values(R"({":a":{"N":"y"}})"),
            "ExpressionAttributeValues contains invalid value: The parameter cannot be converted "
            "to a numeric value: y for key :a");
}

TEST(Substitutions, MustAllBeUsed) {
  Substitutions given = substitutions(R"({"#a":"x","#b":"y","#c":"z"})", R"({":v":{"N":"1"}})");
  parse_condition(ExpressionKind::kFilter, "#b = :v", given);
  EXPECT_EQ(error_of([&] { given.check_all_used(); }),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}");
  Substitutions more = substitutions("", R"({":v":{"N":"1"},":w":{"N":"1"}})");
  parse_condition(ExpressionKind::kFilter, "b = :v", more);
  EXPECT_EQ(error_of([&] { more.check_all_used(); }),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}");
}

TEST(Substitutions, ManyOfThemAreFoundQuickly) {
  std::string json = "{";
  for (int i = 0; i < 50'000; ++i) {
    json += "\":v" + std::to_string(i % 40'000) + "\":{\"N\":\"" + std::to_string(i) + "\"},";
  }
  json.back() = '}';
  Substitutions given = substitutions("", json);
  EXPECT_EQ(*given.use_value(":v1"), Value(core::Decimal(40'001)));
  EXPECT_EQ(given.use_value(":v40000"), nullptr);
}

}  // namespace
}  // namespace tandem::dynamodb
