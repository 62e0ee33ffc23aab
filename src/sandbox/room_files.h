// The files of a build's room: its own "/", and what of the machine's is seen in it.
//
// The machine's root is root inside, by number. So of the machine's files only those are let in
// that everybody on the machine may read, and of /etc and /var only what is on a list. Blocking: on
// the pool.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/timer.h"
#include "sandbox/room_plan.h"

namespace tandem::sandbox {

/// What not everybody may read below a folder of the machine's, by paths relative to it; a folder
/// stands for what is in it. A large folder is looked through again after ten minutes.
class HiddenFiles {
 public:
  std::vector<std::string> below(const std::string& folder);

 private:
  struct Look {
    core::TimerClock::time_point at;
    std::vector<std::string> hidden;
  };
  std::mutex mutex_;  ///< rooms are opened by several threads of the pool
  std::map<std::string, Look> looks_;
};

/// A file of the room's own, in place of the machine's.
struct RoomFile {
  std::string place;
  std::string text;
  mode_t mode = 0644;
};

/// Makes everything below plan.folder that the plan's building needs (room_plan.h), and puts the
/// layers into the plan. The folder must not exist. Throws std::system_error.
void make_room_files(RoomPlan& plan, const std::vector<RoomFile>& files, HiddenFiles& hidden);

}  // namespace tandem::sandbox
