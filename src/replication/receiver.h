// One connection from a peer, seen from the region that receives its writes. No sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "replication/replicator.h"

namespace tandem::replication {

class ReceiverSession {
 public:
  /// Borrows the replicator.
  explicit ReceiverSession(Replicator& replicator) : replicator_(replicator) {}

  struct Outcome {
    std::vector<std::string> replies;  ///< to be sent, even when the connection is closed after
    std::string failure;               ///< not empty: why the connection must be closed
  };
  Outcome receive(std::string_view frame);
  /// An acknowledgement of everything received since the last one; empty when there is nothing
  /// new. Asked for when no further frame is at hand, so that one answers many.
  std::string acknowledge();
  /// The region on the other side; empty until it has said so.
  const std::string& peer() const { return region_; }

 private:
  Outcome greet(const Hello& hello);
  Outcome apply(const Message& message);

  Replicator& replicator_;
  std::string region_;
  std::uint64_t generation_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace tandem::replication
