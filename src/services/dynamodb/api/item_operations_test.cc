#include "services/dynamodb/api/item_operations.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "core/clock.h"
#include "core/json.h"
#include "core/random.h"
#include "core/workers.h"
#include "net/body.h"
#include "replication/replicator.h"
#include "service/operation.h"
#include "services/dynamodb/api/item_request.h"
#include "store/engines.h"

namespace tandem::dynamodb {
namespace {

/// What is given to a pool is done at once, and counted.
class CountingWorkers final : public core::Workers {
 public:
  void post(std::function<void()> work) override {
    ++posted;
    work();
  }
  int posted = 0;
};

/// The operations over an in-memory store, with a table "hash" (id: S) and a table "range" (p: S,
/// r: N).
class ItemOperations : public ::testing::Test {
 protected:
  ItemOperations() {
    Table hash;
    hash.name = "hash";
    hash.id = "11111111-1111-1111-1111-111111111111";
    hash.hash = {"id", KeyType::kString};
    tables_.add(hash);
    Table range;
    range.name = "range";
    range.id = "22222222-2222-2222-2222-222222222222";
    range.hash = {"p", KeyType::kString};
    range.range = KeyAttribute{"r", KeyType::kNumber};
    tables_.add(range);
    Table leaving = range;
    leaving.name = "leaving";
    leaving.status = TableStatus::kDeleting;
    tables_.add(leaving);
    add_item_operations(operations_, {tables_, items_, capacity_, workers_});
  }

  std::string call(std::string_view operation, std::string_view body) {
    for (const auto& row : operations_) {
      if (row.name == operation) return wait_for(row.raw(context_, body));
    }
    ADD_FAILURE() << operation;
    return "";
  }

  std::string wait_for(service::RawAnswer answer) {
    pending_ = answer.pending.has_value();
    if (pending_) answer.reply = run(std::move(*answer.pending));
    slices_ = 0;
    if (!answer.reply.source) return std::move(answer.reply.body);
    std::string whole;
    for (;;) {
      const std::string slice = run(answer.reply.source->next());
      if (slice.empty()) return whole;
      whole += slice;
      largest_ = std::max(largest_, slice.size());
      ++slices_;
    }
  }

  template <class T>
  T run(Task<T> task) {
    asio::io_context loop;
    auto done = asio::co_spawn(loop, std::move(task), asio::use_future);
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      loop.run_one();
      if (between_) between_();
    }
    return done.get();
  }

  /// "Code: message" of the error.
  std::string fault(std::string_view operation, std::string_view body) {
    try {
      return call(operation, body);
    } catch (const aws::ApiError& error) {
      return error.code() + ": " + error.message();
    }
  }
  std::string invalid(std::string_view operation, std::string_view body) {
    const std::string text = fault(operation, body);
    const std::string prefix = "ValidationException: ";
    EXPECT_TRUE(text.starts_with(prefix)) << text;
    return text.substr(std::min(prefix.size(), text.size()));
  }

  void put(std::string_view table, std::string_view item) {
    EXPECT_EQ(call("PutItem", R"({"TableName":")" + std::string(table) + R"(","Item":)" +
                                  std::string(item) + "}"),
              "{}");
  }
  void fill_range(int count) {
    for (int i = 0; i < count; ++i) {
      put("range", R"({"p":{"S":"a"},"r":{"N":")" + std::to_string(i) + R"("},"even":{"BOOL":)" +
                       (i % 2 == 0 ? "true" : "false") + "}}");
    }
  }
  /// The r values of an answer's items, in order: "0 1 2".
  std::string order(std::string_view answer) {
    const auto parsed = json::parse_text(answer);
    std::string out;
    for (const auto& item : *json::find_array(parsed.value().as_object(), "Items")) {
      if (!out.empty()) out += ' ';
      out += json::string_or(item.as_object().at("r").as_object(), "N");
    }
    return out;
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
  CapacityMeter capacity_{service::CapacityMode::kOff, core::Pace(), clock_, tables_};
  CountingWorkers workers_;
  std::vector<service::Operation> operations_;
  service::RequestContext context_;
  bool pending_ = false;           ///< the last answer did not come at once
  int slices_ = 0;                 ///< of the last answer, when it was a source
  std::size_t largest_ = 0;        ///< of all slices
  std::function<void()> between_;  ///< runs while one is pending
};

TEST_F(ItemOperations, PutThenGetReturnsTheItemWithCanonicalNumbers) {
  put("hash", R"({"id":{"S":"1"},"n":{"N":"1.50"},"s":{"S":"é\n"}})");
  EXPECT_EQ(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}}})"),
            R"({"Item":{"id":{"S":"1"},"n":{"N":"1.5"},"s":{"S":"é\n"}}})");
  EXPECT_EQ(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"2"}}})"), "{}");
  EXPECT_EQ(
      call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}},"ProjectionExpression":"#n",)"
                      R"("ExpressionAttributeNames":{"#n":"n"}})"),
      R"({"Item":{"n":{"N":"1.5"}}})");
  EXPECT_EQ(call("GetItem",
                 R"({"TableName":"hash","Key":{"id":{"S":"1"}},"ProjectionExpression":"nope"})"),
            R"({"Item":{}})");
}

