#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/stat.h>

#include "archive/unpack.h"
#include "archive/zip_writer.h"

namespace tandem::archive {
namespace {

namespace fs = std::filesystem;
using Fault = ArchiveError::Fault;

const Limits kPlenty{.bytes = 1'000'000, .entries = 100};

class ArchiveTest : public ::testing::Test {
 protected:
  ArchiveTest() {
    std::string pattern = fs::temp_directory_path() / "archive_test.XXXXXX";
    root_ = mkdtemp(pattern.data());
    fs::create_directory(root_ / "out");
  }
  ~ArchiveTest() override { fs::remove_all(root_); }

  fs::path make(const std::function<void(ZipWriter&)>& fill) {
    fs::remove(root_ / "a.zip");
    ZipWriter writer(root_ / "a.zip");
    fill(writer);
    writer.close();
    return root_ / "a.zip";
  }

  std::optional<Fault> fault(const fs::path& zip, const Limits& limits = kPlenty) {
    try {
      unpack(zip, root_ / "out", limits);
      return std::nullopt;
    } catch (const ArchiveError& error) {
      return error.fault();
    }
  }

  std::string content(const fs::path& path) {
    std::ifstream file(root_ / path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  net::Descriptor open(const fs::path& path) {
    return net::Descriptor(::open((root_ / path).c_str(), O_RDONLY | O_CLOEXEC));
  }

  fs::path root_;
};

TEST_F(ArchiveTest, WhatIsWrittenComesBack) {
  std::string large(300'000, 'x');
  for (std::size_t i = 0; i < large.size(); i += 7) large[i] = static_cast<char>(i * 31);
  std::ofstream(root_ / "large") << large;
  int opened = 0;
  const fs::path zip = make([&](ZipWriter& writer) {
    writer.add(
        "bin/tool",
        [&] {
          ++opened;
          return open("large");
        },
        0755);
    writer.add_text("notes.txt", "hello");
    writer.add_folder("empty");
    writer.add_link("bin/alias", "tool");
    EXPECT_EQ(opened, 0) << "content is read when the archive is closed";
  });
  EXPECT_EQ(opened, 1);
  struct stat about {};
  ASSERT_EQ(stat(zip.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);

  EXPECT_EQ(unpack(zip, root_ / "out", kPlenty), 4U);
  EXPECT_EQ(content("out/bin/alias"), large);
  EXPECT_TRUE(fs::is_symlink(root_ / "out/bin/alias"));
  EXPECT_TRUE(fs::is_directory(root_ / "out/empty"));
  EXPECT_EQ(content("out/notes.txt"), "hello");
  EXPECT_NE(fs::status(root_ / "out/bin/tool").permissions() & fs::perms::owner_exec,
            fs::perms::none);
  EXPECT_EQ(read_entry(zip, "notes.txt", 5), "hello");
  EXPECT_EQ(read_entry(zip, "absent", 5), std::nullopt);
  EXPECT_EQ(read_entry(zip, "bin/alias", 50), std::nullopt) << "a link is not a file";
  EXPECT_THROW(read_entry(zip, "notes.txt", 4), ArchiveError);
}

TEST_F(ArchiveTest, AnArchiveOfNothingIsOne) {
  const fs::path zip = make([](ZipWriter&) {});
  EXPECT_EQ(unpack(zip, root_ / "out", kPlenty), 0U);
}

TEST_F(ArchiveTest, NothingLeavesTheFolder) {
  for (const char* name : {"../x", "/etc/x", "a/../../x", "a\\b"}) {
    const auto zip = make([&](ZipWriter& writer) { writer.add_text(name, "x"); });
    EXPECT_EQ(fault(zip), Fault::kUnsafe) << name;
  }
  for (const char* target : {"/etc/passwd", "../../x", "a/../../x"}) {
    const auto zip = make([&](ZipWriter& writer) { writer.add_link("link", target); });
    EXPECT_EQ(fault(zip), Fault::kUnsafe) << target;
  }
  // A file that would be written through a link beside it.
  const auto zip = make([](ZipWriter& writer) {
    writer.add_link("to", ".");
    writer.add_text("to/file", "x");
  });
  EXPECT_EQ(fault(zip), Fault::kBroken);
}

/// Links each of which seems to stay: what matters is where they lead one after the other.
TEST_F(ArchiveTest, NothingLeavesTheFolderByWayOfSeveralLinks) {
  using Pairs = std::vector<std::pair<const char*, const char*>>;
  for (const Pairs& links :
       std::vector<Pairs>{{{"d/up", ".."}, {"out", "d/up/../victim"}},
                          {{"out", "d/up/../victim"}, {"d/up", ".."}},
                          {{"a/b/up", "../.."}, {"c", "a/b/up"}, {"out", "c/../../../etc"}},
                          {{"here", "."}, {"out", "here/.."}}}) {
    const auto zip = make([&](ZipWriter& writer) {
      for (const auto& [link, target] : links) writer.add_link(link, target);
    });
    EXPECT_EQ(fault(zip), Fault::kUnsafe) << links.front().first;
    EXPECT_TRUE(fs::is_empty(root_ / "out"));
  }
  // A link that would be made, with folders for it, behind another one.
  const auto zip = make([](ZipWriter& writer) {
    writer.add_link("folder", ".");
    writer.add_link("folder/made/link", "x");
  });
  EXPECT_EQ(fault(zip), Fault::kUnsafe);
  EXPECT_FALSE(fs::exists(root_ / "out/made"));
  // Those that stay may be as many as they like, to nowhere and in circles, too.
  const auto fine = make([](ZipWriter& writer) {
    writer.add_text("a/b/file", "x");
    writer.add_link("first", "a/b");
    writer.add_link("second", "first/../b/file");
    writer.add_link("a/third", "../second");
    writer.add_link("nowhere", "none/such");
  });
  EXPECT_EQ(fault(fine), std::nullopt);
  EXPECT_EQ(content("out/a/third"), "x");
}

TEST_F(ArchiveTest, LimitsHold) {
  const auto zip = make([](ZipWriter& writer) {
    writer.add_text("a", std::string(1'000, 'a'));
    writer.add_text("b", std::string(1'000, 'b'));
  });
  EXPECT_EQ(fault(zip, {.bytes = 1'999, .entries = 2}), Fault::kTooBig);
  EXPECT_EQ(fault(zip, {.bytes = 2'000, .entries = 1}), Fault::kTooBig);
  EXPECT_EQ(fault(zip, {.bytes = 2'000, .entries = 2}), std::nullopt);
}

TEST_F(ArchiveTest, WhatIsNoArchiveIsBroken) {
  std::ofstream(root_ / "text") << "hello";
  EXPECT_EQ(fault(root_ / "text"), Fault::kBroken);
  EXPECT_EQ(fault(root_ / "absent"), Fault::kBroken);
  const auto zip = make([](ZipWriter& writer) { writer.add_text("a", std::string(500, 'a')); });
  fs::resize_file(zip, fs::file_size(zip) - 30);
  EXPECT_EQ(fault(zip), Fault::kBroken);
}

TEST_F(ArchiveTest, WhatOpeningThrowsComesOut) {
  ZipWriter writer(root_ / "a.zip");
  writer.add(
      "a", []() -> net::Descriptor { throw std::domain_error("gone"); }, 0644);
  EXPECT_THROW(writer.close(), std::domain_error);
}

TEST_F(ArchiveTest, WithoutItsEndNothingIsLeft) {
  {
    ZipWriter writer(root_ / "a.zip");
    writer.add_text("a", "a");
  }
  EXPECT_FALSE(fs::exists(root_ / "a.zip"));
  std::ofstream(root_ / "a.zip") << "there";
  EXPECT_THROW(ZipWriter(root_ / "a.zip"), std::system_error) << "it is to be a new file";
}

}  // namespace
}  // namespace tandem::archive
