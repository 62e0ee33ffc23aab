// The action types that are served: what each takes and gives (user guide, "Pipeline structure
// reference" and "Action structure reference").
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::codepipeline {

struct ConfigurationKey {
  std::string_view name;
  enum class Need { kOptional, kRequired } need = Need::kOptional;
  bool secret = false;
};

struct ActionType {
  enum class Kind {
    kS3Source,
    kGitHub,
    kConnection,
    kCodeBuild,
    kCloudFormation,
    kS3Deploy,
    kLambda,
    kApproval,
  };
  Kind kind;
  std::string_view category;
  std::string_view owner;
  std::string_view provider;
  std::size_t least_inputs, most_inputs;
  std::size_t least_outputs, most_outputs;
  /// How long one may take (user guide, "Quotas in AWS CodePipeline").
  std::chrono::minutes timeout;
  std::span<const ConfigurationKey> configuration;

  const ConfigurationKey* find_key(std::string_view name) const;
};

std::span<const ActionType> action_types();
/// Version "1" of all of them. Null: there is none like that.
const ActionType* find_action_type(std::string_view category, std::string_view owner,
                                   std::string_view provider, std::string_view version);
/// of_aws: AWS has it, and it is not served.
bool is_of_aws(std::string_view category, std::string_view owner, std::string_view provider,
               std::string_view version);

/// As ListActionTypes shows it.
json::object shown(const ActionType& type);

}  // namespace tandem::codepipeline
