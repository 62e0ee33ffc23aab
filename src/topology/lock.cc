#include "topology/lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "topology/local.h"

namespace tandem::topology {
namespace {

/// `destroy` removes the folder, and with it the file that others wait for.
bool is_still_at(int file, const std::filesystem::path& path) {
  struct stat held {};
  struct stat there {};
  return fstat(file, &held) == 0 && stat(path.c_str(), &there) == 0 &&
         held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

void make_private_folder(const std::filesystem::path& folder) {
  if (mkdir(folder.c_str(), 0700) == 0) return;
  if (errno == EEXIST && chmod(folder.c_str(), 0700) == 0) return;
  throw LocalError(fmt::format("cannot create {}: {}", folder.string(), std::strerror(errno)));
}

int open_lock_file(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 && errno != ENOENT) {
    throw LocalError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  }
  return file;
}

void wait_for_lock(int file) {
  while (flock(file, LOCK_EX) != 0 && errno == EINTR) {
  }
}

constexpr int kTries = 100;

}  // namespace

WorldLock::WorldLock(const std::filesystem::path& folder,
                     const std::function<void(std::string_view)>& note) {
  const auto path = folder / "lock";
  for (int i = 0; i < kTries; ++i) {
    make_private_folder(folder);
    file_ = open_lock_file(path);
    if (file_ < 0) continue;
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
      note("waiting for another tandem command that is at work here");
      wait_for_lock(file_);
    }
    if (is_still_at(file_, path)) return;
    close(file_);
  }
  throw LocalError(fmt::format("cannot lock {}", path.string()));
}

WorldLock::~WorldLock() { close(file_); }

}  // namespace tandem::topology
