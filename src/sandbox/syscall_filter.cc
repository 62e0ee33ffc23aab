#include "sandbox/syscall_filter.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <initializer_list>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <vector>

namespace tandem::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "which audit architecture is this?"
#endif

/// Other namespaces, other processes, devices, the machine itself.
constexpr auto kForbidden = std::to_array<int>({
  SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_fsopen,
      SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_open_tree, SYS_move_mount, SYS_mount_setattr,
      SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_kcmp,
      SYS_process_madvise, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_perf_event_open,
      SYS_userfaultfd, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module,
      SYS_delete_module, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init,
      SYS_swapon, SYS_swapoff, SYS_reboot, SYS_sethostname, SYS_setdomainname, SYS_acct,
      SYS_quotactl, SYS_quotactl_fd, SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_vhangup,
      SYS_lookup_dcookie, SYS_move_pages, SYS_migrate_pages,
      // Pages that lie in a pipe and in no process: a huge one in each of its places.
      SYS_vmsplice,
#if defined(__x86_64__)
      SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS_sysfs,
#endif
});

/// Of a build's room. Less than above: what dpkg, debuggers, sanitizers and chroot need keeps
/// within its namespaces, and its memory is not counted.
constexpr auto kForbiddenInRoom = std::to_array<int>({
  SYS_mount, SYS_umount2, SYS_pivot_root, SYS_setns, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
      SYS_fspick, SYS_open_tree, SYS_move_mount, SYS_mount_setattr, SYS_keyctl, SYS_add_key,
      SYS_request_key, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_kexec_load,
      SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
      SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init, SYS_swapon, SYS_swapoff,
      SYS_reboot, SYS_sethostname, SYS_setdomainname, SYS_acct, SYS_quotactl, SYS_quotactl_fd,
      SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_vhangup,
      SYS_lookup_dcookie, SYS_move_pages, SYS_migrate_pages,
#if defined(__x86_64__)
      SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_ustat, SYS_sysfs,
#endif
});
constexpr auto kAbsentInRoom = std::to_array<int>(
    {SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_memfd_secret});

/// Absent, so that libraries take their other way: io_uring works around the filter; clone3 hides
/// its flags behind a pointer, and glibc falls back to clone; System V and POSIX queues, semaphores
/// and segments, and secret memory, are memory that belongs to no process and is counted nowhere.
constexpr auto kAbsent = std::to_array<int>(
    {SYS_clone3, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_memfd_secret,
     SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_semget, SYS_mq_open});

constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

class Program {
 public:
  void load(std::size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  /// The low half of an argument: all that the calls looked at here use of it.
  void load_argument(int index) {
    load(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * static_cast<unsigned>(index));
  }
  /// Goes on when the accumulator is value, else leaves out the next skipped instructions.
  void unless_equal_skip(std::uint32_t value, std::uint8_t skipped) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped);
  }
  void if_equal_skip(std::uint32_t value, std::uint8_t skipped) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, skipped, 0);
  }
  void keep_bits(std::uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits); }
  void unless_any_bit_skip(std::uint32_t bits, std::uint8_t skipped) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, skipped);
  }
  void if_any_bit_skip(std::uint32_t bits, std::uint8_t skipped) {
    add(BPF_JMP | BPF_JSET | BPF_K, bits, skipped, 0);
  }
  void append(const Program& other) {
    code_.insert(code_.end(), other.code_.begin(), other.code_.end());
  }
  std::uint8_t size() const { return static_cast<std::uint8_t>(code_.size()); }
  void refuse(int error) { give(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); }
  void allow() { give(SECCOMP_RET_ALLOW); }

  std::string bytes() const {
    return {reinterpret_cast<const char*>(code_.data()), code_.size() * sizeof(sock_filter)};
  }

 private:
  void add(unsigned operation, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) {
    code_.push_back({static_cast<std::uint16_t>(operation), yes, no, k});
  }
  void give(std::uint32_t answer) { add(BPF_RET | BPF_K, answer); }

  std::vector<sock_filter> code_;
};

/// Keys pressed in somebody's terminal.
void refuse_typing(Program& program) {
  program.unless_equal_skip(SYS_ioctl, 4);
  program.load_argument(1);
  program.unless_equal_skip(TIOCSTI, 1);
  program.refuse(EPERM);
  program.allow();
}

/// Calls that are judged by one argument. Each rule ends in an answer.
void add_argument_rules(Program& program) {
  program.unless_equal_skip(SYS_clone, 7);
  program.load_argument(0);
  program.unless_any_bit_skip(kNewNamespaces, 1);
  program.refuse(EPERM);
  // What a thread has open by itself is shown nowhere: its files in memory could not be counted.
  program.unless_any_bit_skip(CLONE_THREAD, 2);
  program.if_any_bit_skip(CLONE_FILES, 1);
  program.refuse(EPERM);
  program.allow();
  // The same by another call.
  program.unless_equal_skip(SYS_close_range, 4);
  program.load_argument(2);
  program.unless_any_bit_skip(CLOSE_RANGE_UNSHARE, 1);
  program.refuse(EPERM);
  program.allow();
  // What lies in pipes is memory of no process. Their usual size is bounded for each user.
  program.unless_equal_skip(SYS_fcntl, 4);
  program.load_argument(1);
  program.unless_equal_skip(F_SETPIPE_SZ, 1);
  program.refuse(EPERM);
  program.allow();
  // A process that is not dumpable hides from an ordinary user what files it holds: its memory
  // could not be counted.
  program.unless_equal_skip(SYS_prctl, 4);
  program.load_argument(0);
  program.unless_equal_skip(PR_SET_DUMPABLE, 1);
  program.refuse(EPERM);
  program.allow();
  refuse_typing(program);
  // What lies in sockets is memory of no process. A size of their buffers is a wish, which the
  // kernel bounds without a word as well; here it stays what it is.
  constexpr auto kSizes =
      std::to_array<std::uint32_t>({SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE});
  constexpr auto kDevices = std::to_array<std::uint32_t>({SO_BINDTODEVICE, SO_BINDTOIFINDEX});
  constexpr auto kSizeRule = static_cast<std::uint8_t>(5 + 2 * (kSizes.size() + kDevices.size()));
  program.unless_equal_skip(SYS_setsockopt, kSizeRule);
  program.load_argument(1);
  program.if_equal_skip(SOL_SOCKET, 1);
  program.allow();
  program.load_argument(2);
  for (const std::uint32_t size : kSizes) {
    program.unless_equal_skip(size, 1);
    program.refuse(0);
  }
  // A socket that is bound to a device passes by the loopback and by routes that refuse.
  for (const std::uint32_t device : kDevices) {
    program.unless_equal_skip(device, 1);
    program.refuse(EPERM);
  }
  program.allow();
}

