// A stored record: an item with the version that decides between writers, and what its writer had
// seen of the others. Format: docs/formats/dynamodb-records.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Region names are short: "ap-southeast-1".
inline constexpr std::size_t kMaxRegionBytes = 64;

/// What the writer of a record had seen of another region's writes of the same item. A record
/// inherits the marks of the one it replaces, and that one's version becomes a mark. Where none was
/// replaced, everything the writer's region had applied of that region's log had been seen.
struct Mark {
  enum class Kind : std::uint8_t {
    kApplied = 0,  ///< everything up to this time, of this item and all others
    kWrite = 1,    ///< the write of this time, the last of that region in this record's past
  };
  std::string_view region;
  Timestamp time = 0;
  Kind kind = Kind::kApplied;
};

/// By region, in order. Borrows the names.
class Marks {
 public:
  const Mark* find(std::string_view region) const;
  /// Keeps the later of the two.
  void raise(const Mark& mark);
  const std::vector<Mark>& all() const { return marks_; }

  /// But for the writer's own region: its version says more.
  std::string encode(std::string_view without) const;
  /// Nothing when the bytes are no marks.
  static std::optional<Marks> decode(std::string_view bytes);
  static constexpr std::size_t kMost = 64;

 private:
  std::vector<Mark> marks_;
};

/// Views into the record's bytes.
struct RecordView {
  Version version;
  Liveness liveness = Liveness::kItem;
  std::string_view item;  ///< empty for a tombstone
  /// Encoded; nothing in a record from before there were any (0.1.0), of which nobody can tell what
  /// its writer had seen.
  std::optional<std::string_view> marks;

  bool is_tombstone() const { return liveness == Liveness::kTombstone; }
};

/// Appends the version to the item's bytes: the version is a trailer, so that reading an item only
/// shortens a string.
void append_trailer(std::string& item, const Version& version, Liveness liveness,
                    std::optional<std::string_view> marks = std::nullopt);
/// Nothing when the bytes are not a record. The marks are not looked into.
std::optional<RecordView> parse_record(std::string_view bytes);

/// The marks of a record that replaces this one. Borrows from both. applied: of everything that the
/// writer's region has applied.
Marks marks_after(const RecordView& replaced, const Marks& applied);

}  // namespace tandem::replication
