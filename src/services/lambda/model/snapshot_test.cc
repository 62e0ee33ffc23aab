#include "services/lambda/model/snapshot.h"

#include <gtest/gtest.h>

namespace tandem::lambda {
namespace {

constexpr const char* kKey = "snapshots/123456789012/my-f-4aaa2fbb-ff77-4b0a-ad92-5b78a716a96a";

TEST(Snapshot, ItsKeyIsReadAgain) {
  const Snapshot snapshot{"123456789012", "my-f", "4aaa2fbbff774b0aad925b78a716a96a"};
  EXPECT_EQ(snapshot.key(), kKey);
  const auto read = Snapshot::parse(kKey);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->account, snapshot.account);
  EXPECT_EQ(read->name, snapshot.name);
  EXPECT_EQ(read->code_id, snapshot.code_id);
}

TEST(Snapshot, OtherKeysAreNone) {
  for (const char* key : {"", "snapshots/", "snapshots/1/", "4aaa2fbb-ff77-4b0a-ad92-5b78a716a96a",
                          "snapshots/1/4aaa2fbb-ff77-4b0a-ad92-5b78a716a96a",
                          "snapshots/1/-4aaa2fbb-ff77-4b0a-ad92-5b78a716a96a",
                          "snapshots/1/f-4aaa2fbbff77-4b0a-ad92-5b78a716a96a-",
                          "snapshots/1/f-4AAA2FBB-ff77-4b0a-ad92-5b78a716a96a",
                          "snapshots/1/f-..a2fbb/-ff77-4b0a-ad92-5b78a716a96a"}) {
    EXPECT_FALSE(Snapshot::parse(key).has_value()) << key;
  }
}

TEST(Snapshot, BucketsOfPackages) {
  EXPECT_TRUE(is_package_bucket(tasks_bucket("us-east-1")));
  EXPECT_TRUE(is_package_bucket(layers_bucket("eu-west-3")));
  EXPECT_FALSE(is_package_bucket("awslambda-us-east-1-mine"));
  EXPECT_FALSE(is_package_bucket("my-awslambda-us-east-1-tasks"));
}

}  // namespace
}  // namespace tandem::lambda
