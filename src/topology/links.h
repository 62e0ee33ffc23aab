// The replication links of this machine's regions, as their processes tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"

namespace tandem::topology {

/// A region's side of a link, as docs/tandem-endpoints.md says of GET /_tandem/links.
struct LinkState {
  bool connected = false;
  std::uint64_t pending = 0;  ///< writes of the region that the peer still has to acknowledge
  std::string state;          ///< "Connected", "Disconnected", "Paused", "Partitioned" …
  std::uint64_t snapshots_owed = 0;
  double lag_ms = 0;
  std::int64_t delay_ms = 0;
  std::optional<double> clock_offset_ms;  ///< the peer's clock minus this one
  std::string reason;                     ///< why there is no connection
  std::string refused_by_peer;            ///< what the peer has against this region
  std::string refuses_peer;               ///< what this region has against the peer

  bool works() const { return state == "Connected"; }
};
/// What a region answers to GET /_tandem/links, by peer.
std::map<std::string, LinkState> read_links(const json::object& document);

/// By peer. Borrows. Throws NetError when the region does not answer, DeployError when it answers
/// something else.
Task<std::map<std::string, LinkState>> links_of(
    net::HttpClient* http, const service::Config* config, std::string region,
    std::chrono::milliseconds timeout = std::chrono::seconds(30));

/// Returns when every peer has what the region wrote. Throws DeployError, naming the peer and how
/// many writes it still lacks, when that is not so within a while.
Task<void> await_drained(net::HttpClient* http, const service::Config* config, std::string region);

}  // namespace tandem::topology
