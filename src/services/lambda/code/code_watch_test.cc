#include "services/lambda/code/code_watch.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/files.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

class CodeOnDisk : public testing::Test {
 protected:
  CodeOnDisk() {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "lib");
    core::write_file_atomically(folder_ / "bootstrap", "#!/bin/sh\n", 0755);
    core::write_file_atomically(folder_ / "lib/a", "four", 0644);
    fs::create_symlink("lib/a", folder_ / "link");
  }
  ~CodeOnDisk() override { fs::remove_all(folder_); }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("code_watch_test-" + std::to_string(::getpid()));
};

TEST_F(CodeOnDisk, AnOutlineChangesWithNamesSizesAndKinds) {
  const std::string whole = outline_of(folder_);
  EXPECT_EQ(outline_of(folder_), whole);
  core::write_file_atomically(folder_ / "lib/a", "fo", 0644);
  EXPECT_NE(outline_of(folder_), whole);
  core::write_file_atomically(folder_ / "lib/a", "four", 0644);
  EXPECT_EQ(outline_of(folder_), whole);
  fs::rename(folder_ / "lib/a", folder_ / "lib/b");
  EXPECT_NE(outline_of(folder_), whole);
  fs::rename(folder_ / "lib/b", folder_ / "lib/a");
  fs::permissions(folder_ / "bootstrap", fs::perms::owner_exec, fs::perm_options::remove);
  EXPECT_NE(outline_of(folder_), whole);
  fs::permissions(folder_ / "bootstrap", fs::perms::owner_exec, fs::perm_options::add);
  fs::remove(folder_ / "link");
  EXPECT_NE(outline_of(folder_), whole);
}

TEST_F(CodeOnDisk, ADigestChangesWithContentsToo) {
  const std::string outline = outline_of(folder_);
  const std::string digest = digest_of(folder_);
  core::write_file_atomically(folder_ / "lib/a", "fout", 0644);
  EXPECT_EQ(outline_of(folder_), outline);
  EXPECT_NE(digest_of(folder_), digest);
}

TEST_F(CodeOnDisk, WhereThereIsNoFolderBothAreEmpty) {
  EXPECT_EQ(outline_of(folder_ / "none"), "");
  EXPECT_EQ(digest_of(folder_ / "bootstrap"), "");
}

}  // namespace
}  // namespace tandem::lambda
