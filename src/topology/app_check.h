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
  std::string asked;      ///< the path, or the URL where that is not the domain's
  int status = 0;         ///< 0: none, and reason says why
  std::string reason;     ///< of a bad answer: what was answered, one line; untrusted bytes
  std::string functions;  ///< of a bad answer: the functions' own last errors; untrusted bytes

  /// As Route 53 counts (Developer Guide, "How Amazon Route 53 determines whether a health check is
  /// healthy"): 2xx and 3xx, within two seconds.
  bool good() const { return status >= 200 && status < 400; }
};

/// "the application does not answer in us-east-1: GET /health: 502 …; function f: …" of an answer
/// that is not good.
std::string text_of(const AppAnswer& answer);

/// Asks each region for the path its health checks ask for, as they do without a key: first through
/// the custom domain, then under the API's own name, which is where health checkers look. Waits a
/// while for a replica that is still being filled, and for a good answer. Borrows. Throws ApiError.
class AppCheck {
 public:
  AppCheck(aws::Api& api, net::HttpClient& http, const service::Config& config)
      : api_(api), http_(http), config_(config) {}

  Task<std::vector<AppAnswer>> ask(Topology topology);

 private:
  /// An answer of API Gateway's own says nothing about the functions behind it.
  enum class By { kFunction, kGateway };
  struct Asked {
    AppAnswer answer;
    By by = By::kFunction;
  };
  Task<void> await_table(Topology topology, std::string region);
  Task<AppAnswer> ask_region(Topology topology, std::string region);
  Task<Asked> ask_domain(Topology topology, std::string region);
  Task<Asked> ask_as_checkers(Topology topology, std::string region);
  Task<std::string> function_errors(Topology topology, std::string region);
  Task<std::string> invoke_error(Topology topology, std::string region, std::string function);
  Task<std::string> last_logged(std::string region, std::string function);

  aws::Api& api_;
  net::HttpClient& http_;
  const service::Config& config_;
};

}  // namespace tandem::topology
