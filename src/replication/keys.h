// Where replication keeps things in its store; the page docs/formats/replication-log.md and
// docs/formats/dynamodb-records.md say the same. All numbers big-endian, so that they order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "replication/byte_codec.h"
#include "replication/hybrid_clock.h"

namespace tandem::replication::keys {

inline constexpr std::string_view kClockBound = "mclock";
inline constexpr std::string_view kLogId = "mlog-id";
inline constexpr std::string_view kLogTrimmed = "mlog-trimmed";

inline std::string numbered(char kind, std::uint32_t collection) {
  std::string key(1, kind);
  put_u32(key, collection);
  return key;
}
/// A record of a collection.
inline std::string record(std::uint32_t collection, std::string_view key) {
  std::string full;
  full.reserve(5 + key.size());
  full.push_back('d');
  put_u32(full, collection);
  full.append(key);
  return full;
}
/// The index by which tombstones are found in order of age.
inline std::string tombstone(std::uint32_t collection, Timestamp time, std::string_view key) {
  std::string full = numbered('x', collection);
  put_u64(full, time);
  full.append(key);
  return full;
}
inline std::string statistics(std::uint32_t collection) { return numbered('n', collection); }
inline std::string log_entry(std::uint64_t sequence) {
  std::string key(1, 'l');
  put_u64(key, sequence);
  return key;
}
/// An entry of the lost updates.
inline std::string lost_update(std::uint64_t number) {
  std::string key(1, 'c');
  put_u64(key, number);
  return key;
}
inline std::string peer(std::string_view region) { return 'p' + std::string(region); }
inline std::string group(std::string_view id) { return 'g' + std::string(id); }

}  // namespace tandem::replication::keys
