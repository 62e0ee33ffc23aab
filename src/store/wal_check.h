// Tells a write-ahead log that was torn at its end, as kill -9 and a power loss leave it, from one
// that is damaged in front of records that are whole.
//
// RocksDB cuts a log at the first record that it cannot read and goes on as if nothing had
// followed; in its stricter modes it still takes a damaged length for a torn end. What follows
// would be lost without a word, so the logs are read here before RocksDB opens them.
#pragma once

#include <filesystem>

namespace tandem::store {

/// Reads every *.log of a RocksDB folder. Throws StoreError kCorrupt, naming file and offset, when
/// whole records follow something unreadable, or when files tell of a database but CURRENT or
/// its log, without which RocksDB would begin an empty one, is missing. A torn end is logged.
void check_logs(const std::filesystem::path& folder);

}  // namespace tandem::store
