#include "topology/state_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "topology/local.h"

namespace tandem::topology {
namespace {

using testing::HasSubstr;

class StateFilesTest : public testing::Test {
 public:
  StateFilesTest() { std::filesystem::create_directories(folder_); }
  ~StateFilesTest() override { std::filesystem::remove_all(folder_); }

  /// What can stand where a file belongs.
  void put(const std::string& damage) {
    std::filesystem::remove_all(file_);
    if (damage == "empty") core::write_file_atomically(file_, "", 0600);
    if (damage == "garbage") core::write_file_atomically(file_, "\x1b[2J garbage", 0600);
    if (damage == "folder") std::filesystem::create_directory(file_);
    if (damage == "full folder") std::filesystem::create_directories(file_ / "below");
    if (damage == "pipe") {
      ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
    }
    if (damage == "loop") std::filesystem::create_symlink(file_, file_);
    if (damage == "link to nothing") std::filesystem::create_symlink(folder_ / "nothing", file_);
    if (damage == "link to a folder") std::filesystem::create_symlink(folder_, file_);
    if (damage == "link to a device") std::filesystem::create_symlink("/dev/zero", file_);
    if (damage == "too large") {
      core::write_file_atomically(file_, "x", 0600);
      std::filesystem::resize_file(file_, 1ULL << 32);
    }
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("state-files-" + std::to_string(getpid()));
  std::filesystem::path file_ = folder_ / "file";
  std::vector<std::string> said_;
  FileNote note_ = [this](std::string_view text) { said_.emplace_back(text); };
};

constexpr const char* kDamages[] = {
    "lost", "empty",           "folder",           "full folder", "pipe",
    "loop", "link to nothing", "link to a folder", "too large",   "link to a device"};

TEST_F(StateFilesTest, ReadingWhateverIsThereEndsAndNamesTheFile) {
  for (const char* damage : kDamages) {
    put(damage);
    const StateFile read = read_state_file(file_);
    EXPECT_FALSE(read.text) << damage;
    EXPECT_THAT(read.problem, HasSubstr(file_.string())) << damage;
  }
  put("garbage");
  EXPECT_EQ(read_state_file(file_).text, "\x1b[2J garbage");
}

TEST_F(StateFilesTest, AFileCanBeWrittenOnceWayIsMade) {
  for (const char* damage : kDamages) {
    put(damage);
    if (std::string_view(damage) == "full folder") {
      EXPECT_THROW(make_way(file_, note_), LocalError);
      EXPECT_TRUE(std::filesystem::exists(file_ / "below"));
      continue;
    }
    make_way(file_, note_);
    core::write_file_atomically(file_, "good", core::kSecretMode);
    EXPECT_EQ(read_state_file(file_).text, "good") << damage;
  }
  EXPECT_EQ(said_.size(), 6u);
  EXPECT_TRUE(std::filesystem::is_directory(folder_));
}

TEST_F(StateFilesTest, AFileItsOwnerMayNotReadIsMended) {
  put("garbage");
  ASSERT_EQ(chmod(file_.c_str(), 0), 0);
  make_way(file_, note_);
  EXPECT_EQ(access(file_.c_str(), R_OK | W_OK), 0);
}

TEST_F(StateFilesTest, AFolderCanBeMadeOnceWayIsMade) {
  for (const char* damage : kDamages) {
    put(damage);
    if (std::string_view(damage) == "too large") {
      EXPECT_THROW(make_way_for_folder(file_, note_), LocalError);
      continue;
    }
    make_way_for_folder(file_, note_);
    std::filesystem::create_directories(file_);
    EXPECT_TRUE(std::filesystem::is_directory(file_)) << damage;
  }
}

TEST(ApiKey, IsWhatApiGatewayTakes) {
  EXPECT_TRUE(is_api_key(std::string(20, 'x')));
  EXPECT_TRUE(is_api_key(std::string(128, 'x')));
  for (const std::string& text :
       {std::string(19, 'x'), std::string(129, 'x'), std::string(), std::string(20, ' '),
        std::string(20, '\0'), std::string(20, '\x1b'), std::string(20, '\xc3')}) {
    EXPECT_FALSE(is_api_key(text)) << text;
  }
}

}  // namespace
}  // namespace tandem::topology
