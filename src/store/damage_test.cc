// Flipped bits and missing files: refused with the file's name, or nothing is missing but a torn
// end. Never a crash, never a silent cut.
#include <boost/crc.hpp>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/files.h"
#include "core/random.h"
#include "store/engines.h"
#include "store/store_failure.h"
#include "store/wal_check.h"

namespace tandem::store {
namespace {

namespace fs = std::filesystem;

class Damage : public testing::Test {
 protected:
  Damage() { fs::remove_all(folder_); }

  void write(int from, int to) {
    const auto store = open_rocksdb(folder_);
    for (int i = from; i < to; ++i) store->put(key(i), std::string(40 + i % 50, 'v'));
  }
  static std::string key(int i) { return "key" + std::to_string(1000 + i); }

  fs::path file(std::string_view ending, std::string_view beginning = "") const {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      if (name.ends_with(ending) && name.starts_with(beginning) && entry.file_size() > 0) {
        return entry.path();
      }
    }
    ADD_FAILURE() << "no file *" << ending;
    return {};
  }

  static void put(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  /// How many of the keys are there, or the error.
  std::string outcome(int keys) {
    try {
      const auto store = open_rocksdb(folder_);
      int found = 0;
      while (found < keys && store->get(key(found))) ++found;
      for (int i = found; i < keys; ++i) {
        if (store->get(key(i))) return "a hole at " + std::to_string(found);
      }
      return std::to_string(found);
    } catch (const StoreFailure& error) {
      return (error.kind == StoreFailure::Kind::kCorrupt ? "corrupt: " : "failed: ") +
             error.message;
    }
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "store_damage_test";
  core::SeededRandom random_{core::SystemRandom().next()};
};

TEST_F(Damage, WhatIsNoFileIsNamedAndNotWaitedFor) {
  for (const auto& [ending, beginning] : std::vector<std::pair<const char*, const char*>>{
           {"CURRENT", ""}, {".log", ""}, {"", "MANIFEST-"}}) {
    write(0, 10);  // else the log, begun anew at each opening, is empty
    const fs::path path = file(ending, beginning);
    const fs::path kept = folder_.string() + ".kept";
    fs::rename(path, kept);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_EQ(outcome(10),
              "corrupt: " + path.string() +
                  " is a pipe where a file of the store belongs; if that file is still "
                  "somewhere, put it back");
    fs::remove(path);
    fs::create_directory(path);
    EXPECT_THAT(outcome(10), testing::StartsWith("corrupt: " + path.string() + " is a folder"));
    fs::remove(path);
    fs::create_symlink("/dev/zero", path);
    EXPECT_THAT(outcome(10), testing::StartsWith("corrupt: " + path.string() + " is a device"));
    fs::remove(path);
    fs::rename(kept, path);
    EXPECT_EQ(outcome(10), "10");
  }
}

TEST_F(Damage, WhatTheEngineMakesAnewIsNotMissed) {
  write(0, 10);
  for (const char* name : {"LOCK", "LOG"}) {
    fs::remove(folder_ / name);
    ASSERT_EQ(::mkfifo((folder_ / name).c_str(), 0600), 0);
    EXPECT_EQ(outcome(10), "10") << name;
    EXPECT_TRUE(fs::is_regular_file(folder_ / name));
  }
}

TEST_F(Damage, AFileThatIsLinkedToIsOne) {
  write(0, 10);
  const fs::path manifest = file("", "MANIFEST-");
  const fs::path elsewhere = folder_.string() + ".elsewhere";
  fs::rename(manifest, elsewhere);
  fs::create_symlink(elsewhere, manifest);
  EXPECT_EQ(outcome(10), "10");
  fs::remove(elsewhere);
}

TEST_F(Damage, AnyFlippedBitOfALogInFrontOfItsLastRecordIsRefused) {
  constexpr int kKeys = 900;
  write(0, kKeys);
  const fs::path saved = fs::path(testing::TempDir()) / "store_damage_saved";
  fs::remove_all(saved);
  fs::copy(folder_, saved, fs::copy_options::recursive);
  const std::string whole = core::read_file(file(".log"));
  ASSERT_GT(whole.size(), 64U << 10) << "more than a block";
  const std::size_t last_record = whole.size() - 150;
  for (int round = 0; round < 60; ++round) {
    fs::remove_all(folder_);
    fs::copy(saved, folder_, fs::copy_options::recursive);
    std::string bytes = whole;
    // The first rounds hit headers of the first records: lengths and types.
    const std::size_t at =
        round < 12 ? static_cast<std::size_t>(round) : random_.below(last_record);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.below(8)));
    put(file(".log"), bytes);
    const std::string seen = outcome(kKeys);
    // What fills a block up is no record.
    if (seen == std::to_string(kKeys)) continue;
    EXPECT_THAT(seen, testing::StartsWith("corrupt: " + file(".log").string())) << "byte " << at;
  }
}

TEST_F(Damage, ATornEndIsCutAtTheLastWholeRecord) {
  write(0, 50);
  const fs::path log = file(".log");
  const std::string whole = core::read_file(log);
  fs::resize_file(log, whole.size() - 5);
  EXPECT_EQ(outcome(50), "49");
}

/// A record of a log (RocksDB wiki, "Write Ahead Log File Format").
std::string record_of(std::string_view payload) {
  const std::string body = '\1' + std::string(payload);  // a whole record, in one piece
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(body.data(), body.size());
  const std::uint32_t sum = crc.checksum();
  const std::uint32_t masked = ((sum >> 15) | (sum << 17)) + 0xa282ead8U;
  std::string record;
  for (int byte = 0; byte < 4; ++byte) record += static_cast<char>(masked >> (8 * byte));
  record += static_cast<char>(payload.size());
  record += '\0';
  return record + body;
}

// A disk that fills while a database with a torn log is opened: the next log has been begun, and
// the manifest does not say yet that the torn one is done with.
TEST_F(Damage, ALaterLogWithoutWritesDoesNotMakeATornEndDamage) {
  write(0, 50);
  const fs::path log = file(".log");
  fs::resize_file(log, fs::file_size(log) - 5);
  put(folder_ / "000099.log", record_of(std::string(12, '\0')));
  EXPECT_EQ(outcome(50), "49");
}

TEST_F(Damage, ALaterLogWithAWriteDoes) {
  write(0, 50);
  const fs::path log = file(".log");
  fs::resize_file(log, fs::file_size(log) - 5);
  put(folder_ / "000099.log", record_of(std::string(8, '\0') + '\1' + std::string(7, '\0')));
  EXPECT_THAT(outcome(50), testing::StartsWith("corrupt: " + log.string()));
}

TEST_F(Damage, WithoutItsLogNoEmptyDatabaseIsBegun) {
  write(0, 50);
  fs::remove(file(".log"));
  EXPECT_THAT(outcome(50), testing::StartsWith("corrupt: the write-ahead log"));
}

TEST_F(Damage, ZerosAtTheEndAreATornEnd) {
  write(0, 50);
  put(file(".log"), core::read_file(file(".log")) + std::string(10'000, '\0'));
  EXPECT_EQ(outcome(50), "50");
}

TEST_F(Damage, AHoleOfZerosIsRefused) {
  write(0, 900);
  std::string bytes = core::read_file(file(".log"));
  bytes.replace(32 << 10, 4096, 4096, '\0');
  put(file(".log"), bytes);
  EXPECT_THAT(outcome(900), testing::StartsWith("corrupt: "));
}

TEST_F(Damage, AFlippedBitOfATableIsAnErrorThatNamesIt) {
  write(0, 300);
  write(300, 301);  // opening moved the first ones to a table
  const fs::path table = file(".sst");
  std::string bytes = core::read_file(table);
  bytes[100] = static_cast<char>(bytes[100] ^ 4);
  put(table, bytes);
  const std::string seen = outcome(301);
  EXPECT_THAT(seen, testing::AllOf(testing::StartsWith("corrupt: "),
                                   testing::HasSubstr(table.filename().string())));
}

TEST_F(Damage, WithoutCurrentNoEmptyDatabaseIsBegun) {
  write(0, 10);
  fs::remove(folder_ / "CURRENT");
  EXPECT_THAT(outcome(10), testing::AllOf(testing::StartsWith("corrupt: "),
                                          testing::HasSubstr("CURRENT is missing")));
}

TEST_F(Damage, GarbageInCurrentAndManifestIsRefused) {
  write(0, 300);
  write(300, 301);
  const fs::path manifest = file("", "MANIFEST");
  const std::string whole = core::read_file(manifest);
  std::string bytes = whole;
  bytes[20] = static_cast<char>(bytes[20] ^ 1);
  put(manifest, bytes);
  EXPECT_THAT(outcome(301), testing::HasSubstr(manifest.filename().string()));
  put(manifest, whole);
  for (const std::string text : {"", "garbage", "MANIFEST-999999\n"}) {
    put(folder_ / "CURRENT", text);
    EXPECT_THAT(outcome(301), testing::ContainsRegex("CURRENT|MANIFEST-999999")) << text;
  }
}

}  // namespace
}  // namespace tandem::store
