// Item operations on tables that give no more than they have. Messages: Developer Guide, "Error
// handling with DynamoDB" and "Diagnosing throttling".
#include <gtest/gtest.h>

#include "core/json.h"
#include "core/random.h"
#include "core/workers.h"
#include "replication/replicator.h"
#include "services/dynamodb/api/item_operations.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"
#include "store/engines.h"

namespace tandem::dynamodb {
namespace {

class NoWorkers final : public core::Workers {
 public:
  void post(std::function<void()> work) override { work(); }
};

/// A table "tab" (p: S) with 10 read and 5 write units, another "usual", and "demand" on demand.
class Capacity : public ::testing::Test {
 protected:
  explicit Capacity(service::CapacityMode mode = service::CapacityMode::kEnforce)
      : capacity_(mode, core::Pace(), clock_, tables_) {
    add_table("tab", BillingMode::kProvisioned);
    add_table("usual", BillingMode::kProvisioned);
    add_table("demand", BillingMode::kPayPerRequest);
    replicator_.records().set_meter(&capacity_);
    add_item_operations(operations_, {tables_, items_, capacity_, workers_});
  }

  void add_table(const std::string& name, BillingMode billing) {
    Table table;
    table.name = name;
    table.id = name;
    table.arn = "arn:aws:dynamodb:us-east-1:123456789012:table/" + name;
    table.hash = {"p", KeyType::kString};
    table.billing = billing;
    if (billing == BillingMode::kProvisioned) table.throughput = {10, 5};
    table.created_s = clock_.now_seconds();
    tables_.add(table);
  }
  std::string call(std::string_view operation, std::string_view body) {
    for (const auto& row : operations_) {
      if (row.name != operation) continue;
      return std::move(row.raw(context_, body).reply.body);
    }
    ADD_FAILURE() << operation;
    return "";
  }
  /// "Code", and the error's members: what a throttled client has been told; "" when it was not.
  std::string fault(std::string_view operation, std::string_view body) {
    try {
      call(operation, body);
      return "";
    } catch (const aws::ApiError& error) {
      message_ = error.message();
      return error.code() + " " + json::to_text(error.members());
    }
  }
  static std::string item(std::string_view table, std::string_view key, std::size_t bytes = 1) {
    return R"({"TableName":")" + std::string(table) + R"(","Item":{"p":{"S":")" + std::string(key) +
           R"("},"v":{"S":")" + std::string(bytes, 'x') + R"("}}})";
  }
  static std::string key(std::string_view table, std::string_view key) {
    return R"({"TableName":")" + std::string(table) + R"(","Key":{"p":{"S":")" + std::string(key) +
           R"("}}})";
  }
  std::string put(std::string_view table, std::string_view at, std::size_t bytes = 1) {
    return fault("PutItem", item(table, at, bytes));
  }
  const Table& table(std::string_view name) const { return *tables_.find(name); }
  double taken(std::string_view name, Access access) const {
    const auto* usage = capacity_.usage(table(name));
    return usage == nullptr ? 0 : static_cast<double>(usage->side(access).taken) / 2;
  }
  std::uint64_t events(std::string_view name, Access access, Limit limit) const {
    return capacity_.usage(table(name))->side(access).throttled[static_cast<std::size_t>(limit)];
  }
  std::uint64_t requests(std::string_view name, std::string_view operation) const {
    const auto& counted = capacity_.usage(table(name))->throttled_requests;
    const auto found = counted.find(operation);
    return found == counted.end() ? 0 : found->second;
  }

  core::ManualClock clock_;
  core::SeededRandom random_{7};
  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  store::ScopedStore table_store_{*store_, "t/"};
  store::ScopedStore record_store_{*store_, "r/"};
  replication::Replicator replicator_{
      {"us-east-1", "123456789012", {}}, clock_, random_, record_store_};
  TableCatalog tables_{table_store_};
  ItemStore items_{replicator_.records()};
  NoWorkers workers_;
  CapacityMeter capacity_;
  std::vector<service::Operation> operations_;
  service::RequestContext context_;
  std::string message_;
};

constexpr std::string_view kWriteFault =
    R"(ProvisionedThroughputExceededException {"ThrottlingReasons":[{"reason":)"
    R"("TableWriteProvisionedThroughputExceeded","resource":)"
    R"("arn:aws:dynamodb:us-east-1:123456789012:table/tab"}]})";
constexpr std::string_view kReadFault =
    R"(ProvisionedThroughputExceededException {"ThrottlingReasons":[{"reason":)"
    R"("TableReadProvisionedThroughputExceeded","resource":)"
    R"("arn:aws:dynamodb:us-east-1:123456789012:table/tab"}]})";

