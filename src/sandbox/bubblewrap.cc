#include "sandbox/bubblewrap.h"

#include <filesystem>
#include <initializer_list>
#include <system_error>

namespace tandem::sandbox {
namespace {

namespace fs = std::filesystem;

class Arguments {
 public:
  void add(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
      text_ += word;
      text_ += '\0';
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Since the merged /usr these are links into it; on older layouts they are folders.
void add_system_folder(Arguments& arguments, const std::string& path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    const fs::path target = fs::read_symlink(path, error);
    if (!error) arguments.add({"--symlink", target.string(), path});
  } else if (fs::is_directory(path, error)) {
    arguments.add({"--ro-bind", path, path});
  }
}

void add_system(Arguments& arguments) {
  arguments.add({"--ro-bind", "/usr", "/usr"});
  for (const char* path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    add_system_folder(arguments, path);
  }
  // What the dynamic loader, name resolution and TLS need; none of it tells who uses the machine.
  for (const char* path :
       {"/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/ca-certificates",
        "/etc/nsswitch.conf", "/etc/hosts", "/etc/resolv.conf", "/etc/localtime"}) {
    arguments.add({"--ro-bind-try", path, path});
  }
}

constexpr std::int64_t kMebibyte = 1024 * 1024;

}  // namespace

std::string bubblewrap_arguments(const BubblewrapOptions& options) {
  Arguments arguments;
  arguments.add({"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                 "--unshare-cgroup-try"});
  // AWS's sbx_user1051.
  arguments.add({"--uid", "993", "--gid", "990", "--hostname", "lambda"});
  arguments.add({"--die-with-parent", "--new-session", "--cap-drop", "ALL"});
  arguments.add({"--seccomp", std::to_string(options.filter_descriptor)});
  add_system(arguments);
  // The machine's switches are nobody's to write whoever we run as: host root would be let in by
  // its number alone, without any capability.
  arguments.add({"--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"});
  // bubblewrap's own process is the function's user's, too, and not under the filter: its memory
  // must not be anybody's to write. An empty folder hides it.
  arguments.add({"--tmpfs", "/proc/1", "--remount-ro", "/proc/1"});
  arguments.add({"--size", std::to_string(options.tmp_mb * kMebibyte), "--tmpfs", "/tmp"});
  for (const auto& [outside, inside] : options.views) {
    arguments.add({"--ro-bind", outside, inside});
  }
  for (const std::string& folder : options.empty_folders) arguments.add({"--dir", folder});
  // /dev/shm with it: memory there would be nobody's.
  arguments.add({"--remount-ro", "/dev", "--remount-ro", "/"});
  arguments.add({"--chdir", options.working_directory, "--clearenv"});
  for (const auto& [name, value] : options.environment) arguments.add({"--setenv", name, value});
  return arguments.take();
}

}  // namespace tandem::sandbox
