// One connection to a peer, seen from the region that ships its writes over it. No sockets: the
// transport asks next() for frames until there is none, and hands in what it receives.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "replication/handshake.h"
#include "replication/replicator.h"

namespace tandem::replication {

class SenderSession {
 public:
  /// Borrows the replicator. One session a peer at a time.
  SenderSession(Replicator& replicator, std::string peer);
  ~SenderSession();
  SenderSession(const SenderSession&) = delete;
  SenderSession& operator=(const SenderSession&) = delete;

  /// The next frame to send. Throws StoreError when what is to be sent cannot be read or noted: the
  /// connection must be closed. Nothing until something happens: a frame received, a tick, or the
  /// replicator's on_work.
  std::optional<std::string> next();
  /// A frame from the peer. Returns why the connection must be closed, if it must. Never throws for
  /// what is in it, nor when the store refuses what follows from it.
  std::optional<std::string> receive(std::string_view frame);
  /// Once a second: makes an idle link say what this region has seen, and that it is alive.
  void tick() { heartbeat_due_ = true; }

  bool welcomed() const { return welcomed_; }
  /// The peer has taken something: a welcome alone costs it no write.
  bool proven() const { return acked_ > 0; }
  /// The peer has been silent for longer than a live one can be (plus slack_ms of delay on the
  /// way): the connection must be closed. One that hangs is as good as none.
  bool expired(std::int64_t slack_ms) const {
    return replicator_.steady_ms() - heard_ms_ > kSilenceMs + slack_ms;
  }
  /// Silence counts from now on.
  void wait_anew() { heard_ms_ = replicator_.steady_ms(); }
  /// Sent and not acknowledged.
  std::size_t in_flight() const { return in_flight_.size(); }

  /// More is not sent before something is acknowledged.
  static constexpr std::size_t kWindow = 32;
  static constexpr std::size_t kWindowBytes = 8 << 20;
  /// A receiver answers at least the beat of each second.
  static constexpr std::int64_t kSilenceMs = 5'000;

 private:
  struct InFlight {
    std::size_t bytes = 0;
    bool is_batch = false;
    std::uint64_t position = 0;  ///< a batch: the log position it ends at
    Timestamp oldest = 0;        ///< a batch: of the writes in it
    std::uint64_t writes = 0;    ///< a batch: how many
    std::string group;           ///< a group's state
    std::uint64_t change = 0;    ///< a group's state
  };
  struct SnapshotProgress {
    std::string after;       ///< the last key sent
    std::uint64_t debt = 0;  ///< Replicator::LocalGroup::snapshots_owed
    bool started = false;
  };

  /// A snapshot whose last part is on its way; paid once the log is acknowledged up to `marker`.
  struct Payment {
    std::string group;
    std::uint64_t debt = 0;
    std::uint64_t marker = 0;
  };

  std::optional<std::string> handle(const Message& message);
  std::optional<std::string> on_challenge(const Challenge& challenge);
  std::string send(const Message& message, InFlight entry);
  void find_work();
  std::optional<std::string> next_group();
  std::optional<std::string> next_snapshot(bool only_starts);
  std::optional<std::string> next_batch();
  std::string heartbeat();
  Timestamp claim(bool at_end, Timestamp last) const;
  std::optional<std::string> on_welcome(const Welcome& welcome);
  std::optional<std::string> on_ack(const Ack& ack);
  void acknowledge(const InFlight& entry);

  Replicator& replicator_;
  Replicator::Peer& peer_;
  std::string region_;
  std::int64_t heard_ms_;
  std::optional<Handshake> handshake_;  ///< after Hello, until Challenge
  std::string handshake_reply_;         ///< Proof, to be sent
  bool greeted_ = false;
  bool proved_ = false;  ///< the peer has answered the challenge, so it is who it says it is
  bool welcomed_ = false;
  bool heartbeat_due_ = false;
  bool jump_ = false;        ///< the log does not reach back to the peer's position
  Position sent_;            ///< log position
  std::uint64_t acked_ = 0;  ///< messages
  std::uint64_t changes_seen_ = 0;
  std::map<std::string, std::uint64_t> told_;  ///< by group: the change sent
  std::set<std::string> to_tell_;
  std::map<std::string, SnapshotProgress> snapshots_;
  std::map<std::string, std::uint64_t> snapshotted_;  ///< by group: the last debt sent
  std::deque<Payment> payments_;                      ///< in order of markers
  std::deque<InFlight> in_flight_;
  std::size_t bytes_in_flight_ = 0;
};

}  // namespace tandem::replication
