#include "topology/state_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/files.h"
#include "topology/local.h"

namespace tandem::topology {
namespace {

enum class Thing { kNothing, kFile, kFolder, kOther };

/// What is there, a link followed. One that leads nowhere is kOther.
Thing thing_at(const std::filesystem::path& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return Thing::kNothing;
  const bool link = S_ISLNK(found.st_mode);
  if (link && stat(path.c_str(), &found) != 0) return Thing::kOther;
  if (S_ISREG(found.st_mode)) return Thing::kFile;
  // A link to a folder where a file belongs is nothing but a link.
  return S_ISDIR(found.st_mode) && !link ? Thing::kFolder : Thing::kOther;
}

void remove_thing(const std::filesystem::path& path, std::string_view wanted,
                  const FileNote& note) {
  if (::remove(path.c_str()) != 0) {
    throw LocalError(
        fmt::format("{} is in the way of a {} of Tandem's ({}); move it away, then run "
                    "this again",
                    path.string(), wanted, std::strerror(errno)));
  }
  note(fmt::format("{} was no {}: removed, to be made anew", path.string(), wanted));
}

}  // namespace

void make_way(const std::filesystem::path& path, const FileNote& note) {
  const Thing thing = thing_at(path);
  if (thing == Thing::kNothing) return;
  if (thing != Thing::kFile) return remove_thing(path, "file", note);
  if (access(path.c_str(), R_OK | W_OK) == 0) return;
  if (chmod(path.c_str(), core::kSecretMode) != 0) {
    throw LocalError(fmt::format("{} cannot be used: {}; give yourself access to it", path.string(),
                                 std::strerror(errno)));
  }
  note(fmt::format("{} was not readable and writable for its owner: mended", path.string()));
}

void make_way_for_folder(const std::filesystem::path& path, const FileNote& note) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return;
  const bool folder = stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
  if (!folder && S_ISREG(found.st_mode) && found.st_size > 0) {
    throw LocalError(
        fmt::format("{} is a file where Tandem keeps a folder; move it away, then run "
                    "this again",
                    path.string()));
  }
  if (!folder) return remove_thing(path, "folder", note);
  if (access(path.c_str(), R_OK | W_OK | X_OK) == 0) return;
  if (chmod(path.c_str(), 0700) != 0) {
    throw LocalError(fmt::format("{} cannot be used: {}; give yourself access to it", path.string(),
                                 std::strerror(errno)));
  }
  note(fmt::format("{} was not usable for its owner: mended", path.string()));
}

StateFile read_state_file(const std::filesystem::path& path) {
  StateFile file;
  try {
    file.text = core::find_small_file(path);
    if (!file.text) {
      file.problem = path.string() + " is missing";
    } else if (file.text->empty()) {
      file.text.reset();
      file.problem = path.string() + " is empty";
    }
  } catch (const std::system_error& error) {
    file.problem = fmt::format("{} cannot be read ({})", path.string(), error.code().message());
  }
  return file;
}

bool is_api_key(std::string_view text) {
  return text.size() >= 20 && text.size() <= 128 &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace tandem::topology
