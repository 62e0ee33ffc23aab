// A pipeline's structure: the declaration as CreatePipeline takes it, checked with AWS's words, and
// as the engine reads it.
//
// Pure, and fuzzed: any document ends in a structure or in an ApiError.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "services/codepipeline/model/action_types.h"

namespace tandem::codepipeline {

/// What GetPipeline shows of a secret, and what UpdatePipeline takes for "as it was".
inline constexpr std::string_view kMasked = "****";

enum class Mode { kSuperseded, kQueued };
std::string_view name_of(Mode mode);

struct Action {
  std::string name;
  const ActionType* type = nullptr;
  json::object type_id;  ///< as declared
  int run_order = 1;
  json::object configuration;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::string role_arn;     ///< empty: the pipeline's
  std::string region;       ///< empty: the pipeline's
  std::string space;        ///< namespace of its output variables; empty: none
  int timeout_minutes = 0;  ///< 0: the type's

  std::string configured(std::string_view key, std::string_view otherwise = "") const {
    return json::string_or(configuration, key, otherwise);
  }
};

struct Stage {
  std::string name;
  std::vector<Action> actions;

  const Action* find(std::string_view action) const;
};

struct Variable {
  std::string name;
  std::optional<std::string> value;  ///< by default
};

struct Structure {
  std::string name;
  std::string role_arn;
  bool second_type = false;  ///< V2
  Mode mode = Mode::kSuperseded;
  std::vector<Stage> stages;
  std::map<std::string, std::string, std::less<>> buckets;  ///< by region; "": of all
  std::vector<Variable> variables;

  const Stage* find(std::string_view stage) const;
  std::optional<std::size_t> index_of(std::string_view stage) const;
  /// Where artifacts of that region are; empty: nowhere.
  std::string bucket_of(std::string_view region) const;
};

/// What AWS would take and is not served here.
struct Unserved {
  std::string path;
  std::string why;
};
std::optional<Unserved> find_unserved(const json::object& declaration);

/// Throws ApiError as CreatePipeline and UpdatePipeline do. region: the pipeline's.
Structure read_structure(const json::object& declaration, std::string_view region);

/// A declaration that was checked before, as it was stored.
Structure stored_structure(const json::object& declaration);

/// Without secrets.
json::object masked(json::object declaration);
json::object masked_configuration(const ActionType& type, json::object configuration);
/// Secrets that are given as "****" are those of before (user guide, "Rotate your GitHub token").
json::object with_secrets_of(json::object declaration, const json::object& before);

}  // namespace tandem::codepipeline
