// What lies in an engine's folder, before the engine opens it: RocksDB waits for ever on a pipe.
#pragma once

#include <filesystem>

namespace tandem::store {

/// Throws StoreError kCorrupt, naming what is there (a pipe, a device, a link that leads nowhere, a
/// folder) where a file of the database's belongs. What RocksDB makes anew (LOCK, LOG)
/// is removed instead, and that is logged.
void check_store_folder(const std::filesystem::path& folder);

}  // namespace tandem::store