TEST_F(ItemOperations, ConditionsGuardWrites) {
  const std::string put_once = R"({"TableName":"hash","Item":{"id":{"S":"1"},"v":{"N":"1"}},)"
                               R"~("ConditionExpression":"attribute_not_exists(id)"})~";
  EXPECT_EQ(call("PutItem", put_once), "{}");
  EXPECT_EQ(fault("PutItem", put_once),
            "ConditionalCheckFailedException: The conditional request failed");
  try {
    call("DeleteItem",
         R"({"TableName":"hash","Key":{"id":{"S":"1"}},"ConditionExpression":"v = :v",)"
         R"("ExpressionAttributeValues":{":v":{"N":"2"}},)"
         R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD"})");
    ADD_FAILURE();
  } catch (const aws::ApiError& error) {
    EXPECT_EQ(json::to_text(error.members().at("Item")), R"({"id":{"S":"1"},"v":{"N":"1"}})");
  }
  EXPECT_EQ(call("DeleteItem",
                 R"({"TableName":"hash","Key":{"id":{"S":"1"}},"ConditionExpression":"v = :v",)"
                 R"("ExpressionAttributeValues":{":v":{"N":"1"}},"ReturnValues":"ALL_OLD"})"),
            R"({"Attributes":{"id":{"S":"1"},"v":{"N":"1"}}})");
  EXPECT_EQ(
      call("DeleteItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}},"ReturnValues":"ALL_OLD"})"),
      "{}");
}

TEST_F(ItemOperations, UpdateReturnsWhatWasAskedFor) {
  const auto update = [this](std::string_view expression, std::string_view returns) {
    return call("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}},"UpdateExpression":")" +
                                  std::string(expression) + R"(","ReturnValues":")" +
                                  std::string(returns) +
                                  R"(","ExpressionAttributeValues":{":v":{"N":"1"}}})");
  };
  EXPECT_EQ(update("SET a = :v", "ALL_OLD"), "{}");
  EXPECT_EQ(update("ADD a :v", "UPDATED_OLD"), R"({"Attributes":{"a":{"N":"1"}}})");
  EXPECT_EQ(update("ADD a :v", "UPDATED_NEW"), R"({"Attributes":{"a":{"N":"3"}}})");
  EXPECT_EQ(update("SET b = :v", "UPDATED_OLD"), "{}");
  EXPECT_EQ(update("SET b = :v", "ALL_NEW"),
            R"({"Attributes":{"id":{"S":"1"},"a":{"N":"3"},"b":{"N":"1"}}})");
  EXPECT_EQ(update("SET b = :v", "NONE"), "{}");
}

// A REMOVE alone makes no item; no expression at all makes one of the key alone.
TEST_F(ItemOperations, UpdateOfAMissingItem) {
  EXPECT_EQ(call("UpdateItem",
                 R"({"TableName":"hash","Key":{"id":{"S":"1"}},"UpdateExpression":"REMOVE a.b",)"
                 R"("ReturnValues":"ALL_NEW"})"),
            "{}");
  EXPECT_EQ(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}}})"), "{}");
  EXPECT_EQ(
      call("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}},"ReturnValues":"ALL_NEW"})"),
      R"({"Attributes":{"id":{"S":"1"}}})");
}

// Developer Guide, "Capacity unit consumption".
TEST_F(ItemOperations, ConsumedCapacityFollowsTheRules) {
  const std::string big(5000, 'x');
  EXPECT_EQ(call("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"1"},"b":{"S":")" + big +
                                R"("}},"ReturnConsumedCapacity":"TOTAL"})"),
            R"({"ConsumedCapacity":{"TableName":"hash","CapacityUnits":5.0}})");
  const auto get = [this](std::string_view consistent) {
    return call("GetItem",
                R"({"TableName":"hash","Key":{"id":{"S":"1"}},"ProjectionExpression":"id",)"
                R"("ReturnConsumedCapacity":"INDEXES","ConsistentRead":)" +
                    std::string(consistent) + "}");
  };
  EXPECT_EQ(get("false"), R"({"Item":{"id":{"S":"1"}},"ConsumedCapacity":{"TableName":"hash",)"
                          R"("CapacityUnits":1.0,"Table":{"CapacityUnits":1.0}}})");
  EXPECT_EQ(get("true"), R"({"Item":{"id":{"S":"1"}},"ConsumedCapacity":{"TableName":"hash",)"
                         R"("CapacityUnits":2.0,"Table":{"CapacityUnits":2.0}}})");
  EXPECT_EQ(
      call("PutItem",
           R"({"TableName":"hash","Item":{"id":{"S":"1"}},"ReturnConsumedCapacity":"TOTAL"})"),
      R"({"ConsumedCapacity":{"TableName":"hash","CapacityUnits":5.0}})");
  EXPECT_EQ(call("GetItem",
                 R"({"TableName":"hash","Key":{"id":{"S":"9"}},"ReturnConsumedCapacity":"TOTAL"})"),
            R"({"ConsumedCapacity":{"TableName":"hash","CapacityUnits":0.5}})");
}

