#include "topology/process_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/files.h"
#include "topology/links.h"
#include "topology/local.h"
#include "topology/ping.h"

namespace tandem::topology {
namespace {

TEST(ProcessStat, ReadsPastAnyCommand) {
  // proc(5): pid (comm) state ppid …, starttime is field 22.
  const std::string rest = " 0 7 0 -1 0 0 0 0 0 3 4 0 0 20 0 1 0 998877 0 0\n";
  for (const char* command : {"tandem", "a b", "x) R 1 1 (y", ") Z 1 ("}) {
    const auto facts = parse_process_stat("42 (" + std::string(command) + ") S 7" + rest);
    ASSERT_TRUE(facts) << command;
    EXPECT_EQ(facts->id, (ProcessId{42, 998877})) << command;
    EXPECT_EQ(facts->session, 7) << command;
    EXPECT_FALSE(facts->ended || facts->stopped) << command;
  }
  EXPECT_TRUE(parse_process_stat("42 (a) Z 7" + rest)->ended);
  EXPECT_TRUE(parse_process_stat("42 (a) T 7" + rest)->stopped);
  for (const char* text : {"", "42", "42 (a) S", "42 (a) S 7 0 0", "x (a) S 7"}) {
    EXPECT_FALSE(parse_process_stat(text)) << text;
  }
}

TEST(PidFile, TakesNothingButAPidAndAStart) {
  EXPECT_EQ(parse_pid_file("42 7\n"), (ProcessId{42, 7}));
  for (const char* text : {"", "\n", "42", "42 \n", "-42 7", "0 7", "1 7", "42 7 9", "42 x",
                           "99999999999 7", "42  7", "garbage"}) {
    EXPECT_FALSE(parse_pid_file(text)) << text;
  }
}

TEST(PidFile, NamesTheProcessThatWroteIt) {
  const auto folder = std::filesystem::temp_directory_path() / ("pid-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "pid";
  const std::string temporary = folder / "pid.new";
  ASSERT_TRUE(write_own_pid_file(path.c_str(), temporary.c_str()));
  const auto id = parse_pid_file(core::read_file(path));
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, process_facts(getpid())->id);
  EXPECT_FALSE(node_process(getpid(), "/nowhere/config.json"));
  std::filesystem::remove_all(folder);
}

TEST(ProcessHandle, OfAPidThatIsAnothersNowIsRefused) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const ProcessId id = process_facts(child)->id;
  EXPECT_EQ(open_process({id.pid, id.started + 1}), -1);
  const int handle = open_process(id);
  ASSERT_GE(handle, 0);
  send_signal(handle, SIGKILL);
  pollfd waiting{handle, POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 10'000), 1);
  EXPECT_EQ(open_process(id), -1);  // a zombie has ended
  waitpid(child, nullptr, 0);
  EXPECT_EQ(open_process(id), -1);
  close(handle);
}

/// Has the command line of a region until its standard input ends.
pid_t fake_node(const std::string& config, bool leads) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (leads) setsid();
  execl("/bin/sh", "tandem", "node", "--config", config.c_str(), "--name", "us-east-1", nullptr);
  _exit(127);
}

TEST(ProcessTable, WhatARegionWasAboutToStartIsNotTheRegion) {
  const auto folder = std::filesystem::temp_directory_path() / ("node-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  core::write_file_atomically(folder / "node", "echo\nread gone\n", 0644);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  const std::string config = folder / "config.json";
  int input[2];
  int output[2];
  ASSERT_EQ(pipe2(input, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(output, O_CLOEXEC), 0);
  const int own[] = {dup(0), dup(1)};
  dup2(input[0], 0);
  dup2(output[1], 1);
  const pid_t region = fake_node(config, true);
  const pid_t other = fake_node(config, false);
  dup2(own[0], 0);
  dup2(own[1], 1);
  char said[2];
  for (char& one : said) ASSERT_EQ(read(output[0], &one, 1), 1);  // both are shells now
  const auto found = node_processes(config);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().id.pid, region);
  EXPECT_TRUE(remains_of("us-west-2", config).empty());
  const auto remains = remains_of("us-east-1", config);
  ASSERT_EQ(remains.size(), 1U);
  pollfd waiting{remains.front(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
  kill(other, SIGKILL);
  EXPECT_EQ(poll(&waiting, 1, 10'000), 1);
  kill(region, SIGKILL);
  for (const pid_t child : {region, other}) waitpid(child, nullptr, 0);
  for (const int each : {input[0], input[1], output[0], output[1], own[0], own[1], remains.front()})
    close(each);
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
}

TEST(Pong, ReadsWhatAProcessSaysAboutItself) {
  const Pong well = read_pong(
      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
      R"({"status":"ok","name":"us-east-1","pid":7,"stateFolder":"/x/.tandem"})");
  EXPECT_EQ(well.kind, Pong::Kind::kTandem);
  EXPECT_EQ(well.name, "us-east-1");
  EXPECT_EQ(well.pid, 7);
  EXPECT_EQ(well.state_folder, "/x/.tandem");
  EXPECT_EQ(well.problem, "");
  EXPECT_EQ(read_pong("HTTP/1.1 503 x\r\n\r\n"
                      R"({"status":"failing","name":"a","reason":"the disk is full"})")
                .problem,
            "the disk is full");
  for (const char* text : {"SSH-2.0-x\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK",
                           "HTTP/1.1 200 OK\r\n\r\n[]", "HTTP/1.1 200 OK\r\n\r\n{\"name\":1}"}) {
    EXPECT_EQ(read_pong(text).kind, Pong::Kind::kStranger) << text;
  }
  EXPECT_EQ(read_pong("").kind, Pong::Kind::kNobody);
}

TEST(Ending, IsReadFromItsNote) {
  EXPECT_EQ(parse_ending("killed 2026-11-29T03:00:00.000Z\n").how, Ending::How::kKilled);
  EXPECT_EQ(parse_ending("killed 2026-11-29T03:00:00.000Z\n").at, "2026-11-29T03:00:00.000Z");
  EXPECT_EQ(parse_ending("stopped 2026-11-29T03:00:00.000Z\n").how, Ending::How::kStopped);
  for (const char* damaged : {"", "garbage", " ", "killed"})
    EXPECT_EQ(parse_ending(damaged).at, "");
}

TEST(Links, EveryStateIsRead) {
  const auto document = json::parse_text(R"({"us-west-2": {"Connected": false,
      "State": "RefusedByPeer", "DelayMs": 5, "PendingEntries": 3, "SnapshotsOwed": 1, "LagMs": 1.5,
      "ClockOffsetMs": -70000, "RefusedByPeer": {"Reason": "its clock is ahead", "Since": "now"}},
      "eu-west-1": {"Connected": true}, "damaged": 7})");
  const auto links = read_links(document.value().as_object());
  const LinkState& refused = links.at("us-west-2");
  EXPECT_EQ(refused.state, "RefusedByPeer");
  EXPECT_EQ(refused.pending, 3U);
  EXPECT_EQ(refused.snapshots_owed, 1U);
  EXPECT_EQ(refused.clock_offset_ms, -70000);
  EXPECT_EQ(refused.refused_by_peer, "its clock is ahead (since now)");
  EXPECT_FALSE(refused.works());
  EXPECT_TRUE(links.at("eu-west-1").works());
  EXPECT_FALSE(links.contains("damaged"));
}

}  // namespace
}  // namespace tandem::topology