TEST_F(Capacity, WritesBeyondItAreThrottledUntilItComesBack) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(put("tab", std::to_string(i)), "");
  EXPECT_EQ(put("tab", "5"), kWriteFault);
  EXPECT_EQ(message_,
            "The level of configured provisioned throughput for the table was exceeded. Consider "
            "increasing your provisioning level with the UpdateTable API.");
  // What was throttled has not happened, and other tables have their own.
  EXPECT_EQ(call("GetItem", key("tab", "5")), "{}");
  EXPECT_EQ(put("usual", "5"), "");
  EXPECT_EQ(events("tab", Access::kWrite, Limit::kProvisioned), 1U);
  EXPECT_EQ(requests("tab", "PutItem"), 1U);
  clock_.advance_ms(200);
  EXPECT_EQ(put("tab", "5"), "");
  EXPECT_EQ(put("tab", "6"), kWriteFault);
}

TEST_F(Capacity, EveryOperationIsThrottled) {
  put("tab", "a", 6000);
  for (const std::string_view operation : {"PutItem", "UpdateItem", "DeleteItem"}) {
    EXPECT_EQ(fault(operation, operation == "PutItem" ? item("tab", "a") : key("tab", "a")),
              kWriteFault);
  }
  while (fault("Scan", R"({"TableName":"tab","ConsistentRead":true})").empty()) continue;
  EXPECT_EQ(fault("Scan", R"({"TableName":"tab"})"), kReadFault);
  EXPECT_EQ(fault("GetItem", key("tab", "a")), kReadFault);
  EXPECT_EQ(fault("Query", R"({"TableName":"tab","KeyConditionExpression":"p = :p",)"
                           R"("ExpressionAttributeValues":{":p":{"S":"a"}}})"),
            kReadFault);
  EXPECT_EQ(fault("BatchGetItem", R"({"RequestItems":{"tab":{"Keys":[{"p":{"S":"a"}}]}}})"),
            kReadFault);
  EXPECT_EQ(fault("BatchWriteItem",
                  R"({"RequestItems":{"tab":[{"DeleteRequest":{"Key":{"p":{"S":"a"}}}}]}})"),
            kWriteFault);
  for (const std::string_view operation : {"PutItem", "UpdateItem", "DeleteItem", "GetItem",
                                           "Query", "BatchGetItem", "BatchWriteItem"}) {
    EXPECT_EQ(requests("tab", operation), 1U) << operation;
  }
}