TEST_F(ItemOperations, QueryWalksARangeInEitherDirection) {
  fill_range(12);
  put("range", R"({"p":{"S":"b"},"r":{"N":"5"}})");
  const auto query = [this](std::string_view condition, std::string_view more = "") {
    return call("Query",
                R"({"TableName":"range","KeyConditionExpression":"p = :p)" +
                    std::string(condition) + R"(","ExpressionAttributeValues":{":p":{"S":"a"})" +
                    (condition.find(":x") == std::string_view::npos ? "" : R"(,":x":{"N":"9"})") +
                    (condition.find(":y") == std::string_view::npos ? "" : R"(,":y":{"N":"10"})") +
                    "}" + std::string(more) + "}");
  };
  EXPECT_EQ(order(query("")), "0 1 2 3 4 5 6 7 8 9 10 11");
  EXPECT_EQ(order(query("", R"(,"ScanIndexForward":false)")), "11 10 9 8 7 6 5 4 3 2 1 0");
  EXPECT_EQ(order(query(" AND r > :x")), "10 11");
  EXPECT_EQ(order(query(" AND r >= :x", R"(,"ScanIndexForward":false)")), "11 10 9");
  EXPECT_EQ(order(query(" AND r < :x")), "0 1 2 3 4 5 6 7 8");
  EXPECT_EQ(order(query(" AND r between :x and :y")), "9 10");
  EXPECT_EQ(order(query(" AND r = :x")), "9");
}

TEST_F(ItemOperations, QueryPagesCoverEverythingOnce) {
  fill_range(7);
  for (const std::string forward : {"true", "false"}) {
    std::string seen;
    std::string start;
    int pages = 0;
    do {
      const std::string answer =
          call("Query", R"({"TableName":"range","KeyConditionExpression":"p = :p","Limit":3,)"
                        R"("ExpressionAttributeValues":{":p":{"S":"a"}},"ScanIndexForward":)" +
                            forward + start + "}");
      seen += order(answer) + ";";
      const auto parsed = json::parse_text(answer);
      const auto* last = json::find_object(parsed.value().as_object(), "LastEvaluatedKey");
      start = last == nullptr ? "" : ",\"ExclusiveStartKey\":" + json::to_text(*last);
      ++pages;
    } while (!start.empty() && pages < 10);
    EXPECT_EQ(seen, forward == "true" ? "0 1 2;3 4 5;6;" : "6 5 4;3 2 1;0;");
  }
}

// A query for one whole key has no second page to start.
TEST_F(ItemOperations, QueriesForOneItemHaveOnePage) {
  fill_range(3);
  const std::string query =
      R"({"TableName":"range","KeyConditionExpression":"p = :p AND r = :r","Select":"COUNT",)"
      R"("ExpressionAttributeValues":{":p":{"S":"a"},":r":{"N":"1"}},"Limit":1)";
  EXPECT_EQ(call("Query", query + "}"), R"({"Count":1,"ScannedCount":1})");
  EXPECT_EQ(invalid("Query", query + R"(,"ExclusiveStartKey":{"p":{"S":"a"},"r":{"N":"1"}}})"),
            "The query can return at most one row and cannot be restarted");
  put("hash", R"({"id":{"S":"1"}})");
  EXPECT_EQ(
      call("Query", R"({"TableName":"hash","KeyConditionExpression":"id = :p","Select":"COUNT",)"
                    R"("ExpressionAttributeValues":{":p":{"S":"1"}},"Limit":1})"),
      R"({"Count":1,"ScannedCount":1})");
}

TEST_F(ItemOperations, FiltersCountWhatTheyDropAsScanned) {
  fill_range(6);
  const std::string filter =
      R"("FilterExpression":"even = :t","ExpressionAttributeValues":{":t":{"BOOL":true}})";
  EXPECT_EQ(call("Scan", R"({"TableName":"range","Select":"COUNT",)" + filter + "}"),
            R"({"Count":3,"ScannedCount":6})");
  const std::string page = call("Scan", R"({"TableName":"range","Limit":3,)" + filter + "}");
  EXPECT_EQ(order(page), "0 2");
  EXPECT_NE(page.find(R"("ScannedCount":3,"LastEvaluatedKey":{"p":{"S":"a"},"r":{"N":"2"}})"),
            std::string::npos)
      << page;
}

