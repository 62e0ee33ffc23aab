// Asking the application itself, in every region, whether it answers: a deployment whose stacks are
// complete may still serve nothing but errors.
#pragma once

#include <string>
#include <vector>

#include "aws/api.h"
#include "net/http_client.h"
#include "service/config.h"
#include "topology/topology.h"

namespace tandem::topology {

struct AppAnswer {
  std::string region;
  int status = 0;         ///< 0: none, and reason says why
  std::string reason;     ///< of a bad answer: what was answered, one line; untrusted bytes
  std::string functions;  ///< of a bad answer: the functions' own last errors; untrusted bytes

  /// What health checkers would not call broken code: anything but a server error.
  bool good() const { return status > 0 && status < 500; }
};

/// Asks each region, through the custom domain, for the path its health checks ask for. Waits a
/// while for a replica that is still being filled, and for a good answer. Borrows. Throws ApiError.
class AppCheck {
 public:
  AppCheck(aws::Api& api, net::HttpClient& http, const service::Config& config, std::string api_key)
      : api_(api), http_(http), config_(config), api_key_(std::move(api_key)) {}

  Task<std::vector<AppAnswer>> ask(Topology topology);

 private:
  Task<void> await_table(Topology topology, std::string region);
  Task<AppAnswer> ask_region(Topology topology, std::string region);
  Task<AppAnswer> ask_once(Topology topology, std::string region);
  Task<std::string> function_errors(Topology topology, std::string region);
  Task<std::string> invoke_error(Topology topology, std::string region, std::string function);
  Task<std::string> last_logged(std::string region, std::string function);

  aws::Api& api_;
  net::HttpClient& http_;
  const service::Config& config_;
  std::string api_key_;
};

}  // namespace tandem::topology
