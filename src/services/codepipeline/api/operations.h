// The operations of CodePipeline and what they share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "service/operation.h"
#include "service/page.h"
#include "service/tags.h"
#include "services/codepipeline/engine/engine.h"
#include "services/codepipeline/errors.h"

namespace tandem::codepipeline::api {

/// What every operation works on.
struct Scope {
  Engine& engine;

  PipelineStore& store() const { return engine.store(); }
  const std::string& account() const { return engine.environment().account(); }
  std::int64_t now_ms() const { return engine.environment().clock.now_ms(); }
  std::string arn(std::string_view pipeline) const;
  /// The document of the pipeline. Throws PipelineNotFoundException.
  json::object require_pipeline(std::string_view name) const;
  struct FoundExecution {
    ExecutionKey key;
    json::object document;
  };
  /// Throws PipelineExecutionNotFoundException.
  FoundExecution require_execution(std::string_view pipeline, std::string_view id) const;
};

using Request = service::RequestContext;

Task<service::Reply> create_pipeline(Scope& scope, service::RequestContext& request,
                                     json::object input);
json::object get_pipeline(Scope& scope, const json::object& input);
Task<service::Reply> update_pipeline(Scope& scope, json::object input);
json::object delete_pipeline(Scope& scope, const json::object& input);
json::object list_pipelines(Scope& scope, const json::object& input);

json::object start_pipeline_execution(Scope& scope, Request& request, const json::object& input);
json::object stop_pipeline_execution(Scope& scope, const json::object& input);
json::object retry_stage_execution(Scope& scope, const json::object& input);
json::object get_pipeline_execution(Scope& scope, const json::object& input);
json::object list_pipeline_executions(Scope& scope, const json::object& input);
json::object list_action_executions(Scope& scope, const json::object& input);

json::object get_pipeline_state(Scope& scope, const json::object& input);
json::object enable_stage_transition(Scope& scope, const json::object& input);
json::object disable_stage_transition(Scope& scope, Request& request, const json::object& input);

json::object put_approval_result(Scope& scope, Request& request, const json::object& input);
json::object put_job_success_result(Scope& scope, const json::object& input);
json::object put_job_failure_result(Scope& scope, const json::object& input);

json::object list_action_types(Scope& scope, const json::object& input);

json::object tag_resource(Scope& scope, Request& request, const json::object& input);
json::object untag_resource(Scope& scope, const json::object& input);
json::object list_tags_for_resource(Scope& scope, const json::object& input);

/// Epoch seconds of a member in milliseconds.
double seconds_of(const json::object& document, std::string_view member);
/// [{"key", "value"}] as a map, and back.
json::object tag_map(const json::value* list);
json::array tag_list(const json::object& map);

extern const service::TagRules kTagRules;
/// How lists are paged, but for their sizes.
extern const service::PageStyle kPages;

}  // namespace tandem::codepipeline::api
