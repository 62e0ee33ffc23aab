#include "sandbox/cell.h"

#include <arpa/inet.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sandbox/explain.h"
#include "sandbox/memory.h"
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
  asio::thread_pool pool_{1};
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

TEST(SyscallFilter, IsAProgramTheKernelTakes) {
  // sock_filter has eight bytes, a program at most 4,096 of them (BPF_MAXINSNS).
  EXPECT_EQ(syscall_filter().size() % 8, 0u);
  EXPECT_LT(syscall_filter().size() / 8, 4096u);
}

// What lies in sockets is counted nowhere, so their buffers stay as large as the kernel makes them.
TEST(SyscallFilter, SocketBuffersKeepTheirSize) {
  const std::string filter = syscall_filter();
  const pid_t child = ::fork();
  if (child == 0) {
    int ends[2];
    int before = 0;
    int after = 0;
    socklen_t size = sizeof before;
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) ::_exit(1);
    if (::getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &before, &size) != 0) ::_exit(2);
    sock_fprog program{static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                       reinterpret_cast<sock_filter*>(const_cast<char*>(filter.data()))};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(3);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(4);
    const int wish = before / 4;
    const int on = 1;
    if (::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &wish, sizeof wish) != 0) ::_exit(5);
    if (::setsockopt(ends[0], SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) ::_exit(6);
    if (::getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &after, &size) != 0) ::_exit(7);
    ::_exit(after == before ? 0 : 8);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace tandem::sandbox
