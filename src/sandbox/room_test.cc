#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/room_accounts.h"
#include "sandbox/room_plan.h"
#include "sandbox/room_wire.h"
#include "sandbox/tree.h"

namespace tandem::sandbox {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::Pair;
using Kind = RoomMessage::Kind;

std::string zero_ended(std::initializer_list<std::string_view> fields) {
  std::string all;
  for (const std::string_view each : fields) all.append(each).push_back('\0');
  return all;
}

TEST(RoomWireTest, MessagesComeOutAsTheyWentIn) {
  const RoomMessage start{Kind::kStart, {"1", "/bin/sh", "", "/", "A=b", "C=d=e"}};
  RoomReader reader;
  const std::string text = start.text() + RoomMessage{Kind::kReady, {}}.text();
  for (const char c : text) reader.add(std::string_view(&c, 1));
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, Kind::kStart);
  EXPECT_EQ(first->fields, start.fields);
  EXPECT_THAT(first->variables(4), ElementsAre(Pair("A", "b"), Pair("C", "d=e")));
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->kind, Kind::kReady);
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.broken());
}

TEST(RoomWireTest, WhatIsNoMessageBreaksTheStream) {
  for (const std::string& bytes :
       {std::string("\xFF\xFF\xFF\xFFr", 5), std::string("\x01\0\0\0?", 5),
        std::string("\0\0\0\0r", 5), std::string("\x03\0\0\0rab", 7)}) {
    RoomReader reader;
    reader.add(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken());
    reader.add(RoomMessage{Kind::kReady, {}}.text());
    EXPECT_FALSE(reader.next());
  }
}

TEST(RoomWireTest, AReportIsFoundByItsMark) {
  const std::string report =
      zero_ended({"mark-7", "3", "=/tmp", "A=b", "_=/usr/bin/env", "E=", ""});
  std::string held = zero_ended({"mark-6", "0", "=/", ""}) + "anything" + report;
  const auto fields = take_report(held, "mark-7");
  ASSERT_TRUE(fields);
  EXPECT_TRUE(held.empty());
  const auto parsed = parse_report(*fields, 0);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->code, 3);
  EXPECT_EQ(parsed->folder, "/tmp");
  EXPECT_THAT(*parsed->variables, ElementsAre(Pair("A", "b"), Pair("E", "")));
}

TEST(RoomWireTest, AReportIsWaitedForToItsEnd) {
  const std::string report = zero_ended({"mark-7", "3", "=/tmp", "A=b", ""});
  std::string held;
  for (std::size_t i = 0; i + 1 < report.size(); ++i) {
    held.push_back(report[i]);
    EXPECT_FALSE(take_report(held, "mark-7")) << i;
  }
  held.push_back(report.back());
  EXPECT_TRUE(take_report(held, "mark-7"));
}

TEST(RoomWireTest, WithoutItsMarkNothingIsHeld) {
  std::string held(1'000'000, '\0');
  EXPECT_FALSE(take_report(held, "mark-7"));
  EXPECT_LT(held.size(), 100);
  held = zero_ended({"mark-7", "3", "=/tmp"}) + std::string(RoomReader::kMost, 'x');
  const auto fields = take_report(held, "mark-7");
  ASSERT_TRUE(fields);
  const auto parsed = parse_report(*fields, 0);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->code, 3);
  EXPECT_FALSE(parsed->variables);
}

TEST(RoomWireTest, ReportsThatAreNone) {
  using Fields = std::vector<std::string>;
  for (const Fields& fields :
       {Fields{}, Fields{"0"}, Fields{"0", "=/"}, Fields{"256", "=/", ""}, Fields{"-1", "=/", ""},
        Fields{"0", "/", ""}, Fields{"0", "=/", "A=b"}}) {
    EXPECT_FALSE(parse_report(fields, 0));
  }
}

/// By a shell itself.
std::string said_by_shell(const std::string& script) {
  const std::string command = "sh -c " + quote_for_shell(script) + " 2>/dev/null";
  FILE* shell = ::popen(command.c_str(), "r");
  std::string text;
  char piece[4096];
  while (const std::size_t got = ::fread(piece, 1, sizeof piece, shell)) text.append(piece, got);
  ::pclose(shell);
  return text;
}

TEST(RoomWireTest, AShellReadsACommandAsItIs) {
  EXPECT_EQ(said_by_shell("printf %s " + quote_for_shell("it's $HOME `x` \"\\\n")),
            "it's $HOME `x` \"\\\n");
  std::string report = said_by_shell(
      command_script("(exit 3)", {{"A", "x'y\nz"}, {"1bad", "x"}}, "/dev/stdout", "m"));
  const auto fields = take_report(report, "m");
  ASSERT_TRUE(fields);
  const auto parsed = parse_report(*fields, 0);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->code, 3);
  EXPECT_THAT(*parsed->variables, ::testing::Contains(Pair("A", "x'y\nz")));
}