/// Whether sockets of a family are of a protocol that is counted: MPTCP, UDP-Lite, SCTP and the
/// netlink protocol that programs talk to each other by hold memory that no list shows.
void add_protocol_rule(Program& program, const std::vector<std::uint32_t>& protocols) {
  program.load_argument(2);
  for (const std::uint32_t protocol : protocols) {
    program.unless_equal_skip(protocol, 1);
    program.allow();
  }
  program.refuse(EPROTONOSUPPORT);
}

/// The families that getaddrinfo, getifaddrs and ordinary programs use. Others, such as vsock and
/// packet, do not keep to network namespaces or open kernel code that nobody needs here.
void add_family_rules(Program& program, Ipv6 ipv6) {
  const std::vector<std::uint32_t> internet{0, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP,
                                            IPPROTO_ICMPV6};
  constexpr std::uint32_t kTypeBits = 0xF;
  // Their default protocols are SCTP and DCCP.
  constexpr auto kOtherTypes = std::to_array<std::uint32_t>({SOCK_SEQPACKET, SOCK_DCCP});
  for (const long number : {SYS_socket, SYS_socketpair}) {
    Program rule;
    rule.load_argument(0);
    rule.unless_equal_skip(AF_UNIX, 1);
    rule.allow();
    rule.unless_equal_skip(AF_NETLINK, 4);
    add_protocol_rule(rule, {NETLINK_ROUTE});
    rule.if_equal_skip(AF_INET, ipv6 == Ipv6::kAllowed ? 2 : 1);
    if (ipv6 == Ipv6::kAllowed) rule.if_equal_skip(AF_INET6, 1);
    rule.refuse(EAFNOSUPPORT);
    rule.load_argument(1);
    rule.keep_bits(kTypeBits);
    for (const std::uint32_t type : kOtherTypes) {
      rule.unless_equal_skip(type, 1);
      rule.refuse(ESOCKTNOSUPPORT);
    }
    add_protocol_rule(rule, internet);
    program.unless_equal_skip(static_cast<std::uint32_t>(number), rule.size());
    program.append(rule);
  }
}

/// What a build's room does not do with calls that it has.
void add_room_argument_rules(Program& program) {
  for (const int call : {SYS_clone, SYS_unshare}) {
    program.unless_equal_skip(static_cast<std::uint32_t>(call), 4);
    program.load_argument(0);
    program.unless_any_bit_skip(kNewNamespaces, 1);
    program.refuse(EPERM);
    program.allow();
  }
  refuse_typing(program);
  program.unless_equal_skip(SYS_setsockopt, 9);
  program.load_argument(1);
  program.if_equal_skip(SOL_SOCKET, 1);
  program.allow();
  program.load_argument(2);
  for (const std::uint32_t device : {SO_BINDTODEVICE, SO_BINDTOIFINDEX}) {
    program.unless_equal_skip(device, 1);
    program.refuse(EPERM);
  }
  program.allow();
}

void begin(Program& program) {
  program.load(offsetof(seccomp_data, arch));
  // Numbers mean other calls on the machine's other architectures (32 bits, x32): all are absent.
  program.if_equal_skip(kArchitecture, 1);
  program.refuse(ENOSYS);
  program.load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  constexpr std::uint32_t kX32Bit = 0x40000000;
  program.unless_any_bit_skip(kX32Bit, 1);
  program.refuse(ENOSYS);
#endif
}

template <class Forbidden, class Absent>
void refuse_calls(Program& program, const Forbidden& forbidden, const Absent& absent) {
  for (const int number : forbidden) {
    program.unless_equal_skip(static_cast<std::uint32_t>(number), 1);
    program.refuse(EPERM);
  }
  for (const int number : absent) {
    program.unless_equal_skip(static_cast<std::uint32_t>(number), 1);
    program.refuse(ENOSYS);
  }
}

}  // namespace

std::string syscall_filter(Ipv6 ipv6) {
  Program program;
  begin(program);
  refuse_calls(program, kForbidden, kAbsent);
  add_argument_rules(program);
  add_family_rules(program, ipv6);
  program.allow();
  return program.bytes();
}

std::string room_syscall_filter() {
  Program program;
  begin(program);
  refuse_calls(program, kForbiddenInRoom, kAbsentInRoom);
  add_room_argument_rules(program);
  add_family_rules(program, Ipv6::kRefused);
  program.allow();
  return program.bytes();
}

}  // namespace tandem::sandbox
