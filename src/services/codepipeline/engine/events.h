// "CodePipeline … Execution State Change" in EventBridge's form (user guide, "Monitoring
// CodePipeline events"). Pure but for the sink. No event carries an action's configuration.
#pragma once

#include <string>
#include <string_view>

#include "services/codepipeline/actions/scope.h"

namespace tandem::codepipeline {

/// What an event is of.
struct EventSubject {
  std::string pipeline;
  std::string execution;
  std::int64_t version = 0;
  std::int64_t attempt = 1;  ///< of the execution: grows with each retry of a stage
  std::int64_t started_ms = 0;
  std::string stage;   ///< empty: of the pipeline
  std::string action;  ///< empty: of the stage, or the pipeline
  std::string action_execution;
  const Action* declared = nullptr;
};

/// Of an execution, or of a stage of it.
EventSubject subject_of(std::string_view pipeline, const json::object& execution,
                        std::string_view stage);

/// state: STARTED, SUCCEEDED, FAILED, STOPPING, STOPPED, CANCELED, SUPERSEDED, RESUMED, ABANDONED.
/// more: further members of the detail.
void tell(Workshop& workshop, const EventSubject& subject, std::string_view state,
          json::object more = {});

}  // namespace tandem::codepipeline
