#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/explain.h"
#include "sandbox/room_setup.h"
#include "sandbox/syscall_filter.h"

namespace tandem::sandbox {
namespace {

/// Of what root has in a container by default (Docker's list): without devices, raw packets and the
/// audit log.
constexpr auto kKept =
    std::to_array<int>({CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FSETID, CAP_FOWNER, CAP_SETGID, CAP_SETUID,
                        CAP_SETFCAP, CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT, CAP_KILL});
constexpr int kMostCapabilities = 64;
constexpr int kBitsPerWord = 32;
constexpr rlim_t kDescriptors = 65'536;
/// What programs that use select() need, who may ask for more.
constexpr rlim_t kUsualDescriptors = 1'024;

[[noreturn]] void fail(std::string_view stage, int error = errno) {
  throw CellError(explain_setup(stage, error));
}

void limit(__rlimit_resource kind, rlim_t soft, rlim_t hard) {
  rlimit now{};
  if (::getrlimit(kind, &now) != 0) fail("limits");
  hard = std::min(hard, now.rlim_max);
  const rlimit wanted{std::min(soft, hard), hard};
  if (::setrlimit(kind, &wanted) != 0) fail("limits");
}

void keep_capabilities() {
  for (int each = 0; each < kMostCapabilities; ++each) {
    if (std::ranges::find(kKept, each) != kKept.end()) continue;
    // Those that this kernel does not know are no matter.
    if (::prctl(PR_CAPBSET_DROP, each, 0, 0, 0) != 0 && errno != EINVAL) fail("capabilities");
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  std::array<__user_cap_data_struct, 2> data{};
  for (const int each : kKept) {
    auto& word = data[static_cast<std::size_t>(each / kBitsPerWord)];
    word.effective |= 1U << (each % kBitsPerWord);
    word.permitted = word.effective;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  if (::syscall(SYS_capset, &header, data.data()) != 0) fail("capabilities");
}

void filter_calls() {
  std::string bytes = room_syscall_filter();
  sock_fprog program{};
  program.len = static_cast<unsigned short>(bytes.size() / sizeof(sock_filter));
  program.filter = reinterpret_cast<sock_filter*>(bytes.data());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    fail("system call filter");
  }
}

}  // namespace

void confine(const RoomPlan& plan) {
  limit(RLIMIT_NOFILE, kUsualDescriptors, kDescriptors);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_NPROC, plan.tasks, plan.tasks);
  keep_capabilities();
  filter_calls();
}

}  // namespace tandem::sandbox
