// Intrinsic functions as the CloudFormation user guide's function reference describes them.
#include "services/cloudformation/model/evaluate.h"

#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/cidr.h"
#include "services/cloudformation/model/yaml.h"

namespace tandem::cloudformation {
namespace {

class FakeResolver final : public Resolver {
 public:
  json::value ref(std::string_view id) override { return json::string("ref-" + std::string(id)); }
  json::value attribute(std::string_view id, std::string_view name) override {
    return json::string(fmt::format("{}:{}", id, name));
  }
  json::value import_value(std::string_view name) override {
    throw validation_error(fmt::format("No export named {} found", name));
  }
};

class EvaluateTest : public testing::Test {
 protected:
  EvaluateTest() {
    scope_.parameters["P"] = "value";
    scope_.parameters["List"] = json::array{"a", "b"};
    scope_.conditions = {{"Holds", true}, {"Fails", false}};
    source_.mappings = parse_yaml("M: {us-east-1: {A: x, L: [p, q]}}").as_object();
  }

  std::string value(std::string_view yaml) {
    Evaluator evaluator(scope_, resolver_);
    const auto result = evaluator.evaluate(parse_yaml(yaml));
    return result ? json::to_text(*result) : "none";
  }
  std::string error(std::string_view yaml) {
    try {
      return "no error: " + value(yaml);
    } catch (const aws::ApiError& refused) {
      return refused.message();
    }
  }
  Conditions conditions(std::string_view yaml) {
    source_.conditions = parse_yaml(yaml).as_object();
    return evaluate_conditions(scope_);
  }

  Template source_;
  Scope scope_{source_, {}, {"123456789012", "us-east-1", "arn:stack", "shop"}, {}};
  FakeResolver resolver_;
};

TEST_F(EvaluateTest, Functions) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"!Ref P", R"("value")"},
      {"!Ref Table", R"("ref-Table")"},
      {"!Ref AWS::AccountId", R"("123456789012")"},
      {"!Ref AWS::NoValue", "none"},
      {"{a: !Ref AWS::NoValue, b: 1}", R"({"b":1})"},
      {"[a, !Ref AWS::NoValue]", R"(["a"])"},
      {"!GetAtt T.Arn", R"("T:Arn")"},
      {"!GetAtt [T, !Ref P]", R"("T:value")"},
      {"!Sub '${P}/${T}/${T.Arn}/${AWS::Region}/${!Literal}/$x'",
       R"("value/ref-T/T:Arn/us-east-1/${Literal}/$x")"},
      {"!Sub ['${v}-${P}', {v: !GetAtt T.Arn}]", R"("T:Arn-value")"},
      {"!Join ['-', [a, !Ref P, 3]]", R"("a-value-3")"},
      {"!Join [',', !Ref List]", R"("a,b")"},
      {"!Select [1, !Ref List]", R"("b")"},
      {"!Select ['0', [x, y]]", R"("x")"},
      {"!Split ['|', 'a||b']", R"(["a","","b"])"},
      {"!Select [5, !Split ['/', !Sub 'a/b/c/d/e/${P}']]", R"("value")"},
      {"!FindInMap [M, !Ref AWS::Region, A]", R"("x")"},
      {"!FindInMap [M, us-east-1, L]", R"(["p","q"])"},
      {"!If [Holds, a, b]", R"("a")"},
      {"{x: !If [Fails, a, !Ref AWS::NoValue]}", "{}"},
      {"!Base64 hello", R"("aGVsbG8=")"},
      {"!Cidr [10.0.0.0/16, 2, 8]", R"(["10.0.0.0/24","10.0.1.0/24"])"},
      {"!Select [0, !GetAZs '']", R"("us-east-1a")"},
      {"!Join ['', ['arn:', !Ref AWS::Partition, ':', !Ref AWS::URLSuffix]]",
       R"("arn:aws:amazonaws.com")"},
  };
  for (const auto& [expression, expected] : cases) EXPECT_EQ(value(expression), expected);
}

