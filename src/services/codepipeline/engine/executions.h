// Executions as they are stored: how they begin, change and are forgotten. Everything here reads
// from the store and writes one batch.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/codepipeline/actions/scope.h"

namespace tandem::codepipeline {

/// Waiting executions of a QUEUED pipeline (user guide, "Quotas in AWS CodePipeline").
inline constexpr std::size_t kMostWaiting = 50;
/// Kept of one pipeline; AWS keeps twelve months of them, whatever their number (docs/limits.md).
inline constexpr std::size_t kMostExecutions = 1'000;

struct StartRequest {
  std::string trigger;         ///< "StartPipelineExecution"
  std::string trigger_detail;  ///< who asked, or what changed
  std::string token;           ///< clientRequestToken, or empty
  json::object variables;      ///< by name, those given
  json::object overrides;      ///< by source action: {"type", "value"}
};

/// Stores an execution that waits before the first stage, as part of the batch, which is to hold
/// pipeline (the document of the pipeline, whose counter moves), and more. Returns its id.
struct Started {
  ExecutionKey key;
  std::string id;
};
Started put_new_execution(Workshop& workshop, store::WriteBatch& batch, json::object& pipeline,
                          const StartRequest& request);
/// Those that ended more than twelve months ago, and those beyond the number that is kept.
void forget_old_executions(Workshop& workshop, store::WriteBatch& batch, std::string_view pipeline);

/// As the execution runs it: the declaration of its version. Nothing: it is gone.
std::optional<Structure> structure_of(const PipelineStore& store, std::string_view pipeline,
                                      const json::object& execution);

/// The part of an execution's document about one stage; made when there is none.
json::object& stage_part(json::object& execution, std::string_view stage);
/// Null when it never was in that stage.
const json::object* find_stage_part(const json::object& execution, std::string_view stage);

/// Moves an execution and the record of its stage to a status of that stage.
void set_stage_status(Workshop& workshop, store::WriteBatch& batch, const ExecutionKey& key,
                      json::object& execution, std::string_view stage, std::string_view status);

/// The action's configuration as it is before anybody has started an execution: with the defaults
/// of the pipeline's variables.
json::object configuration_by_default(const Structure& structure, const Action& action);

/// What an action finds for "#{space.name}".
std::optional<std::string> variable_of(const json::object& execution, std::string_view space,
                                       std::string_view name);

}  // namespace tandem::codepipeline