// Quotas: one page looks at no more than 1 MB.
TEST_F(ItemOperations, PagesEndAtOneMegabyte) {
  const std::string big(300'000, 'x');
  for (int i = 0; i < 7; ++i) {
    put("range",
        R"({"p":{"S":"a"},"r":{"N":")" + std::to_string(i) + R"("},"b":{"S":")" + big + R"("}})");
  }
  const std::string scan = R"({"TableName":"range","ProjectionExpression":"r")";
  EXPECT_EQ(call("Scan", scan + "}"),
            R"({"Items":[{"r":{"N":"0"}},{"r":{"N":"1"}},{"r":{"N":"2"}}],"Count":3,)"
            R"("ScannedCount":3,"LastEvaluatedKey":{"p":{"S":"a"},"r":{"N":"2"}}})");
  EXPECT_EQ(order(call("Scan", scan + R"(,"ExclusiveStartKey":{"p":{"S":"a"},"r":{"N":"5"}}})")),
            "6");
}

TEST_F(ItemOperations, SegmentsOfAScanAreDisjointAndComplete) {
  for (int i = 0; i < 100; ++i) put("hash", R"({"id":{"S":")" + std::to_string(i) + R"("}})");
  std::size_t total = 0;
  for (int segment = 0; segment < 4; ++segment) {
    const auto answer =
        json::parse_text(call("Scan", R"({"TableName":"hash","TotalSegments":4,"Segment":)" +
                                          std::to_string(segment) + "}"));
    const auto count = json::int_or(answer.value().as_object(), "Count", 0);
    EXPECT_GT(count, 5);
    total += static_cast<std::size_t>(count);
  }
  EXPECT_EQ(total, 100U);
}

TEST_F(ItemOperations, BatchesWriteAndRead) {
  EXPECT_EQ(
      call("BatchWriteItem", R"({"RequestItems":{"hash":[{"PutRequest":{"Item":{"id":{"S":"1"}}}},)"
                             R"({"PutRequest":{"Item":{"id":{"S":"2"}}}}],)"
                             R"("range":[{"PutRequest":{"Item":{"p":{"S":"a"},"r":{"N":"1"}}}}]},)"
                             R"("ReturnConsumedCapacity":"TOTAL"})"),
      R"({"UnprocessedItems":{},"ConsumedCapacity":[)"
      R"({"TableName":"hash","CapacityUnits":2.0},)"
      R"({"TableName":"range","CapacityUnits":1.0}]})");
  EXPECT_EQ(call("BatchWriteItem",
                 R"({"RequestItems":{"hash":[{"DeleteRequest":{"Key":{"id":{"S":"2"}}}}]}})"),
            R"({"UnprocessedItems":{}})");
  EXPECT_EQ(call("BatchGetItem",
                 R"({"RequestItems":{"hash":{"Keys":[{"id":{"S":"1"}},{"id":{"S":"2"}}]},)"
                 R"("range":{"Keys":[{"r":{"N":"1.0"},"p":{"S":"a"}}],)"
                 R"("ProjectionExpression":"#r","ExpressionAttributeNames":{"#r":"r"}}}})"),
            R"({"Responses":{"hash":[{"id":{"S":"1"}}],"range":[{"r":{"N":"1"}}]},)"
            R"("UnprocessedKeys":{}})");
}

/// 32 levels is the most (Quotas), however an item comes to have more: each update below would
/// double what the attribute holds.
TEST_F(ItemOperations, UpdatesCannotNestDeeperThanPutsMay) {
  std::string deep = R"({"S":"x"})";
  for (int i = 0; i < 15; ++i) deep = R"({"M":{"m":)" + deep + "}}";
  call("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"1"},"m":)" + deep + "}}");
  std::string path = "m";
  for (int i = 0; i < 14; ++i) path += ".m";
  const auto update = [&](const std::string& target) {
    return R"({"TableName":"hash","Key":{"id":{"S":"1"}},"UpdateExpression":"SET )" + target +
           R"( = m"})";
  };
  EXPECT_EQ(call("UpdateItem", update(path + ".n")), "{}");
  const std::string before = call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}}})");
  EXPECT_EQ(invalid("UpdateItem", update(path + ".n.m.m")),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
            "levels beyond supported limit");
  EXPECT_EQ(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}}})"), before);
}

TEST_F(ItemOperations, NamesAreNotEmptyAndSetsAreSorted) {
  EXPECT_EQ(invalid("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"1"},"":{"S":"x"}}})"),
            "Empty attribute name");
  call("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"1"},"s":{"SS":["b","","a"]},)"
                  R"("n":{"NS":["10","9","-1"]}}})");
  const std::string added = call(
      "UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}},"UpdateExpression":"ADD n :n",)"
                    R"("ExpressionAttributeValues":{":n":{"NS":["9.5","9"]}},)"
                    R"("ReturnValues":"ALL_NEW"})");
  EXPECT_EQ(added, R"({"Attributes":{"id":{"S":"1"},"s":{"SS":["","a","b"]},)"
                   R"("n":{"NS":["-1","9","9.5","10"]}}})");
}