TEST_F(Capacity, RequestsPayWhatTheyAreSaidToCost) {
  EXPECT_EQ(put("tab", "a", 2000), "");
  EXPECT_EQ(taken("tab", Access::kWrite), 2);
  // The larger of before and after.
  EXPECT_EQ(put("tab", "a"), "");
  EXPECT_EQ(taken("tab", Access::kWrite), 4);
  // A condition that fails, an item that is not there, an update that makes none.
  EXPECT_TRUE(fault("DeleteItem",
                    R"({"TableName":"tab","Key":{"p":{"S":"a"}},"ConditionExpression":)"
                    R"~("attribute_not_exists(p)"})~")
                  .starts_with("ConditionalCheckFailedException"));
  EXPECT_EQ(taken("tab", Access::kWrite), 5);
  clock_.advance_ms(10'000);
  EXPECT_EQ(fault("DeleteItem", key("tab", "nobody")), "");
  EXPECT_EQ(taken("tab", Access::kWrite), 6);
  EXPECT_EQ(fault("UpdateItem", R"({"TableName":"tab","Key":{"p":{"S":"nobody"}},)"
                                R"("UpdateExpression":"REMOVE v"})"),
            "");
  EXPECT_EQ(taken("tab", Access::kWrite), 7);
  EXPECT_EQ(fault("DeleteItem", key("tab", "a")), "");
  EXPECT_EQ(taken("tab", Access::kWrite), 8);
  EXPECT_EQ(fault("GetItem", key("tab", "a")), "");
  EXPECT_EQ(taken("tab", Access::kRead), 0.5);
}

TEST_F(Capacity, OneItemMayBeLargerThanASecondsCapacity) {
  EXPECT_EQ(put("tab", "a", 100'000), "");
  EXPECT_EQ(put("tab", "b"), kWriteFault);
  clock_.advance_ms(18'000);
  EXPECT_EQ(put("tab", "b"), kWriteFault);
  clock_.advance_ms(2'000);
  EXPECT_EQ(put("tab", "b"), "");
}

TEST_F(Capacity, ABatchIsWrittenAsFarAsItGoes) {
  std::string writes;
  for (int i = 0; i < 8; ++i) {
    writes += R"({"PutRequest":{"Item":{"p":{"S":")" + std::to_string(i) + R"("}}}},)";
  }
  const std::string answer =
      call("BatchWriteItem", R"({"RequestItems":{"tab":[)" + writes +
                                 R"({"DeleteRequest":{"Key":{"p":{"S":"9"}}}}],)"
                                 R"("usual":[{"PutRequest":{"Item":{"p":{"S":"1"}}}}]}})");
  EXPECT_EQ(answer,
            R"({"UnprocessedItems":{"tab":[{"PutRequest":{"Item":{"p":{"S":"5"}}}},)"
            R"({"PutRequest":{"Item":{"p":{"S":"6"}}}},{"PutRequest":{"Item":{"p":{"S":"7"}}}},)"
            R"({"DeleteRequest":{"Key":{"p":{"S":"9"}}}}]}})");
  // Each entry is an event, the request is none (CloudWatch, ThrottledRequests).
  EXPECT_EQ(events("tab", Access::kWrite, Limit::kProvisioned), 4U);
  EXPECT_EQ(requests("tab", "BatchWriteItem"), 0U);
  EXPECT_EQ(taken("tab", Access::kWrite), 5);
}

TEST_F(Capacity, ABatchIsReadAsFarAsItGoes) {
  std::string keys;
  for (int i = 0; i < 14; ++i) keys += R"({"p":{"S":")" + std::to_string(i) + R"("}},)";
  keys.pop_back();
  const std::string answer =
      call("BatchGetItem", R"({"RequestItems":{"tab":{"ConsistentRead":true,)"
                           R"("Keys":[)" +
                               keys +
                               R"(]},"usual":{"Keys":[{"p":{"S":"1"}}]}},)"
                               R"("ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_EQ(
      answer,
      R"({"Responses":{"tab":[],"usual":[]},"UnprocessedKeys":{"tab":{"Keys":[{"p":{"S":"10"}},)"
      R"({"p":{"S":"11"}},{"p":{"S":"12"}},{"p":{"S":"13"}}],"ConsistentRead":true}},)"
      R"("ConsumedCapacity":[{"TableName":"tab","CapacityUnits":10.0},)"
      R"({"TableName":"usual","CapacityUnits":0.5}]})");
  EXPECT_EQ(events("tab", Access::kRead, Limit::kProvisioned), 4U);
}

TEST_F(Capacity, OnDemandGrowsAndIsRememberedOverARestart) {
  EXPECT_EQ(put("demand", "a"), "");
  capacity_.take(table("demand"), Access::kWrite, std::nullopt, 2 * 4000);
  EXPECT_EQ(put("demand", "a"), R"(ThrottlingException {"throttlingReasons":[{"reason":)"
                                R"("TableWriteKeyRangeThroughputExceeded","resource":)"
                                R"("arn:aws:dynamodb:us-east-1:123456789012:table/demand"}]})");
  for (int second = 0; second < 130; ++second) {
    clock_.advance_ms(1000);
    capacity_.take(table("demand"), Access::kWrite, std::nullopt, 2 * 4000);
  }
  clock_.advance_ms(31 * 60 * 1000);
  EXPECT_EQ(put("demand", "a"), "");
  const std::int64_t peak = table("demand").peak.write_units;
  EXPECT_GT(peak, 3900);
  EXPECT_EQ(Table::from_document(table("demand").to_document()).peak.write_units, peak);
  EXPECT_EQ(throughput_settings(table("demand"), Access::kWrite).peak, static_cast<double>(peak));
}

TEST_F(Capacity, ATableThatWasThereBeforeCountsAsRested) {
  clock_.advance_ms(1000);
  CapacityMeter restarted(service::CapacityMode::kEnforce, core::Pace(), clock_, tables_);
  for (int i = 0; i < 1500; ++i) {
    ASSERT_FALSE(restarted.refusal(table("tab"), Access::kWrite, std::nullopt));
    restarted.take(table("tab"), Access::kWrite, std::nullopt, 2);
  }
  EXPECT_TRUE(restarted.refusal(table("tab"), Access::kWrite, std::nullopt));
}

TEST_F(Capacity, AnotherRegionsWritesTakeItToo) {
  const auto arrives = [this](std::string_view name, std::size_t bytes, std::int64_t at_us) {
    Map map;
    map.set("p", Value::string(std::string(name)));
    map.set("v", Value::string(std::string(bytes, 'x')));
    std::string record = encode_item(map);
    replication::append_trailer(record, {replication::timestamp_at(at_us), "us-west-2"},
                                replication::Liveness::kItem,
                                replication::Marks().encode("us-west-2"));
    const std::string at = encode_partition(Value::string(std::string(name)));
    const bool admitted = replicator_.records().admits(table("tab").number, at);
    replication::RecordStore::Merge merge(replicator_.records());
    merge.add(table("tab").number, at, record);
    merge.commit();
    return admitted;
  };
  EXPECT_TRUE(arrives("a", 4000, clock_.now_us()));
  EXPECT_EQ(taken("tab", Access::kWrite), 4);
  // Older than what is here: it is not applied, and takes as much as the greater of both.
  EXPECT_TRUE(arrives("a", 1, clock_.now_us() - 1000));
  EXPECT_EQ(taken("tab", Access::kWrite), 8);
  EXPECT_EQ(put("tab", "b"), kWriteFault);
  EXPECT_FALSE(arrives("c", 1, clock_.now_us()));
  EXPECT_EQ(capacity_.usage(table("tab"))->replicated, 18);
}

class Unlimited : public Capacity {
 protected:
  Unlimited() : Capacity(service::CapacityMode::kOff) {}
};

TEST_F(Unlimited, CountsAndTurnsNobodyAway) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(put("tab", std::to_string(i)), "");
  EXPECT_EQ(taken("tab", Access::kWrite), 100);
  EXPECT_TRUE(capacity_.usage(table("tab"))->throttled_requests.empty());
}

}  // namespace
}  // namespace tandem::dynamodb
