// One connection from a peer, seen from the region that receives its writes. No sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replication/handshake.h"
#include "replication/replicator.h"

namespace tandem::replication {

class ReceiverSession {
 public:
  /// Borrows the replicator.
  explicit ReceiverSession(Replicator& replicator)
      : replicator_(replicator), opened_ms_(replicator.steady_ms()) {}

  struct Outcome {
    std::vector<std::string> replies;  ///< to be sent, even when the connection is closed after
    std::string failure;               ///< not empty: why the connection must be closed
  };
  /// Never throws for what is in the frame, nor when the store refuses it. Not while waiting().
  Outcome receive(std::string_view frame);
  /// What has been received is not applied whole: a table has no capacity for it now.
  bool waiting() const { return held_.has_value(); }
  /// Tries to go on with it. Nothing of it is acknowledged before all is applied.
  Outcome proceed();
  /// For a peer that would take the wait for silence: acknowledges nothing new.
  std::string sign_of_life() const;
  /// An acknowledgement of everything received since the last one; empty when there is nothing
  /// new. Asked for when no further frame is at hand, so that one answers many.
  std::string acknowledge();
  /// The region on the other side; empty until it has proved that it is.
  const std::string& peer() const { return region_; }
  /// Has not proved who it is within kPatienceMs: a stranger.
  bool expired() const {
    return region_.empty() && replicator_.steady_ms() - opened_ms_ > kPatienceMs;
  }

  static constexpr std::int64_t kPatienceMs = 5'000;

 private:
  Outcome greet(const Hello& hello);
  Outcome verify(const Proof& proof);
  Outcome apply(Message& message);
  Outcome apply_held();
  std::string stale() const;
  Outcome refuse(RefusalCode code, std::string reason);
  /// Why what the message says of time cannot be believed; empty when it can.
  std::string clock_fault(const Message& message) const;
  Outcome refuse_clock(std::string reason);

  Replicator& replicator_;
  std::int64_t opened_ms_;
  std::optional<Handshake> handshake_;  ///< after Hello, until Proof
  std::string region_;
  std::uint64_t generation_ = 0;
  struct Held {
    Batch batch;
    Replicator::Waiting waiting;
  };
  std::optional<Held> held_;
  std::uint64_t received_ = 0;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace tandem::replication
