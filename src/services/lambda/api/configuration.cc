// Configuration members: what they may be, and which are refused because nothing stands behind
// them.
#include "aws/arn.h"
#include "core/bytes.h"
#include "core/task.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"
#include "services/lambda/exec/runtime_programs.h"
#include "services/lambda/model/rules.h"
#include "services/lambda/model/runtimes.h"

namespace tandem::lambda::api {
namespace {

constexpr int kLongestTimeout = 900;
constexpr int kMostMemory = 10'240;

void refuse_when(bool condition, std::string_view path) {
  if (condition) service::refuse_member(path);
}

bool has_entries(const json::object& input, std::string_view member) {
  const json::array* list = json::find_array(input, member);
  return list != nullptr && !list->empty();
}

std::string nested(const json::object& input, std::string_view member, std::string_view inner) {
  const json::object* object = json::find_object(input, member);
  return object == nullptr ? "" : json::string_or(*object, inner);
}

void refuse_logging(const json::object& input, std::string_view default_group) {
  const json::object* logging = json::find_object(input, "LoggingConfig");
  if (logging == nullptr) return;
  refuse_when(json::string_or(*logging, "LogFormat", "Text") != "Text", "LoggingConfig.LogFormat");
  refuse_when(json::string_or(*logging, "LogGroup", default_group) != default_group,
              "LoggingConfig.LogGroup");
  refuse_when(logging->contains("ApplicationLogLevel"), "LoggingConfig.ApplicationLogLevel");
  refuse_when(logging->contains("SystemLogLevel"), "LoggingConfig.SystemLogLevel");
}

void apply_environment(const json::object& input, Function& function) {
  const json::object* environment = json::find_object(input, "Environment");
  if (environment == nullptr) return;
  const json::object* variables = json::find_object(*environment, "Variables");
  const json::object none;
  const json::object& given = variables == nullptr ? none : *variables;
  check_environment(given);
  function.environment = given;
}

}  // namespace

void refuse_unimplemented(const json::object& input) {
  refuse_when(json::string_or(input, "PackageType", "Zip") != "Zip", "PackageType");
  if (const json::object* vpc = json::find_object(input, "VpcConfig")) {
    refuse_when(has_entries(*vpc, "SubnetIds"), "VpcConfig.SubnetIds");
    refuse_when(has_entries(*vpc, "SecurityGroupIds"), "VpcConfig.SecurityGroupIds");
  }
  refuse_when(!nested(input, "DeadLetterConfig", "TargetArn").empty(),
              "DeadLetterConfig.TargetArn");
  refuse_when(nested(input, "TracingConfig", "Mode") == "Active", "TracingConfig.Mode");
  refuse_when(nested(input, "SnapStart", "ApplyOn") == "PublishedVersions", "SnapStart.ApplyOn");
  refuse_when(!json::string_or(input, "KMSKeyArn").empty(), "KMSKeyArn");
  refuse_when(has_entries(input, "FileSystemConfigs"), "FileSystemConfigs");
}

std::string architecture_of(const json::object& input, const std::string& current) {
  const json::array* given = json::find_array(input, "Architectures");
  if (given == nullptr || given->empty()) return current;
  std::string architecture = json::to_std(given->front());
  if (given->size() > 1 || (architecture != "x86_64" && architecture != "arm64")) {
    throw errors::user(400, "ValidationException",
                       fmt::format("1 validation error detected: Value '{}' at 'architectures' "
                                   "failed to satisfy constraint: Member must satisfy constraint: "
                                   "[Member must satisfy enum value set: [x86_64, arm64]]",
                                   json::serialize(*given)));
  }
  return architecture;
}

void apply_configuration(const json::object& input, Change change, Function& function) {
  refuse_unimplemented(input);
  refuse_logging(input, "/aws/lambda/" + function.name);
  const auto runtime = json::find_string(input, "Runtime");
  if (runtime) {
    check_runtime(*runtime);
    function.runtime = *runtime;
  }
  function.handler = json::string_or(input, "Handler", function.handler);
  if (change == Change::kCreate && (function.runtime.empty() || function.handler.empty())) {
    throw errors::invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created with deployment "
        "packages.");
  }
  function.role = json::string_or(input, "Role", function.role);
  function.description = json::string_or(input, "Description", function.description);
  if (const auto timeout = json::find_int(input, "Timeout")) {
    check_range("timeout", *timeout, 1, kLongestTimeout);
    function.timeout_s = static_cast<int>(*timeout);
  }
  if (const auto memory = json::find_int(input, "MemorySize")) {
    check_range("memorySize", *memory, 128, kMostMemory);
    function.memory_mb = static_cast<int>(*memory);
  }
  if (const json::object* storage = json::find_object(input, "EphemeralStorage")) {
    const std::int64_t size = json::int_or(*storage, "Size", 512);
    check_range("ephemeralStorage.size", size, 512, 10'240);
    function.ephemeral_mb = static_cast<int>(size);
  }
  if (change == Change::kCreate) {
    function.architecture = architecture_of(input, std::string(machine_architecture()));
  }
  apply_environment(input, function);
}

Task<void> require_program(Scope& scope, std::string runtime) {
  const RuntimeImage* image = find_runtime(runtime);
  if (scope.runtimes == nullptr || image == nullptr || image->family == RuntimeFamily::kProvided) {
    co_return;
  }
  const auto program = co_await scope.runtimes->find(*image);
  if (!program->absent.empty()) {
    throw errors::invalid_parameter(
        fmt::format("Runtime {} cannot run here: {}", runtime, program->absent));
  }
}

Task<void> require_role(Scope& scope, std::string role_arn) {
  const auto arn = aws::Arn::parse(role_arn);
  if (arn && arn->account != scope.environment.account()) {
    throw errors::user(403, "AccessDeniedException", "Cross-account pass role is not allowed.");
  }
  const auto answer = co_await scope.roles.may_assume(role_arn, "lambda.amazonaws.com");
  if (answer == service::Roles::Answer::kNo) {
    throw errors::invalid_parameter(
        "The role defined for the function cannot be assumed by Lambda.");
  }
}

Task<std::string> read_package(Scope& scope, json::object code) {
  refuse_when(code.contains("ImageUri"), "Code.ImageUri");
  const json::value* zip = json::find(code, "ZipFile");
  const std::string bucket = json::string_or(code, "S3Bucket");
  const std::string key = json::string_or(code, "S3Key");
  if (zip != nullptr) {
    if (!bucket.empty() || !key.empty()) {
      throw errors::invalid_parameter(
          "Please do not provide other FunctionCode parameters when providing a ZipFile.");
    }
    auto bytes = co_await core::run_blocking(scope.environment.blocking, [zip] {
      return core::base64_decode(json::view(zip->as_string()));
    });
    if (!bytes) throw errors::invalid_request_content("ZipFile is not valid base64.");
    if (bytes->size() > kZipUploadBytes) {
      throw errors::user(413, "RequestEntityTooLargeException",
                         fmt::format("Zipped size must be smaller than {} bytes", kZipUploadBytes));
    }
    co_return std::move(*bytes);
  }
  if (bucket.empty() || key.empty()) {
    throw errors::invalid_parameter("Please provide a source for function code.");
  }
  std::string refused;
  try {
    std::string bytes =
        co_await scope.objects.read_object(bucket, key, json::string_or(code, "S3ObjectVersion"));
    co_return bytes;
  } catch (const aws::ApiError& error) {
    refused = fmt::format("Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}",
                          error.code(), error.message());
  }
  throw errors::invalid_parameter(refused);
}

}  // namespace tandem::lambda::api
