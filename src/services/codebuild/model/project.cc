#include "services/codebuild/model/project.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>
#include <set>

#include "aws/arn.h"
#include "core/text.h"
#include "service/operation.h"
#include "services/codebuild/errors.h"
#include "services/codebuild/model/images.h"

namespace tandem::codebuild {
namespace {

using Words = std::initializer_list<std::string_view>;

bool has(Words words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What a member may be set to and mean no more than if it were absent.
bool means_nothing(const json::value& value) {
  if (value.is_null()) return true;
  if (const auto* flag = value.if_bool()) return !*flag;
  if (const auto* text = value.if_string()) return text->empty();
  if (const auto* list = value.if_array()) return list->empty();
  if (const auto* number = value.if_int64()) return *number == 0;
  const auto* object = value.if_object();
  return object != nullptr && std::all_of(object->begin(), object->end(), [](const auto& each) {
           return means_nothing(each.value());
         });
}

void refuse_others(const json::object& in, std::string_view path, Words served) {
  for (const auto& [name, value] : in) {
    if (!has(served, name) && !means_nothing(value)) {
      service::refuse_member(fmt::format("{}.{}", path, std::string_view(name)));
    }
  }
}

/// Of an enumeration's values, those that are served; the model has refused what is none.
void serve_only(const json::object& in, std::string_view path, std::string_view member,
                Words served) {
  const auto value = json::find_string(in, member);
  if (!value || value->empty() || has(served, *value)) return;
  service::refuse_member(fmt::format("{}.{}", path, member),
                         fmt::format("{} is not served", *value));
}

void check_identifier(std::string_view identifier) {
  const bool good = !identifier.empty() && identifier.size() < 128 &&
                    std::all_of(identifier.begin(), identifier.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_';
                    });
  if (good) return;
  throw errors::invalid_input(
      "Invalid input: identifier must contain only alphanumeric characters and underscores and be "
      "less than 128 characters in length");
}

enum class Place { kPrimary, kSecondary };

void check_buildspec(const json::object& source, const std::string& type) {
  const std::string spec = json::string_or(source, "buildspec");
  if (spec.size() > 1024 * 1024) throw errors::invalid_input("Invalid buildspec: it is too large");
  if (spec.starts_with("arn:")) {
    service::refuse_member("source.buildspec", "a buildspec in a bucket of its own");
  }
  if (type == "NO_SOURCE" && !is_inline_buildspec(spec)) {
    throw errors::invalid_input(
        "Invalid project source: an inline buildspec must be specified with source type NO_SOURCE");
  }
}

void check_source(const json::object& source, const std::string& path, Place place) {
  refuse_others(source, path, {"type", "location", "buildspec", "sourceIdentifier"});
  serve_only(source, path, "type", {"CODEPIPELINE", "S3", "NO_SOURCE"});
  const std::string type = json::string_or(source, "type");
  if (place == Place::kSecondary) {
    check_identifier(json::string_or(source, "sourceIdentifier"));
    if (type != "S3") {
      throw errors::invalid_input(
          fmt::format("Invalid project source: type {} cannot be a secondary source", type));
    }
  } else {
    check_buildspec(source, type);
  }
  if (type != "S3") return;
  const ObjectName object = object_of_location(json::string_or(source, "location"));
  if (object.bucket.empty() || object.key.empty()) {
    throw errors::invalid_input("Invalid project source: location must be a valid S3 source");
  }
  if (object.key.ends_with('/')) {
    service::refuse_member(path + ".location", "a folder as source; a .zip file is served");
  }
}

void check_artifacts(const json::object& artifacts, const std::string& path, Place place) {
  refuse_others(artifacts, path,
                {"type", "location", "path", "namespaceType", "name", "packaging",
                 "overrideArtifactName", "encryptionDisabled", "artifactIdentifier"});
  const std::string type = json::string_or(artifacts, "type");
  if (place == Place::kSecondary) {
    check_identifier(json::string_or(artifacts, "artifactIdentifier"));
    if (type != "S3") {
      throw errors::invalid_input(
          fmt::format("Invalid artifacts: type {} cannot be a secondary artifact", type));
    }
  }
  if (type != "S3") return;
  const std::string bucket = json::string_or(artifacts, "location");
  if (bucket.empty() || bucket.find('/') != std::string::npos) {
    throw errors::invalid_input("Invalid artifacts: location must be a valid S3 bucket name");
  }
}

void check_variables(const json::array& variables, const std::string& path) {
  for (const json::value& each : variables) {
    if (!each.is_object()) continue;
    const json::object& variable = each.get_object();
    const std::string name = json::string_or(variable, "name");
    const std::string type = json::string_or(variable, "type", "PLAINTEXT");
    if (type != "PLAINTEXT") {
      service::refuse_member(path + ".type",
                             fmt::format("{} for {}: Tandem has no such service", type, name));
    }
    if (name.find_first_of(std::string_view("=\0", 2)) != std::string::npos ||
        json::string_or(variable, "value").find('\0') != std::string::npos) {
      throw errors::invalid_input(
          fmt::format("Invalid environment variable name or value: {}", name.substr(0, 100)));
    }
  }
}

void check_environment(const json::object& environment) {
  const std::string path = "environment";
  refuse_others(environment, path,
                {"type", "image", "computeType", "environmentVariables", "privilegedMode",
                 "imagePullCredentialsType"});
  serve_only(environment, path, "type", {"LINUX_CONTAINER"});
  serve_only(environment, path, "computeType",
             {"BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE",
              "BUILD_GENERAL1_XLARGE", "BUILD_GENERAL1_2XLARGE"});
  serve_only(environment, path, "imagePullCredentialsType", {"CODEBUILD"});
  if (json::bool_or(environment, "privilegedMode", false)) {
    service::refuse_member("environment.privilegedMode", "builds run without privileges");
  }
  const std::string image = json::string_or(environment, "image");
  if (!remark_on_image(image)) {
    service::refuse_member(
        "environment.image",
        fmt::format("{}: builds run with the programs of this machine; images of CodeBuild's own "
                    "for Linux on x86_64 (aws/codebuild/standard:7.0) are taken for them",
                    image));
  }
  if (const auto* variables = json::find_array(environment, "environmentVariables")) {
    check_variables(*variables, path + ".environmentVariables");
  }
}

void check_logs(const json::object& logs) {
  refuse_others(logs, "logsConfig", {"cloudWatchLogs", "s3Logs"});
  if (const auto* s3 = json::find_object(logs, "s3Logs")) {
    if (json::string_or(*s3, "status") == "ENABLED") service::refuse_member("logsConfig.s3Logs");
  }
  if (const auto* group = json::find_object(logs, "cloudWatchLogs")) {
    const std::string group_name = json::string_or(*group, "groupName");
    const std::string stream = json::string_or(*group, "streamName");
    constexpr std::string_view kOfGroups =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-#";
    if (group_name.size() > 512 || stream.size() > 400 ||
        group_name.find_first_not_of(kOfGroups) != std::string::npos ||
        stream.find_first_of(":*") != std::string::npos) {
      throw errors::invalid_input("Invalid logs config: group or stream name");
    }
  }
}

/// Identifiers name things in a build: each may be there once.
void check_identifiers(const json::object& project, std::string_view list,
                       std::string_view identifier) {
  std::set<std::string> seen;
  const auto* items = json::find_array(project, list);
  if (items == nullptr) return;
  for (const json::value& each : *items) {
    const std::string name = json::string_or(each.as_object(), identifier);
    if (!seen.insert(name).second) {
      throw errors::invalid_input(
          fmt::format("Invalid input: duplicate {} in {}: {}", identifier, list, name));
    }
  }
}

template <class Check>
void for_each(const json::object& project, std::string_view list, const Check& check) {
  const auto* items = json::find_array(project, list);
  if (items == nullptr) return;
  for (std::size_t i = 0; i < items->size(); ++i) {
    check((*items)[i].as_object(), fmt::format("{}[{}]", list, i));
  }
}

const json::object& part(const json::object& project, std::string_view name) {
  const auto* found = json::find_object(project, name);
  if (found == nullptr) {
    throw errors::invalid_input(fmt::format("Invalid input: {} is required", name));
  }
  return *found;
}

void check_times(const json::object& project) {
  // The API model's bound is that of the build's own timeout.
  if (json::int_or(project, "queuedTimeoutInMinutes", 480) > 480) {
    throw errors::invalid_input(
        "Invalid input: queuedTimeoutInMinutes must be between 5 and 480 minutes");
  }
  if (json::int_or(project, "concurrentBuildLimit", 1) < 1) {
    throw errors::invalid_input("Invalid input: concurrentBuildLimit must be greater than 0");
  }
}

/// A role's name stands for its ARN, as templates write it.
std::string role_arn(std::string_view role, std::string_view account) {
  if (!role.starts_with("arn:")) return fmt::format("arn:aws:iam::{}:role/{}", account, role);
  const auto arn = aws::Arn::parse(role);
  if (!arn || arn->service != "iam" || !arn->resource.starts_with("role/")) {
    throw errors::invalid_input("Invalid service role");
  }
  if (arn->account != account) {
    throw errors::invalid_input(
        "Invalid service role: Service role account ID does not match caller's account");
  }
  return std::string(role);
}

void fill(json::object& in, std::string_view member, json::value value) {
  if (json::find(in, member) == nullptr) in[member] = std::move(value);
}

void fill_artifacts(json::object& artifacts, std::string_view project) {
  if (json::string_or(artifacts, "type") != "S3") return;
  fill(artifacts, "namespaceType", "NONE");
  fill(artifacts, "packaging", "NONE");
  fill(artifacts, "encryptionDisabled", false);
  if (json::string_or(artifacts, "name").empty()) {
    const std::string identifier = json::string_or(artifacts, "artifactIdentifier");
    artifacts["name"] = identifier.empty() ? std::string(project) : identifier;
  }
}

aws::ApiError too_many_tags(std::string_view) {
  return errors::invalid_input("Invalid tags: no more than 50 tags can be given");
}
aws::ApiError reserved_tag(std::string_view key) {
  return errors::invalid_input(fmt::format("Invalid tags: key {} is reserved", key));
}

}  // namespace

const service::TagRules kTagRules{.too_many = too_many_tags, .reserved = reserved_tag};

std::string project_arn(std::string_view region, std::string_view account, std::string_view name) {
  return aws::make_arn("codebuild", region, account, fmt::format("project/{}", name));
}

bool is_of_codepipeline(const json::object& project) {
  const auto* source = json::find_object(project, "source");
  return source != nullptr && json::string_or(*source, "type") == "CODEPIPELINE";
}

bool is_inline_buildspec(std::string_view buildspec) {
  return buildspec.find('\n') != std::string_view::npos ||
         core::trim(buildspec).starts_with("version") || core::trim(buildspec).starts_with('{');
}

ObjectName object_of_location(std::string_view location) {
  for (const std::string_view prefix : {"arn:aws:s3:::", "s3://"}) {
    if (location.starts_with(prefix)) location.remove_prefix(prefix.size());
  }
  const std::size_t slash = location.find('/');
  if (slash == std::string_view::npos) return {std::string(location), ""};
  return {std::string(location.substr(0, slash)), std::string(location.substr(slash + 1))};
}

void check_project(const json::object& project) {
  const json::object& source = part(project, "source");
  const json::object& artifacts = part(project, "artifacts");
  check_source(source, "source", Place::kPrimary);
  check_artifacts(artifacts, "artifacts", Place::kPrimary);
  const bool from = json::string_or(source, "type") == "CODEPIPELINE";
  const bool to = json::string_or(artifacts, "type") == "CODEPIPELINE";
  if (from != to) {
    throw errors::invalid_input(
        "Invalid input: when using CodePipeline both sourceType, and artifactType must be set to: "
        "CODEPIPELINE");
  }
  for_each(project, "secondarySources", [](const json::object& each, const std::string& path) {
    check_source(each, path, Place::kSecondary);
  });
  for_each(project, "secondaryArtifacts", [](const json::object& each, const std::string& path) {
    check_artifacts(each, path, Place::kSecondary);
  });
  check_identifiers(project, "secondarySources", "sourceIdentifier");
  check_identifiers(project, "secondaryArtifacts", "artifactIdentifier");
  check_identifiers(project, "secondarySourceVersions", "sourceIdentifier");
  check_environment(part(project, "environment"));
  if (const auto* logs = json::find_object(project, "logsConfig")) check_logs(*logs);
  if (const auto* cache = json::find_object(project, "cache")) {
    serve_only(*cache, "cache", "type", {"NO_CACHE"});
    refuse_others(*cache, "cache", {"type"});
  }
  check_times(project);
}

json::object complete_project(json::object project, std::string_view region,
                              std::string_view account) {
  const std::string name = json::string_or(project, "name");
  check_project(project);
  project["serviceRole"] = role_arn(json::string_or(project, "serviceRole"), account);
  fill(project, "timeoutInMinutes", 60);
  fill(project, "queuedTimeoutInMinutes", 480);
  fill(project, "cache", {{"type", "NO_CACHE"}});
  fill(project, "encryptionKey",
       json::string(fmt::format("arn:aws:kms:{}:{}:alias/aws/s3", region, account)));
  fill_artifacts(project["artifacts"].as_object(), name);
  if (auto* list = project.if_contains("secondaryArtifacts"); list != nullptr && list->is_array()) {
    for (json::value& each : list->get_array()) fill_artifacts(each.as_object(), name);
  }
  json::object& environment = project["environment"].as_object();
  fill(environment, "environmentVariables", json::array());
  fill(environment, "privilegedMode", false);
  fill(environment, "imagePullCredentialsType", "CODEBUILD");
  for (json::value& each : environment["environmentVariables"].as_array()) {
    fill(each.as_object(), "type", "PLAINTEXT");
  }
  return project;
}

json::array shown_tags(const service::TagSet& tags) {
  json::array shown;
  for (const auto& [key, value] : tags.map()) shown.push_back({{"key", key}, {"value", value}});
  return shown;
}

service::TagSet given_tags(const json::object& input, service::TagSource source) {
  json::array list;
  if (const auto* tags = json::find_array(input, "tags")) {
    for (const json::value& each : *tags) {
      const json::object& tag = each.as_object();
      list.push_back(
          {{"Key", json::string_or(tag, "key")}, {"Value", json::string_or(tag, "value")}});
    }
  }
  const json::value given(std::move(list));
  return service::tag_set(kTagRules, &given, source);
}

}  // namespace tandem::codebuild
