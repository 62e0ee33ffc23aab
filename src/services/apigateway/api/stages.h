// A stage's record, shared by CreateStage and CreateDeployment.
#pragma once

#include <string>

#include "core/json.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

/// Checks name and variables; throws when the API has its ten stages.
json::object new_stage(const State& state, const std::string& api_id, const std::string& name,
                       const std::string& deployment_id, const json::object* variables);
/// As operations show it.
json::object shown_stage(json::object stage);

}  // namespace tandem::apigateway
