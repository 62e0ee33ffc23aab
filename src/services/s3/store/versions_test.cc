// The catalog's versions against the plainest model of them: a list of versions for each key.
#include "services/s3/store/versions.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "services/s3/model/version_listing.h"
#include "services/s3/store/catalog.h"
#include "store/engines.h"

namespace tandem::s3 {
namespace {

struct Known {
  std::string version;  ///< as find() takes it
  std::string blob;     ///< empty: a marker
};

/// What S3's documentation says, in a few lines: versions of a key, newest first.
class Model {
 public:
  void add(Versioning versioning, const std::string& key, Known known) {
    auto& versions = keys_[key];
    if (versioning != Versioning::kEnabled) {
      std::erase_if(versions, [](const Known& one) { return one.version == kNullVersion; });
    }
    versions.insert(versions.begin(), std::move(known));
  }
  void remove(const std::string& key, const std::string& version) {
    auto& versions = keys_[key];
    std::erase_if(versions, [&](const Known& one) { return one.version == version; });
    if (versions.empty()) keys_.erase(key);
  }
  const std::map<std::string, std::vector<Known>>& keys() const { return keys_; }

 private:
  std::map<std::string, std::vector<Known>> keys_;
};

class VersionsTest : public ::testing::Test {
 protected:
  void set(Versioning versioning) {
    versioning_ = versioning;
    json::object document;
    if (versioning == Versioning::kEnabled) document["Versioning"] = "Enabled";
    if (versioning == Versioning::kSuspended) document["Versioning"] = "Suspended";
    catalog_.put_bucket("bucket", document);
  }
  void put(const std::string& key) {
    Object object;
    object.blob = "blob" + std::to_string(++blobs_);
    object.etag = "\"" + object.blob + "\"";
    catalog_.add_loose(object.blob);
    catalog_.put_object("bucket", key, object);
    model_.add(versioning_, key, {object.version_name(), object.blob});
  }
  void erase(const std::string& key) {
    const auto erased = catalog_.erase_object("bucket", key);
    if (versioning_ == Versioning::kNever) {
      model_.remove(key, std::string(kNullVersion));
    } else {
      model_.add(versioning_, key, {erased.object->version_name(), ""});
    }
  }
  void erase_some_version(const std::string& key) {
    const auto& keys = model_.keys();
    const auto at = keys.find(key);
    if (at == keys.end()) return;
    const std::string version = at->second[random_.below(at->second.size())].version;
    EXPECT_TRUE(catalog_.erase_version("bucket", key, version).object);
    model_.remove(key, version);
  }

  /// As ListObjectVersions pages through them.
  std::vector<ListedVersion> list(std::size_t page) {
    std::vector<ListedVersion> all;
    VersionQuery query;
    query.max_keys = page;
    for (;;) {
      auto listing = list_versions(query, [&](const VersionPosition& after, std::size_t limit) {
        return catalog_.versions().list("bucket", query.prefix, after, limit);
      });
      for (auto& version : listing.versions) all.push_back(std::move(version));
      if (!listing.truncated) return all;
      query.after = {all.back().key, all.back().order};
    }
  }

