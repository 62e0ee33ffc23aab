// The todo application's function, for the simulator: what sample-app/ does with a process of its
// own, as a handler. PUT, GET and DELETE of /todos/{id}, GET of /todos/health.
#pragma once

#include <memory>

#include "core/clock.h"
#include "net/http_client.h"
#include "service/config.h"
#include "tests/sim/whole/programs.h"

namespace tandem::sim {

/// What a handler calls AWS with, and where. Shared by all programs of a machine.
struct HandlerPlace {
  std::unique_ptr<net::HttpClient> http;
  core::Clock* clock = nullptr;
  net::HttpTarget endpoint;  ///< of its own region
  std::string region;
};

Handler todo_handler(std::shared_ptr<HandlerPlace> place);

}  // namespace tandem::sim
