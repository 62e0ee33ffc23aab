#include "replication/record.h"

#include <algorithm>

#include "core/check.h"
#include "replication/byte_codec.h"

namespace tandem::replication {
namespace {

constexpr std::uint8_t kTombstoneFlag = 0x01;
constexpr std::uint8_t kMarksFlag = 0x10;
/// Region length, flags, timestamp.
constexpr std::size_t kFixedTrailer = 1 + 1 + 8;
constexpr std::size_t kMarksLength = 2;
/// More than kMost marks take.
constexpr std::size_t kMaxMarksBytes = Marks::kMost * (1 + kMaxRegionBytes + 1 + 8);

}  // namespace

const Mark* Marks::find(std::string_view region) const {
  const auto found = std::find_if(marks_.begin(), marks_.end(),
                                  [&](const Mark& mark) { return mark.region == region; });
  return found == marks_.end() ? nullptr : &*found;
}

void Marks::raise(const Mark& mark) {
  const auto at = std::lower_bound(
      marks_.begin(), marks_.end(), mark,
      [](const Mark& one, const Mark& other) { return one.region < other.region; });
  if (at == marks_.end() || at->region != mark.region) {
    if (marks_.size() < kMost) marks_.insert(at, mark);
  } else if (at->time < mark.time) {
    *at = mark;
  }
}

std::string Marks::encode(std::string_view without) const {
  std::string bytes;
  for (const Mark& mark : marks_) {
    if (mark.region == without) continue;
    put_u8(bytes, static_cast<std::uint8_t>(mark.region.size()));
    bytes.append(mark.region);
    put_u8(bytes, static_cast<std::uint8_t>(mark.kind));
    put_u64(bytes, mark.time);
  }
  return bytes;
}

std::optional<Marks> Marks::decode(std::string_view bytes) {
  Marks marks;
  ByteReader reader(bytes);
  while (reader.ok() && !reader.at_end()) {
    Mark mark;
    mark.region = reader.raw(reader.u8());
    const std::uint8_t kind = reader.u8();
    mark.time = reader.u64();
    const bool in_order = marks.marks_.empty() || marks.marks_.back().region < mark.region;
    if (!reader.ok() || kind > 1 || !in_order || marks.marks_.size() == kMost ||
        mark.region.empty() || mark.region.size() > kMaxRegionBytes || mark.time >= kMaxTimestamp) {
      return std::nullopt;
    }
    mark.kind = static_cast<Mark::Kind>(kind);
    marks.marks_.push_back(mark);
  }
  return marks;
}

void append_trailer(std::string& item, const Version& version, Liveness liveness,
                    std::optional<std::string_view> marks) {
  CHECK(version.region.size() <= kMaxRegionBytes);
  CHECK(!marks || marks->size() <= kMaxMarksBytes);
  item.reserve(item.size() + version.region.size() + kFixedTrailer +
               (marks ? marks->size() + kMarksLength : 0));
  if (marks) {
    item.append(*marks);
    put_u16(item, static_cast<std::uint16_t>(marks->size()));
  }
  item.append(version.region);
  put_u8(item, static_cast<std::uint8_t>(version.region.size()));
  put_u8(item, static_cast<std::uint8_t>((liveness == Liveness::kTombstone ? kTombstoneFlag : 0) |
                                         (marks ? kMarksFlag : 0)));
  put_u64(item, version.time);
}

std::optional<RecordView> parse_record(std::string_view bytes) {
  if (bytes.size() < kFixedTrailer) return std::nullopt;
  std::size_t end = bytes.size() - kFixedTrailer;
  ByteReader trailer(bytes.substr(end));
  const std::size_t region_bytes = trailer.u8();
  const std::uint8_t flags = trailer.u8();
  RecordView record;
  record.version.time = trailer.u64();
  if (region_bytes > end || region_bytes > kMaxRegionBytes) return std::nullopt;
  if ((flags & ~(kTombstoneFlag | kMarksFlag)) != 0) return std::nullopt;
  if (record.version.time >= kMaxTimestamp) return std::nullopt;
  end -= region_bytes;
  record.version.region = bytes.substr(end, region_bytes);
  if ((flags & kMarksFlag) != 0) {
    if (end < kMarksLength) return std::nullopt;
    end -= kMarksLength;
    const std::size_t marks_bytes = ByteReader(bytes.substr(end)).u16();
    if (marks_bytes > end || marks_bytes > kMaxMarksBytes) return std::nullopt;
    end -= marks_bytes;
    record.marks = bytes.substr(end, marks_bytes);
  }
  record.item = bytes.substr(0, end);
  record.liveness = (flags & kTombstoneFlag) != 0 ? Liveness::kTombstone : Liveness::kItem;
  if (record.is_tombstone() && !record.item.empty()) return std::nullopt;
  return record;
}

Marks marks_after(const RecordView& replaced, const Marks& applied) {
  std::optional<Marks> marks;
  if (replaced.marks) marks = Marks::decode(*replaced.marks);
  // Of a past that nobody can tell (0.1.0) no write is called lost.
  if (!marks) marks = applied;
  marks->raise({replaced.version.region, replaced.version.time, Mark::Kind::kWrite});
  return std::move(*marks);
}

}  // namespace tandem::replication
