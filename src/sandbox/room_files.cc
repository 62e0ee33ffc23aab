#include "sandbox/room_files.h"

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <system_error>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"
#include "core/timer.h"
#include "sandbox/room_lists.h"
#include "sandbox/tree.h"

namespace tandem::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kLookAgain{10};
constexpr int kDeepest = 64;
constexpr std::uintmax_t kLargestCopy = 32ULL * 1024 * 1024;

[[noreturn]] void fail(const std::string& what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

bool everybody_reads(const struct stat& about) {
  if (S_ISLNK(about.st_mode)) return true;
  const mode_t needed = S_ISDIR(about.st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
  return (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)) && (about.st_mode & needed) == needed;
}

void look_below(int folder, const std::string& path, dev_t device, int depth,
                std::vector<std::string>& hidden) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(folder), ::closedir);
  if (!listing) fail(path);
  for (const dirent* entry = ::readdir(listing.get()); entry != nullptr;
       entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || entry->d_type == DT_LNK) continue;
    struct stat about {};
    if (::fstatat(::dirfd(listing.get()), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    const std::string below = path.empty() ? std::string(name) : fmt::format("{}/{}", path, name);
    // An overlay does not look through mounts.
    if (about.st_dev != device) continue;
    if (!everybody_reads(about) || depth == kDeepest) {
      hidden.push_back(below);
    } else if (S_ISDIR(about.st_mode)) {
      const int next = ::openat(::dirfd(listing.get()), entry->d_name,
                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (next >= 0) look_below(next, below, device, depth + 1, hidden);
    }
  }
}

std::vector<std::string> look_through(const std::string& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) fail(folder);
  struct stat about {};
  if (::fstat(opened, &about) != 0) fail(folder);
  std::vector<std::string> hidden;
  look_below(opened, "", about.st_dev, 0, hidden);
  return hidden;
}

/// The folders and files of one room.
class Maker {
 public:
  explicit Maker(const RoomPlan& plan)
      : users_(plan.users), root_(fs::path(plan.folder) / "root") {}

  fs::path place(std::string_view inside) const { return root_ / inside.substr(1); }

  void folder(const fs::path& path, mode_t mode = 0755, std::uint32_t owner = 0) const {
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) fail(path);
    if (::chmod(path.c_str(), mode) != 0) fail(path);
    give(path, owner, owner);
  }
  /// With those above it.
  void folders(std::string_view inside) const {
    fs::path path = root_;
    for (const std::string_view name : core::split(inside.substr(1), '/')) {
      path /= name;
      if (!fs::is_directory(fs::symlink_status(path))) folder(path);
    }
  }
  void file(std::string_view inside, std::string_view text, mode_t mode,
            std::uint32_t group = 0) const {
    const fs::path path = place(inside);
    folders(inside.substr(0, inside.rfind('/')));
    ::unlink(path.c_str());
    write(path, text, mode);
    give(path, 0, group);
  }
  void link(const char* target, std::string_view inside) const {
    const fs::path path = place(inside);
    if (::symlink(target, path.c_str()) != 0 && errno != EEXIST) fail(path);
    give(path, 0, 0);
  }

  /// What everybody may read of it; nothing when it is not there.
  void copy(const std::string& outside, int depth = 0) const {
    struct stat about {};
    if (::lstat(outside.c_str(), &about) != 0 || !everybody_reads(about)) return;
    const fs::path path = place(outside);
    if (S_ISLNK(about.st_mode)) {
      std::error_code error;
      fs::create_symlink(fs::read_symlink(outside, error), path, error);
    } else if (S_ISREG(about.st_mode)) {
      if (static_cast<std::uintmax_t>(about.st_size) > kLargestCopy) return;
      write(path, core::find_file(outside).value_or(""), about.st_mode & 0777);
    } else if (depth < kDeepest) {
      folder(path, about.st_mode & 0777);
      for (const auto& entry : fs::directory_iterator(outside)) copy(entry.path(), depth + 1);
    }
    give(path, about.st_uid, about.st_gid);
  }

  /// owner, group: numbers inside.
  void give(const fs::path& path, std::uint32_t owner, std::uint32_t group) const {
    if (users_.count == 0) return;
    if (::lchown(path.c_str(), outside(owner), outside(group)) != 0 && errno != ENOENT) fail(path);
  }

 private:
  std::uint32_t outside(std::uint32_t inside) const {
    return users_.first + (inside < users_.count ? inside : 0);
  }
  static void write(const fs::path& path, std::string_view text, mode_t mode) {
    const net::Descriptor made(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (made.get() < 0) fail(path);
    while (!text.empty()) {
      const ssize_t written = ::write(made.get(), text.data(), text.size());
      if (written < 0) fail(path);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fchmod(made.get(), mode) != 0) fail(path);
  }

  RoomUsers users_;
  fs::path root_;
};

