// Texts are those of AWS's ValidationError responses, as public logs and issues quote them.
#include "services/cloudformation/model/template.h"

#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/cloudformation/model/template_text.h"
#include "services/cloudformation/model/yaml.h"

namespace tandem::cloudformation {
namespace {

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const aws::ApiError& error) {
    EXPECT_EQ(error.code(), "ValidationError");
    return error.message();
  }
  return "";
}

std::string yaml_text(std::string_view text) { return json::to_text(parse_yaml(text)); }

TEST(Yaml, ShortTagsBecomeLongForms) {
  EXPECT_EQ(yaml_text("a: !Ref X"), R"({"a":{"Ref":"X"}})");
  EXPECT_EQ(yaml_text("a: !GetAtt X.Y.Z"), R"({"a":{"Fn::GetAtt":["X","Y.Z"]}})");
  EXPECT_EQ(yaml_text("a: !GetAtt [X, Y]"), R"({"a":{"Fn::GetAtt":["X","Y"]}})");
  EXPECT_EQ(yaml_text("a: !Sub '${X}-1'"), R"({"a":{"Fn::Sub":"${X}-1"}})");
  EXPECT_EQ(yaml_text("a: !Join ['-', [b, !Ref C]]"),
            R"({"a":{"Fn::Join":["-",["b",{"Ref":"C"}]]}})");
  EXPECT_EQ(yaml_text("a: !Select [0, !GetAZs '']"),
            R"({"a":{"Fn::Select":[0,{"Fn::GetAZs":""}]}})");
  EXPECT_EQ(yaml_text("a: !And [!Condition X, !Not [!Equals [a, b]]]"),
            R"({"a":{"Fn::And":[{"Condition":"X"},{"Fn::Not":[{"Fn::Equals":["a","b"]}]}]}})");
  EXPECT_EQ(yaml_text("a: !ImportValue\n  Fn::Sub: '${X}'"),
            R"({"a":{"Fn::ImportValue":{"Fn::Sub":"${X}"}}})");
  EXPECT_EQ(yaml_text("a: !If [c, !Split [',', x], !FindInMap [m, k, v]]"),
            R"({"a":{"Fn::If":["c",{"Fn::Split":[",","x"]},{"Fn::FindInMap":["m","k","v"]}]}})");
}

TEST(Yaml, TypesUnquotedScalarsByYaml11) {
  EXPECT_EQ(yaml_text("[1, 0x1F, 017, -5, 1.5, 1e3, '1', \"true\"]"),
            R"([1,31,15,-5,1.5E0,"1e3","1","true"])");
  EXPECT_EQ(yaml_text("[true, Yes, on, OFF, no, tRUE, y]"),
            R"([true,true,true,false,false,"tRUE","y"])");
  EXPECT_EQ(yaml_text("[2010-09-09, 2012-10-17, arn:aws:x, 99999999999999999999]"),
            R"(["2010-09-09","2012-10-17","arn:aws:x","99999999999999999999"])");
  EXPECT_EQ(yaml_text("012345678901: x\n200: y\non: z"),
            R"({"012345678901":"x","200":"y","on":"z"})");
}

// User Guide, "Template formats": aliases are not supported. seeebiii/aws-cloudformation-templates
// #1 shows the text.
TEST(Yaml, RefusesAliasesNotAnchors) {
  EXPECT_EQ(yaml_text("a: &x {b: 1}"), R"({"a":{"b":1}})");
  constexpr std::string_view kRefusal =
      "Template error: YAML aliases are not allowed in CloudFormation templates";
  EXPECT_EQ(error_of([] { parse_yaml("a: &x {b: 1}\nc: *x"); }), kRefusal);
  EXPECT_EQ(error_of([] { parse_yaml("a: &x {b: 1}\nc: {<<: *x}"); }), kRefusal);
  EXPECT_EQ(error_of([] { parse_yaml("a: &x [*x]"); }), kRefusal);
}

TEST(Yaml, RefusesDeepNesting) {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  EXPECT_NE(error_of([&] { parse_yaml(deep); }).find("YAML not well-formed."), std::string::npos);
}

TEST(TemplateText, SaysWhereItIsNotWellFormed) {
  EXPECT_EQ(error_of([] { parse_template_text("a: 1\nb:\n   [1, 2\nc: }"); }).substr(0, 52),
            "Template format error: YAML not well-formed. (line 4");
  EXPECT_EQ(error_of([] { parse_template_text("{\n \"a\" 1}"); }),
            "Template format error: JSON not well-formed. (line 2, column 6)");
  EXPECT_EQ(error_of([] { parse_template_text("just text"); }),
            "Template format error: unsupported structure.");
  EXPECT_EQ(error_of([] { parse_template_text("- a\n- b"); }),
            "Template format error: unsupported structure.");
  EXPECT_EQ(error_of([] { parse_template_text(""); }),
            "Template format error: unsupported structure.");
  EXPECT_EQ(error_of([] { parse_template_text("a: !Unknown b"); }).substr(0, 44),
            "Template format error: YAML not well-formed.");
}

TEST(TemplateText, RefusesNulls) {
  EXPECT_EQ(error_of([] { parse_template_text("Resources: {}\nOutputs:\n"); }),
            "[/Outputs] 'null' values are not allowed in templates");
}

struct Case {
  std::string_view text;
  std::string_view error;
};

