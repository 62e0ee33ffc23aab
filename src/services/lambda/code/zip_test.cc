#include "services/lambda/code/zip.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "aws/error.h"
#include "services/lambda/code/zip_testing.h"

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

class ZipTest : public ::testing::Test {
 protected:
  ZipTest() {
    std::string pattern = fs::temp_directory_path() / "zip_test.XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~ZipTest() override { fs::remove_all(root_); }

  std::string refusal(const std::string& archive, ZipLimits limits = {}) {
    try {
      unzip(archive, root_ / "code", limits);
    } catch (const aws::ApiError& error) {
      EXPECT_EQ(error.code(), "InvalidParameterValueException");
      EXPECT_TRUE(fs::is_empty(root_)) << "something was left behind";
      return error.message();
    }
    fs::remove_all(root_ / "code");
    return "accepted";
  }

  std::string content(const fs::path& path) {
    std::ifstream file(root_ / "code" / path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path root_;
};

constexpr std::string_view kBroken =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";

TEST_F(ZipTest, KeepsContentExecutableBitsAndInnerLinks) {
  unzip(make_zip({{"bootstrap", "#!/bin/sh\n", S_IFREG | 0755},
                  {"lib/", "", S_IFDIR | 0755},
                  {"lib/a.so.1", "a"},
                  {"lib/a.so", "a.so.1", S_IFLNK | 0777}}),
        root_ / "code");
  EXPECT_EQ(content("bootstrap"), "#!/bin/sh\n");
  EXPECT_EQ(fs::status(root_ / "code/bootstrap").permissions() & fs::perms::owner_exec,
            fs::perms::owner_exec);
  EXPECT_EQ(fs::status(root_ / "code/lib/a.so.1").permissions() & fs::perms::owner_exec,
            fs::perms::none);
  EXPECT_EQ(content("lib/a.so"), "a");
}

// AWS Knowledge Center, "lambda deployment package errors": Lambda uses POSIX permissions.
TEST_F(ZipTest, PermissionsAreThoseOfThePackage) {
  if (::geteuid() != 0) GTEST_SKIP() << "functions are whoever runs the region";
  unzip(make_zip({{"secret.py", "x", S_IFREG | 0600},
                  {"run", "x", S_IFREG | 0744},
                  {"plain", "x", S_IFREG},
                  {"closed/", "", S_IFDIR | 0700},
                  {"closed/a.py", "x", S_IFREG | 0444},
                  {"open/b.py", "x", S_IFREG | 0644}}),
        root_ / "code");
  const auto mode = [&](const char* name) {
    return static_cast<unsigned>(fs::status(root_ / "code" / name).permissions());
  };
  EXPECT_EQ(mode("secret.py"), 0600U);
  EXPECT_EQ(mode("run"), 0744U);
  EXPECT_EQ(mode("plain"), 0644U);  // the archive says nothing
  EXPECT_EQ(mode("closed"), 0700U);
  EXPECT_EQ(mode("closed/a.py"), 0644U);  // we may write
  EXPECT_EQ(mode("open"), 0755U);
}

TEST_F(ZipTest, NothingLeavesTheFolder) {
  const std::vector<std::vector<ZipItem>> hostile = {
      {{"../evil", "x"}},
      {{"a/../../evil", "x"}},
      {{"/etc/evil", "x"}},
      {{"a\\..\\..\\evil", "x"}},
      {{"link", "/etc", S_IFLNK | 0777}},
      {{"link", "../outside", S_IFLNK | 0777}},
      {{"a/link", "../../outside", S_IFLNK | 0777}},
      {{"pipe", "x", S_IFIFO | 0644}},
      {{"device", "x", S_IFCHR | 0644}},
  };
  for (const auto& items : hostile) {
    EXPECT_TRUE(refusal(make_zip(items)).starts_with(kBroken)) << items.front().name;
  }
}

TEST_F(ZipTest, NoFileIsWrittenThroughALink) {
  EXPECT_EQ(refusal(make_zip({{"d", "elsewhere", S_IFLNK | 0777}, {"d/file", "x"}})), kBroken);
}

// "Unzipped size must be smaller than 262144000 bytes": what comes out counts, not what the
// archive says.
TEST_F(ZipTest, BombsAreStopped) {
  const std::string bomb = make_zip({{"zeros", std::string(1'000'000, '\0')}});
  EXPECT_LT(bomb.size(), 10'000u);
  EXPECT_EQ(refusal(bomb, {.unzipped_bytes = 500'000}),
            "Unzipped size must be smaller than 500000 bytes");
  EXPECT_EQ(refusal(make_zip({{"a", "x"}, {"b", "x"}, {"c", "x"}}), {.entries = 2}),
            "Unzipped size must be smaller than 262144000 bytes");
  std::string lying = bomb;
  const auto patch = [&](std::size_t at) {  // uncompressed size: 100
    lying.replace(at, 4, std::string("\x64\0\0\0", 4));
  };
  patch(22);
  patch(lying.rfind("PK\x01\x02") + 24);
  EXPECT_NE(refusal(lying, {.unzipped_bytes = 500'000}), "accepted");
}

TEST_F(ZipTest, BrokenArchivesAreRefused) {
  EXPECT_EQ(refusal("not a zip"), kBroken);
  EXPECT_EQ(refusal(""), "Uploaded file must be a non-empty zip");
  const std::string good = make_zip({{"file", "some content that is long enough to cut"}});
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(refusal(good.substr(0, size)), "accepted") << size;
  }
  std::string flipped = good;
  flipped[40] ^= 1;  // in the file's data: the checksum fails
  EXPECT_EQ(refusal(flipped), kBroken);
}

TEST_F(ZipTest, AnArchiveIsEmptyWhenItsDirectorySaysSo) {
  constexpr std::string_view kEmpty = "Uploaded file must be a non-empty zip";
  EXPECT_EQ(refusal(make_zip({{"bootstrap", ""}})), kEmpty);
  std::string lying = make_zip({{"bootstrap", "#!/bin/sh"}});
  lying.replace(lying.rfind("PK\x01\x02") + 24, 4, std::string(4, '\0'));
  EXPECT_EQ(refusal(lying), kEmpty);
}

TEST_F(ZipTest, ConflictingNamesAreRefused) {
  EXPECT_EQ(refusal(make_zip({{"a", "file"}, {"a/b", "file below a file"}})), kBroken);
}

}  // namespace
}  // namespace tandem::lambda
