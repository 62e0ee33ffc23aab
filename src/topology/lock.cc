#include "topology/lock.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"
#include "topology/local.h"
#include "topology/state_files.h"

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

int open_lock_file(const std::filesystem::path& path, const FileNote& note) {
  make_way(path, note);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
  if (file < 0 && errno != ENOENT) {
    throw LocalError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  }
  return file;
}

/// " (pid 7)", as the holder left it; only for people, so that whatever stands there may.
std::string holder_of(int file) {
  char text[24];
  const ssize_t size = pread(file, text, sizeof text, 0);
  const auto pid = core::parse_uint({text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
  return pid ? fmt::format(" (pid {})", *pid) : "";
}

void leave_name(int file) {
  const std::string name = std::to_string(getpid());
  const bool written = ftruncate(file, 0) == 0 && pwrite(file, name.data(), name.size(), 0) ==
                                                      static_cast<ssize_t>(name.size());
  // Nothing depends on it: the lock is the system's, not the text.
  static_cast<void>(written);
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
    file_ = open_lock_file(path, note);
    if (file_ < 0) continue;
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
      note(fmt::format("waiting for another tandem command{} that is at work here",
                       holder_of(file_)));
      wait_for_lock(file_);
    }
    if (is_still_at(file_, path)) {
      leave_name(file_);
      return;
    }
    close(file_);
  }
  throw LocalError(fmt::format("cannot lock {}", path.string()));
}

WorldLock::~WorldLock() { close(file_); }

}  // namespace tandem::topology
