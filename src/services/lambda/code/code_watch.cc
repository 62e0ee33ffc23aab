#include "services/lambda/code/code_watch.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/bytes.h"
#include "core/log.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

/// Everything below the folder, in the order of names, links not followed.
std::vector<fs::path> all_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string line_of(const fs::path& path, const fs::path& folder) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0) {
    throw fs::filesystem_error("cannot be looked at", path,
                               std::error_code(errno, std::generic_category()));
  }
  const mode_t kind = about.st_mode & S_IFMT;
  const auto size = S_ISREG(about.st_mode) ? about.st_size : 0;
  const bool executable = S_ISREG(about.st_mode) && (about.st_mode & S_IXUSR) != 0;
  const std::string target =
      S_ISLNK(about.st_mode) ? fs::read_symlink(path).string() : std::string();
  // Names may hold anything but a zero byte.
  std::string line = fmt::format("{:o} {} {} ", kind, size, executable ? 'x' : '-');
  line += path.native().substr(folder.native().size() + 1) + '\0' + target + '\0';
  return line;
}

/// A chain over pieces: packages may be larger than memory is meant for.
void read_into(const fs::path& path, std::string& chain) {
  constexpr std::size_t kPiece = 256 * 1024;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) {
    throw fs::filesystem_error("cannot be read", path,
                               std::error_code(errno, std::generic_category()));
  }
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t got = ::read(file, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    const int failed = got < 0 ? errno : 0;
    if (got <= 0) ::close(file);
    if (failed != 0) {
      throw fs::filesystem_error("cannot be read", path,
                                 std::error_code(failed, std::generic_category()));
    }
    if (got == 0) return;
    chain = core::sha256(chain + piece.substr(0, static_cast<std::size_t>(got)));
  }
}

}  // namespace

std::string outline_of(const fs::path& folder) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return "";
  std::string lines;
  for (const fs::path& path : all_below(folder)) lines += line_of(path, folder);
  return core::hex_encode(core::sha256(lines));
}

std::string digest_of(const fs::path& folder) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return "";
  std::string chain;
  for (const fs::path& path : all_below(folder)) {
    chain = core::sha256(chain + line_of(path, folder));
    if (fs::symlink_status(path).type() == fs::file_type::regular) read_into(path, chain);
  }
  return core::hex_encode(chain);
}

/// A record from before there were outlines tells only whether the package is there.
void CodeWatch::look(const Function& function) {
  std::string found;
  try {
    found = outline_of(folder_ / function.code_id);
    const bool same = function.code_outline.empty() || found == function.code_outline;
    note(function, found.empty() ? Damage::kMissing : same ? Damage::kNone : Damage::kChanged);
  } catch (const fs::filesystem_error& error) {
    log::warning("lambda {}: {}", function.name, error.what());
    note(function, Damage::kChanged);
  }
}

Task<std::string> CodeWatch::look_again(FunctionPtr function) {
  const auto look = [folder = folder_ / function->code_id]() -> std::optional<std::string> {
    try {
      return outline_of(folder);
    } catch (const fs::filesystem_error&) {
      return std::nullopt;
    }
  };
  const std::optional<std::string> found = co_await core::run_blocking(pool_, look);
  // Once its contents are known to have changed, an outline that is right proves nothing.
  const auto known = damaged_.find(function->code_id);
  const bool same = found && (function->code_outline.empty() || *found == function->code_outline);
  if (found && found->empty()) {
    note(*function, Damage::kMissing);
  } else if (!same) {
    note(*function, Damage::kChanged);
  } else if (known == damaged_.end() || known->second != Damage::kContents) {
    note(*function, Damage::kNone);
  }
  co_return damage_of(*function);
}

Task<void> CodeWatch::read_all(std::vector<FunctionPtr> functions,
                               std::function<void(const Function& function)> damaged) {
  for (const FunctionPtr& function : functions) {
    if (function->code_digest.empty() || damaged_.contains(function->code_id)) continue;
    const auto read = [folder = folder_ / function->code_id]() -> std::string {
      try {
        return digest_of(folder);
      } catch (const fs::filesystem_error&) {
        return "";
      }
    };
    const std::string found = co_await core::run_blocking(pool_, read);
    if (found == function->code_digest) continue;
    // What is gone meanwhile was replaced, or is missing: whoever starts an instance looks again.
    std::error_code failed;
    if (!fs::exists(folder_ / function->code_id, failed)) continue;
    note(*function, Damage::kContents);
    damaged(*function);
  }
}

std::string CodeWatch::damage_of(const Function& function) const {
  const auto found = damaged_.find(function.code_id);
  if (found == damaged_.end()) return "";
  const std::string folder = (folder_ / function.code_id).string();
  const std::string what =
      found->second == Damage::kMissing
          ? fmt::format("the code of function {} is missing on this disk ({})", function.name,
                        folder)
          : fmt::format(
                "the code of function {} on this disk ({}) is not what was deployed: files "
                "were changed, cut or removed",
                function.name, folder);
  return what + "; 'tandem up' or UpdateFunctionCode deploys it anew";
}

void CodeWatch::note(const Function& function, Damage damage) {
  const auto before = damaged_.find(function.code_id);
  if (damage == Damage::kNone) {
    if (before != damaged_.end()) damaged_.erase(before);
    return;
  }
  if (before != damaged_.end() && before->second == damage) return;
  damaged_[function.code_id] = damage;
  log::error("lambda: {}", damage_of(function));
}

}  // namespace tandem::lambda
