#include "sandbox/bubblewrap.h"

#include <filesystem>
#include <initializer_list>
#include <system_error>

#include "core/files.h"
#include "core/text.h"

namespace tandem::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* kResolver = "/etc/resolv.conf";

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

/// resolv.conf(5): whether it names a server that is not on the machine's own loopback, where
/// systemd-resolved and dnsmasq are.
bool names_reachable_server(const std::string& text) {
  for (const std::string_view line : core::split(text, '\n')) {
    constexpr std::string_view kServer = "nameserver";
    if (!line.starts_with(kServer)) continue;
    const std::string_view server = core::trim(line.substr(kServer.size()));
    if (!server.empty() && !server.starts_with("127.") && server != "::1") return true;
  }
  return false;
}

std::string resolver_file(bool resolves_names) {
  // The servers that systemd-resolved itself asks.
  constexpr const char* kUpstream = "/run/systemd/resolve/resolv.conf";
  if (resolves_names && !names_reachable_server(core::find_file(kResolver).value_or("")) &&
      names_reachable_server(core::find_file(kUpstream).value_or(""))) {
    return kUpstream;
  }
  return kResolver;
}

void add_programs(Arguments& arguments) {
  arguments.add({"--ro-bind", "/usr", "/usr"});
  for (const char* path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    add_system_folder(arguments, path);
  }
}

void add_system(Arguments& arguments, bool resolves_names) {
  // What the dynamic loader, name resolution and TLS need; none of it tells who uses the machine.
  for (const char* path :
       {"/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/ca-certificates",
        "/etc/nsswitch.conf", "/etc/hosts", "/etc/localtime"}) {
    arguments.add({"--ro-bind-try", path, path});
  }
  arguments.add({"--ro-bind-try", resolver_file(resolves_names), kResolver});
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
  if (options.gate_descriptor >= 0) {
    arguments.add({"--block-fd", std::to_string(options.gate_descriptor)});
  }
  if (options.root == Root::kMachine) add_programs(arguments);
  add_system(arguments, options.resolves_names);
  // The machine's switches are nobody's to write whoever we run as: host root would be let in by
  // its number alone, without any capability.
  arguments.add({"--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"});
  // bubblewrap's own process is the function's user's, too, and not under the filter: its memory
  // must not be anybody's to write. An empty folder hides it.
  arguments.add({"--tmpfs", "/proc/1", "--remount-ro", "/proc/1"});
  // Terminals' buffers are nobody's memory, and their number is the whole machine's.
  arguments.add({"--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts"});
  arguments.add({"--size", std::to_string(options.tmp_mb * kMebibyte), "--tmpfs", "/tmp"});
  for (const auto& [outside, inside] : options.views) {
    arguments.add({"--ro-bind", outside, inside});
  }
  for (const std::string& folder : options.empty_folders) arguments.add({"--dir", folder});
  for (const auto& [target, place] : options.links) arguments.add({"--symlink", target, place});
  // /dev/shm with it: memory there would be nobody's.
  arguments.add({"--remount-ro", "/dev", "--remount-ro", "/"});
  arguments.add({"--chdir", options.working_directory, "--clearenv"});
  for (const auto& [name, value] : options.environment) arguments.add({"--setenv", name, value});
  return arguments.take();
}

}  // namespace tandem::sandbox
