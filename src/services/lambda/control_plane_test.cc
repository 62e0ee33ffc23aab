// Functions as records: creating, reading, changing, deleting, permissions, tags, concurrency.
#include <gmock/gmock.h>

#include "services/lambda/lambda_testing.h"

namespace tandem::lambda {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(LambdaTest, CreateAnswersPendingAndIsActiveAfterwards) {
  start();
  json::object input = function_input("f", function_zip());
  input["Environment"] = {{"Variables", {{"TABLE", "todos"}}}};
  input["Tags"] = {{"team", "x"}};
  const auto created = call("CreateFunction", input).output;
  EXPECT_EQ(created.at("State"), "Pending");
  EXPECT_EQ(created.at("StateReasonCode"), "Creating");
  EXPECT_EQ(created.at("FunctionArn"), "arn:aws:lambda:us-east-1:123456789012:function:f");
  EXPECT_EQ(json::to_std(created.at("CodeSha256")),
            core::base64_encode(core::sha256(function_zip())));
  EXPECT_EQ(created.at("CodeSize"), function_zip().size());
  EXPECT_EQ(created.at("Version"), "$LATEST");
  EXPECT_EQ(created.at("Timeout"), 3);
  EXPECT_EQ(created.at("MemorySize"), 128);
  EXPECT_THAT(json::to_std(created.at("LastModified")), testing::EndsWith("+0000"));
  const auto read = call("GetFunction", {{"FunctionName", "f"}}).output;
  const json::object& configuration = read.at("Configuration").as_object();
  EXPECT_EQ(configuration.at("State"), "Active");
  EXPECT_EQ(configuration.at("LastUpdateStatus"), "Successful");
  EXPECT_EQ(configuration.at("RevisionId"), created.at("RevisionId"));
  EXPECT_EQ(read.at("Tags"), (json::object{{"team", "x"}}));
  EXPECT_EQ(refusal("CreateFunction", input),
            "ResourceConflictException: Function already exist: f");
}

TEST_F(LambdaTest, CreateRefusesWhatAwsRefuses) {
  start();
  const auto with = [&](std::string_view member, json::value value) {
    json::object input = function_input("f", function_zip());
    input[member] = std::move(value);
    return refusal("CreateFunction", std::move(input));
  };
  EXPECT_THAT(with("Runtime", "java21"), HasSubstr("Runtime java21 is not supported"));
  json::object two_faults = function_input("f", "no zip");
  two_faults["Runtime"] = "cobol";
  EXPECT_THAT(refusal("CreateFunction", two_faults), HasSubstr("Could not unzip uploaded file."));
  std::string large;
  large.resize(52'428'801, 'x');
  EXPECT_EQ(with("Code", {{"ZipFile", core::base64_encode(large)}}),
            "RequestEntityTooLargeException: Zipped size must be smaller than 52428800 bytes");
  EXPECT_THAT(with("Timeout", 901), HasSubstr("less than or equal to 900"));
  EXPECT_EQ(with("Code", json::object{}),
            "InvalidParameterValueException: Please provide a source for function code.");
  EXPECT_EQ(with("Code", {{"ZipFile", core::base64_encode("no zip")}}),
            "InvalidParameterValueException: Could not unzip uploaded file. Please check your "
            "file, then try to upload again.");
  EXPECT_EQ(with("Code", {{"S3Bucket", "b"}, {"S3Key", "k"}}),
            "InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: "
            "NoSuchKey. S3 Error Message: The specified key does not exist.");
  EXPECT_THAT(with("Environment", {{"Variables", {{"AWS_REGION", "x"}}}}),
              HasSubstr("Reserved keys used in this request: AWS_REGION"));
  EXPECT_NE(with("Layers", json::array{"arn:aws:lambda:us-east-1:123456789012:layer:l:1"}),
            "accepted");
  EXPECT_TRUE(call("ListFunctions", {}).output.at("Functions").as_array().empty());
}

TEST_F(LambdaTest, CodeComesFromS3) {
  start();
  objects_.all["bucket/key.zip"] = function_zip();
  json::object input = function_input("f", "");
  input["Code"] = {{"S3Bucket", "bucket"}, {"S3Key", "key.zip"}};
  call("CreateFunction", input);
  EXPECT_EQ(invoke("count").payload, "1");
}

TEST_F(LambdaTest, UpdatesReplaceRunningInstancesAndCheckTheRevision) {
  start();
  create();
  EXPECT_EQ(invoke("count").payload, "1");
  const auto updated =
      call("UpdateFunctionConfiguration",
           {{"FunctionName", "f"}, {"Environment", {{"Variables", {{"COLOUR", "red"}}}}}})
          .output;
  EXPECT_EQ(updated.at("LastUpdateStatus"), "InProgress");
  EXPECT_EQ(invoke("count").payload, "1");
  EXPECT_THAT(invoke("environment").payload, HasSubstr("\"COLOUR\":\"red\""));
  EXPECT_THAT(refusal("UpdateFunctionCode", {{"FunctionName", "f"},
                                             {"RevisionId", "other"},
                                             {"ZipFile", core::base64_encode(function_zip())}}),
              StartsWith("PreconditionFailedException: The RevisionId provided"));
  call("UpdateFunctionCode", {{"FunctionName", "f"},
                              {"RevisionId", updated.at("RevisionId")},
                              {"ZipFile", core::base64_encode(function_zip())}});
  EXPECT_EQ(invoke("count").payload, "1");
}

TEST_F(LambdaTest, TheRoleMustLetLambdaIn) {
  using Answer = service::Roles::Answer;
  start();
  const std::string none = "arn:aws:iam::123456789012:role/none";
  const std::string unheard = "arn:aws:iam::123456789012:role/unheard";
  roles_.answers = {{none, Answer::kNo}, {unheard, Answer::kUnknown}};
  const std::string refused =
      "InvalidParameterValueException: The role defined for the function cannot be assumed by "
      "Lambda.";
  json::object input = function_input("f", function_zip());
  input["Role"] = none;
  EXPECT_EQ(refusal("CreateFunction", input), refused);
  EXPECT_TRUE(!std::filesystem::exists(folder_ / "code") ||
              std::filesystem::is_empty(folder_ / "code"));
  input["Role"] = "arn:aws:iam::999999999999:role/r";
  EXPECT_EQ(refusal("CreateFunction", input),
            "AccessDeniedException: Cross-account pass role is not allowed.");
  input["Role"] = unheard;
  EXPECT_EQ(refusal("CreateFunction", input), "accepted");
  const auto update = [&](json::object change) {
    change["FunctionName"] = "f";
    return refusal("UpdateFunctionConfiguration", std::move(change));
  };
  EXPECT_EQ(update({{"Role", none}}), refused);
  EXPECT_EQ(update({{"Role", kRole}}), "accepted");
  roles_.answers[kRole] = Answer::kNo;
  EXPECT_EQ(update({{"Description", "of one whose role is gone"}}), "accepted");
  EXPECT_THAT(roles_.asked, Each(std::string("lambda.amazonaws.com")));
}

TEST_F(LambdaTest, DeleteForgetsTheFunctionAndEndsItsKey) {
  start();
  create();
  const auto environment = json::parse_text(invoke("environment").payload).value();
  const std::string key = json::string_or(environment.as_object(), "AWS_ACCESS_KEY_ID");
  ASSERT_NE(keys_.find(key), nullptr);
  EXPECT_EQ(keys_.find(key)->secret,
            json::string_or(environment.as_object(), "AWS_SECRET_ACCESS_KEY"));
  EXPECT_EQ(keys_.find(key)->arn, "arn:aws:sts::123456789012:assumed-role/r/f");
  call("DeleteFunction", {{"FunctionName", "f"}});
  // An invocation that has the key may go on for as long as one can.
  ASSERT_NE(keys_.find(key), nullptr);
  EXPECT_NE(keys_.find(key)->expires_s, 0);
  EXPECT_EQ(refusal("GetFunction", {{"FunctionName", "f"}}),
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:123456789012:function:f");
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f"}}, "{}"),
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST");
}

TEST_F(LambdaTest, FunctionsOutliveARestart) {
  start();
  create();
  wait(service_->stop());
  start();
  EXPECT_EQ(invoke("count").payload, "1");
  wait(service_->reset());
  EXPECT_TRUE(call("ListFunctions", {}).output.at("Functions").as_array().empty());
  EXPECT_TRUE(!std::filesystem::exists(folder_ / "code") ||
              std::filesystem::is_empty(folder_ / "code"));
  create();
  EXPECT_EQ(invoke("count").payload, "1");
}

TEST_F(LambdaTest, ListPages) {
  start();
  const std::string tiny = make_zip({{"bootstrap", "x", S_IFREG | 0755}});
  for (const char* name : {"a", "b", "c"}) call("CreateFunction", function_input(name, tiny));
  const auto page = call("ListFunctions", {{"MaxItems", 2}}).output;
  EXPECT_EQ(page.at("Functions").as_array().size(), 2u);
  const auto rest = call("ListFunctions", {{"Marker", page.at("NextMarker")}}).output;
  ASSERT_EQ(rest.at("Functions").as_array().size(), 1u);
  EXPECT_EQ(rest.at("Functions").at(0).at("FunctionName"), "c");
  EXPECT_FALSE(rest.contains("NextMarker"));
}

TEST_F(LambdaTest, PermissionsAreKeptAndEnforced) {
  start();
  create();
  EXPECT_EQ(refusal("GetPolicy", {{"FunctionName", "f"}}),
            "ResourceNotFoundException: No policy is associated with the given resource.");
  const Invoker gateway{"apigateway.amazonaws.com",
                        "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/todos"};
  EXPECT_EQ(wait(service_->invoke("f", "{}", gateway)).status, InvokeResult::Status::kNotPermitted);
  const json::object permission = {
      {"FunctionName", "f"},
      {"StatementId", "gateway"},
      {"Action", "lambda:InvokeFunction"},
      {"Principal", "apigateway.amazonaws.com"},
      {"SourceArn", "arn:aws:execute-api:us-east-1:123456789012:abc/*/*"}};
  call("AddPermission", permission);
  EXPECT_EQ(refusal("AddPermission", permission),
            "ResourceConflictException: The statement id (gateway) provided already exists. Please "
            "provide a new statement id, or remove the existing statement.");
  EXPECT_THAT(json::string_or(call("GetPolicy", {{"FunctionName", "f"}}).output, "Policy"),
              StartsWith("{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":[{"));
  const InvokeResult result = wait(
      service_->invoke("arn:aws:lambda:us-east-1:123456789012:function:f", "{\"x\":1}", gateway));
  EXPECT_EQ(result.status, InvokeResult::Status::kSucceeded);
  EXPECT_EQ(result.payload, "{\"x\":1}");
  call("RemovePermission", {{"FunctionName", "f"}, {"StatementId", "gateway"}});
  EXPECT_EQ(wait(service_->invoke("f", "{}", gateway)).status, InvokeResult::Status::kNotPermitted);
  EXPECT_EQ(wait(service_->invoke("g", "{}", gateway)).status, InvokeResult::Status::kNotFound);
}

TEST_F(LambdaTest, ReservedConcurrencyThrottles) {
  start();
  create();
  call("PutFunctionConcurrency", {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 0}});
  EXPECT_EQ(refusal("Invoke", {{"FunctionName", "f"}}, "{}"),
            "TooManyRequestsException: Rate Exceeded.");
  EXPECT_EQ(wait(service_->invoke("f", "{}", {})).status, InvokeResult::Status::kThrottled);
  EXPECT_THAT(
      refusal("PutFunctionConcurrency",
              {{"FunctionName", "f"}, {"ReservedConcurrentExecutions", 901}}),
      HasSubstr("decreases account's UnreservedConcurrentExecution below its minimum value"));
  call("DeleteFunctionConcurrency", {{"FunctionName", "f"}});
  EXPECT_EQ(invoke("count").payload, "1");
}

TEST_F(LambdaTest, Tags) {
  start();
  create();
  const std::string arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
  call("TagResource", {{"Resource", arn}, {"Tags", {{"a", "1"}, {"b", "2"}}}});
  call("UntagResource", {{"Resource", arn}, {"TagKeys", {"a"}}});
  EXPECT_EQ(call("ListTags", {{"Resource", arn}}).output.at("Tags"), (json::object{{"b", "2"}}));
}

TEST_F(LambdaTest, TagsAreCheckedFromTheStart) {
  start();
  create();
  json::object input = function_input("tagged", function_zip());
  input["Tags"] = {{"aws:x", "y"}};
  const std::string reserved =
      "InvalidParameterValueException: aws: prefixed tag key names are not allowed for external "
      "use.";
  EXPECT_EQ(refusal("CreateFunction", input), reserved);
  EXPECT_EQ(
      refusal("TagResource", {{"Resource", "arn:aws:lambda:us-east-1:123456789012:function:f"},
                              {"Tags", {{"aws:x", "y"}}}}),
      reserved);
  EXPECT_EQ(refusal("GetFunction", {{"FunctionName", "tagged"}}),
            "ResourceNotFoundException: Function not found: "
            "arn:aws:lambda:us-east-1:123456789012:function:tagged");
}

}  // namespace
}  // namespace tandem::lambda