TEST_F(EvaluateTest, ErrorsInAwsWords) {
  EXPECT_EQ(error("!Select [x, [a]]"),
            "Template error: Fn::Select requires a list argument with two elements: an integer "
            "index and a list");
  EXPECT_EQ(error("!Select [3, [a]]"),
            "Template error: Fn::Select cannot select nonexistent value at index 3");
  EXPECT_EQ(error("!FindInMap [M, eu, A]"), "Template error: Unable to get mapping for M::eu::A");
  EXPECT_EQ(error("Ref: [a]"), "Template error: every Ref object must have a single String value.");
  EXPECT_EQ(error("!ImportValue shared"), "No export named shared found");
  EXPECT_EQ(error("!Transform {Name: x}"),
            "Template error: Fn::Transform is not a supported intrinsic function here");
  EXPECT_EQ(error("'{{resolve:ssm:x}}'"),
            "Template error: dynamic references ({{resolve:...}}) are not supported");
}

TEST_F(EvaluateTest, UnknownValuesPassThroughFunctions) {
  scope_.parameters["P"] = json::string(kUnknown);
  for (const std::string_view expression :
       {"!Select [4, !Split [':', !Ref P]]", "!Base64 {Ref: P}", "!Join ['-', [a, !Ref P]]",
        "!Select [2, !Cidr [!Ref P, 4, 8]]", "!Sub 'x${P}'"}) {
    Evaluator evaluator(scope_, resolver_);
    EXPECT_TRUE(is_unknown(*evaluator.evaluate(parse_yaml(expression)))) << expression;
  }
}

TEST_F(EvaluateTest, OutputOfFunctionsIsBounded) {
  scope_.parameters["P"] = json::string(4000, 'x');
  std::string sub = "!Sub '";
  for (int i = 0; i < 10'000; ++i) sub += "${P}";
  EXPECT_EQ(error(sub + "'"),
            "Template error: the values of the template's functions are too "
            "large");
}

TEST_F(EvaluateTest, Conditions) {
  const Conditions result = conditions(
      "A: !Equals [!Ref P, value]\n"
      "B: !Not [!Condition A]\n"
      "C: !Or [!Condition B, !Equals [1, '1']]\n"
      "D: !And [!Condition A, !Condition B]\n");
  EXPECT_EQ(result, (Conditions{{"A", true}, {"B", false}, {"C", true}, {"D", false}}));
}

TEST_F(EvaluateTest, ConditionsThatCannotBeDecided) {
  const auto message = [this](std::string_view yaml) {
    try {
      conditions(yaml);
      return std::string("no error");
    } catch (const aws::ApiError& refused) {
      return refused.message();
    }
  };
  EXPECT_EQ(message("A: !Condition Z"),
            "Template validation error: Template error: Unresolved condition dependency Z in the "
            "Conditions block of the template");
  EXPECT_EQ(message("A: !Not [!Condition B]\nB: !Not [!Condition A]").substr(0, 60),
            "Template format error: Found circular condition dependency b");
  EXPECT_EQ(message("A: !And [!Equals [a, a]]"),
            "Template error: every Fn::And object requires a list of at least 2 and at most 10 "
            "boolean parameters.");
  EXPECT_EQ(message("A: !Equals [!Ref Table, a]"),
            "Template format error: Unresolved dependencies [Table]. Cannot reference resources in "
            "the Conditions block of the template");
  std::string chain;
  for (int i = 0; i < 20'000; ++i) chain += fmt::format("C{}: !Not [!Condition C{}]\n", i, i + 1);
  EXPECT_EQ(message(chain), "Template error: conditions refer to each other too deeply");
}

TEST(Cidr, CutsBlocksOfBothFamilies) {
  EXPECT_EQ(cidr_blocks("10.1.0.0/20", 2, 5),
            (std::vector<std::string>{"10.1.0.0/27", "10.1.0.32/27"}));
  EXPECT_EQ(cidr_blocks("2001:db8::/56", 2, 64),
            (std::vector<std::string>{"2001:db8::/64", "2001:db8:0:1::/64"}));
  EXPECT_THROW(cidr_blocks("10.0.0.0/24", 3, 7), aws::ApiError);
  EXPECT_THROW(cidr_blocks("x/24", 1, 4), aws::ApiError);
}

}  // namespace
}  // namespace tandem::cloudformation
