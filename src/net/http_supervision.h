// What the connections of an HTTP server share, and who of them has to go when room runs out.
// Private to the server.
//
// Invariants:
//  - `open` is in order of last progress, the longest without any first.
//  - `held` is the sum of what the members of `open` hold, but of those that were evicted.
//  - A connection whose request is being handled is never evicted: its effect may have happened.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "net/http_server.h"

namespace tandem::net {

/// What the sweep sees of a connection. One timer sweeps them all: a timer for each read would cost
/// more than the read.
class Supervised {
 public:
  virtual ~Supervised() = default;
  /// Makes the I/O under way fail.
  virtual void abort() = 0;

  enum class Phase {
    kIdle,      ///< between requests
    kTransfer,  ///< a handshake, a request or an answer is on its way
    kBusy,      ///< the handler has the request
  };

  static constexpr std::int64_t kNever = INT64_MAX;
  std::int64_t deadline_ns = kNever;
  std::int64_t progress_ns = 0;  ///< when it last got on
  bool expired = false;
  bool evicted = false;
  Phase phase = Phase::kIdle;
  std::size_t held = 0;  ///< bytes of bodies in memory

 private:
  friend struct ServerShared;
  std::list<Supervised*>::iterator place_;
};

/// What the connections of a server share.
struct ServerShared {
  HttpServer::Options options;
  HttpHandler handler;
  core::SystemClock clock;
  HttpServer::Stats stats;
  std::list<Supervised*> open;
  bool stopping = false;

  /// The Date field's value, made once a second.
  const std::string& date();
  static HttpResponse refusal(int status, std::string_view why);

  void add(Supervised& connection);
  void remove(Supervised& connection);
  /// It got on: it is the last that has to go, and has until then.
  void progress(Supervised& connection, std::chrono::milliseconds until_expiry);

  /// Says how much a connection holds from now on. Room is made at the cost of others; false when
  /// there is none to be made, and then the connection must let go of what it holds.
  bool hold(Supervised& connection, std::size_t bytes);
  /// Ends the connection that is missed least: one that has stood still within a message for a
  /// while, else the idle one that has rested longest, else the slowest. False when all are busy.
  bool evict_one();
  /// Ends this one.
  void evict(Supervised& connection);
  std::size_t held() const { return held_; }

 private:
  /// Counted against the budget: all but the largest body, which may be of any size its service
  /// takes. Else one upload to S3 could not be larger than the budget of all.
  std::size_t counted() const { return held_ - (large_ != nullptr ? large_->held : 0); }
  bool evict_holder(const Supervised& but);
  bool stands_still(const Supervised& connection);

  std::size_t held_ = 0;
  Supervised* large_ = nullptr;
  std::int64_t date_s_ = -1;
  std::string date_;
};

}  // namespace tandem::net
