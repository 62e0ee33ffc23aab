#include "services/cloudformation/resources/handler.h"

#include <algorithm>
#include <chrono>

#include "core/ids.h"
#include "core/task.h"
#include "service/effects.h"
#include "services/cloudformation/resources/schemas.h"

namespace tandem::cloudformation {
namespace {

constexpr std::int64_t kLongestPauseMs = 250;
constexpr std::int64_t kLongestWaitMs = 30 * 60 * 1000;
constexpr int kMostAttempts = 40;

bool worth_repeating(const aws::ApiError& error) {
  const std::string& code = error.code();
  return code == "ServiceUnavailable" || code == "ServiceUnavailableException" ||
         code == "Throttling" || code == "ThrottlingException" ||
         code == "TooManyRequestsException" || code == "PriorRequestNotComplete";
}

bool reads(std::string_view operation) {
  return operation.starts_with("Get") || operation.starts_with("List") ||
         operation.starts_with("Describe") || operation.starts_with("Head");
}

/// Done twice, these leave what doing them once does. A creation done twice fails.
bool repeatable(std::string_view operation) {
  return operation.starts_with("Delete") || operation.starts_with("Put") ||
         operation.starts_with("Update") || operation.starts_with("Tag");
}

bool is_one_of(const std::string& code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

json::object HandlerContext::system_tags() const {
  return {{"aws:cloudformation:logical-id", identity_.logical_id},
          {"aws:cloudformation:stack-id", identity_.stack_id},
          {"aws:cloudformation:stack-name", identity_.stack_name}};
}

bool HandlerContext::has_system_tags(const json::object& tags) const {
  return json::string_or(tags, "aws:cloudformation:stack-id") == identity_.stack_id &&
         json::string_or(tags, "aws:cloudformation:logical-id") == identity_.logical_id;
}

Task<json::object> HandlerContext::call(std::string service, std::string operation,
                                        json::object input) {
  return call_in(identity_.region, std::move(service), std::move(operation), std::move(input));
}

Task<json::object> HandlerContext::call_in(std::string region, std::string service,
                                           std::string operation, json::object input,
                                           std::string payload) {
  aws::ApiResult result =
      co_await exchange(std::move(region), std::move(service), std::move(operation),
                        std::move(input), std::move(payload));
  co_return std::move(result.output);
}

Task<aws::ApiResult> HandlerContext::exchange(std::string region, std::string service,
                                              std::string operation, json::object input,
                                              std::string payload) {
  for (int attempt = 1;; ++attempt) {
    std::optional<aws::ApiError> refused;
    try {
      aws::ApiCall request;
      request.region = region;
      request.service = service;
      request.operation = operation;
      request.input = input;
      request.payload = payload;
      request.caller = identity_.caller;
      aws::ApiResult result = co_await api_.call(std::move(request));
      changed_ |= !reads(operation);
      co_return result;
    } catch (const aws::ApiError& error) {
      refused = error;
    }
    // Nobody knows how far a call came that failed otherwise.
    const bool outcome_unknown = refused->code() == service::kOutcomeUnknown;
    changed_ |= (refused->status() >= 500 || outcome_unknown) && !reads(operation);
    const bool again = worth_repeating(*refused) || (outcome_unknown && repeatable(operation));
    if (attempt >= kMostAttempts || !again) throw *refused;
    if (cancelled_()) throw Cancelled();
    const auto wait = std::chrono::milliseconds(std::min<std::int64_t>(20 * attempt, 1000));
    co_await core::sleep_for(wait);
  }
}

Task<void> HandlerContext::call_unless_gone(std::string service, std::string operation,
                                            json::object input) {
  std::optional<aws::ApiError> refused;
  try {
    co_await call(std::move(service), std::move(operation), std::move(input));
  } catch (const aws::ApiError& error) {
    refused = error;
  }
  if (refused && !means_gone(*refused)) throw *refused;
}

Task<void> HandlerContext::pause() {
  if (cancelled_()) throw Cancelled();
  if (waited_ms_ > kLongestWaitMs) {
    throw HandlerError("NotStabilized", "Exceeded attempts to wait");
  }
  const std::int64_t wait = next_pause_ms_;
  waited_ms_ += wait;
  next_pause_ms_ = std::min(wait + wait / 2 + 1, kLongestPauseMs);
  co_await core::sleep_for(std::chrono::milliseconds(wait));
}

std::string HandlerContext::generated_suffix() const {
  return core::random_text(random_, 12, core::kUpperAlnum);
}

std::string HandlerContext::generated_name(std::size_t longest) const {
  std::string start = identity_.stack_name + '-' + identity_.logical_id;
  if (start.size() + 13 > longest) start.resize(longest - 13);
  return start + '-' + generated_suffix();
}

Task<std::optional<Physical>> Handler::find(HandlerContext&, Physical intended, json::object,
                                            std::set<std::string>) const {
  co_return intended;
}

Task<Physical> Handler::read(HandlerContext&, std::string) const {
  throw HandlerError("InvalidRequest", "Resource type does not support import");
  co_return Physical();
}

Task<Physical> Handler::update(HandlerContext&, Physical, json::object, json::object) const {
  throw HandlerError("NotUpdatable", "Resource type does not support update");
  co_return Physical();
}

namespace {

/// User Guide, "AWS::CloudFormation::CustomResource": alphanumeric characters and _@-, 60 with the
/// prefix.
bool is_custom_type(std::string_view name) {
  constexpr std::string_view kPrefix = "Custom::";
  constexpr std::size_t kLongest = 60;
  if (!name.starts_with(kPrefix) || name.size() == kPrefix.size() || name.size() > kLongest) {
    return false;
  }
  return std::ranges::all_of(name.substr(kPrefix.size()), [](char c) {
    return core::kAlnum.find(c) != std::string_view::npos || c == '_' || c == '@' || c == '-';
  });
}

}  // namespace

const ResourceType* ResourceTypes::find(std::string_view name) const {
  if (is_custom_type(name)) name = "AWS::CloudFormation::CustomResource";
  const auto found = std::find_if(types_.begin(), types_.end(),
                                  [&](const ResourceType& type) { return type.name == name; });
  return found == types_.end() ? nullptr : &*found;
}

bool ResourceTypes::has_attribute(std::string_view type, std::string_view attribute) const {
  const ResourceType* known = find(type);
  if (known != nullptr && known->any_attribute) return true;
  return known != nullptr && std::find(known->attributes.begin(), known->attributes.end(),
                                       attribute) != known->attributes.end();
}

bool ResourceTypes::is_aws_type(std::string_view type) const {
  return cloudformation::is_aws_type(type);
}

std::string ResourceTypes::nearest(std::string_view type) const { return nearest_aws_type(type); }

bool means_gone(const aws::ApiError& error) {
  return error.status() == 404 ||
         is_one_of(error.code(), {"ResourceNotFoundException", "NotFoundException", "NoSuchEntity",
                                  "NoSuchBucket", "NoSuchHostedZone", "NoSuchHealthCheck",
                                  "TableNotFoundException", "PipelineNotFoundException",
                                  "StageNotFoundException", "ObjectNotFoundException"});
}

std::string_view handler_error_code(const aws::ApiError& error) {
  const std::string& code = error.code();
  if (means_gone(error)) return "NotFound";
  if (is_one_of(code, {"ResourceInUseException", "ResourceConflictException", "ConflictException",
                       "EntityAlreadyExists", "BucketAlreadyExists", "BucketAlreadyOwnedByYou",
                       "ResourceAlreadyExistsException", "HostedZoneAlreadyExists",
                       "HealthCheckAlreadyExists", "TableAlreadyExistsException",
                       "PipelineNameInUseException"})) {
    return "AlreadyExists";
  }
  if (error.status() == 403 || is_one_of(code, {"AccessDenied", "AccessDeniedException"})) {
    return "AccessDenied";
  }
  if (is_one_of(code, {"LimitExceededException", "LimitExceeded", "TooManyHostedZones"})) {
    return "ServiceLimitExceeded";
  }
  if (worth_repeating(error)) {
    return error.status() == 503 ? "GeneralServiceException" : "Throttling";
  }
  return error.status() >= 500 ? "ServiceInternalError" : "InvalidRequest";
}

}  // namespace tandem::cloudformation
