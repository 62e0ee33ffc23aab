#include "replication/record.h"

#include "core/check.h"
#include "replication/byte_codec.h"

namespace tandem::replication {
namespace {

constexpr std::uint8_t kTombstoneFlag = 1;
/// Region length, flags, timestamp.
constexpr std::size_t kFixedTrailer = 1 + 1 + 8;

}  // namespace

void append_trailer(std::string& item, const Version& version, Liveness liveness) {
  CHECK(version.region.size() <= kMaxRegionBytes);
  item.reserve(item.size() + version.region.size() + kFixedTrailer);
  item.append(version.region);
  put_u8(item, static_cast<std::uint8_t>(version.region.size()));
  put_u8(item, liveness == Liveness::kTombstone ? kTombstoneFlag : 0);
  put_u64(item, version.time);
}

std::optional<RecordView> parse_record(std::string_view bytes) {
  if (bytes.size() < kFixedTrailer) return std::nullopt;
  const std::size_t fixed_at = bytes.size() - kFixedTrailer;
  ByteReader trailer(bytes.substr(fixed_at));
  const std::size_t region_bytes = trailer.u8();
  const std::uint8_t flags = trailer.u8();
  RecordView record;
  record.version.time = trailer.u64();
  if (region_bytes > fixed_at || region_bytes > kMaxRegionBytes) return std::nullopt;
  if (flags > kTombstoneFlag || record.version.time >= kMaxTimestamp) return std::nullopt;
  record.version.region = bytes.substr(fixed_at - region_bytes, region_bytes);
  record.item = bytes.substr(0, fixed_at - region_bytes);
  record.liveness = flags == kTombstoneFlag ? Liveness::kTombstone : Liveness::kItem;
  if (record.is_tombstone() && !record.item.empty()) return std::nullopt;
  return record;
}

}  // namespace tandem::replication
