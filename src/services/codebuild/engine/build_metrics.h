// What CloudWatch is told of a build that is complete (CodeBuild User Guide, "CodeBuild CloudWatch
// metrics"): of the account, the project and the build.
#pragma once

#include "core/json.h"
#include "service/environment.h"

namespace tandem::codebuild {

/// build: its document, with an end.
void record_metrics(const service::Environment& environment, const json::object& build);

}  // namespace tandem::codebuild
