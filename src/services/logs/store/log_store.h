// Log groups, streams and events as records of the ordered store.
//
//   g/<group>                                  group, JSON
//   s/<group> 00 <stream>                      stream, JSON
//   e/<group> 00 <stream> 00 <time> <sequence>  event: ingestion time, message
//
// Times and sequences are 8 bytes, big endian, so that a stream's events lie in order of time and,
// at the same time, of arrival. Names hold no zero byte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "services/logs/model/put_rules.h"
#include "store/store.h"

namespace tandem::logs {

/// An event's place in its stream.
struct Position {
  std::int64_t timestamp_ms = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const Position&) const = default;
};

struct StoredEvent {
  Position position;
  std::int64_t ingestion_ms = 0;
  std::string message;
};

/// What a group holds at most, counted as storedBytes. AWS keeps everything for ever and bills it;
/// a world on a laptop that just runs must not fill its disk (docs/limits.md).
inline constexpr std::int64_t kMostGroupBytes = 32 << 20;

class LogStore {
 public:
  explicit LogStore(store::Store& store, std::int64_t most_group_bytes = kMostGroupBytes)
      : store_(store), most_group_bytes_(most_group_bytes) {}

  std::optional<json::object> group(std::string_view group) const;
  void put_group(std::string_view group, const json::object& document);
  /// With its streams and events.
  void erase_group(std::string_view group);
  /// Groups whose name starts with prefix and is greater than after, in order of name.
  void each_group(std::string_view prefix, std::string_view after,
                  const std::function<bool(std::string name, json::object)>& visit) const;

  std::optional<json::object> stream(std::string_view group, std::string_view stream) const;
  void put_stream(std::string_view group, std::string_view stream, const json::object& document);
  void erase_stream(std::string_view group, std::string_view stream);
  void each_stream(std::string_view group, std::string_view prefix, std::string_view after,
                   const std::function<bool(std::string name, json::object)>& visit) const;

  /// Adds events and brings the two documents up to date, atomically. Returns the number the
  /// stream's next event will carry. A group that grows over its bound loses its oldest events, an
  /// eighth of them at a time.
  std::uint64_t add(std::string_view group, json::object group_document, std::string_view stream,
                    json::object stream_document, const std::vector<LogEvent>& events,
                    std::int64_t now_ms);

  enum class Direction { kForward, kBackward };
  /// Events from `from` on (inclusive), forward or backward, until visit returns false.
  void each_event(std::string_view group, std::string_view stream, Position from,
                  Direction direction, const std::function<bool(StoredEvent)>& visit) const;

  /// Drops the stream's events older than cutoff, a bounded number a call.
  void expire(std::string_view group, std::string_view stream, std::int64_t cutoff_ms);

 private:
  /// Drops the group's oldest events, of whichever stream, until it holds that many bytes, or,
  /// after a bounded amount of work, no more than its bound: the next call goes on.
  void drop_oldest(std::string_view group, std::int64_t until_bytes);
  /// What of one round of that is gone, in bytes and events.
  struct Dropped {
    std::int64_t bytes = 0;
    std::size_t events = 0;
    bool nothing_left = false;  ///< no stream has an event
  };
  Dropped drop_round(std::string_view group, std::int64_t most_bytes, store::WriteBatch& batch);

  store::Store& store_;
  std::int64_t most_group_bytes_;
};

}  // namespace tandem::logs
