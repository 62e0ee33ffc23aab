// The replication links of this machine's regions, as their processes tell.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/task.h"
#include "net/http_client.h"
#include "service/config.h"

namespace tandem::topology {

/// A region's side of a link.
struct LinkState {
  bool connected = false;
  std::uint64_t pending = 0;  ///< writes of the region that the peer still has to acknowledge
};

/// By peer. Borrows. Throws NetError when the region does not answer, DeployError when it answers
/// something else.
Task<std::map<std::string, LinkState>> links_of(net::HttpClient* http,
                                                const service::Config* config, std::string region);

/// Returns when every peer has what the region wrote. Throws DeployError, naming the peer and how
/// many writes it still lacks, when that is not so within a while.
Task<void> await_drained(net::HttpClient* http, const service::Config* config, std::string region);

}  // namespace tandem::topology
