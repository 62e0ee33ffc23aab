#include "store/wal_check.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"
#include "core/log.h"
#include "store/store_failure.h"

namespace tandem::store {
namespace {

namespace fs = std::filesystem;

// The log's format (RocksDB wiki, "Write Ahead Log File Format"): blocks of 32 KiB, in each records
// of {masked CRC-32C of type and payload, length, type, payload}; no header is split over blocks.
constexpr std::size_t kBlock = 32 << 10;
constexpr std::size_t kHeader = 7;
constexpr unsigned kFull = 1;
constexpr unsigned kLast = 4;

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint32_t fixed32(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2) << 16 |
         byte_at(bytes, at + 3) << 24;
}

std::uint32_t unmasked(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8U;
  return (rotated >> 17) | (rotated << 15);
}

/// CRC-32C (Castagnoli).
using Crc = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

/// The length of the whole record that begins at this offset; nothing when there is none.
std::optional<std::size_t> record_at(std::string_view log, std::size_t at) {
  const std::size_t left = std::min(kBlock - at % kBlock, log.size() - at);
  if (left < kHeader) return std::nullopt;
  const std::size_t length = byte_at(log, at + 4) | byte_at(log, at + 5) << 8;
  const unsigned type = byte_at(log, at + 6);
  if (type < kFull || type > kLast || kHeader + length > left) return std::nullopt;
  Crc crc;
  crc.process_bytes(log.data() + at + 6, 1 + length);
  if (crc.checksum() != unmasked(fixed32(log, at))) return std::nullopt;
  return kHeader + length;
}

/// Where the first bytes that are no record begin: the log's size when there are none.
std::size_t readable_prefix(std::string_view log) {
  std::size_t at = 0;
  while (at < log.size()) {
    // What is too short for a header fills a block up.
    const std::size_t left_in_block = kBlock - at % kBlock;
    if (left_in_block < kHeader) {
      at = std::min(at + left_in_block, log.size());
      continue;
    }
    const auto length = record_at(log, at);
    if (!length) return at;
    at += *length;
  }
  return at;
}

/// A damaged length says nothing about where the next record begins, so every offset is tried.
/// Records without payload are passed over: RocksDB writes none, and their checksum covers one
/// byte.
std::optional<std::size_t> next_record(std::string_view log, std::size_t from) {
  for (std::size_t at = from; at + kHeader < log.size(); ++at) {
    const auto length = record_at(log, at);
    if (length && *length > kHeader) return at;
  }
  return std::nullopt;
}

/// Whether a log holds a write that is whole. Opening a database whose last log is torn begins the
/// next one with a batch of no writes before it notes in the manifest that the torn one is done
/// with; a disk that fills in between leaves both.
bool has_writes(std::string_view log) {
  // A batch (RocksDB's write_batch.cc) is an 8-byte sequence number, a 4-byte count and the writes.
  constexpr std::size_t kEmptyBatch = 12;
  constexpr std::size_t kCount = 8;
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t left_in_block = kBlock - at % kBlock;
    if (left_in_block < kHeader) {
      at += left_in_block;
      continue;
    }
    const auto length = record_at(log, at);
    if (!length) return next_record(log, at + 1).has_value();
    const bool empty =
        *length == kHeader || (*length == kHeader + kEmptyBatch && byte_at(log, at + 6) == kFull &&
                               fixed32(log, at + kHeader + kCount) == 0);
    if (!empty) return true;
    at += *length;
  }
  return false;
}

struct Log {
  std::uint64_t number = 0;
  fs::path path;
};

/// What a database's folder holds, by its files' names.
struct Files {
  std::vector<Log> logs;  ///< in order of their numbers
  bool current = false;
  bool tables = false;
  bool first_manifest = false;  ///< of a database that has never been opened whole
};

Files files_in(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "CURRENT") files.current = true;
    if (name == "MANIFEST-000001") files.first_manifest = true;
    if (entry.path().extension() == ".sst") files.tables = true;
    if (entry.path().extension() != ".log") continue;
    Log log{0, entry.path()};
    std::from_chars(name.data(), name.data() + name.size(), log.number);
    files.logs.push_back(std::move(log));
  }
  std::sort(files.logs.begin(), files.logs.end(),
            [](const Log& a, const Log& b) { return a.number < b.number; });
  return files;
}

[[noreturn]] void refuse(const fs::path& file, std::size_t at, std::string_view what) {
  throw StoreFailure(StoreFailure::Kind::kCorrupt,
                     fmt::format("{} is damaged at byte {}: {}", file.string(), at, what));
}

}  // namespace

void check_logs(const fs::path& folder) {
  const Files files = files_in(folder);
  if (!files.current && (files.tables || !files.logs.empty())) {
    throw StoreFailure(StoreFailure::Kind::kCorrupt,
                       fmt::format("{} is missing", (folder / "CURRENT").string()));
  }
  // An open database always has a log, so one that has been open has one.
  if (files.current && files.logs.empty() && !files.first_manifest) {
    throw StoreFailure(
        StoreFailure::Kind::kCorrupt,
        fmt::format("the write-ahead log (a file {}) is missing", (folder / "*.log").string()));
  }
  const Log* torn = nullptr;
  std::size_t torn_at = 0;
  for (const Log& log : files.logs) {
    const std::string bytes = core::read_file(log.path);
    if (torn != nullptr && has_writes(bytes)) {
      refuse(torn->path, torn_at, "later logs follow it");
    }
    const std::size_t readable = readable_prefix(bytes);
    if (readable == bytes.size()) continue;
    if (const auto next = next_record(bytes, readable + 1)) {
      refuse(log.path, readable, fmt::format("records that are whole follow at byte {}", *next));
    }
    if (torn != nullptr) continue;
    torn = &log;
    torn_at = readable;
  }
  if (torn == nullptr) return;
  log::warning(
      "{} ends in the middle of a write, at byte {}, and is cut there: after a power loss, writes "
      "that were acknowledged last may be lost where no other region has them",
      torn->path.string(), torn_at);
}

}  // namespace tandem::store
