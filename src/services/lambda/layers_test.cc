// Layers: published, merged below /opt, kept by functions.
#include <gmock/gmock.h>

#include "services/lambda/code/code_watch.h"
#include "services/lambda/code/layer_folder.h"
#include "services/lambda/lambda_testing.h"
#include "services/lambda/model/layer_name.h"

namespace tandem::lambda {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

const std::string kLayer = "arn:aws:lambda:us-east-1:123456789012:layer:";

TEST(LayerName, NamesAndArns) {
  const auto plain = parse_layer_name("tools");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->name, "tools");
  EXPECT_FALSE(plain->version.has_value());
  const auto whole = parse_layer_name(kLayer + "tools:12");
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->name, "tools");
  EXPECT_EQ(whole->version, 12);
  EXPECT_EQ(whole->region, "us-east-1");
  EXPECT_FALSE(parse_layer_name(kLayer + "tools:x").has_value());
  EXPECT_FALSE(parse_layer_name("arn:aws:lambda:us-east-1:1:function:f").has_value());
  EXPECT_FALSE(parse_layer_name(kLayer).has_value());
}

class LayersTest : public LambdaTest {
 protected:
  std::string publish(std::string_view name, std::vector<ZipItem> items) {
    json::object input;
    input["LayerName"] = json::string(name);
    input["Content"] = json::object{{"ZipFile", core::base64_encode(make_zip(items))}};
    return json::string_or(call("PublishLayerVersion", std::move(input)).output, "LayerVersionArn");
  }
  static json::object layers(const std::vector<std::string>& arns) {
    json::array list;
    for (const std::string& arn : arns) list.push_back(json::value(arn));
    return {{"Layers", std::move(list)}};
  }
  fs::path opt() {
    const auto shown = call("GetFunctionConfiguration", {{"FunctionName", "f"}});
    Function function;
    for (const json::value& each : shown.output.at("Layers").as_array()) {
      const std::string arn = json::string_or(each.as_object(), "Arn");
      const auto name = parse_layer_name(arn);
      json::object layer;
      layer["code_id"] = json::string_or(
          json::parse_text(
              *store_->get(fmt::format("layer_version/{}:{:010d}", name->name, *name->version)))
              .value()
              .as_object(),
          "code_id");
      function.layers.push_back(std::move(layer));
    }
    return layer_folder(folder_ / "code", function);
  }
  static std::string text(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(LayersTest, ALayerIsPublishedReadAndDeleted) {
  start();
  EXPECT_EQ(publish("tools", {{"a", "1"}}), kLayer + "tools:1");
  EXPECT_EQ(publish("tools", {{"a", "2"}}), kLayer + "tools:2");
  const auto read = call("GetLayerVersionByArn", {{"Arn", kLayer + "tools:2"}}).output;
  EXPECT_EQ(read.at("Version"), 2);
  EXPECT_EQ(json::string_or(read, "LayerArn"), kLayer + "tools");
  EXPECT_TRUE(read.at("Content").as_object().contains("CodeSha256"));
  call("DeleteLayerVersion", {{"LayerName", "tools"}, {"VersionNumber", 2}});
  EXPECT_EQ(refusal("GetLayerVersion", {{"LayerName", "tools"}, {"VersionNumber", 2}}),
            "ResourceNotFoundException: The resource you requested does not exist.");
  wait(service_->stop());
  start();
  // Numbers are never given twice.
  EXPECT_EQ(publish("tools", {{"a", "3"}}), kLayer + "tools:3");
  const auto listed = call("ListLayerVersions", {{"LayerName", "tools"}}).output;
  EXPECT_EQ(listed.at("LayerVersions").at(0).at("Version"), 3);
  EXPECT_EQ(listed.at("LayerVersions").at(1).at("Version"), 1);
  const auto layers = call("ListLayers", {}).output.at("Layers");
  EXPECT_EQ(layers.at(0).at("LatestMatchingVersion").at("Version"), 3);
  EXPECT_EQ(refusal("GetLayerVersion", {{"LayerName", "tools"}, {"VersionNumber", 0}}),
            "InvalidParameterValueException: Layer Version Cannot be less than 1");
}

TEST_F(LayersTest, LaterLayersLieOverEarlierOnes) {
  start();
  const std::string first = publish("first", {{"share/which", "first"},
                                              {"share/only", "first"},
                                              {"way", "share", S_IFLNK | 0777},
                                              {"kind/of", "folder"}});
  const std::string second =
      publish("second", {{"share/which", "second"}, {"way/out", "x"}, {"kind", "file"}});
  create(layers({first, second}));
  EXPECT_EQ(invoke("echo").status, 200);
  const fs::path folder = opt();
  EXPECT_EQ(text(folder / "share/which"), "second");
  EXPECT_EQ(text(folder / "share/only"), "first");
  // A link of one layer is no way for the next one's files to go elsewhere.
  EXPECT_TRUE(fs::is_directory(fs::symlink_status(folder / "way")));
  EXPECT_EQ(text(folder / "way/out"), "x");
  EXPECT_FALSE(fs::exists(folder / "share/out"));
  EXPECT_EQ(text(folder / "kind"), "file");
  // The layers themselves are as they were.
  EXPECT_EQ(call("UpdateFunctionConfiguration",
                 {{"FunctionName", "f"}, {"Layers", json::array{json::value(first)}}})
                .status,
            0);
  EXPECT_EQ(invoke("echo").status, 200);
  EXPECT_EQ(text(opt() / "share/which"), "first");
}

TEST_F(LayersTest, AFunctionKeepsALayerThatIsDeleted) {
  start();
  const std::string layer = publish("tools", {{"a", "1"}});
  create(layers({layer}));
  const fs::path folder = opt();
  call("DeleteLayerVersion", {{"LayerName", "tools"}, {"VersionNumber", 1}});
  EXPECT_EQ(invoke("echo").status, 200);
  wait(service_->stop());
  start();
  EXPECT_EQ(invoke("echo").status, 200);
  EXPECT_TRUE(fs::exists(folder));
  call("DeleteFunction", {{"FunctionName", "f"}});
  wait(service_->stop());
  start();
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(LayersTest, ADamagedLayerIsSaid) {
  start();
  const std::string layer = publish("tools", {{"a", "1"}});
  create(layers({layer}));
  fs::remove(opt() / "a");
  EXPECT_THAT(refusal("Invoke", {{"FunctionName", "f"}}, "{}"),
              HasSubstr("is not what was published; publish it anew"));
}

TEST_F(LayersTest, TheBootstrapMayBeALayers) {
  start();
  std::ifstream file(TANDEM_TEST_FUNCTION, std::ios::binary);
  const std::string program{std::istreambuf_iterator<char>(file), {}};
  const std::string layer = publish("runtime", {{"bootstrap", program, S_IFREG | 0755}});
  json::object input = function_input("f", make_zip({{"data.txt", "x"}}));
  for (auto& each : layers({layer})) input[each.key()] = each.value();
  call("CreateFunction", input);
  EXPECT_EQ(invoke("count").payload, "1");
}

TEST_F(LayersTest, WhatAwsRefuses) {
  start();
  const std::string one = publish("one", {{"a", "1"}});
  const std::string two = publish("one", {{"a", "2"}});
  const auto with = [&](const std::vector<std::string>& arns) {
    json::object input = function_input("f", function_zip());
    for (auto& each : layers(arns)) input[each.key()] = each.value();
    return refusal("CreateFunction", std::move(input));
  };
  EXPECT_EQ(with({one, two}),
            "InvalidParameterValueException: Two different versions of the same layer are not "
            "allowed to be referenced in the same function. " +
                one + " and " + two + " are versions of the same layer.");
  EXPECT_EQ(with({kLayer + "none:1"}),
            "InvalidParameterValueException: Layer version " + kLayer + "none:1 does not exist.");
  EXPECT_EQ(with({"arn:aws:lambda:us-west-2:123456789012:layer:one:1"}),
            "InvalidParameterValueException: Layers are not in the same region as the function. "
            "Layers are expected to be in region us-east-1.");
  EXPECT_THAT(with({"arn:aws:lambda:us-east-1:999999999999:layer:one:1"}),
              StartsWith("AccessDeniedException: User: "));
  EXPECT_EQ(with({one, one, one, one, one, one}),
            "InvalidParameterValueException: Cannot reference more than 5 layers.");
  EXPECT_EQ(fs::exists(folder_ / "code"), true);
}

TEST_F(LayersTest, AVersionsPolicyIsKept) {
  start();
  publish("tools", {{"a", "1"}});
  const json::object version = {{"LayerName", "tools"}, {"VersionNumber", 1}};
  EXPECT_EQ(refusal("GetLayerVersionPolicy", version),
            "ResourceNotFoundException: No policy is associated with the given resource.");
  json::object add = version;
  add["StatementId"] = "all";
  add["Action"] = "lambda:GetLayerVersion";
  add["Principal"] = "*";
  EXPECT_THAT(json::string_or(call("AddLayerVersionPermission", add).output, "Statement"),
              HasSubstr("\"Resource\":\"" + kLayer + "tools:1\""));
  EXPECT_THAT(refusal("AddLayerVersionPermission", add), StartsWith("ResourceConflictException"));
  EXPECT_THAT(json::string_or(call("GetLayerVersionPolicy", version).output, "Policy"),
              HasSubstr("\"Sid\":\"all\""));
  json::object remove = version;
  remove["StatementId"] = "all";
  call("RemoveLayerVersionPermission", remove);
  EXPECT_THAT(refusal("RemoveLayerVersionPermission", remove),
              StartsWith("ResourceNotFoundException: Statement all is not found"));
}

TEST_F(LayersTest, TheAccountsFiguresAreReal) {
  start();
  create();
  publish("tools", {{"a", "1"}});
  call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 100}});
  const auto settings = call("GetAccountSettings", {}).output;
  EXPECT_EQ(settings.at("AccountUsage").at("FunctionCount"), 1);
  EXPECT_GT(settings.at("AccountUsage").at("TotalCodeSize").as_int64(),
            static_cast<std::int64_t>(function_zip().size()));
  EXPECT_EQ(settings.at("AccountLimit").at("UnreservedConcurrentExecutions"), 900);
  EXPECT_EQ(call("GetFunctionCodeSigningConfig", {{"FunctionName", "f"}}).output,
            (json::object{{"FunctionName", "f"}}));
  call("PublishVersion", {{"FunctionName", "f"}});
  EXPECT_EQ(
      refusal("GetProvisionedConcurrencyConfig", {{"FunctionName", "f"}, {"Qualifier", "1"}}),
      "ProvisionedConcurrencyConfigNotFoundException: No Provisioned Concurrency Config found for "
      "this function");
}

}  // namespace
}  // namespace tandem::lambda
