// AWS::CloudFormation::CustomResource and Custom::*: resources that a Lambda function of the
// template's author makes. The function is invoked asynchronously and answers by a PUT to a URL of
// its request (User Guide, "Custom resources", "Custom resource request objects").
#include <chrono>
#include <fmt/format.h>

#include "aws/arn.h"
#include "core/bytes.h"
#include "core/check.h"
#include "core/ids.h"
#include "services/cloudformation/model/custom_response.h"
#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"
#include "services/cloudformation/responses/answers.h"

namespace tandem::cloudformation {
namespace {

/// User Guide, "AWS::CloudFormation::CustomResource", ServiceTimeout: 1 to 3600 seconds.
constexpr std::int64_t kLongestWait_s = 3'600;

[[noreturn]] void fail(std::string text) { throw HandlerError("", std::move(text)); }

/// What is asked of the function.
struct Question {
  std::string_view type;  ///< "Create", "Update", "Delete"
  std::string physical_id;
  json::object properties;
  std::optional<json::object> old_properties = {};
};

/// The same question of the same operation has the same id, also after a restart (asked-once).
std::string request_id_of(const HandlerContext::Identity& identity, const Question& question) {
  std::string what =
      fmt::format("{}\n{}\n{}\n{}\n{}", identity.operation, identity.logical_id, question.type,
                  question.physical_id, json::to_text(question.properties));
  if (question.old_properties) what += '\n' + json::to_text(*question.old_properties);
  std::string hex = core::hex_encode(core::sha256(what)).substr(0, 32);
  hex[12] = '4';
  hex[16] = '8';
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

std::string event_of(const HandlerContext::Identity& identity, const Question& question,
                     const std::string& request_id, const std::string& url) {
  json::object event{{"RequestType", question.type},
                     {"ServiceToken", text_of(question.properties, "ServiceToken")},
                     {"ResponseURL", url},
                     {"StackId", identity.stack_id},
                     {"RequestId", request_id},
                     {"LogicalResourceId", identity.logical_id}};
  if (question.type != "Create") event["PhysicalResourceId"] = question.physical_id;
  event["ResourceType"] = identity.type;
  event["ResourceProperties"] = with_texts(question.properties);
  if (question.old_properties)
    event["OldResourceProperties"] = with_texts(*question.old_properties);
  return json::to_text(event);
}

/// The function's ARN. Throws when the token is none.
aws::Arn function_of(const json::object& properties) {
  const std::string token = text_of(properties, "ServiceToken");
  auto arn = aws::Arn::parse(token);
  if (arn && arn->service == "sns") {
    fail(fmt::format(
        "ServiceToken {} is a topic of SNS, which Tandem does not have: give the ARN of "
        "a Lambda function",
        token));
  }
  if (!arn || arn->service != "lambda") fail("Invalid service token.");
  return std::move(*arn);
}

std::chrono::seconds timeout_of(const json::object& properties) {
  const std::int64_t seconds = json::int_or(properties, "ServiceTimeout", kLongestWait_s);
  if (seconds < 1 || seconds > kLongestWait_s) {
    fail(fmt::format("ServiceTimeout must be between 1 and {} seconds", kLongestWait_s));
  }
  return std::chrono::seconds(seconds);
}

Task<void> send(HandlerContext* context, aws::Arn function, std::string event) {
  json::object input;
  input["FunctionName"] = function.text();
  input["InvocationType"] = "Event";
  std::string refused;
  try {
    co_await context->call_in(function.region, "lambda", "Invoke", std::move(input),
                              std::move(event));
  } catch (const aws::ApiError& error) {
    refused = fmt::format("{} (Service: AWSLambda; Status Code: {}; Error Code: {})",
                          error.message(), error.status(), error.code());
  }
  if (!refused.empty()) fail(std::move(refused));
}

struct Answer {
  CustomResponse response;
  std::string object;  ///< where it is
  std::string bucket;
};

/// Throws HandlerError when the function cannot be invoked: then nothing was asked.
Task<Answer> ask(HandlerContext* context, Question question) {
  const HandlerContext::Identity& identity = context->identity();
  CHECK(context->answers() != nullptr);
  ResponseBox* box = &context->answers()->responses;
  const aws::Arn function = function_of(question.properties);
  ResponseBox::Request request;
  request.stack = identity.stack_id.substr(identity.stack_id.rfind('/') + 1);
  request.id = request_id_of(identity, question);
  request.object = fmt::format("{}|{}|{}", identity.stack_id, identity.logical_id, request.id);
  request.timeout = timeout_of(question.properties);
  const ResponseBox::Opened opened = box->open(request);
  if (!opened.sent) {
    std::string event = event_of(identity, question, request.id, opened.url);
    Task<void> sending = send(context, function, std::move(event));
    co_await std::move(sending);
    box->mark_sent(request);
  }
  Task<std::optional<std::string>> waiting = box->wait(request);
  const std::optional<std::string> body = co_await std::move(waiting);
  Answer answer;
  answer.object = request.object;
  answer.bucket = box->bucket();
  if (body) {
    answer.response =
        read_custom_response(*body, {identity.stack_id, identity.logical_id, request.id});
  } else {
    answer.response.failure = fmt::format(
        "CloudFormation did not receive a response from your Custom Resource. Please check your "
        "logs for requestId [{}]. If you are using the Python cfn-response module, you may need to "
        "update your Lambda function code so that CloudFormation can attach the updated version.",
        request.id);
  }
  co_return answer;
}

Physical physical_of(Answer answer) {
  Physical physical{std::move(answer.response.physical_id), std::move(answer.response.data)};
  physical.attributes[kResponseAttribute] = json::object{{"object", std::move(answer.object)},
                                                         {"bucket", std::move(answer.bucket)},
                                                         {"no_echo", answer.response.no_echo}};
  return physical;
}

class CustomResource final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    // What it is deleted by when it fails without having told an id, as on AWS.
    Physical unnamed{context.generated_name(255), {}};
    context.intend(unnamed);
    Question question{"Create", "", std::move(properties)};
    Task<Answer> asking = ask(&context, std::move(question));
    Answer answer = co_await std::move(asking);
    if (!answer.response.succeeded) {
      if (!answer.response.physical_id.empty()) unnamed.id = answer.response.physical_id;
      // It may have been made halfway: the function is told to delete it.
      context.claim(unnamed);
      fail(std::move(answer.response.failure));
    }
    co_return physical_of(std::move(answer));
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical intended,
                                     json::object properties,
                                     std::set<std::string>) const override {
    std::optional<Answer> answer;
    Question question{"Create", "", std::move(properties)};
    try {
      Task<Answer> asking = ask(&context, std::move(question));
      answer = co_await std::move(asking);
    } catch (const HandlerError&) {
      co_return std::nullopt;  // it was never asked for
    }
    if (answer->response.succeeded) co_return physical_of(std::move(*answer));
    if (!answer->response.physical_id.empty()) intended.id = answer->response.physical_id;
    co_return intended;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    if (text_of(before, "ServiceToken") != text_of(after, "ServiceToken")) {
      fail("Modifying service token is not allowed.");
    }
    Question question{"Update", std::move(physical.id), std::move(after), std::move(before)};
    Task<Answer> asking = ask(&context, std::move(question));
    Answer answer = co_await std::move(asking);
    if (!answer.response.succeeded) fail(std::move(answer.response.failure));
    co_return physical_of(std::move(answer));
  }

  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    Question question{"Delete", std::move(physical.id), std::move(properties)};
    Task<Answer> asking = ask(&context, std::move(question));
    Answer answer = co_await std::move(asking);
    if (!answer.response.succeeded) fail(std::move(answer.response.failure));
  }

  bool update_may_replace() const override { return true; }
  bool creation_goes_on() const override { return true; }
};

}  // namespace

ResourceType cloudformation_custom_resource() {
  ResourceType type =
      declare("AWS::CloudFormation::CustomResource", {.serves = "ServiceTimeout ServiceToken"}, {},
              "", std::make_unique<CustomResource>());
  Shape anything;
  anything.kind = Shape::Kind::kJson;
  type.shape.others = std::make_shared<const Shape>(std::move(anything));
  // It cannot be changed at all, which the handler says in AWS's words.
  for (Member& member : type.shape.members) member.create_only = false;
  type.any_attribute = true;
  return type;
}

}  // namespace tandem::cloudformation
