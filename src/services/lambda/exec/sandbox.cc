#include "services/lambda/exec/sandbox.h"

#include <initializer_list>
#include <system_error>

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

/// bubblewrap's arguments, each ended by a zero byte (its --args form).
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

void add_root(Arguments& arguments) {
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

net::ProcessOptions sandbox_process(const SandboxOptions& options) {
  Arguments arguments;
  arguments.add({"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                 "--unshare-cgroup-try"});
  // AWS's sbx_user1051.
  arguments.add({"--uid", "993", "--gid", "990", "--hostname", "lambda"});
  arguments.add({"--die-with-parent", "--new-session", "--cap-drop", "ALL"});
  add_root(arguments);
  arguments.add({"--proc", "/proc", "--dev", "/dev"});
  arguments.add({"--size", std::to_string(options.tmp_mb * kMebibyte), "--tmpfs", "/tmp"});
  arguments.add(
      {"--ro-bind", options.code.string(), "/var/task", "--dir", "/opt", "--dir", "/var/runtime"});
  if (!options.ca_bundle.empty()) {
    arguments.add({"--ro-bind-try", options.ca_bundle.string(), kCaBundleInside});
  }
  arguments.add({"--remount-ro", "/dev", "--remount-ro", "/"});
  arguments.add({"--chdir", "/var/task", "--clearenv"});
  for (const auto& [name, value] : options.environment) arguments.add({"--setenv", name, value});

  net::ProcessOptions process;
  // The shell sets the limits AWS sets (1,024 descriptors, no core files) and moves the arguments
  // off standard input, which the function finds empty.
  process.arguments = {"/bin/sh", "-c",
                       "ulimit -n 1024; ulimit -c 0; "
                       "exec bwrap --args 3 -- /var/task/bootstrap 3<&0 </dev/null"};
  process.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  process.working_directory = "/";
  process.input = arguments.take();
  return process;
}

}  // namespace tandem::lambda
