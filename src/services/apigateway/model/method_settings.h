// A stage's method settings: throttles by "<path>/<METHOD>", "*/*" for all methods. Only throttling
// can be set; logging, metrics, tracing and caching can only be told to stay off.
#pragma once

#include <optional>
#include <string_view>

#include "core/json.h"
#include "services/apigateway/model/patch.h"
#include "services/apigateway/model/throttle.h"

namespace tandem::apigateway {

/// UpdateStage's rules; they work on document["methodSettings"].
PatchTable method_setting_patches();
/// With every default filled in, as GetStage shows them.
json::object shown_method_settings(const json::object& settings);

/// The limit of a method, its own or that of "*/*". A half that is not set, or -1, is the
/// account's. setting_key is "/todos/GET".
std::optional<RateLimit> method_limit(const json::object& settings, std::string_view setting_key,
                                      const RateLimit& account);

}  // namespace tandem::apigateway