// Quotas: a BatchGetItem answer is at most 16 MB.
TEST_F(ItemOperations, BatchGetLeavesWhatDoesNotFitUnprocessed) {
  const std::string big(400'000, 'x');
  std::string keys;
  for (int i = 0; i < 50; ++i) {
    put("hash", R"({"id":{"S":")" + std::to_string(i) + R"("},"b":{"S":")" + big + R"("}})");
    keys += (i > 0 ? "," : "") + std::string(R"({"id":{"S":")") + std::to_string(i) + R"("}})";
  }
  const auto answer = json::parse_text(
      call("BatchGetItem", R"({"RequestItems":{"hash":{"Keys":[)" + keys +
                               R"(],"ConsistentRead":true,"ProjectionExpression":"#i",)"
                               R"("ExpressionAttributeNames":{"#i":"id"}}}})"));
  const auto& body = answer.value().as_object();
  const auto& responses = *json::find_object(body, "Responses");
  EXPECT_EQ(responses.at("hash").as_array().size(), 41U);
  const auto& rest = json::find_object(body, "UnprocessedKeys")->at("hash").as_object();
  EXPECT_EQ(rest.at("Keys").as_array().size(), 9U);
  EXPECT_EQ(json::to_text(rest.at("ExpressionAttributeNames")), R"({"#i":"id"})");
  EXPECT_EQ(json::string_or(rest, "ProjectionExpression"), "#i");
  EXPECT_TRUE(rest.at("ConsistentRead").as_bool());
  EXPECT_GT(slices_, 40) << "16 MB in one go would hold up everybody else";
  EXPECT_LT(largest_, 1'000'000U);
}

TEST_F(ItemOperations, ABatchGetThatWaitsHoldsNoTable) {
  const std::string big(400'000, 'x');
  const std::string ask =
      R"({"RequestItems":{"hash":{"Keys":[{"id":{"S":"1"}},{"id":{"S":"2"}},{"id":{"S":"3"}}]}}})";
  for (const std::string id : {"1", "2", "3"}) {
    put("hash", R"({"id":{"S":")" + id + R"("},"b":{"S":")" + big + R"("}})");
  }
  // The table is described anew meanwhile.
  between_ = [&] {
    Table again = *tables_.find("hash");
    again.tags["k"] += "v";
    tables_.update(again);
  };
  const auto answer = json::parse_text(call("BatchGetItem", ask));
  const auto* responses = json::find_object(answer.value().as_object(), "Responses");
  EXPECT_EQ(responses->at("hash").as_array().size(), 3U);
  EXPECT_GT(slices_, 1);
  // Another takes its name.
  between_ = [&] {
    Table other = *tables_.find("hash");
    other.id = "33333333-3333-3333-3333-333333333333";
    tables_.remove("hash");
    tables_.add(other);
  };
  // What was read stays; the rest is to be asked for again, and then the table is not found.
  const auto half = json::parse_text(call("BatchGetItem", ask));
  const auto* read = json::find_object(half.value().as_object(), "Responses");
  EXPECT_EQ(read->at("hash").as_array().size(), 1U);
  EXPECT_EQ(json::to_text(half.value().at("UnprocessedKeys")),
            R"({"hash":{"Keys":[{"id":{"S":"2"}},{"id":{"S":"3"}}]}})");
}

// [DynamoDB API reference, BatchGetItem] Tables of which nothing was read are in the answer, too.
TEST_F(ItemOperations, ABatchGetOverSlicesIsOneDocument) {
  const std::string big(200'000, 'x');
  put("hash", R"({"id":{"S":"1"},"b":{"S":")" + big + R"("}})");
  put("range", R"({"p":{"S":"a"},"r":{"N":"1"},"b":{"S":")" + big + R"("}})");
  const std::string answer = call(
      "BatchGetItem",
      R"({"RequestItems":{"hash":{"Keys":[{"id":{"S":"0"}},{"id":{"S":"1"}},{"id":{"S":"2"}}],)"
      R"("ProjectionExpression":"id"},"range":{"Keys":[{"p":{"S":"a"},"r":{"N":"1"}},)"
      R"({"p":{"S":"a"},"r":{"N":"2"}}],"ProjectionExpression":"r"}},)"
      R"("ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_GT(slices_, 1);
  EXPECT_EQ(answer,
            R"({"Responses":{"hash":[{"id":{"S":"1"}}],"range":[{"r":{"N":"1"}}]},)"
            R"("UnprocessedKeys":{},"ConsumedCapacity":[{"TableName":"hash","CapacityUnits":25.5},)"
            R"({"TableName":"range","CapacityUnits":25.0}]})");
}

// [DynamoDB API reference, BatchWriteItem] Its writes are atomic one by one, not as a whole.
TEST_F(ItemOperations, ALargeBatchWriteGivesOthersTheirTurn) {
  // Of 126 digits each, which count as one.
  std::string numbers;
  for (int i = 0; i < 6'000; ++i) numbers += R"({"N":"1e125"},)";
  numbers.pop_back();
  const auto write = [&](std::string_view key) {
    return R"({"PutRequest":{"Item":{)" + std::string(key) + R"(,"l":{"L":[)" + numbers + "]}}}}";
  };
  const std::string hashes = write(R"("id":{"S":"1"})") + "," + write(R"("id":{"S":"2"})");
  const std::string batch = R"({"RequestItems":{"hash":[)" + hashes + R"(],"range":[)" +
                            write(R"("p":{"S":"a"},"r":{"N":"1"})") +
                            R"(,{"DeleteRequest":{"Key":{"p":{"S":"b"},"r":{"N":"1"}}}}]},)"
                            R"("ReturnConsumedCapacity":"TOTAL"})";
  EXPECT_EQ(
      call("BatchWriteItem", batch),
      R"({"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"hash","CapacityUnits":36.0},)"
      R"({"TableName":"range","CapacityUnits":19.0}]})");
  for (const std::string id : {"1", "2"}) {
    EXPECT_GT(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":")" + id + R"("}}})").size(),
              6'000U * 126U);
  }
  // A table that goes meanwhile is not found for what is left, as if it had been asked for alone.
  const std::string first = R"({"TableName":"hash","Key":{"id":{"S":"1"}}})";
  call("DeleteItem", first);
  between_ = [&] {
    if (tables_.find("range") != nullptr && call("GetItem", first) != "{}") tables_.remove("range");
  };
  EXPECT_EQ(fault("BatchWriteItem", batch),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_NE(call("GetItem", first), "{}");
}

/// Reading, measuring and encoding 16 MB takes a second where the loop has milliseconds.
TEST_F(ItemOperations, LargeRequestsAreReadOnThePool) {
  put("hash", R"({"id":{"S":"1"}})");
  EXPECT_FALSE(pending_);
  EXPECT_EQ(workers_.posted, 0);
  std::string numbers;
  for (int i = 0; i < 20'000; ++i) numbers += R"({"N":"1.50"},)";
  numbers.pop_back();
  put("hash", R"({"id":{"S":"1"},"l":{"L":[)" + numbers + "]}}");
  EXPECT_TRUE(pending_);
  EXPECT_EQ(workers_.posted, 2) << "to be read, and to be freed";
  EXPECT_THAT(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}}})"),
              testing::StartsWith(R"({"Item":{"id":{"S":"1"},"l":{"L":[{"N":"1.5"},{"N":"1.5"},)"));
  const std::string write = R"({"PutRequest":{"Item":{"id":{"S":")";
  const std::string items = write + R"(2"},"l":{"L":[)" + numbers + "]}}}}," + write + R"(3"}}}})";
  EXPECT_EQ(call("BatchWriteItem", R"({"RequestItems":{"hash":[)" + items + "]}}"),
            R"({"UnprocessedItems":{}})");
  EXPECT_EQ(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"3"}}})"),
            R"({"Item":{"id":{"S":"3"}}})");
  EXPECT_EQ(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"2"}}})").size(),
            call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}}})").size());
}