/// Links of the merged /usr, or folders, which are layers then.
void add_system_folders(const Maker& make, RoomPlan& plan) {
  plan.layers = {"/usr"};
  for (const char* path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code error;
    if (fs::is_symlink(path, error)) {
      make.link(fs::read_symlink(path, error).c_str(), path);
    } else if (fs::is_directory(path, error)) {
      plan.layers.emplace_back(path);
    }
  }
  for (const std::string_view layer : kRoomLayers) {
    std::error_code error;
    if (fs::is_directory(layer, error)) plan.layers.emplace_back(layer);
  }
  for (const std::string& layer : plan.layers) make.folders(layer);
}

/// shadow(5): accounts exist, and nobody has a password.
void add_shadows(const Maker& make) {
  std::string users;
  for (const std::string_view line :
       core::split(core::find_file("/etc/passwd").value_or(""), '\n')) {
    const std::string_view name = line.substr(0, line.find(':'));
    if (!name.empty()) users += fmt::format("{}:*:19000:0:99999:7:::\n", name);
  }
  std::string groups;
  std::uint32_t owner = 0;
  for (const std::string_view line :
       core::split(core::find_file("/etc/group").value_or(""), '\n')) {
    const auto fields = core::split(line, ':');
    if (fields.size() < 4) continue;
    groups += fmt::format("{}:*::\n", fields[0]);
    if (fields[0] == "shadow") {
      owner = static_cast<std::uint32_t>(core::parse_uint(fields[2]).value_or(0));
    }
  }
  constexpr mode_t kMode = 0640;
  make.file("/etc/shadow", users, kMode, owner);
  make.file("/etc/gshadow", groups, kMode, owner);
}

void make_system(const Maker& make, RoomPlan& plan) {
  constexpr mode_t kSticky = 01777;
  for (const std::string_view each : kRoomFolders) make.folders(each);
  make.folder(make.place("/root"), 0700);
  for (const char* each : {"/tmp", "/var/tmp", "/run/lock"}) make.folder(make.place(each), kSticky);
  make.link("/run", "/var/run");
  make.link("/run/lock", "/var/lock");
  make.link("/proc/self/mounts", "/etc/mtab");
  make.link("/proc/self/fd/3", "/codebuild/output/tmp/script.sh");
  add_system_folders(make, plan);
  for (const std::string_view each : kRoomCopies) {
    make.folders(each.substr(0, each.rfind('/')));
    make.copy(std::string(each));
  }
  if (plan.users.count > 0) add_shadows(make);
}

/// In the place of a file that is not to be seen (overlayfs, "whiteouts").
void hide(const fs::path& upper, const std::string& layer, const std::string& hidden,
          const Maker& make) {
  fs::path path = upper;
  fs::path below = layer;
  const auto names = core::split(hidden, '/');
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    path /= names[i];
    below /= names[i];
    struct stat about {};
    if (::stat(below.c_str(), &about) != 0) return;
    make.folder(path, about.st_mode & 07777);
    make.give(path, about.st_uid, about.st_gid);
  }
  path /= names.back();
  if (::mknod(path.c_str(), S_IFCHR, makedev(0, 0)) != 0 && errno != EEXIST) fail(path);
}

}  // namespace

std::vector<std::string> HiddenFiles::below(const std::string& folder) {
  const auto now = core::TimerClock::now();
  const std::lock_guard lock(mutex_);
  const auto known = looks_.find(folder);
  if (known != looks_.end() && now - known->second.at < kLookAgain) return known->second.hidden;
  std::vector<std::string> hidden = look_through(folder);
  if (folder == "/usr") looks_.insert_or_assign(folder, Look{now, hidden});
  return hidden;
}

void make_room_files(RoomPlan& plan, const std::vector<RoomFile>& files, HiddenFiles& hidden) {
  const fs::path folder(plan.folder);
  fs::create_directories(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0) fail(folder);
  const Maker make(plan);
  for (const char* each : {"root", "source"}) make.folder(folder / each);
  make.folders(plan.source_inside);
  make_system(make, plan);
  for (const RoomFile& each : files) make.file(each.place, each.text, each.mode);
  if (!plan.overlays) return;
  for (const char* each : {"lower", "upper", "work"}) {
    if (::mkdir((folder / each).c_str(), 0700) != 0) fail(each);
  }
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const std::string number = std::to_string(i);
    for (const char* each : {"lower", "work"}) {
      if (::mkdir((folder / each / number).c_str(), 0700) != 0) fail(each);
    }
    const fs::path upper = folder / "upper" / number;
    make.folder(upper);
    for (const std::string& each : hidden.below(plan.layers[i])) {
      hide(upper, plan.layers[i], each, make);
    }
  }
}

}  // namespace tandem::sandbox
