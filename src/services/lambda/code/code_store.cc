#include "services/lambda/code/code_store.h"

#include <system_error>
#include <utility>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/log.h"
#include "services/lambda/code/code_watch.h"
#include "services/lambda/code/machine_code.h"
#include "services/lambda/code/zip.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/rules.h"
#include "store/space.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

CodePackage describe(const std::string& archive, std::string code_id) {
  CodePackage package;
  package.code_id = std::move(code_id);
  package.sha256 = core::base64_encode(core::sha256(archive));
  package.size = static_cast<std::int64_t>(archive.size());
  return package;
}

bool remove_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) log::warning("code package {}: {}", folder.string(), error.message());
  return !error;
}

/// Code for the other architecture runs here as long as nothing of it is machine code.
void check_machine(const fs::path& folder, std::string_view architecture) {
  if (architecture == machine_architecture()) return;
  const std::string file = foreign_file(folder, machine_architecture());
  if (file.empty()) return;
  throw errors::invalid_parameter(
      fmt::format("Architectures: {} code runs on this machine, which is {}, only without machine "
                  "code of its own, and {} is made for another machine",
                  architecture, machine_architecture(), file));
}

}  // namespace

Task<CodePackage> CodeStore::unpack(std::string archive, std::string architecture) {
  std::string code_id = core::random_text(host_.random, 32, core::kLowerHex);
  const fs::path folder = host_.code_folder / code_id;
  auto work = [archive = std::move(archive), folder, code_id, architecture] {
    // What is unpacked is larger, but seldom by much more than this.
    store::require_room(folder, 3 * archive.size());
    try {
      unzip(archive, folder);
      check_machine(folder, architecture);
      CodePackage package = describe(archive, code_id);
      package.outline = outline_of(folder);
      package.digest = digest_of(folder);
      return package;
    } catch (...) {
      // Half a package is of no use, and on a full disk it would be in the way.
      remove_folder(folder);
      throw;
    }
  };
  CodePackage package = co_await core::run_blocking(host_.blocking, std::move(work));
  co_return package;
}

Task<CodePackage> CodeStore::inspect(std::string archive, std::string architecture) {
  if (architecture != machine_architecture()) {
    CodePackage package = co_await unpack(std::move(archive), std::move(architecture));
    const fs::path folder = host_.code_folder / std::exchange(package.code_id, "");
    co_await core::run_blocking(host_.blocking, [folder] { return remove_folder(folder); });
    co_return package;
  }
  auto work = [archive = std::move(archive)] {
    check_zip(archive);
    return describe(archive, "");
  };
  CodePackage package = co_await core::run_blocking(host_.blocking, std::move(work));
  co_return package;
}

Task<void> CodeStore::sweep(std::function<bool(const std::string&)> in_use) {
  std::vector<fs::path> folders;
  for (auto each = discarded_.begin(); each != discarded_.end();) {
    if (in_use(*each)) {
      ++each;
      continue;
    }
    folders.push_back(host_.code_folder / *each);
    each = discarded_.erase(each);
  }
  if (folders.empty()) co_return;
  auto work = [folders = std::move(folders)] {
    bool all = true;
    for (const fs::path& folder : folders) all = remove_folder(folder) && all;
    return all;
  };
  co_await core::run_blocking(host_.blocking, std::move(work));
}

void CodeStore::remove_unknown(const std::set<std::string>& known) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(host_.code_folder, error)) {
    if (!known.contains(entry.path().filename().string())) remove_folder(entry.path());
  }
}

}  // namespace tandem::lambda
