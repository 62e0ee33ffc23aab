// A stored record: an item with the version that decides between writers. Format:
// docs/formats/dynamodb-records.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "replication/hybrid_clock.h"

namespace tandem::replication {

/// Who wrote and when. Greater wins; the region's name breaks ties.
struct Version {
  Timestamp time = 0;
  std::string_view region;

  friend bool operator==(const Version&, const Version&) = default;
  friend auto operator<=>(const Version&, const Version&) = default;
};

enum class Liveness { kItem, kTombstone };

/// Views into the record's bytes.
struct RecordView {
  Version version;
  Liveness liveness = Liveness::kItem;
  std::string_view item;  ///< empty for a tombstone

  bool is_tombstone() const { return liveness == Liveness::kTombstone; }
};

/// Region names are short: "ap-southeast-1".
inline constexpr std::size_t kMaxRegionBytes = 64;

/// Appends the version to the item's bytes: the version is a trailer, so that reading an item only
/// shortens a string.
void append_trailer(std::string& item, const Version& version, Liveness liveness);
/// Nothing when the bytes are not a record.
std::optional<RecordView> parse_record(std::string_view bytes);

}  // namespace tandem::replication
