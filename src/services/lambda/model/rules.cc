#include "services/lambda/model/rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "aws/shown.h"
#include "core/text.h"
#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

constexpr std::array<std::string_view, 2> kImplemented = {"provided.al2023", "provided.al2"};

/// Those of the API model, newest first, for AWS's own text and for refusals by name.
constexpr std::array<std::string_view, 26> kKnown = {
    "nodejs24.x", "nodejs22.x", "nodejs20.x", "nodejs18.x", "nodejs16.x",      "python3.14",
    "python3.13", "python3.12", "python3.11", "python3.10", "python3.9",       "java25",
    "java21",     "java17",     "java11",     "java8.al2",  "dotnet10",        "dotnet8",
    "dotnet6",    "ruby4.0",    "ruby3.4",    "ruby3.3",    "provided.al2023", "provided.al2",
    "provided",   "go1.x"};

/// Lambda developer guide, "Deprecated runtimes": no function can be made or updated with them.
struct Retired {
  std::string_view successor;  ///< what AWS recommends instead
  std::vector<std::string_view> names;
};
const Retired* find_retired(std::string_view runtime) {
  static const std::vector<Retired> kRetired = {
      {"nodejs22.x",
       {"nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x",
        "nodejs12.x", "nodejs14.x"}},
      {"python3.13", {"python2.7", "python3.6", "python3.7", "python3.8"}},
      {"ruby3.4", {"ruby2.5", "ruby2.7", "ruby3.2"}},
      {"java21", {"java8"}},
      {"dotnet8",
       {"dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0",
        "dotnet7"}}};
  for (const Retired& each : kRetired) {
    if (std::find(each.names.begin(), each.names.end(), runtime) != each.names.end()) return &each;
  }
  return nullptr;
}

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

void check_runtime(std::string_view runtime) {
  if (holds(kImplemented, runtime)) return;
  if (const Retired* retired = find_retired(runtime)) {
    throw errors::invalid_parameter(
        fmt::format("The runtime parameter of {} is no longer supported for creating or updating "
                    "AWS Lambda functions. We recommend you use a new runtime ({}) while creating "
                    "or updating functions. (Tandem runs {} only.)",
                    runtime, retired->successor, fmt::join(kImplemented, " and ")));
  }
  if (!holds(kKnown, runtime)) {
    throw errors::invalid_parameter(fmt::format(
        "Value {} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        "[{}] or be a valid ARN",
        runtime, fmt::join(kKnown, ", ")));
  }
  throw errors::invalid_parameter(
      fmt::format("Runtime {} is not supported here: use provided.al2023 or provided.al2 with a "
                  "bootstrap executable",
                  runtime));
}

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