TEST(ParseTemplate, ACustomResourceMayHaveAVersion) {
  const Template source =
      parse_template("Resources: {A: {Type: Custom::Role, Version: 1.0, Properties: {B: c}}}");
  EXPECT_EQ(source.resources.at(0).properties, (json::object{{"B", "c"}}));
}

TEST(ParseTemplate, RefusesMalformedSections) {
  const Case cases[] = {
      {"Description: x", "Template format error: At least one Resources member must be defined."},
      {"Resources: {}", "Template format error: At least one Resources member must be defined."},
      {"Foo: 1\nResources: {A: {Type: X}}", "Invalid template property or properties [Foo]"},
      {"Resources: {A: {Properties: {}}}",
       "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
      {"Resources: {A: {Type: X, Prop: {}}}", "Invalid template resource property 'Prop'"},
      {"Resources: {A: {Type: X, Version: '1.0'}}", "Invalid template resource property 'Version'"},
      {"Resources: {A: {Type: X, UpdatePolicy: {}}}",
       "Template format error: Attributes of resources that Tandem does not have: [UpdatePolicy] "
       "of A"},
      {"Resources: {my-x: {Type: X}}",
       "Template format error: Resource name my-x is non alphanumeric."},
      {"Resources: {A: {Type: X}}\nParameters: {P: {Default: a}}",
       "Template format error: Every Parameters object must contain a Type member."},
      {"Resources: {A: {Type: X}}\nParameters: {P: {Type: String, Default: [a]}}",
       "Template format error: Every Default member must be a string."},
      {"Resources: {A: {Type: X}}\nOutputs: {O: {Description: a}}",
       "Template format error: Every Outputs member must contain a Value object"},
      {"Resources: {A: {Type: X}}\nOutputs: {O: {Value: [a]}}",
       "Template format error: Every Value member must be a string."},
      {"Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: X}}",
       "Template format error: section Transform is not supported. Macros are not run here: write "
       "the "
       "resources that they stand for (AWS::Lambda::Function, AWS::IAM::Role and "
       "AWS::ApiGateway::RestApi instead of AWS::Serverless::Function)."},
      {"AWSTemplateFormatVersion: 2011-01-01\nResources: {A: {Type: X}}",
       "Template format error: Unsupported template version: 2011-01-01"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(error_of([&] { parse_template(one.text); }), one.error) << one.text;
  }
}

TEST(ParseTemplate, RefusesMembersOfTheWrongType) {
  const auto refusal = [](std::string_view more) {
    return error_of([&] { parse_template("Resources: {A: {Type: T}}\n" + std::string(more)); });
  };
  EXPECT_EQ(refusal("Outputs: {O: {Value: x, Condition: [C]}}"),
            "Template format error: Every Condition member must be a string.");
  EXPECT_EQ(refusal("Outputs: {O: {Value: x, Description: [d]}}"),
            "Template format error: Every Description member must be a string.");
  EXPECT_EQ(refusal("Parameters: {P: {Type: String, AllowedValues: x}}"),
            "Template format error: Every AllowedValues member must be a list.");
  EXPECT_EQ(refusal("Parameters: {P: {Type: String, AllowedPattern: [x]}}"),
            "Template format error: Every AllowedPattern member must be a string.");
}

TEST(TemplateText, RefusesWhatAnswersCannotHold) {
  EXPECT_EQ(error_of([] { parse_template_text(R"({"Description": "a\u0001"})"); }),
            "Template format error: [/Description] holds characters that are not allowed in "
            "templates");
  EXPECT_EQ(error_of([] { parse_template_text("a:\n  \"\\0\": b"); }),
            "Template format error: [/a] holds characters that are not allowed in templates");
}

TEST(ParseTemplate, ReadsEverySection) {
  const Template read = parse_template(R"(
AWSTemplateFormatVersion: 2010-09-09
Description: A table
Parameters:
  Key: {Type: String, NoEcho: true, MinLength: 20, AllowedPattern: '[a-z]+'}
  Count: {Type: Number, Default: 3, AllowedValues: [1, 3]}
Mappings: {M: {K: {A: [x, y]}}}
Conditions: {C: !Equals [!Ref Count, 3]}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DependsOn: [Other]
    DeletionPolicy: Retain
    Properties: {TableName: !Ref Key}
  Other: {Type: AWS::S3::Bucket, Condition: C}
Outputs:
  Name: {Value: !Ref Table, Export: {Name: !Sub '${AWS::StackName}-t'}, Condition: C}
)");
  EXPECT_EQ(read.description, "A table");
  ASSERT_EQ(read.parameters.size(), 2u);
  EXPECT_TRUE(read.parameters[0].no_echo);
  EXPECT_EQ(read.parameters[1].default_value, "3");
  EXPECT_EQ(read.parameters[1].allowed_values, (std::vector<std::string>{"1", "3"}));
  ASSERT_EQ(read.resources.size(), 2u);
  EXPECT_EQ(read.resources[0].deletion_policy, DeletionPolicy::kRetain);
  EXPECT_EQ(read.resources[0].depends_on, std::vector<std::string>{"Other"});
  EXPECT_EQ(read.resources[1].condition, "C");
  ASSERT_TRUE(read.outputs[0].export_name.has_value());
}

}  // namespace
}  // namespace tandem::cloudformation
