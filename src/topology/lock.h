// One command at a time changes a world: an advisory lock in its state folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace tandem::topology {

/// Held from construction to destruction; the system lets go of it when the process dies. Makes the
/// folder (0700) when there is none. note gets a sentence when another command has to be waited
/// for. Throws LocalError when the folder cannot be made.
class WorldLock {
 public:
  WorldLock(const std::filesystem::path& folder, const std::function<void(std::string_view)>& note);
  ~WorldLock();
  WorldLock(const WorldLock&) = delete;
  WorldLock& operator=(const WorldLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace tandem::topology
