#include "services/lambda/model/rules.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "aws/shown.h"
#include "core/text.h"
#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

/// Lambda developer guide, "Reserved environment variables".
constexpr std::array<std::string_view, 18> kReserved = {"_HANDLER",
                                                        "_X_AMZN_TRACE_ID",
                                                        "AWS_DEFAULT_REGION",
                                                        "AWS_REGION",
                                                        "AWS_EXECUTION_ENV",
                                                        "AWS_LAMBDA_FUNCTION_NAME",
                                                        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                                        "AWS_LAMBDA_FUNCTION_VERSION",
                                                        "AWS_LAMBDA_INITIALIZATION_TYPE",
                                                        "AWS_LAMBDA_LOG_GROUP_NAME",
                                                        "AWS_LAMBDA_LOG_STREAM_NAME",
                                                        "AWS_ACCESS_KEY",
                                                        "AWS_ACCESS_KEY_ID",
                                                        "AWS_SECRET_ACCESS_KEY",
                                                        "AWS_SESSION_TOKEN",
                                                        "AWS_LAMBDA_RUNTIME_API",
                                                        "LAMBDA_TASK_ROOT",
                                                        "LAMBDA_RUNTIME_DIR"};

constexpr std::size_t kEnvironmentBytes = 4'096;
/// What is shown of an environment that is larger than that.
constexpr std::size_t kMostMeasured = 16'384;

template <class List>
bool holds(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// [a-zA-Z]([a-zA-Z0-9_])+
bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  return name.size() >= 2 && letter(name[0]) &&
         std::all_of(name.begin() + 1, name.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
         });
}

aws::ApiError environment_too_large(std::string_view measured) {
  return errors::invalid_parameter(
      "Lambda was unable to configure your environment variables because the environment "
      "variables you have provided exceeded the 4KB limit. String measured: " +
      aws::shown(measured, kMostMeasured));
}

/// Megabytes of variables are not looked at one by one.
void require_no_flood(const json::object& variables) {
  json::object first;
  std::size_t size = 0;
  for (const auto& [name, value] : variables) {
    first[name] = value;
    size += name.size() + value.as_string().size();
    if (size > kMostMeasured) throw environment_too_large(json::serialize(first));
  }
}

}  // namespace

void check_environment(const json::object& variables) {
  require_no_flood(variables);
  std::string reserved;
  for (const auto& [name, value] : variables) {
    if (!holds(kReserved, std::string_view(name))) continue;
    if (!reserved.empty()) reserved += ", ";
    reserved += name;
  }
  if (!reserved.empty()) {
    throw errors::invalid_parameter(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: " +
        reserved);
  }
  for (const auto& [name, value] : variables) {
    if (!is_variable_name(name)) {
      throw errors::user(
          400, "ValidationException",
          fmt::format("1 validation error detected: Value at 'environment.variables' failed to "
                      "satisfy constraint: Map keys must satisfy constraint: [Member must satisfy "
                      "regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"));
    }
    if (value.as_string().find('\0') != json::string::npos) {
      throw errors::invalid_parameter("Environment variable values must not hold a zero byte.");
    }
  }
  const std::string measured = json::serialize(variables);
  if (measured.size() > kEnvironmentBytes) throw environment_too_large(measured);
}

void check_range(std::string_view member, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return;
  const bool small = value < low;
  throw errors::user(
      400, "ValidationException",
      fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: "
                  "Member must have value {} than or equal to {}",
                  value, member, small ? "greater" : "less", small ? low : high));
}

std::string_view machine_architecture() {
#if defined(__aarch64__)
  return "arm64";
#else
  return "x86_64";
#endif
}

}  // namespace tandem::lambda
