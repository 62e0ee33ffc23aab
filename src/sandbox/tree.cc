#include "sandbox/tree.h"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "net/descriptor.h"

namespace tandem::sandbox {
namespace {

[[noreturn]] void fail(const std::string& what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

/// Its owner may have taken away what it takes to go into it.
void unlock(int parent, const char* name) {
  const net::Descriptor there(
      ::openat(parent, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
  if (there.get() < 0) return;
  // fchmod does not take such a descriptor; what /proc has for it is no link of anybody's.
  ::chmod(fmt::format("/proc/self/fd/{}", there.get()).c_str(), S_IRWXU);
}

net::Descriptor open_folder(int parent, const char* name) {
  constexpr int kHow = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int opened = ::openat(parent, name, kHow);
  if (opened < 0 && (errno == EACCES || errno == EPERM)) {
    unlock(parent, name);
    opened = ::openat(parent, name, kHow);
  }
  return net::Descriptor(opened);
}

struct Place {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const Place&) const = default;
};

Place place_of(int folder) {
  struct stat about {};
  if (::fstat(folder, &about) != 0) fail("fstat");
  return {about.st_dev, about.st_ino};
}

using Names = std::vector<std::string>;

/// Names of folders in it; whatever else there is goes to leaf.
template <class Leaf>
Names folders_in(int folder, const Leaf& leaf) {
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) fail("a folder");
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(copy), ::closedir);
  if (!listing) fail("a folder");
  Names folders;
  Names leaves;
  for (const dirent* entry = ::readdir(listing.get()); entry != nullptr;
       entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat about {};
      is_folder = ::fstatat(folder, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
                  S_ISDIR(about.st_mode);
    }
    (is_folder ? folders : leaves).emplace_back(name);
  }
  for (const std::string& name : leaves) leaf(folder, name.c_str());
  return folders;
}

/// Goes through a tree with one open folder, however deep it is: up by "..", which must lead where
/// it came from. leaf(folder, name) for what is no folder, enter(folder) with each one that is open
/// now, left(parent, name) for each that is done with.
template <class Leaf, class Enter, class Left>
void walk(net::Descriptor folder, const Leaf& leaf, const Enter& enter, const Left& left) {
  struct Level {
    Place parent;
    std::string name;
    Names remaining;
  };
  const dev_t device = place_of(folder.get()).device;
  enter(folder.get());
  std::vector<Level> levels;
  Names remaining = folders_in(folder.get(), leaf);
  for (;;) {
    if (!remaining.empty()) {
      std::string name = std::move(remaining.back());
      remaining.pop_back();
      net::Descriptor next = open_folder(folder.get(), name.c_str());
      if (next.get() < 0) fail(name);
      if (place_of(next.get()).device != device) fail(name, EXDEV);
      enter(next.get());
      Names below = folders_in(next.get(), leaf);
      levels.push_back({place_of(folder.get()), std::move(name), std::move(remaining)});
      folder = std::move(next);
      remaining = std::move(below);
      continue;
    }
    if (levels.empty()) return;
    net::Descriptor parent = open_folder(folder.get(), "..");
    if (parent.get() < 0 || place_of(parent.get()) != levels.back().parent) fail("..", ESTALE);
    folder = std::move(parent);
    left(folder.get(), levels.back().name.c_str());
    remaining = std::move(levels.back().remaining);
    levels.pop_back();
  }
}

}  // namespace

void remove_tree(const std::filesystem::path& folder) {
  struct stat about {};
  if (::lstat(folder.c_str(), &about) != 0) {
    if (errno == ENOENT) return;
    fail(folder.string());
  }
  if (S_ISDIR(about.st_mode)) {
    net::Descriptor root = open_folder(AT_FDCWD, folder.c_str());
    if (root.get() < 0) fail(folder.string());
    const auto unlink_leaf = [](int parent, const char* name) {
      if (::unlinkat(parent, name, 0) != 0 && errno != ENOENT) fail(name);
    };
    // A folder that may be read and not written keeps what is in it.
    const auto allow = [](int opened) { ::fchmod(opened, S_IRWXU); };
    const auto remove = [](int parent, const char* name) {
      if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) fail(name);
    };
    walk(std::move(root), unlink_leaf, allow, remove);
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) fail(folder.string());
  } else if (::unlink(folder.c_str()) != 0 && errno != ENOENT) {
    fail(folder.string());
  }
}

void give_tree(const std::filesystem::path& folder, std::uint32_t user, std::uint32_t group) {
  net::Descriptor root = open_folder(AT_FDCWD, folder.c_str());
  if (root.get() < 0) fail(folder.string());
  const auto give_leaf = [&](int parent, const char* name) {
    struct stat about {};
    if (::fstatat(parent, name, &about, AT_SYMLINK_NOFOLLOW) != 0) fail(name);
    if (about.st_nlink > 1 && !S_ISLNK(about.st_mode)) return;
    if (::fchownat(parent, name, user, group, AT_SYMLINK_NOFOLLOW) != 0) fail(name);
  };
  const auto give = [&](int opened) {
    if (::fchown(opened, user, group) != 0) fail("a folder");
  };
  walk(std::move(root), give_leaf, give, [](int, const char*) {});
}

}  // namespace tandem::sandbox
