// Primary keys as bytes that order as DynamoDB orders items.
//
//   key       = partition range?
//   partition = hash (8 bytes, big endian) · length of bytes (2, big endian) · bytes of hash value
//   range     = bytes of range value, to the end
//
// Within a partition, keys order by range value: numbers by value, strings and binaries by unsigned
// bytes. Partitions order by a hash, so a segment of a parallel scan is an interval of hashes. The
// hash never changes: stored tables and paging tokens depend on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/dynamodb/model/value.h"

namespace tandem::dynamodb {

/// value is S, N or B.
std::string encode_partition(const Value& hash_value);
/// The order-preserving bytes of one S, N or B value. No number's bytes are a prefix of another's.
void append_key_bytes(std::string& out, const Value& value);
/// range_value is nullptr for tables without a range key.
std::string encode_key(const Value& hash_value, const Value* range_value);

/// The values that encode_key was given. Nothing when the bytes are not of that form.
enum class KeyForm { kBytes, kNumber };
struct DecodedKey {
  std::string hash;   ///< the bytes of an S or B value, the text of a number
  std::string range;  ///< the same; empty without a range key
};
std::optional<DecodedKey> decode_key(std::string_view key, KeyForm hash,
                                     std::optional<KeyForm> range);

/// The partition's share of a key, and its hash. key must come from encode_key.
std::string_view partition_of(std::string_view key);
std::uint64_t partition_hash(std::string_view key);

/// Keys of one of total_segments equal parts of the hash space: [begin, end), end empty for the
/// last. segment < total_segments.
struct KeyRange {
  std::string begin;
  std::string end;
};
KeyRange segment_range(std::uint32_t segment, std::uint32_t total_segments);

}  // namespace tandem::dynamodb
