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

bool remove_path(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) log::warning("code package {}: {}", path.string(), error.message());
  return !error;
}

/// Both of it.
bool remove_package(const fs::path& code_folder, const std::string& code_id) {
  const bool archive = remove_path(archive_path(code_folder, code_id));
  return remove_path(code_folder / code_id) && archive;
}

/// Code for the other architecture runs here as long as nothing of it is machine code; what is made
/// for this machine alone would run here, and not on AWS.
void check_machine(const fs::path& folder, std::string_view architecture) {
  if (architecture == machine_architecture()) return;
  std::string file = foreign_file(folder, architecture);
  if (!file.empty()) {
    throw errors::invalid_parameter(
        fmt::format("Architectures: {} is made for another machine than {}", file, architecture));
  }
  file = foreign_file(folder, machine_architecture());
  if (file.empty()) return;
  throw errors::invalid_parameter(
      fmt::format("Architectures: {} code runs on this machine, which is {}, only without machine "
                  "code of its own, and {} is made for another machine",
                  architecture, machine_architecture(), file));
}

}  // namespace

Task<CodePackage> CodeStore::unpack(std::string archive, std::string architecture) {
  return unpack(std::move(archive), std::move(architecture), Keep::kBoth);
}

Task<CodePackage> CodeStore::unpack(std::string archive, std::string architecture, Keep keep) {
  std::string code_id = core::random_text(host_.random, 32, core::kLowerHex);
  auto work = [archive = std::move(archive), all = host_.code_folder, code_id, architecture, keep,
               flush = flush_] {
    const fs::path folder = all / code_id;
    // What is unpacked is larger, but seldom by much more than three times; and the archive itself.
    store::require_room(folder, 4 * archive.size());
    try {
      unzip(archive, folder);
      check_machine(folder, architecture);
      CodePackage package = describe(archive, code_id);
      package.outline = outline_of(folder);
      package.digest = digest_of(folder);
      if (keep == Keep::kBoth) write_archive(archive_path(all, code_id), archive, flush);
      return package;
    } catch (...) {
      // Half a package is of no use, and on a full disk it would be in the way.
      remove_package(all, code_id);
      throw;
    }
  };
  CodePackage package = co_await core::run_blocking(host_.blocking, std::move(work));
  co_return package;
}

Task<CodePackage> CodeStore::inspect(std::string archive, std::string architecture) {
  if (architecture != machine_architecture()) {
    CodePackage package =
        co_await unpack(std::move(archive), std::move(architecture), Keep::kFolder);
    const fs::path folder = host_.code_folder / std::exchange(package.code_id, "");
    auto clear = [folder] { return remove_path(folder); };
    co_await core::run_blocking(host_.blocking, std::move(clear));
    co_return package;
  }
  auto work = [archive = std::move(archive)] {
    check_zip(archive);
    return describe(archive, "");
  };
  CodePackage package = co_await core::run_blocking(host_.blocking, std::move(work));
  co_return package;
}

Task<bool> CodeStore::has_archive(std::string code_id, std::int64_t size) {
  auto look = [path = archive_path(host_.code_folder, code_id), size] {
    return is_archive(path, static_cast<std::uint64_t>(size));
  };
  co_return co_await core::run_blocking(host_.blocking, std::move(look));
}

Task<std::shared_ptr<net::BodySource>> CodeStore::open(std::string code_id, std::int64_t size,
                                                       std::string sha256) {
  return open_archive(host_.blocking, archive_path(host_.code_folder, code_id),
                      static_cast<std::uint64_t>(size), std::move(sha256));
}

Task<void> CodeStore::sweep(std::function<bool(const std::string&)> in_use) {
  std::vector<std::string> ids;
  for (auto each = discarded_.begin(); each != discarded_.end();) {
    if (in_use(*each)) {
      ++each;
      continue;
    }
    ids.push_back(*each);
    each = discarded_.erase(each);
  }
  if (ids.empty()) co_return;
  auto work = [ids = std::move(ids), folder = host_.code_folder] {
    bool all = true;
    for (const std::string& id : ids) all = remove_package(folder, id) && all;
    return all;
  };
  co_await core::run_blocking(host_.blocking, std::move(work));
}

void CodeStore::remove_unknown(const std::set<std::string>& known) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(host_.code_folder, error)) {
    std::string id = entry.path().filename().string();
    if (id.ends_with(kArchiveSuffix)) id.erase(id.size() - kArchiveSuffix.size());
    if (!known.contains(id)) remove_path(entry.path());
  }
}

}  // namespace tandem::lambda
