#include "services/codepipeline/actions/stack_request.h"

#include <fmt/format.h>
#include <map>

#include "core/files.h"
#include "core/text.h"

namespace tandem::codepipeline {
namespace {

/// Quotas of CloudFormation: a template in a request, and one in S3.
constexpr std::size_t kMostTemplateBody = 51'200;
constexpr std::size_t kMostTemplate = 1'000'000;
constexpr std::size_t kMostConfiguration = 1'000'000;

using Parameters = std::map<std::string, std::string>;

ActionFailure bad(std::string message) { return {"ConfigurationError", std::move(message)}; }

struct ArtifactFile {
  std::string artifact;
  std::string path;
};
/// "Artifact::path".
ArtifactFile file_of(const std::string& text, std::string_view key) {
  const std::size_t mark = text.find("::");
  if (mark == std::string::npos) {
    throw bad(fmt::format("{} should be in the form InputArtifactName::FileName", key));
  }
  return {text.substr(0, mark), text.substr(mark + 2)};
}

json::object object_in(const std::string& text, std::string_view what) {
  auto parsed = json::parse_text(text);
  if (!parsed || !parsed.value().is_object()) {
    throw bad(fmt::format("{} is not a valid JSON object", what));
  }
  return std::move(std::move(parsed).value().get_object());
}

std::string text_of(const json::value& value, std::string_view what) {
  if (value.is_string()) return json::to_std(value);
  if (value.is_object() || value.is_array() || value.is_null()) {
    throw bad(fmt::format("{} should be a text", what));
  }
  return json::to_text(value);
}

/// {"Fn::GetArtifactAtt": ["artifact", "BucketName" | "ObjectKey" | "URL"]}.
std::string artifact_attribute(const ActionScope& scope, const std::string& artifact,
                               const std::string& attribute) {
  const ArtifactPlace place = scope.input(artifact);
  if (attribute == "BucketName") return place.bucket;
  if (attribute == "ObjectKey") return place.key;
  if (attribute == "URL") {
    return fmt::format("https://{}.s3.{}.amazonaws.com/{}", place.bucket, place.region, place.key);
  }
  throw bad(fmt::format("Fn::GetArtifactAtt has no attribute {}", attribute));
}

/// The arguments of a function, which are that many texts.
std::vector<std::string> arguments_of(const json::value& given, std::string_view function,
                                      std::size_t count) {
  std::vector<std::string> arguments;
  if (given.is_array()) {
    for (const json::value& one : given.get_array()) {
      if (one.is_string()) arguments.push_back(json::to_std(one));
    }
  }
  if (arguments.size() != count) {
    throw bad(fmt::format("{} takes {} texts", function, count));
  }
  return arguments;
}

Task<std::string> override_value(ActionScope* scope, std::string name, json::value given) {
  if (!given.is_object()) co_return text_of(given, "The parameter override " + name);
  const json::object& function = given.get_object();
  if (const auto* attribute = json::find(function, "Fn::GetArtifactAtt")) {
    const auto arguments = arguments_of(*attribute, "Fn::GetArtifactAtt", 2);
    co_return artifact_attribute(*scope, arguments[0], arguments[1]);
  }
  const auto* parameter = json::find(function, "Fn::GetParam");
  if (parameter == nullptr) {
    throw bad(
        fmt::format("The parameter override {} is neither a text nor Fn::GetArtifactAtt nor "
                    "Fn::GetParam",
                    name));
  }
  const auto arguments = arguments_of(*parameter, "Fn::GetParam", 3);
  Task<std::string> reading = scope->read(arguments[0], arguments[1], kMostConfiguration);
  const std::string text = co_await std::move(reading);
  const json::object document = object_in(text, arguments[1]);
  const json::value* value = json::find(document, arguments[2]);
  if (value == nullptr) {
    throw bad(fmt::format("The file [{}] of artifact [{}] has no key {}", arguments[1],
                          arguments[0], arguments[2]));
  }
  co_return text_of(*value, arguments[2]);
}

/// TemplateConfiguration: parameters into the map, tags into the request.
Task<Parameters> template_configuration(ActionScope* scope, json::object* request) {
  Parameters parameters;
  const std::string given = scope->configured("TemplateConfiguration");
  if (given.empty()) co_return parameters;
  const ArtifactFile file = file_of(given, "TemplateConfiguration");
  Task<std::string> reading = scope->read(file.artifact, file.path, kMostConfiguration);
  const std::string text = co_await std::move(reading);
  const json::object document = object_in(text, "The template configuration " + file.path);
  for (const auto& [name, value] : document) {
    if (name == "StackPolicy" && value.is_object() && !value.get_object().empty()) {
      throw bad("StackPolicy of a template configuration is not implemented");
    }
    if (name != "Parameters" && name != "Tags" && name != "StackPolicy") {
      throw bad(fmt::format("The template configuration {} has an unknown key {}", file.path,
                            std::string_view(name)));
    }
  }
  if (const auto* values = json::find_object(document, "Parameters")) {
    for (const auto& [name, value] : *values) {
      parameters[std::string(name)] = text_of(value, std::string_view(name));
    }
  }
  if (const auto* values = json::find_object(document, "Tags")) {
    json::array tags;
    for (const auto& [name, value] : *values) {
      tags.push_back(
          json::object{{"Key", name}, {"Value", text_of(value, std::string_view(name))}});
    }
    (*request)["Tags"] = std::move(tags);
  }
  co_return parameters;
}

Task<void> add_template(ActionScope* scope, json::object* request) {
  const ArtifactFile file = file_of(scope->configured("TemplatePath"), "TemplatePath");
  Task<std::string> reading = scope->read(file.artifact, file.path, kMostTemplate);
  std::string text = co_await std::move(reading);
  if (text.size() <= kMostTemplateBody) {
    (*request)["TemplateBody"] = text;
    co_return;
  }
  const std::filesystem::path path = scope->file("template");
  core::replace_file(path, text, core::kSecretMode);
  service::ObjectPlace object;
  object.region = scope->is_here() ? "" : scope->region();
  const ArtifactPlace beside = scope->input(file.artifact);
  object.bucket = beside.bucket;
  object.key = beside.key + ".template-" + scope->id();
  const std::string url =
      fmt::format("https://{}.s3.{}.amazonaws.com/{}", object.bucket, scope->region(), object.key);
  json::object more;
  more["ServerSideEncryption"] = "AES256";
  Task<service::StoredObject> writing = scope->workshop().ports.objects.write(
      std::move(object), path, std::move(more), scope->caller());
  co_await std::move(writing);
  (*request)["TemplateURL"] = url;
}

}  // namespace

std::string stack_caller(const ActionScope& scope) {
  const std::string role = scope.configured("RoleArn");
  return role.empty() ? scope.caller() : scope.session_of(role);
}

Task<json::object> stack_request(ActionScope* scope) {
  json::object request;
  request["StackName"] = scope->configured("StackName");
  Task<void> adding = add_template(scope, &request);
  co_await std::move(adding);
  Task<Parameters> configuring = template_configuration(scope, &request);
  Parameters parameters = co_await std::move(configuring);
  const std::string overrides = scope->configured("ParameterOverrides");
  if (!overrides.empty()) {
    const json::object given = object_in(overrides, "ParameterOverrides");
    for (const auto& [name, value] : given) {
      Task<std::string> resolving = override_value(scope, std::string(name), value);
      parameters[std::string(name)] = co_await std::move(resolving);
    }
  }
  json::array list;
  for (const auto& [name, value] : parameters) {
    list.push_back(json::object{{"ParameterKey", name}, {"ParameterValue", value}});
  }
  if (!list.empty()) request["Parameters"] = std::move(list);
  const std::string capabilities = scope->configured("Capabilities");
  if (!capabilities.empty()) {
    json::array names;
    for (const std::string_view one : core::split(capabilities, ',')) names.emplace_back(one);
    request["Capabilities"] = std::move(names);
  }
  co_return request;
}

}  // namespace tandem::codepipeline