/// What is wrong with a large request is said in the order and the words of a small one.
TEST_F(ItemOperations, LargeRequestsAreRefusedAsSmallOnesAre) {
  const std::string pad(200'000, ' ');
  EXPECT_EQ(fault("PutItem", R"({"TableName":1})" + pad),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(invalid("PutItem", R"({"TableName":"nope","Item":{"id":{"N":"x"}}})" + pad),
            "The parameter cannot be converted to a numeric value: x");
  const std::string condition =
      R"("ConditionExpression":"a = :v","ExpressionAttributeValues":{"v":{"S":"x"}}})";
  EXPECT_EQ(invalid("PutItem", R"({"TableName":"nope","Item":{"id":{"S":"1"}},)" + condition + pad),
            R"(ExpressionAttributeValues contains invalid key: Syntax error; key: "v")");
  EXPECT_EQ(fault("PutItem", R"({"TableName":"nope","Item":{"id":{"S":"1"}}})" + pad),
            "ResourceNotFoundException: Requested resource not found");
  const std::string big(410'000, 'x');
  EXPECT_EQ(invalid("PutItem", R"({"TableName":"nope","Item":{"id":{"S":")" + big + R"("}}})"),
            "Item size has exceeded the maximum allowed size");
}

/// No more is kept of what cannot be an item than shows that; nor of a batch that cannot be one.
TEST_F(ItemOperations, WhatIsTooMuchIsNotKept) {
  // Of equal names the last one counts; it must not be another because it was not kept.
  std::string same = R"("a":{"S":"x"})";
  for (int i = 0; i < 900'000; ++i) same += R"(,"a":{"S":"x"})";
  EXPECT_EQ(invalid("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"1"},)" + same + "}}"),
            "Item size has exceeded the maximum allowed size");
  const Shape shape{"BatchWriteItem", {Member::kRequestItems}, {}};
  std::string many = "{}";
  for (int i = 0; i < 200; ++i) many += ",{}";
  const auto read = read_request(shape, R"({"RequestItems":{"t":[)" + many + "]}}");
  EXPECT_EQ(read.request_items->front().writes.size(), kMaxBatchWrites + 1);
}

TEST_F(ItemOperations, MessagesShowTheBeginningOfWhatIsVeryLong) {
  const std::string name(1'000'000, 'x');
  const std::string text = invalid("GetItem", R"({"TableName":")" + name + R"(","Key":{}})");
  EXPECT_TRUE(
      text.ends_with("xxx...' at 'tableName' failed to satisfy constraint: Member must have "
                     "length less than or equal to 255"))
      << text.substr(text.size() - 200);
  EXPECT_LT(text.size(), 5'000U);
}

// Quotas, "Expression parameters": names and values are at most 2 MB together.
TEST_F(ItemOperations, SubstitutionsAreReadUpToTheirLimitOnly) {
  std::string values;
  for (int i = 0; i < 300'000; ++i) {
    values += (i > 0 ? "," : "") + std::string(R"(":v)") + std::to_string(i) + R"(":{"S":"x"})";
  }
  const std::string request =
      R"({"TableName":"hash","Item":{"id":{"S":"1"}},"ConditionExpression":"a = :v0",)"
      R"("ExpressionAttributeValues":{)" +
      values + "}}";
  EXPECT_EQ(invalid("PutItem", request),
            "The total size of ExpressionAttributeNames and ExpressionAttributeValues exceeds the "
            "limit of 2097152 bytes");
}

/// Within 16 MB as AWS counts, these items would be far more as text.
TEST_F(ItemOperations, BatchGetAnswersAreBoundedAsText) {
  std::string numbers;
  for (int i = 0; i < 136'000; ++i) numbers += R"({"N":"1E-130"},)";
  numbers.pop_back();
  std::string keys;
  for (int i = 0; i < 5; ++i) {
    const std::string id = R"({"id":{"S":")" + std::to_string(i) + R"("})";
    keys += (i > 0 ? "," : "") + id + "}";
    put("hash", id + R"(,"l":{"L":[)" + numbers + "]}}");
  }
  const std::string answer =
      call("BatchGetItem", R"({"RequestItems":{"hash":{"Keys":[)" + keys + "]}}}");
  EXPECT_LT(answer.size(), 67'200'000U);
  EXPECT_TRUE(answer.ends_with(
      R"("UnprocessedKeys":{"hash":{"Keys":[{"id":{"S":"3"}},{"id":{"S":"4"}}]}}})"))
      << answer.substr(answer.size() - 200);
}

TEST_F(ItemOperations, TablesMustExistAndServe) {
  for (const auto table : {"nope", "leaving"}) {
    EXPECT_EQ(
        fault("GetItem", std::string(R"({"TableName":")") + table + R"(","Key":{"x":{"S":"1"}}})"),
        "ResourceNotFoundException: Requested resource not found");
  }
}

// [measured: Keys and values] Structural constraints come before anything else.
TEST_F(ItemOperations, StructureIsCheckedFirst) {
  EXPECT_EQ(invalid("PutItem", "{}"),
            "2 validation errors detected: Value null at 'tableName' failed to satisfy "
            "constraint: Member must not be null; Value null at 'item' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(invalid("GetItem", R"({"TableName":"a;","Key":{},"ReturnConsumedCapacity":"hi"})"),
            "3 validation errors detected: Value 'hi' at 'returnConsumedCapacity' failed to "
            "satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value "
            "'a;' at 'tableName' failed to satisfy constraint: Member must satisfy regular "
            "expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at 'tableName' failed to satisfy "
            "constraint: Member must have length greater than or equal to 3");
  EXPECT_EQ(invalid("Query", R"({"TableName":"range","Limit":0})"),
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1");
  EXPECT_EQ(invalid("BatchGetItem", R"({"RequestItems":{}})"),
            "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(fault("PutItem", "[]"),
            "SerializationException: Unrecognized collection type class "
            "com.amazonaws.dynamodb.v20120810.PutItemInput");
  EXPECT_EQ(fault("PutItem", R"({"TableName":1})"),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(fault("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"1"}}} x)"),
            "SerializationException: ");
  // [measured: Keys and values] All of them are counted.
  EXPECT_EQ(invalid("UpdateItem", R"({"TableName":"","UpdateExpression":"SET a = a"})"),
            "2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1; Value null at 'key' failed to "
            "satisfy constraint: Member must not be null");
}

TEST_F(ItemOperations, DataTypesThatNobodyKnowsAreRefusedByName) {
  const std::string_view known = "Tandem does not know the parameter ";
  EXPECT_THAT(
      fault("PutItem", R"({"TableName":"hash","Item":{"id":{"S":"1"},"a":{"S":"x","Q":1}}})"),
      testing::HasSubstr(std::string(known) + "Item.Q of PutItem."));
  EXPECT_THAT(fault("GetItem", R"({"TableName":"hash","Key":{"id":{"Q":"1"}}})"),
              testing::HasSubstr(std::string(known) + "Key.Q of GetItem."));
  EXPECT_THAT(
      fault("UpdateItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}},)"
                          R"("UpdateExpression":"SET a = :a",)"
                          R"("ExpressionAttributeValues":{":a":{"L":[{"N":"1","Q":2}]}}})"),
      testing::HasSubstr(std::string(known) + "ExpressionAttributeValues.Q of UpdateItem."));
  EXPECT_THAT(fault("BatchWriteItem", R"({"RequestItems":{"hash":[{"PutRequest":{"Item":)"
                                      R"({"id":{"S":"1","Q":null}}}}]}})"),
              testing::HasSubstr("Q of BatchWriteItem."));
}

TEST_F(ItemOperations, UnknownMembersAndLegacyOnesAreRefused) {
  const auto fault_of = [this](std::string_view more) {
    return fault("GetItem",
                 R"({"TableName":"hash","Key":{"id":{"S":"1"}},)" + std::string(more) + "}");
  };
  EXPECT_THAT(fault_of(R"("Foo":[{"a":null}])"),
              testing::HasSubstr("Tandem does not know the parameter Foo of GetItem."));
  EXPECT_EQ(call("GetItem", R"({"TableName":"hash","Key":{"id":{"S":"1"}},"Foo":null})"), "{}");
  EXPECT_EQ(invalid("GetItem", R"({"TableName":"hash","Key":{},"AttributesToGet":["a"]})"),
            "AttributesToGet is a legacy parameter that is not supported here; use the expression "
            "parameters");
}

// The messages: [measured: Keys and values], [measured: Expressions],
// [measured: Queries, scans and batches].
TEST_F(ItemOperations, KeysAreCheckedAgainstTheSchema) {
  const auto put_fault = [this](std::string_view item) {
    return invalid("PutItem", R"({"TableName":"range","Item":)" + std::string(item) + "}");
  };
  EXPECT_EQ(put_fault(R"({"p":{"S":"a"}})"),
            "One or more parameter values were invalid: Missing the key r in the item");
  EXPECT_EQ(put_fault(R"({"p":{"N":"1"},"r":{"N":"1"}})"),
            "One or more parameter values were invalid: Type mismatch for key p expected: S "
            "actual: N");
  EXPECT_EQ(put_fault(R"({"p":{"S":""},"r":{"N":"1"}})"),
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: p");
  EXPECT_EQ(put_fault(R"({"p":{"S":")" + std::string(2049, 'x') + R"("},"r":{"N":"1"}})"),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
            "size limit of2048 bytes");
  for (const auto key : {R"({"p":{"S":"a"}})", R"({"p":{"S":"a"},"r":{"S":"1"}})",
                         R"({"p":{"S":"a"},"r":{"N":"1"},"x":{"S":"1"}})"}) {
    EXPECT_EQ(invalid("DeleteItem", R"({"TableName":"range","Key":)" + std::string(key) + "}"),
              "The provided key element does not match the schema");
  }
}

TEST_F(ItemOperations, ItemsAreLimitedTo400Kilobytes) {
  const auto item = [](std::size_t bytes) {
    return R"({"TableName":"hash","Item":{"id":{"S":"1"},"b":{"S":")" + std::string(bytes, 'x') +
           R"("}}})";
  };
  EXPECT_EQ(call("PutItem", item(409'600 - 4)), "{}");
  EXPECT_EQ(invalid("PutItem", item(409'600 - 3)),
            "Item size has exceeded the maximum allowed size");
  EXPECT_EQ(
      invalid("UpdateItem",
              R"({"TableName":"hash","Key":{"id":{"S":"1"}},"UpdateExpression":"SET c = b"})"),
      "Item size to update has exceeded the maximum allowed size");
}

TEST_F(ItemOperations, ParametersThatDoNotGoTogetherAreRefused) {
  const std::string get = R"({"TableName":"hash","Key":{"id":{"S":"1"}})";
  EXPECT_EQ(invalid("GetItem", get + R"(,"ExpressionAttributeNames":{"#a":"b"}})"),
            "ExpressionAttributeNames can only be specified when using expressions");
  EXPECT_EQ(invalid("UpdateItem", get + R"(,"ExpressionAttributeValues":{":a":{"S":"b"}}})"),
            "ExpressionAttributeValues can only be specified when using expressions: "
            "UpdateExpression and ConditionExpression are null");
  EXPECT_EQ(invalid("DeleteItem", get + R"(,"ReturnValues":"ALL_NEW"})"),
            "ReturnValues can only be ALL_OLD or NONE");
  EXPECT_EQ(invalid("UpdateItem", get + R"(,"UpdateExpression":"REMOVE id"})"),
            "One or more parameter values were invalid: Cannot update attribute id. This attribute "
            "is part of the key");
  EXPECT_EQ(invalid("GetItem", get + R"(,"ProjectionExpression":"id.x"})"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: Key: id");
  EXPECT_EQ(invalid("Scan", R"({"TableName":"hash","Segment":1})"),
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present");
  EXPECT_EQ(invalid("Scan", R"({"TableName":"hash","Segment":5,"TotalSegments":5})"),
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: 5 is not less than TotalSegments: 5");
  EXPECT_EQ(invalid("Scan", R"({"TableName":"hash","IndexName":"abc"})"),
            "The table does not have the specified index: abc");
}

TEST_F(ItemOperations, QueriesAreCheckedAgainstTheSchema) {
  const auto query_fault = [this](std::string_view condition, std::string_view more = "") {
    return invalid("Query", R"({"TableName":"range","KeyConditionExpression":")" +
                                std::string(condition) +
                                R"(","ExpressionAttributeValues":{":s":{"S":"a"},":n":{"N":"1"}})" +
                                std::string(more) + "}");
  };
  EXPECT_EQ(invalid("Query", R"({"TableName":"range"})"),
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request.");
  EXPECT_EQ(query_fault("r = :n and x = :s"), "Query condition missed key schema element: p");
  EXPECT_EQ(query_fault("p = :s and x = :n"), "Query condition missed key schema element: r");
  EXPECT_EQ(query_fault("p > :s and r = :n"), "Query key condition not supported");
  EXPECT_EQ(query_fault("p = :s and r > :n and x = :n"),
            "The number of query conditions (3) exceeds the number of key attributes defined in "
            "the schema (2)");
  EXPECT_EQ(query_fault("p = :n and r = :s"),
            "One or more parameter values were invalid: Condition parameter type does not match "
            "schema type");
  EXPECT_EQ(query_fault("p = :s", R"(,"FilterExpression":"r > :n")"),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
            "r");
  const std::string both = "p = :s and r > :n";
  EXPECT_EQ(query_fault(both, R"(,"ExclusiveStartKey":{"p":{"S":"a"}})"),
            "The provided starting key is invalid: The provided key element does not match the "
            "schema");
  EXPECT_EQ(query_fault(both, R"(,"ExclusiveStartKey":{"p":{"S":"b"},"r":{"N":"2"}})"),
            "The provided starting key is outside query boundaries based on provided conditions");
  EXPECT_EQ(query_fault(both, R"(,"ExclusiveStartKey":{"p":{"S":"a"},"r":{"N":"0"}})"),
            "The provided starting key does not match the range key predicate");
}

TEST_F(ItemOperations, BatchesAreChecked) {
  const std::string key = R"({"id":{"S":"1"}})";
  EXPECT_EQ(
      invalid("BatchGetItem", R"({"RequestItems":{"hash":{"Keys":[)" + key + "," + key + "]}}}"),
      "Provided list of item keys contains duplicates");
  EXPECT_EQ(invalid("BatchWriteItem", R"({"RequestItems":{"hash":[{"PutRequest":{"Item":)" + key +
                                          R"(}},{"DeleteRequest":{"Key":)" + key + "}}]}}"),
            "Provided list of item keys contains duplicates");
  std::string many;
  for (int i = 0; i < 101; ++i) {
    many += (i > 0 ? "," : "") + std::string(R"({"id":{"S":")") + std::to_string(i) + R"("}})";
  }
  EXPECT_EQ(invalid("BatchGetItem", R"({"RequestItems":{"hash":{"Keys":[)" + many + "]}}}"),
            "1 validation error detected: Value '[...]' at 'requestItems.hash.member.keys' failed "
            "to satisfy constraint: Member must have length less than or equal to 100");
  EXPECT_EQ(fault("BatchGetItem", R"({"RequestItems":{"nope":{"Keys":[)" + key + "]}}}"),
            "ResourceNotFoundException: Requested resource not found");
  // [measured: Queries, scans and batches] BatchWriteItem speaks of an item's key as it does of a
  // Key parameter.
  for (const std::string_view wrong : {R"({"x":{"S":"1"}})", R"({"id":{"N":"1"}})"}) {
    EXPECT_EQ(invalid("BatchWriteItem", R"({"RequestItems":{"hash":[{"PutRequest":{"Item":)" +
                                            std::string(wrong) + "}}]}}"),
              "The provided key element does not match the schema");
  }
  EXPECT_EQ(invalid("BatchWriteItem", R"({"RequestItems":{"hash":[{}]}})"),
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            "the supported datatypes");
}

}  // namespace
}  // namespace tandem::dynamodb
