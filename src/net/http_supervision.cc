#include "net/http_supervision.h"

#include "core/text.h"

namespace tandem::net {
namespace {

/// Within a message, whoever sends nothing for this long is slow.
constexpr std::int64_t kStandstill_ns = 2'000'000'000;
/// A body of this part of the budget may be the large one.
constexpr std::size_t kLargePart = 4;

}  // namespace

const std::string& ServerShared::date() {
  const std::int64_t now_s = clock.now_s();
  if (now_s != date_s_) {
    date_s_ = now_s;
    date_ = core::http_date(now_s);
  }
  return date_;
}

HttpResponse ServerShared::refusal(int status, std::string_view why) {
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = std::string(why) + "\n";
  return response;
}

void ServerShared::add(Supervised& connection) {
  connection.place_ = open.insert(open.end(), &connection);
  connection.progress_ns = clock.steady_ns();
}

void ServerShared::remove(Supervised& connection) {
  hold(connection, 0);
  open.erase(connection.place_);
}

void ServerShared::progress(Supervised& connection, std::chrono::milliseconds until_expiry) {
  connection.progress_ns = clock.steady_ns();
  connection.deadline_ns = connection.progress_ns + std::chrono::nanoseconds(until_expiry).count();
  open.splice(open.end(), open, connection.place_);
}

bool ServerShared::hold(Supervised& connection, std::size_t bytes) {
  // What an evicted connection holds is as good as gone.
  if (connection.evicted) return false;
  held_ += bytes - connection.held;
  connection.held = bytes;
  const bool large = bytes >= options.limits.held_bytes / kLargePart;
  if (large_ == &connection && !large) large_ = nullptr;
  while (counted() > options.limits.held_bytes) {
    if (large_ == nullptr && large) {
      large_ = &connection;
    } else if (!evict_holder(connection)) {
      return false;
    }
  }
  return true;
}

void ServerShared::evict(Supervised& connection) {
  held_ -= connection.held;
  connection.held = 0;
  if (large_ == &connection) large_ = nullptr;
  connection.evicted = true;
  ++stats.evicted;
  connection.abort();
}

bool ServerShared::evict_holder(const Supervised& but) {
  const auto may_go = [&but](const Supervised& connection) {
    return &connection != &but && !connection.evicted && connection.held > 0 &&
           connection.phase != Supervised::Phase::kBusy;
  };
  for (Supervised* connection : open) {
    if (connection == large_ || !may_go(*connection)) continue;
    evict(*connection);
    return true;
  }
  // The large one is not counted, but its privilege is of use to whoever asks, unless it gets on.
  if (large_ == nullptr || !may_go(*large_) || !stands_still(*large_)) return false;
  evict(*large_);
  return true;
}

bool ServerShared::stands_still(const Supervised& connection) {
  return connection.progress_ns < clock.steady_ns() - kStandstill_ns;
}

bool ServerShared::evict_one() {
  const std::int64_t still_since_ns = clock.steady_ns() - kStandstill_ns;
  Supervised* idle = nullptr;
  Supervised* slowest = nullptr;
  for (Supervised* connection : open) {
    if (connection->evicted || connection->phase == Supervised::Phase::kBusy) continue;
    const bool standing = connection->progress_ns < still_since_ns;
    // Whoever follows has got on later.
    if (!standing && idle != nullptr) break;
    if (connection->phase == Supervised::Phase::kIdle) {
      if (idle == nullptr) idle = connection;
      continue;
    }
    if (standing) {
      evict(*connection);
      return true;
    }
    if (slowest == nullptr) slowest = connection;
  }
  Supervised* chosen = idle != nullptr ? idle : slowest;
  if (chosen == nullptr) return false;
  evict(*chosen);
  return true;
}

}  // namespace tandem::net
