#include "store/store_folder.h"

#include <fmt/format.h>
#include <string>
#include <system_error>

#include "core/files.h"
#include "core/log.h"
#include "store/store_failure.h"

namespace tandem::store {
namespace {

namespace fs = std::filesystem;

/// Nothing in them is data: RocksDB locks the one and writes messages for people to the other.
bool is_made_anew(const std::string& name) { return name == "LOCK" || name.starts_with("LOG"); }

bool is_data(const fs::path& name) {
  return name == "CURRENT" || name.string().starts_with("MANIFEST-") ||
         name.extension() == ".log" || name.extension() == ".sst";
}

}  // namespace

void check_store_folder(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::error_code failed;
    // Links are followed: a database may be spread over disks.
    const fs::file_type type = entry.status(failed).type();
    const fs::path name = entry.path().filename();
    if (type == fs::file_type::regular) continue;
    if (type == fs::file_type::directory && !is_data(name)) continue;
    if (entry.symlink_status(failed).type() == fs::file_type::not_found) continue;
    const std::string what = core::kind_of(entry.path());
    if (is_made_anew(name.string()) && fs::remove(entry.path(), failed)) {
      log::warning("{} was {}, not a file: removed, and made anew", entry.path().string(), what);
      continue;
    }
    throw StoreFailure(StoreFailure::Kind::kCorrupt,
                       fmt::format("{} is {} where a file of the store belongs; if that file is "
                                   "still somewhere, put it back",
                                   entry.path().string(), what));
  }
}

}  // namespace tandem::store
