// What a project may say. A project is kept as the document that BatchGetProjects shows, and a
// build's settings are such a document, too, with the overrides applied: one set of rules for both.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "service/tags.h"

namespace tandem::codebuild {

/// "arn:aws:codebuild:us-east-1:123456789012:project/name".
std::string project_arn(std::string_view region, std::string_view account, std::string_view name);

/// Throws InvalidInputException for what AWS does not take, and refuses by name what it does and we
/// do not: in sources, artifacts, environment, logs, cache, and between them.
void check_project(const json::object& project);

/// The document a caller made, with defaults filled in; members that mean nothing are left out.
/// Throws as check_project().
json::object complete_project(json::object project, std::string_view region,
                              std::string_view account);

/// A build that CodePipeline runs gives and takes objects of S3 in place of CODEPIPELINE.
bool is_of_codepipeline(const json::object& project);

/// An inline buildspec, rather than a path in the source.
bool is_inline_buildspec(std::string_view buildspec);

/// "bucket/key" of an S3 source's location, which may be an ARN or have S3's host in front.
struct ObjectName {
  std::string bucket;
  std::string key;
};
ObjectName object_of_location(std::string_view location);

extern const service::TagRules kTagRules;
/// [{"key", "value"}], as CodeBuild writes them.
json::array shown_tags(const service::TagSet& tags);
service::TagSet given_tags(const json::object& input, service::TagSource source);

}  // namespace tandem::codebuild
