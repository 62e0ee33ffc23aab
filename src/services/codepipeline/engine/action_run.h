// One run of one action: from its record, which is made here, to its end, which is written here.
#pragma once

#include <string>

#include "services/codepipeline/engine/executions.h"

namespace tandem::codepipeline {

/// Which action of which execution. attempt: of the stage; a retry is another one.
struct ActionPlace {
  ExecutionKey execution;
  std::string stage;
  std::string action;
  std::int64_t attempt = 1;
};

/// Makes the action's record, unless this attempt has one, runs the action and writes how it ended.
/// True: it succeeded. It goes on through StoreErrors, from what is stored; it ends early, and
/// writes nothing, once it is abandoned.
Task<bool> run_action_at(Workshop* workshop, std::shared_ptr<const Structure> structure,
                         ActionPlace place);

}  // namespace tandem::codepipeline
