#include "sandbox/explain.h"

#include <cerrno>
#include <fmt/format.h>
#include <system_error>

#include "core/files.h"
#include "core/text.h"

namespace tandem::sandbox {
namespace {

std::string setting(const char* path) {
  return std::string(core::trim(core::find_file(path).value_or("")));
}

/// The switches by which distributions and their users turn user namespaces off.
std::string namespace_advice() {
  if (setting("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "user namespaces are off; 'sysctl -w kernel.unprivileged_userns_clone=1' turns them on";
  }
  if (setting("/proc/sys/user/max_user_namespaces") == "0") {
    return "no user namespaces are allowed; 'sysctl -w user.max_user_namespaces=15000' allows them";
  }
  if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor refuses user namespaces; "
           "'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' lets them be made";
  }
  return "user namespaces are needed, which this machine or container does not allow; in "
         "Docker "
         "run with '--security-opt seccomp=unconfined --cap-add SYS_ADMIN', or run Tandem outside";
}

bool is_about_namespaces(std::string_view line) {
  for (const std::string_view sign : {"namespace", "uid map", "gid map", "setgroups"}) {
    if (line.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string explain_setup(std::string_view stage, int error) {
  const std::string why = std::generic_category().message(error);
  if (error == EPERM || error == EACCES || error == ENOSPC || error == EUSERS) {
    return fmt::format("{}: {}; {}", stage, why, namespace_advice());
  }
  return fmt::format("{}: {}", stage, why);
}

std::string explain_complaint(std::string_view line) {
  if (!is_about_namespaces(line)) return std::string(line);
  return fmt::format("{}; {}", line, namespace_advice());
}

}  // namespace tandem::sandbox
