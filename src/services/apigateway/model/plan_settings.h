// Throttles, quotas and stages of usage plans: checks and patches over the plan's document.
#pragma once

#include <functional>

#include "core/json.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {

/// Throws when the API or the stage does not exist.
using StageCheck = std::function<void(const std::string& api_id, const std::string& stage)>;

/// Throttle, quota and stages of document; throws BadRequestException.
void check_plan(const json::object& document, const StageCheck& stage_exists);

/// UpdateUsagePlan's rules. The result still needs check_plan().
PatchTable plan_patches();

}  // namespace tandem::apigateway
