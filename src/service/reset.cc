// POST /_tandem/reset, the part all services share.
#include <exception>
#include <filesystem>

#include "core/task.h"
#include "service/service.h"
#include "store/store.h"

namespace tandem::service {
namespace {

/// Keys of services begin with the name of what they hold: none is beyond this one.
constexpr std::string_view kBeyondAll = "\xff";

void empty_store(store::Store& store, const std::vector<std::string>& prefixes) {
  store::WriteBatch batch;
  for (const std::string& prefix : prefixes) {
    batch.erase_range(prefix, prefix.empty() ? std::string(kBeyondAll) : store::prefix_end(prefix));
  }
  store.write(std::move(batch));
}

/// Blocks. The folder itself stays: services make it once.
void empty_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    std::filesystem::remove_all(entry.path());
  }
}

}  // namespace

Task<void> Service::reset() {
  co_await pause();
  const std::function<void()> forget = forgetting();
  try {
    empty_store(environment().store, emptied());
  } catch (const store::StoreError&) {
    resume();
    throw;
  }
  // The store first: files without a record are litter, records without their files are damage.
  const std::filesystem::path folder = environment().folder;
  std::exception_ptr failed;
  if (!folder.empty()) {
    auto work = [folder] { empty_folder(folder); };
    try {
      co_await core::run_blocking(environment().blocking, std::move(work));
    } catch (...) {
      failed = std::current_exception();
    }
  }
  // The store is empty, whatever became of the files: what memory holds is no longer true, and the
  // service goes on.
  forget();
  resume();
  if (failed) std::rethrow_exception(failed);
}

}  // namespace tandem::service
