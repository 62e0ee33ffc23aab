// The rule that binds keys, plans and stages, shared by both sides of the association.
#pragma once

#include <string>

#include "core/json.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

/// A key may be in several plans, but in one only for each API stage. Throws ConflictException when
/// key in plan (as it would be stored) breaks that.
void check_one_plan_per_stage(const State& state, const std::string& key_id,
                              const json::object& plan);

}  // namespace tandem::apigateway
