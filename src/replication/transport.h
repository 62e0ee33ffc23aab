// Replication between processes: a listener for the peers' writes, one connection to each peer for
// this region's own. Frames are a 32-bit length and a message (docs/formats/replication-wire.md).
//
// All on the loop's thread. A link that breaks is opened again after 50 ms, doubling to one second.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/task.h"
#include "net/network.h"
#include "replication/replicator.h"

namespace tandem::replication {

/// Faults to order, for drills and tests. A link is this region's side of it: set both sides to
/// slow both directions.
struct LinkSettings {
  /// Added to what this region sends of its own writes; not to saying who it is.
  std::chrono::milliseconds delay{0};
  bool paused = false;       ///< nothing new is sent; the connection stays
  bool partitioned = false;  ///< no connection in either direction
};

class Transport {
 public:
  struct Peer {
    std::string region;
    std::string address;
    std::uint16_t port = 0;
  };
  struct Options {
    std::string address;     ///< to listen on
    std::uint16_t port = 0;  ///< 0: any free one
    /// Called on a pool thread before anything received is acknowledged; empty: not needed.
    std::function<void()> make_durable;
  };
  /// Borrows the workers, the network and the replicator.
  Transport(asio::any_io_executor executor, core::Workers& blocking, net::Network& network,
            Replicator& replicator, Options options);
  ~Transport();

  /// The regions there are links to, from now on; before start() and at any time after. A peer that
  /// is not among them any more is let go of once its connections have ended; one with another
  /// address is connected to anew.
  void set_peers(const std::vector<Peer>& peers);
  /// Binds, listens and starts connecting. Throws boost::system::system_error.
  void start();
  Task<void> stop();
  /// Closes every connection; they open again by themselves. For a replicator that was cleared.
  void drop_connections();

  std::uint16_t port() const;
  /// False when there is no such peer.
  bool set_link(std::string_view peer, LinkSettings settings);
  /// By region, as docs/tandem-endpoints.md lists it.
  json::object links() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::replication
