#include "sandbox/cell.h"

#include <arpa/inet.h>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "sandbox/explain.h"
#include "sandbox/memory.h"
#include "sandbox/queues.h"
#include "sandbox/syscall_filter.h"

namespace tandem::sandbox {
namespace {

using testing::HasSubstr;

/// Runs a program in a cell to its end.
class CellTest : public ::testing::Test {
 protected:
  ~CellTest() override { pool_.join(); }

  Task<void> live(CellOptions options) {
    Cell cell = co_await start_cell(pool_, std::move(options));
    doors_ = std::move(cell.doors);
    status_ = co_await cell.process->wait();
  }
  void run(CellOptions options) {
    std::exception_ptr failed;
    asio::co_spawn(loop_, live(std::move(options)),
                   [&](const std::exception_ptr& escaped) { failed = escaped; });
    loop_.run();
    if (failed) std::rethrow_exception(failed);
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  std::vector<net::Descriptor> doors_;
  net::ExitStatus status_;
};

TEST_F(CellTest, AProgramRunsAndItsDoorsAreOursToServe) {
  std::string output;
  CellOptions options;
  options.program = "/usr/bin/env";
  options.working_directory = "/tmp";
  options.environment = {{"NAME", "value"}};
  options.doors = {{"127.0.0.1", 9001}, {"0.0.0.0", 80}};
  options.on_output = [&](std::string_view bytes) { output += bytes; };
  run(std::move(options));
  EXPECT_EQ(status_.code, 0);
  EXPECT_THAT(output, HasSubstr("NAME=value\n"));
  ASSERT_EQ(doors_.size(), 2u);
  sockaddr_in at{};
  socklen_t size = sizeof at;
  ASSERT_EQ(::getsockname(doors_[1].get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  EXPECT_EQ(ntohs(at.sin_port), 80);
}

TEST_F(CellTest, AProgramThatIsNotThereIsBubblewrapsToReport) {
  CellOptions options;
  options.program = "/no/such/program";
  options.working_directory = "/";
  std::string complaint;
  options.on_error_output = [&](std::string_view bytes) { complaint += bytes; };
  run(std::move(options));
  EXPECT_EQ(status_.code, 1);
  EXPECT_THAT(complaint, HasSubstr("bwrap: execvp /no/such/program: No such file or directory"));
}

TEST(Explain, WhatIsAboutNamespacesSaysWhatToDo) {
  EXPECT_THAT(explain_setup("new namespaces", EPERM), HasSubstr("Operation not permitted; "));
  EXPECT_THAT(explain_setup("mounts", ENOENT), "mounts: No such file or directory");
  EXPECT_THAT(explain_complaint("bwrap: No permissions to create a new namespace"),
              HasSubstr("namespaces"));
  EXPECT_EQ(explain_complaint("bwrap: Can't mkdir"), "bwrap: Can't mkdir");
}

TEST(MemoryUse, AFileInMemoryCountsWhileItIsOnlyOpen) {
  constexpr std::int64_t kMuch = 64 * 1024 * 1024;
  constexpr std::int64_t kUnlimited = INT64_MAX;
  const std::int64_t before = memory_use({::getpid()}, kUnlimited).bytes;
  const net::Descriptor file = net::memory_file(std::string(kMuch, 'x'));
  const MemoryUse held = memory_use({::getpid()}, kUnlimited);
  EXPECT_FALSE(held.hidden);
  EXPECT_GE(held.bytes - before, kMuch);
  // Mapped it is the same memory: looked at closely, it counts once.
  void* mapped =
      ::mmap(nullptr, kMuch, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_LT(memory_use({::getpid()}, 0).bytes - before, kMuch + kMuch / 2);
  ::munmap(mapped, kMuch);
}

/// Shared memory that is written and no longer in any page table.
struct GivenBack {
  explicit GivenBack(std::size_t given_size) : size(given_size) {
    memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    std::memset(memory, 1, size);
    ::madvise(memory, size, MADV_DONTNEED);
  }
  ~GivenBack() { ::munmap(memory, size); }
  std::size_t size;
  void* memory = nullptr;
};

TEST(MemoryUse, SharedMemoryThatWasGivenBackStillExists) {
  constexpr std::int64_t kMuch = 64 * 1024 * 1024;
  const std::int64_t before = memory_use({::getpid()}, 0).bytes;
  const GivenBack given(kMuch);
  ASSERT_NE(given.memory, MAP_FAILED);
  EXPECT_GE(memory_use({::getpid()}, INT64_MAX).bytes - before, kMuch);
  EXPECT_GE(memory_use({::getpid()}, 0).bytes - before, kMuch);
  EXPECT_LT(memory_use({::getpid()}, 0).bytes - before, kMuch + kMuch / 2);
  // A name takes the place of /dev/zero in the list of mappings (prctl(2); not in every kernel).
  if (::prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, given.memory, given.size, "named") != 0) return;
  EXPECT_GE(memory_use({::getpid()}, 0).bytes - before, kMuch);
}

TEST(MemoryUse, AProcessWhoseFirstThreadHasEndedIsSeen) {
  constexpr std::int64_t kMuch = 64 * 1024 * 1024;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const pthread_t first = ::pthread_self();
    std::thread([first, write_end = ready[1]] {
      ::pthread_join(first, nullptr);
      void* memory =
          ::mmap(nullptr, kMuch, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      std::memset(memory, 1, kMuch);
      if (::write(write_end, "x", 1) == 1) ::pause();
      ::_exit(1);
    }).detach();
    ::syscall(SYS_exit, 0);  // this thread alone
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_GE(memory_use({child}, INT64_MAX).bytes, kMuch);
  EXPECT_GE(memory_use({child}, 0).bytes, kMuch);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(memory_use({child}, 0).bytes, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(MemoryUse, WhatLiesInSocketsIsInTheirTables) {
  EXPECT_EQ(bytes_in_table("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
                           "   0: 0100007F:2329 00000000:0000 0A 00000000:00000000 00:00000000\n"
                           "   1: 0100007F:2329 0100007F:A2B4 01 00000010:00000200 00:00000000\n"),
            0x210);
}

TEST(MemoryUse, WhatLiesInAllSocketsIsInTheSummary) {
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  EXPECT_EQ(bytes_in_summary("sockets: used 8\n"
                             "TCP: inuse 8 orphan 0 tw 0 alloc 37 mem 3\n"
                             "UDP: inuse 0 mem 91\n"
                             "UDPLITE: inuse 0\n"
                             "FRAG: inuse 0 memory 7\n"),
            94 * page);
}

TEST(MemoryUse, AProcessThatHasNotRunIsNotLookedAtAgain) {
  const std::vector<pid_t> self = {::getpid()};
  constexpr std::int64_t kEnough = std::int64_t{1} << 40;
  const auto first = look_again({}, self, kEnough, kEnough);
  ASSERT_TRUE(first);
  EXPECT_GT(first->use.bytes, 0);
  EXPECT_FALSE(look_again(*first, self, kEnough, kEnough));
  EXPECT_TRUE(look_again(*first, self, kEnough, 0));
  const std::clock_t begin = std::clock();
  while (std::clock() - begin < CLOCKS_PER_SEC / 20) {
  }
  const auto second = look_again(*first, self, kEnough, 1 << 20);
  ASSERT_TRUE(second);
  EXPECT_GT(second->ran_ms, first->ran_ms);
  EXPECT_FALSE(second->use.some_ended);
}

/// What a process under the filter exits with.
template <class Attempt>
int under_filter(Attempt attempt, Ipv6 ipv6 = Ipv6::kAllowed) {
  const std::string filter = syscall_filter(ipv6);
  const pid_t child = ::fork();
  if (child == 0) {
    sock_fprog program{static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                       reinterpret_cast<sock_filter*>(const_cast<char*>(filter.data()))};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(101);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(102);
    ::_exit(attempt());
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

// The first thread's files are all that is shown of a process.
TEST(SyscallFilter, ThreadsShareTheirFiles) {
  EXPECT_EQ(under_filter([] {
              alignas(16) static std::array<char, 16'384> stack;
              const long flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
              const long made = ::syscall(SYS_clone, flags, stack.data() + stack.size(), 0, 0, 0);
              return made < 0 ? errno : 0;
            }),
            EPERM);
  EXPECT_EQ(under_filter([] {
              const long done = ::syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_UNSHARE);
              return done < 0 ? errno : 0;
            }),
            EPERM);
  EXPECT_EQ(under_filter([] {
              std::thread([] {}).join();
              return ::syscall(SYS_close_range, 1000U, ~0U, 0) == 0 ? 0 : errno;
            }),
            0);
}

TEST(SyscallFilter, ASocketOfIpv6IsRefusedWhereThereIsAWayToTheWorld) {
  const auto socket_of = [](int family) {
    const int made = ::socket(family, SOCK_STREAM, 0);
    return made < 0 ? errno : 0;
  };
  const auto ipv6 = [&] { return socket_of(AF_INET6); };
  EXPECT_EQ(under_filter(ipv6, Ipv6::kRefused), EAFNOSUPPORT);
  EXPECT_EQ(under_filter([&] { return socket_of(AF_INET); }, Ipv6::kRefused), 0);
  EXPECT_NE(under_filter(ipv6), EPERM);
}

TEST(SyscallFilter, SocketsAreOfProtocolsThatAreCounted) {
  constexpr int kMptcp = 262;
  const auto refused = [](int family, int type, int protocol) {
    return under_filter([=] {
      const int made = ::socket(family, type, protocol);
      return made < 0 ? errno : 0;
    });
  };
  EXPECT_EQ(refused(AF_INET, SOCK_STREAM, kMptcp), EPROTONOSUPPORT);
  EXPECT_EQ(refused(AF_INET6, SOCK_STREAM, kMptcp), EPROTONOSUPPORT);
  EXPECT_EQ(refused(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), EPROTONOSUPPORT);
  EXPECT_EQ(refused(AF_INET, SOCK_STREAM, IPPROTO_SCTP), EPROTONOSUPPORT);
  EXPECT_EQ(refused(AF_INET, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), ESOCKTNOSUPPORT);
  EXPECT_EQ(refused(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK), EPROTONOSUPPORT);
  EXPECT_EQ(refused(AF_VSOCK, SOCK_STREAM, 0), EAFNOSUPPORT);
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    EXPECT_EQ(refused(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 0);
    EXPECT_EQ(refused(AF_UNIX, type, 0), 0);
  }
  EXPECT_EQ(refused(AF_INET, SOCK_STREAM, IPPROTO_TCP), 0);
  EXPECT_EQ(refused(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), 0);
  EXPECT_EQ(under_filter([] {
              int pair[2];
              return ::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 ? 0 : errno;
            }),
            0);
}

TEST(SyscallFilter, NoPagesAreLentToPipes) {
  EXPECT_EQ(under_filter([] {
              int ends[2];
              char byte = 0;
              iovec part{&byte, 1};
              if (::pipe(ends) != 0) return 1;
              return ::vmsplice(ends[1], &part, 1, 0) < 0 ? errno : 0;
            }),
            EPERM);
}

TEST(SyscallFilter, PipesKeepTheirSize) {
  EXPECT_EQ(under_filter([] {
              int ends[2];
              if (::pipe(ends) != 0) return 1;
              if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return 2;
              return ::fcntl(ends[0], F_SETPIPE_SZ, 1024 * 1024) < 0 ? errno : 0;
            }),
            EPERM);
}

TEST(SyscallFilter, IsAProgramTheKernelTakes) {
  // sock_filter has eight bytes, a program at most 4,096 of them (BPF_MAXINSNS).
  EXPECT_EQ(syscall_filter().size() % 8, 0u);
  EXPECT_LT(syscall_filter().size() / 8, 4096u);
}

// What lies in sockets is counted nowhere, so their buffers stay as large as the kernel makes them.
TEST(SyscallFilter, SocketBuffersKeepTheirSize) {
  EXPECT_EQ(under_filter([] {
              int ends[2];
              int before = 0;
              int after = 0;
              socklen_t size = sizeof before;
              if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
              if (::getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &before, &size) != 0) return 2;
              const int wish = before / 4;
              const int on = 1;
              if (::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &wish, sizeof wish) != 0) return 5;
              if (::setsockopt(ends[0], SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) return 6;
              if (::getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &after, &size) != 0) return 7;
              return after == before ? 0 : 8;
            }),
            0);
}

}  // namespace
}  // namespace tandem::sandbox