TEST(RoomAccountsTest, UsersAreFoundByNameAndByNumber) {
  constexpr std::string_view kUsers =
      "root:x:0:0::/root:/bin/sh\nbroken\nnode:x:1000:1001:,,,:/home/node:/bin/sh\nno:x:x:1::/:\n";
  constexpr std::string_view kGroups =
      "root:x:0:\ndocker:x:999:a,node\nx:x:998:nodes\nsudo:x:27:node\n";
  const auto node = find_account("node", kUsers, kGroups);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->user, 1000);
  EXPECT_EQ(node->group, 1001);
  EXPECT_EQ(node->home, "/home/node");
  EXPECT_THAT(node->further_groups, ElementsAre(999, 27));
  EXPECT_TRUE(find_account("1000", kUsers, kGroups));
  for (const char* name : {"nobody", "no", "broken", ""}) {
    EXPECT_FALSE(find_account(name, kUsers, kGroups)) << name;
  }
}

TEST(RoomPlanTest, APlanIsReadAsItWasWritten) {
  RoomPlan plan;
  plan.folder = "/x";
  plan.users = {1'910'000'000, 65'536};
  plan.source_inside = "/codebuild/src";
  plan.layers = {"/usr", "/var/lib/dpkg"};
  plan.overlays = true;
  plan.tcp = {{"127.0.0.1", 80}};
  plan.own_addresses = {"169.254.170.2"};
  const auto read = RoomPlan::from_text(plan.to_text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read.value(), plan);
  EXPECT_FALSE(RoomPlan::from_text("[]"));
  EXPECT_FALSE(RoomPlan::from_text("{"));
}

class TreeTest : public ::testing::Test {
 protected:
  TreeTest() {
    std::string name = (fs::temp_directory_path() / "tree-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~TreeTest() override { fs::remove_all(folder_); }
  void write(const fs::path& path) const { std::ofstream(path) << "x"; }
  fs::path folder_;
};

TEST_F(TreeTest, LinksAreRemovedAndNotFollowed) {
  fs::create_directories(folder_ / "kept");
  write(folder_ / "kept/file");
  fs::create_directories(folder_ / "tree/a/b");
  write(folder_ / "tree/a/b/file");
  fs::create_symlink(folder_ / "kept", folder_ / "tree/a/link");
  fs::create_symlink("/nowhere", folder_ / "tree/dangling");
  ASSERT_EQ(::mkfifo((folder_ / "tree/pipe").c_str(), 0600), 0);
  remove_tree(folder_ / "tree");
  EXPECT_FALSE(fs::exists(folder_ / "tree"));
  EXPECT_TRUE(fs::exists(folder_ / "kept/file"));
  remove_tree(folder_ / "tree");
  fs::create_symlink(folder_ / "kept", folder_ / "link");
  remove_tree(folder_ / "link");
  EXPECT_TRUE(fs::exists(folder_ / "kept/file"));
}

TEST_F(TreeTest, ClosedFoldersAreOpened) {
  fs::create_directories(folder_ / "tree/a/b");
  write(folder_ / "tree/a/b/file");
  for (const char* each : {"tree/a/b", "tree/a", "tree"}) fs::permissions(folder_ / each, {});
  remove_tree(folder_ / "tree");
  EXPECT_FALSE(fs::exists(folder_ / "tree"));
}

TEST_F(TreeTest, ATreeMayBeDeeperThanAPathIsLong) {
  constexpr int kDepth = 2'000;
  fs::create_directory(folder_ / "tree");
  int at = ::open((folder_ / "tree").c_str(), O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(::mkdirat(at, "deep", 0755), 0);
    const int next = ::openat(at, "deep", O_DIRECTORY | O_CLOEXEC);
    ::close(at);
    at = next;
  }
  ::close(at);
  give_tree(folder_ / "tree", ::geteuid(), ::getegid());
  remove_tree(folder_ / "tree");
  EXPECT_FALSE(fs::exists(folder_ / "tree"));
}

TEST_F(TreeTest, LinksThemselvesAreGiven) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  constexpr uid_t kUser = 12'345;
  fs::create_directories(folder_ / "tree/a");
  write(folder_ / "kept");
  write(folder_ / "tree/a/file");
  fs::create_symlink(folder_ / "kept", folder_ / "tree/a/link");
  fs::create_hard_link(folder_ / "kept", folder_ / "tree/second");
  give_tree(folder_ / "tree", kUser, kUser);
  const auto owner = [&](const char* name) {
    struct stat about {};
    ::lstat((folder_ / name).c_str(), &about);
    return about.st_uid;
  };
  for (const char* each : {"tree", "tree/a", "tree/a/file", "tree/a/link"}) {
    EXPECT_EQ(owner(each), kUser) << each;
  }
  EXPECT_EQ(owner("kept"), 0);
}

}  // namespace
}  // namespace tandem::sandbox
