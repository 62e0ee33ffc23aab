#include "net/process.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loopback_testing.h"

namespace tandem::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::Loop;

class ChildProcessTest : public ::testing::Test {
 protected:
  std::unique_ptr<ChildProcess> start(ProcessOptions options) {
    options.on_output = [this](std::string_view piece) { output_ += piece; };
    options.on_error_output = [this](std::string_view piece) { error_output_ += piece; };
    return ChildProcess::start(loop_.executor(), std::move(options));
  }
  std::unique_ptr<ChildProcess> shell(std::string script, std::string input = "") {
    ProcessOptions options;
    options.arguments = {"sh", "-c", std::move(script)};
    options.environment = {"PATH=/usr/bin:/bin", "A=b"};
    options.input = std::move(input);
    return start(std::move(options));
  }
  ExitStatus run(std::string script, std::string input = "") {
    const auto child = shell(std::move(script), std::move(input));
    return loop_.run(child->wait());
  }
  void wait_for(std::string_view text) {
    while (output_.find(text) == std::string::npos) loop_.run(core::sleep_for(milliseconds(1)));
  }
  /// Whoever adopts an orphan may be slow to reap it: a zombie counts as dead.
  static bool alive(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    return std::getline(status, text) && text.find(") Z ") == std::string::npos;
  }

  Loop loop_;
  std::string output_;
  std::string error_output_;
};

TEST_F(ChildProcessTest, ReportsOutputAndExitCode) {
  const ExitStatus status = run("echo out; echo err >&2; echo $A; cat; exit 3", "in");
  EXPECT_EQ(status.code, 3);
  EXPECT_EQ(status.signal, 0);
  EXPECT_EQ(output_, "out\nb\nin");
  EXPECT_EQ(error_output_, "err\n");
}

// getrusage(2) of a child starts at what its parent had: only more than that is its own.
TEST_F(ChildProcessTest, MemoryIsTheChildsOwn) {
  const std::string ours(64 * 1024 * 1024, 'x');
  EXPECT_EQ(run("exit 0").max_resident_kib, 0) << ours.size();
  EXPECT_GT(run("dd if=/dev/zero of=/dev/null bs=512M count=1 2>/dev/null").max_resident_kib,
            512 * 1024);
}

TEST_F(ChildProcessTest, InheritsNoEnvironmentNoDescriptorsAndNoSignalSettings) {
  ::signal(SIGPIPE, SIG_IGN);
  ProcessOptions options;
  options.arguments = {"sh", "-c", "env; ls /proc/self/fd | wc -l; grep SigIgn /proc/self/status"};
  options.environment = {"ONLY=this"};
  options.working_directory = "/";
  const auto child = start(std::move(options));
  loop_.run(child->wait());
  ::signal(SIGPIPE, SIG_DFL);
  // ls has 0, 1, 2 and the folder it lists.
  EXPECT_THAT(output_, HasSubstr("ONLY=this\n"));
  EXPECT_THAT(output_, HasSubstr("PWD=/\n"));
  EXPECT_THAT(output_, HasSubstr("\n4\n"));
  // Signals 32 and 33 are the C library's own: no program can set them, so they may be inherited.
  const auto at = output_.find("SigIgn:\t");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(std::stoull(output_.substr(at + 8), nullptr, 16) & ~0x180000000ULL, 0U);
  EXPECT_EQ(output_.find("HOME="), std::string::npos);
}

TEST_F(ChildProcessTest, LargeInputAndOutputPass) {
  EXPECT_EQ(run("cat", std::string(3'000'000, 'x')).code, 0);
  EXPECT_EQ(output_.size(), 3'000'000u);
}

TEST_F(ChildProcessTest, StartFailuresAreReported) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer makes vfork a fork, whose failures the parent does not see";
#endif
  ProcessOptions options;
  options.arguments = {"no-such-program-anywhere"};
  EXPECT_THROW(start(options), boost::system::system_error);
  options.arguments = {"/etc/passwd"};
  EXPECT_THROW(start(options), boost::system::system_error);
  options.arguments = {"true"};
  options.working_directory = "/no/such/folder";
  EXPECT_THROW(start(options), boost::system::system_error);
}

TEST_F(ChildProcessTest, SignalReachesTheWholeGroup) {
  const auto child = shell("sleep 1000 & echo started; wait");
  wait_for("started");
  child->signal(SIGKILL);
  const ExitStatus status = loop_.run(child->wait());
  EXPECT_EQ(status.signal, SIGKILL);
  // The background process held the pipe: wait() returning shows that it is gone.
  child->signal(SIGKILL);
}

TEST_F(ChildProcessTest, WhatTheLeaderLeavesBehindIsKilled) {
  const auto child = shell("sleep 1000 & echo $!; exit 0");
  EXPECT_EQ(loop_.run(child->wait()).code, 0);
  const pid_t left = static_cast<pid_t>(std::stol(output_));
  while (alive(left)) loop_.run(core::sleep_for(milliseconds(1)));
}

TEST_F(ChildProcessTest, DestructionKillsAndReaps) {
  auto child = shell("echo started; sleep 1000");
  wait_for("started");
  const pid_t pid = child->pid();
  child.reset();
  while (alive(pid)) loop_.run(core::sleep_for(milliseconds(1)));
}

TEST_F(ChildProcessTest, DiesWithItsParent) {
  // A child of this test starts a grandchild through ChildProcess and is then killed outright.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    Loop loop;
    ProcessOptions options;
    options.arguments = {"sleep", "1000"};
    const auto child = ChildProcess::start(loop.executor(), std::move(options));
    const pid_t pid = child->pid();
    if (::write(ends[1], &pid, sizeof pid) != sizeof pid) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  pid_t grandchild = 0;
  ASSERT_EQ(::read(ends[0], &grandchild, sizeof grandchild), sizeof grandchild);
  EXPECT_TRUE(alive(grandchild));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  while (alive(grandchild)) loop_.run(core::sleep_for(milliseconds(1)));
}

}  // namespace
}  // namespace tandem::net
