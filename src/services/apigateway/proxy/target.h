// Which stage a request is for, and the path that is left for its resources.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "net/http.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

struct Target {
  std::shared_ptr<const CompiledStage> stage;
  std::string_view resource_path;  ///< what is matched against resources; starts with '/' or empty
  std::string_view event_path;     ///< the event's path
  std::string_view context_path;   ///< requestContext.path
};

/// Nothing when the host, the base path, the API or the stage is unknown, or the default endpoint
/// is disabled: 403 Forbidden. The views point into request's target.
std::optional<Target> find_target(const State& state, const net::HttpRequest& request,
                                  std::string_view host);

/// ".execute-api.<region>.amazonaws.com".
bool is_execute_api(std::string_view host, std::string_view region);

}  // namespace tandem::apigateway