  void compare() {
    std::set<std::string> owned;
    std::vector<ListedVersion> listed = list(1 + random_.below(5));
    std::size_t next = 0;
    for (const auto& [key, versions] : model_.keys()) {
      for (std::size_t i = 0; i < versions.size(); ++i, ++next) {
        const Known& known = versions[i];
        ASSERT_LT(next, listed.size());
        const Object object = Object::from_document(listed[next].document);
        EXPECT_EQ(listed[next].key, key);
        EXPECT_EQ(object.version_name(), known.version);
        EXPECT_EQ(object.marker, known.blob.empty());
        EXPECT_EQ(object.blob, known.blob);
        EXPECT_EQ(listed[next].latest, i == 0);
        const auto found = catalog_.versions().find("bucket", key, known.version);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->blob, known.blob);
        if (!known.blob.empty()) owned.insert(known.blob);
      }
      const auto current = catalog_.object("bucket", key);
      EXPECT_EQ(current ? current->blob : "", versions.front().blob);
    }
    EXPECT_EQ(next, listed.size());
    EXPECT_EQ(catalog_.has_objects("bucket"), !model_.keys().empty());
    // Every blob ever made is owned or loose, and never both.
    const auto loose = catalog_.loose();
    EXPECT_EQ(owned.size() + loose.size(), static_cast<std::size_t>(blobs_));
    for (const std::string& blob : loose) EXPECT_FALSE(owned.contains(blob)) << blob;
  }

  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  core::ManualClock clock_;
  core::SeededRandom random_{
      ::testing::UnitTest::GetInstance()->random_seed() == 0
          ? 1U
          : static_cast<std::uint64_t>(::testing::UnitTest::GetInstance()->random_seed())};
  Catalog catalog_{*store_, clock_, random_};
  Model model_;
  Versioning versioning_ = Versioning::kNever;
  int blobs_ = 0;
};

TEST_F(VersionsTest, AreWhatTheDocumentationSaysWhateverHappens) {
  const std::vector<std::string> keys{"a", "a/b", std::string("a\0b", 3), std::string("a\0", 2),
                                      "b"};
  for (int round = 0; round < 20; ++round) {
    for (int step = 0; step < 100; ++step) {
      const std::string& key = keys[random_.below(keys.size())];
      switch (random_.below(8)) {
        case 0:
          erase(key);
          break;
        case 1:
        case 2:
        case 3:
          erase_some_version(key);
          break;
        case 4:
          // "Once you version-enable a bucket, it can never return to an unversioned state."
          if (round > 0) set(random_.below(2) == 0 ? Versioning::kEnabled : Versioning::kSuspended);
          break;
        default:
          put(key);
          break;
      }
      if (random_.below(3) == 0) clock_.advance_ms(1);
    }
    compare();
  }
}

TEST_F(VersionsTest, AnObjectFromBeforeVersioningIsTheNullVersion) {
  put("k");
  set(Versioning::kEnabled);
  put("k");
  const auto null = catalog_.versions().find("bucket", "k", kNullVersion);
  ASSERT_TRUE(null);
  EXPECT_EQ(null->blob, "blob1");
  set(Versioning::kSuspended);
  put("k");
  EXPECT_EQ(catalog_.versions().find("bucket", "k", kNullVersion)->blob, "blob3");
  EXPECT_EQ(catalog_.loose(), std::vector<std::string>{"blob1"});
  compare();
}

TEST(VersionListing, RollsUpAndGoesOnBehindWhatWasRolledUp) {
  const std::vector<std::string> keys{"a", "b/1", "b/2", "c"};
  std::vector<ListedVersion> all;
  for (const std::string& key : keys) {
    for (const std::uint64_t order : {9, 5}) all.push_back({key, order, {}, order == 9});
  }
  const VersionSource source = [&](const VersionPosition& after, std::size_t limit) {
    std::vector<ListedVersion> found;
    for (const ListedVersion& one : all) {
      const bool behind = one.key > after.key || (one.key == after.key && one.order < after.order);
      if (behind && found.size() < limit) found.push_back(one);
    }
    return found;
  };
  VersionQuery query{.delimiter = "/", .max_keys = 3};
  VersionListing page = list_versions(query, source);
  EXPECT_EQ(page.versions.size(), 2u);
  EXPECT_EQ(page.common_prefixes, std::vector<std::string>{"b/"});
  EXPECT_TRUE(page.truncated);
  EXPECT_TRUE(page.last_is_prefix);
  EXPECT_EQ(page.last_key, "b/");
  query.after = {page.last_key, 0};
  page = list_versions(query, source);
  ASSERT_EQ(page.versions.size(), 2u);
  EXPECT_EQ(page.versions.front().key, "c");
  EXPECT_FALSE(page.truncated);
  query = {.after = {"a", 9}, .max_keys = 2};
  page = list_versions(query, source);
  ASSERT_EQ(page.versions.size(), 2u);
  EXPECT_EQ(page.versions.front().key, "a");
  EXPECT_EQ(page.versions.back().key, "b/1");
  EXPECT_FALSE(page.last_is_prefix);
}

TEST(VersionId, HoldsItsOrderAndIsTheOnlyOneThatDoes) {
  core::SeededRandom random(7);
  std::set<std::string> seen;
  for (const std::uint64_t order : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    const std::string id = make_version_id(order, random);
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(version_order(id), order);
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_TRUE(seen.insert(make_version_id(order, random)).second);
    std::string other = id;
    other[20] = other[20] == 'a' ? 'b' : 'a';
    EXPECT_EQ(version_order(other), std::nullopt);
  }
  for (const std::string_view bad : {"", "null", "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD", "x+/"}) {
    EXPECT_EQ(version_order(bad), std::nullopt);
  }
}

}  // namespace
}  // namespace tandem::s3
