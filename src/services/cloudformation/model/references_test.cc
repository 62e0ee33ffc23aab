#include "services/cloudformation/model/references.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/cloudformation/model/parameters.h"
#include "services/cloudformation/model/shape_text.h"
#include "services/cloudformation/model/yaml.h"

namespace tandem::cloudformation {
namespace {

class FakeCatalog final : public TypeCatalog {
 public:
  bool knows(std::string_view type) const override { return type == "T"; }
  bool has_attribute(std::string_view, std::string_view name) const override {
    return name == "Arn";
  }
};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "no error";
}

std::string check(std::string_view yaml) {
  const Template source = parse_template(yaml);
  return message_of([&] {
    check_references(source, FakeCatalog());
    dependencies_of(source, {});
  });
}

TEST(References, MissingNamesInAwsWords) {
  EXPECT_EQ(check("Resources: {A: {Type: X}, B: {Type: Y}}"),
            "Template format error: Unrecognized resource types: [X, Y]");
  EXPECT_EQ(check("Resources: {A: {Type: T, Properties: {p: !Ref Z}, DependsOn: Y}}"),
            "Template format error: Unresolved resource dependencies [Y, Z] in the Resources block "
            "of the template");
  EXPECT_EQ(check("Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Sub '${Z}'}}"),
            "Unresolved resource dependencies [Z] in the Outputs block of "
            "the template");
  EXPECT_EQ(check("Resources: {A: {Type: T, Properties: {p: !GetAtt Z.Arn}}}"),
            "Template error: instance of Fn::GetAtt references undefined resource Z");
  EXPECT_EQ(check("Resources: {A: {Type: T}, B: {Type: T, Properties: {p: !GetAtt A.Foo}}}"),
            "Template error: resource A does not support attribute type Foo in Fn::GetAtt");
  EXPECT_EQ(check("Resources: {A: {Type: T, Condition: C}}"),
            "Template format error: Unresolved condition dependency C in the Resources block of "
            "the template");
}

TEST(References, FunctionsThatDoNotExistAreNamed) {
  EXPECT_EQ(check("Resources: {A: {Type: T, Properties: {p: {'Fn::Length': [1]}}}}"),
            "Template validation error: Template error: Encountered unsupported function: "
            "Fn::Length Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, "
            "Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, "
            "Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, "
            "Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]");
}

TEST(References, ConditionsKnowParametersAndConditionsOnly) {
  constexpr std::string_view kRest = "\nResources: {A: {Type: T}}\nParameters: {P: {Type: String}}";
  const auto check_condition = [&](std::string_view condition) {
    return check("Conditions: {C: " + std::string(condition) + "}" + std::string(kRest));
  };
  EXPECT_EQ(check_condition("!Equals [!Ref P, !Ref 'AWS::Region']"), "no error");
  EXPECT_EQ(check_condition("!Not [{Condition: D}]"),
            "Template validation error: Template error: Unresolved condition dependency D in the "
            "Conditions block of the template");
  EXPECT_EQ(check_condition("!Equals [!Ref A, x]"),
            "Template format error: Unresolved dependencies [A]. Cannot reference resources in the "
            "Conditions block of the template");
}

TEST(References, CyclesNameTheirMembers) {
  EXPECT_EQ(check("Resources:\n"
                  "  Z: {Type: T, DependsOn: A}\n"
                  "  A: {Type: T, Properties: {p: !Ref B}}\n"
                  "  B: {Type: T, Properties: {p: !Sub '${A.Arn}'}}\n"
                  "  Y: {Type: T}\n"),
            "Circular dependency between resources: [A, B]");
}

TEST(References, DependenciesFollowTheChosenBranch) {
  const Template source = parse_template(
      "Conditions: {C: !Equals [a, b]}\n"
      "Resources:\n"
      "  A: {Type: T, Condition: C}\n"
      "  B: {Type: T}\n"
      "  D: {Type: T, Properties: {p: !If [C, !Ref A, !Ref B]}, DependsOn: A}\n");
  const Conditions conditions = {{"C", false}};
  check_conditional_references(source, conditions);
  const Dependencies found = dependencies_of(source, conditions);
  EXPECT_EQ(found, (Dependencies{{"B", {}}, {"D", {"B"}}}));
  EXPECT_EQ(message_of([&] {
              const Template bad = parse_template(
                  "Conditions: {C: !Equals [a, b]}\n"
                  "Resources: {A: {Type: T, Condition: C}, B: {Type: T, Properties: {p: !Ref A}}}");
              check_conditional_references(bad, conditions);
            }),
            "Template format error: Unresolved resource dependencies [A] in the Resources block of "
            "the template");
}

Template with_parameters(std::string_view yaml) {
  return parse_template(fmt::format("Parameters: {}\nResources: {{A: {{Type: T}}}}", yaml));
}

TEST(Parameters, ConstraintsInAwsWords) {
  const auto resolve = [](std::string_view yaml, std::vector<GivenParameter> given) {
    return message_of([&] { resolve_parameters(with_parameters(yaml), given, nullptr); });
  };
  EXPECT_EQ(resolve("{P: {Type: String}}", {}), "Parameters: [P] must have values");
  EXPECT_EQ(resolve("{P: {Type: String, Default: a}}", {{"Q", "x", false}}),
            "Parameters: [Q] do not exist in the template");
  EXPECT_EQ(resolve("{P: {Type: String, AllowedValues: [a]}}", {{"P", "b", false}}),
            "Parameter 'P' must be one of AllowedValues");
  EXPECT_EQ(resolve("{P: {Type: String, AllowedPattern: '[a-z]+'}}", {{"P", "x1", false}}),
            "Parameter P failed to satisfy constraint: must match pattern [a-z]+");
  EXPECT_EQ(resolve("{P: {Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: letters}}",
                    {{"P", "1", false}}),
            "Parameter P failed to satisfy constraint: letters");
  EXPECT_EQ(resolve("{P: {Type: Number, MinValue: 3}}", {{"P", "2", false}}),
            "Parameter 'P' must be a number not less than 3");
  EXPECT_EQ(resolve("{P: {Type: Number}}", {{"P", "nan", false}}),
            "Parameter 'P' must be a number");
  EXPECT_EQ(resolve("{P: {Type: String, MinLength: 3}}", {{"P", "ab", false}}),
            "Parameter 'P' must contain at least 3 characters");
  EXPECT_EQ(resolve("{P: {Type: String}}", {{"P", std::nullopt, true}}),
            "Invalid input for parameter key P. Cannot specify usePreviousValue as true for a "
            "parameter key not in the previous template");
}

TEST(Parameters, ListsSplitAndSecretsMask) {
  const Template source =
      with_parameters("{L: {Type: CommaDelimitedList}, S: {Type: String, NoEcho: true}}");
  const ParameterTexts previous = {{"S", "secret"}};
  const ParameterTexts texts =
      resolve_parameters(source, {{"L", "a, b", false}, {"S", std::nullopt, true}}, &previous);
  EXPECT_EQ(json::to_text(parameter_values(source, texts)["L"]), R"(["a","b"])");
  EXPECT_EQ(json::to_text(parameter_values(source, texts)["S"]), R"("secret")");
  EXPECT_EQ(json::to_text(masked_values(source, texts)["S"]), R"("****")");
}

TEST(References, PropertiesThatAreNotHereAreNamedBeforeAnythingIsMade) {
  struct Catalog final : TypeCatalog {
    bool knows(std::string_view) const override { return true; }
    bool has_attribute(std::string_view, std::string_view) const override { return true; }
    const Shape* shape_of(std::string_view) const override { return &shape; }
    Shape shape = parse_shape("Name : string; -Old; Tags : [{Key : string; -Odd}]");
  };
  const auto refusal = [](const std::string& resources) {
    const Template source = parse_template("Resources: {" + resources + "}");
    return message_of([&] { check_supported(source, Catalog()); });
  };
  EXPECT_EQ(refusal("A: {Type: T, Properties: {Old: 1, Tags: [{Odd: 2}, {Key: k}]}},"
                    "B: {Type: U, Properties: {Old: {Ref: A}}}"),
            "Template format error: Properties that Tandem does not have: [Old, Tags/Odd] of A (T) "
            "[Old] of B (U)");
  EXPECT_EQ(refusal("A: {Type: T, Properties: {Name: x, Old: {Ref: 'AWS::NoValue'}}},"
                    "B: {Type: T, Condition: C, Properties: {Old: 1}},"
                    "D: {Type: T, Properties: {Old: {'Fn::If': [C, 1, {Ref: 'AWS::NoValue'}]}}}"),
            "no error");
}

TEST(Shape, ConvertsAndRefusesAsCloudFormation) {
  const Shape shape = parse_shape(
      "Name^ : string; Size : integer; On : boolean; -Old; Tags : [{Key! : string; V : string}];"
      "Config! : {Type^ : string; Path : string}; Map : map; Any : json");
  const auto conformed = [&](std::string_view yaml) {
    return conform(shape, parse_yaml(yaml).as_object());
  };
  EXPECT_EQ(json::to_text(conformed("{Name: 5, Size: '10', On: 'true', Config: {}, "
                                    "Map: {a: 1}, Any: [1]}")
                              .properties),
            R"({"Name":"5","Size":10,"On":true,"Config":{},"Map":{"a":"1"},"Any":[1]})");
  EXPECT_EQ(conformed("{Config: {}, Foo: 1}").error, "Encountered unsupported property Foo");
  EXPECT_EQ(conformed("{Config: {}, Old: 1}").error, "Property #/Old is not supported by Tandem");
  EXPECT_EQ(conformed("{}").error, "#: required key [Config] not found");
  EXPECT_EQ(conformed("{Config: {}, Tags: [{V: x}]}").error,
            "#/Tags/0: required key [Key] not found");
  EXPECT_EQ(conformed("{Config: {}, Size: many}").error,
            "#/Size: expected type: Integer, found: String");
}

TEST(Shape, ComparisonKnowsWhatReplaces) {
  const Shape shape = parse_shape("Name^ : string; Config : {Type^ : string; Path : string}");
  const auto changes = [&](std::string_view before, std::string_view after) {
    std::string text;
    for (const auto& change :
         compare(shape, parse_yaml(before).as_object(), parse_yaml(after).as_object())) {
      text += change.name + (change.replaces ? "! " : " ");
    }
    return text;
  };
  EXPECT_EQ(changes("{Name: a}", "{Name: b}"), "Name! ");
  EXPECT_EQ(changes("{Config: {Type: a, Path: x}}", "{Config: {Type: a, Path: y}}"), "Config ");
  EXPECT_EQ(changes("{Config: {Type: a}}", "{Config: {Type: b}}"), "Config! ");
  EXPECT_EQ(changes("{Name: a}", "{Name: a}"), "");
}

// Resource reference of AWS::DynamoDB::Table, AttributeDefinitions: "Replacement if you edit an
// existing AttributeDefinition."
TEST(Shapes, AChangedItemOfAListMayReplace) {
  const Shape shape = parse_shape("Attributes : [{Name! : string; Type!^ : string}]");
  const auto replaced = [&](std::string_view before, std::string_view after) {
    const auto changes = compare(shape, json::parse_text(before).value().as_object(),
                                 json::parse_text(after).value().as_object());
    return changes.size() == 1 && changes.front().replaces;
  };
  const std::string one = R"({"Attributes":[{"Name":"a","Type":"S"}]})";
  EXPECT_TRUE(replaced(one, R"({"Attributes":[{"Name":"a","Type":"N"}]})"));
  EXPECT_FALSE(
      replaced(one, R"({"Attributes":[{"Name":"b","Type":"N"},{"Name":"a","Type":"S"}]})"));
  EXPECT_FALSE(replaced(one, "{}"));
}

}  // namespace
}  // namespace tandem::cloudformation
