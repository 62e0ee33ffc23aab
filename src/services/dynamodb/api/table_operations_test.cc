// Tables and global tables over the frame, in two regions of one process. The texts are those of
// DynamoDB: [measured: Tables], [measured: Global tables].
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "replication/transport.h"
#include "service/dispatch.h"
#include "services/dynamodb/service.h"
#include "store/engines.h"

namespace tandem::dynamodb {
namespace {

using namespace std::chrono_literals;

json::object document(std::string_view text) { return json::parse_text(text).value().as_object(); }

/// AWS's API of the regions that run.
class Regions final : public aws::Api {
 public:
  Task<aws::ApiResult> call(aws::ApiCall call) override {
    const auto found = apis_.find(call.region);
    if (found == apis_.end()) throw aws::ApiError(503, "ServiceUnavailable", "nobody answers");
    return found->second->call(std::move(call));
  }
  void set(const std::string& region, aws::Api& api) { apis_[region] = &api; }
  void erase(const std::string& region) { apis_.erase(region); }

 private:
  std::map<std::string, aws::Api*> apis_;
};

struct RegionProcess {
  RegionProcess(asio::io_context& loop, core::Workers& pool, const service::Config& config,
                std::string name, store::Store& store, aws::Api& others)
      : network(loop.get_executor()),
        dynamodb(
            service::Environment{loop.get_executor(), pool, clock, random, store, {}, config, name},
            network, others),
        dispatcher({name, config.account}, clock, random, keys, store, pool) {
    dispatcher.add(dynamodb);
    dynamodb.start();
  }
  core::SystemClock clock;
  core::SystemRandom random;
  net::TcpNetwork network;
  service::KeyRing keys;
  DynamoDbService dynamodb;
  service::Dispatcher dispatcher;
};

class Tables : public ::testing::Test {
 protected:
  Tables() {
    config_.regions = {{"us-east-1", "127.0.0.1"}, {"us-west-2", "127.0.0.2"}};
    asio::ip::tcp::acceptor probe(loop_, {asio::ip::make_address("127.0.0.1"), 0});
    config_.ports.replication = probe.local_endpoint().port();
    probe.close();
    start("us-east-1");
    start("us-west-2");
  }
  ~Tables() override {
    while (!processes_.empty()) stop(processes_.begin()->first);
  }
  void start(const std::string& region) {
    auto& store = stores_[region];
    if (!store) store = store::make_memory_store();
    processes_[region] =
        std::make_unique<RegionProcess>(loop_, pool_, config_, region, *store, regions_);
    regions_.set(region, processes_[region]->dispatcher.api());
  }
  void stop(std::string region) {
    bool stopped = false;
    asio::co_spawn(loop_, processes_.at(region)->dynamodb.stop(),
                   [&](const std::exception_ptr&) { stopped = true; });
    until([&] { return stopped; });
    regions_.erase(region);
    processes_.erase(region);
  }
  bool until(const std::function<bool()>& holds) {
    const auto deadline = core::TimerClock::now() + 15s;
    while (!holds()) {
      if (core::TimerClock::now() > deadline) return false;
      loop_.restart();
      loop_.run_one_for(20ms);
    }
    return true;
  }
  /// The answer, or {"Error": "Code: message"}.
  json::object call(std::string_view operation, std::string_view input,
                    std::string region = "us-east-1") {
    aws::ApiCall call{region, "dynamodb", std::string(operation), document(input), {}};
    std::optional<json::object> answer;
    asio::co_spawn(loop_, processes_.at(region)->dispatcher.api().call(std::move(call)),
                   [&](const std::exception_ptr& failed, aws::ApiResult result) {
                     answer = failed ? error(failed) : std::move(result.output);
                   });
    EXPECT_TRUE(until([&] { return answer.has_value(); }));
    return std::move(*answer);
  }
  static json::object error(const std::exception_ptr& failed) {
    try {
      std::rethrow_exception(failed);
    } catch (const aws::ApiError& refused) {
      return {{"Error", refused.code() + ": " + refused.message()}};
    } catch (const std::exception& other) {
      return {{"Error", other.what()}};
    }
  }
  std::string refusal(std::string_view operation, std::string_view input,
                      std::string region = "us-east-1") {
    return json::string_or(call(operation, input, std::move(region)), "Error", "(none)");
  }
  std::string invalid(std::string_view operation, std::string_view input) {
    const std::string text = refusal(operation, input);
    const std::string prefix = "ValidationException: ";
    EXPECT_TRUE(text.starts_with(prefix)) << text;
    return text.substr(std::min(text.size(), prefix.size()));
  }
  json::object describe(std::string region = "us-east-1") {
    json::object answer = call("DescribeTable", R"({"TableName":"todos"})", std::move(region));
    const json::object* table = json::find_object(answer, "Table");
    return table == nullptr ? answer : *table;
  }
  std::string status(std::string region = "us-east-1") {
    return json::string_or(describe(std::move(region)), "TableStatus", "(none)");
  }
  std::string replicas(std::string region = "us-east-1") {
    const json::object table = describe(std::move(region));
    const json::array* list = json::find_array(table, "Replicas");
    return list == nullptr ? "" : json::to_text(*list);
  }
  void create(std::string_view more = R"("BillingMode":"PAY_PER_REQUEST")") {
    EXPECT_EQ(refusal("CreateTable", R"({"TableName":"todos","KeySchema":[{"AttributeName":"id",)"
                                     R"("KeyType":"HASH"}],"AttributeDefinitions":[)"
                                     R"({"AttributeName":"id","AttributeType":"S"}],)" +
                                         std::string(more) + "}"),
              "(none)");
  }
  static std::string replica_update(std::string_view action, std::string_view region) {
    return R"({"TableName":"todos","ReplicaUpdates":[{")" + std::string(action) +
           R"(":{"RegionName":")" + std::string(region) + R"("}}]})";
  }
  void make_global() {
    create();
    add_replica();
  }
  void add_replica() {
    EXPECT_EQ(refusal("UpdateTable", replica_update("Create", "us-west-2")), "(none)");
    EXPECT_TRUE(until([&] { return status("us-west-2") == "ACTIVE" && status() == "ACTIVE"; }));
  }
  /// Puts over the raw path, as HTTP does.
  void put(const std::string& region, std::string_view item) {
    service::RequestContext context;
    for (const auto& row : processes_.at(region)->dynamodb.operations()) {
      if (row.name != "PutItem") continue;
      row.raw(context, R"({"TableName":"todos","Item":)" + std::string(item) + "}");
    }
  }
  std::int64_t items(std::string region) {
    return json::int_or(describe(std::move(region)), "ItemCount", -1);
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  service::Config config_;
  std::map<std::string, std::unique_ptr<store::Store>> stores_;
  Regions regions_;
  std::map<std::string, std::unique_ptr<RegionProcess>> processes_;
};

TEST_F(Tables, ATableIsCreatedDescribedListedAndDeleted) {
  const json::object made = call("CreateTable", R"({"TableName":"todos","BillingMode":
      "PAY_PER_REQUEST","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"r",
      "KeyType":"RANGE"}],"AttributeDefinitions":[{"AttributeName":"r","AttributeType":"N"},
      {"AttributeName":"p","AttributeType":"S"}],"Tags":[{"Key":"k","Value":"v"}]})");
  EXPECT_EQ(json::string_or(made.at("TableDescription").as_object(), "TableStatus"), "CREATING");
  const json::object table = describe();
  EXPECT_EQ(json::string_or(table, "TableStatus"), "ACTIVE");
  EXPECT_EQ(json::string_or(table, "TableArn"),
            "arn:aws:dynamodb:us-east-1:123456789012:table/todos");
  EXPECT_EQ(json::to_text(table.at("KeySchema")),
            R"([{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"r","KeyType":"RANGE"}])");
  EXPECT_EQ(json::int_or(table, "ItemCount", -1), 0);
  EXPECT_FALSE(table.contains("Replicas"));
  EXPECT_EQ(json::to_text(call("ListTables", "{}")), R"({"TableNames":["todos"]})");
  const json::object deleted = call("DeleteTable", R"({"TableName":"todos"})");
  EXPECT_EQ(json::string_or(deleted.at("TableDescription").as_object(), "TableStatus"), "DELETING");
  EXPECT_EQ(refusal("DescribeTable", R"({"TableName":"todos"})"),
            "ResourceNotFoundException: Requested resource not found: Table: todos not found");
}

TEST_F(Tables, CreateTableRefusesInDynamoDbsWords) {
  const auto with = [&](std::string_view rest) {
    return invalid("CreateTable", R"({"TableName":"todos",)" + std::string(rest) + "}");
  };
  const std::string keys =
      R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[)"
      R"({"AttributeName":"id","AttributeType":"S"}])";
  EXPECT_EQ(with(keys),
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
            "must both be specified when BillingMode is PROVISIONED");
  EXPECT_EQ(with(keys + R"(,"BillingMode":"PAY_PER_REQUEST","ProvisionedThroughput":)"
                        R"({"ReadCapacityUnits":1,"WriteCapacityUnits":1})"),
            "One or more parameter values were invalid: Neither ReadCapacityUnits nor "
            "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
  const std::string free = R"("BillingMode":"PAY_PER_REQUEST",)";
  const std::string ids = R"("AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}])";
  EXPECT_EQ(with(free + ids + R"(,"KeySchema":[{"AttributeName":"id","KeyType":"RANGE"}])"),
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  EXPECT_EQ(with(free + ids +
                 R"(,"KeySchema":[{"AttributeName":"id","KeyType":"HASH"},)"
                 R"({"AttributeName":"b","KeyType":"HASH"}])"),
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  EXPECT_EQ(with(free + ids +
                 R"(,"KeySchema":[{"AttributeName":"id","KeyType":"HASH"},)"
                 R"({"AttributeName":"id","KeyType":"RANGE"}])"),
            "Both the Hash Key and the Range Key element in the KeySchema have the same name");
  EXPECT_EQ(with(free + ids + R"(,"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}])"),
            "One or more parameter values were invalid: Some index key attributes are not defined "
            "in AttributeDefinitions. Keys: [a], AttributeDefinitions: [id]");
  EXPECT_EQ(with(free + R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
                        R"("AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},)"
                        R"({"AttributeName":"b","AttributeType":"S"}])"),
            "One or more parameter values were invalid: Number of attributes in KeySchema does not "
            "exactly match number of attributes defined in AttributeDefinitions");
  EXPECT_EQ(with(free + keys + R"(,"StreamSpecification":{"StreamEnabled":true})"),
            "One or more parameter values were invalid: Table is being created with a stream "
            "enabled, UpdateViewType is required");
  create();
  EXPECT_EQ(refusal("CreateTable", R"({"TableName":"todos",)" + free + keys + "}"),
            "ResourceInUseException: Table already exists: todos");
}

TEST_F(Tables, WhatIsNotImplementedIsRefusedByName) {
  create();
  const std::string keys =
      R"({"TableName":"other","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id",)"
      R"("KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)";
  const std::string index =
      R"("GlobalSecondaryIndexes":[{"IndexName":"idx","KeySchema":[{"AttributeName":"id",)"
      R"("KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}])";
  for (const std::string_view member : std::initializer_list<std::string_view>{
           R"("TableClass":"STANDARD_INFREQUENT_ACCESS")", R"("SSESpecification":{"Enabled":true})",
           R"("OnDemandThroughput":{"MaxReadRequestUnits":1})", R"("WarmThroughput":{})",
           R"("VectorIndexes":[{"IndexName":"idx"}])", index}) {
    const std::string name(member.substr(1, member.find('"', 1) - 1));
    const std::string text = refusal("CreateTable", keys + std::string(member) + "}");
    EXPECT_NE(text.find(name), std::string::npos) << text;
  }
  EXPECT_NE(refusal("UpdateTable", R"({"TableName":"todos","MultiRegionConsistency":"STRONG"})")
                .find("MultiRegionConsistency"),
            std::string::npos);
}

TEST_F(Tables, UpdateTableChangesCapacityStreamAndProtection) {
  create(R"("ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5})");
  EXPECT_FALSE(describe().contains("BillingModeSummary"));
  EXPECT_NE(invalid("UpdateTable", R"({"TableName":"todos"})").find("At least one of"),
            std::string::npos);
  EXPECT_NE(invalid("UpdateTable", R"({"TableName":"todos","ProvisionedThroughput":
      {"ReadCapacityUnits":5,"WriteCapacityUnits":5}})")
                .find("The requested value equals the current value."),
            std::string::npos);
  EXPECT_EQ(invalid("UpdateTable", R"({"TableName":"todos","StreamSpecification":
      {"StreamEnabled":false}})"),
            "Table has no stream to disable: TableName: todos");
  call("UpdateTable", R"({"TableName":"todos","StreamSpecification":{"StreamEnabled":true,
      "StreamViewType":"KEYS_ONLY"}})");
  EXPECT_EQ(invalid("UpdateTable", R"({"TableName":"todos","StreamSpecification":
      {"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"}})"),
            "One or more parameter values were invalid: If stream is being disabled, then "
            "UpdateViewType must not be specified");
  EXPECT_EQ(invalid("UpdateTable", R"({"TableName":"todos","BillingMode":"PAY_PER_REQUEST",
      "StreamSpecification":{"StreamEnabled":false}})"),
            "One or more parameter values were invalid: You cannot modify stream status while "
            "updating table IOPS");
  EXPECT_NE(json::string_or(describe(), "LatestStreamArn").find("table/todos/stream/20"),
            std::string::npos);
  call("UpdateTable", R"({"TableName":"todos","BillingMode":"PAY_PER_REQUEST"})");
  EXPECT_EQ(json::string_or(describe().at("BillingModeSummary").as_object(), "BillingMode"),
            "PAY_PER_REQUEST");
  call("UpdateTable", R"({"TableName":"todos","DeletionProtectionEnabled":true})");
  EXPECT_EQ(invalid("DeleteTable", R"({"TableName":"todos"})"),
            "Resource cannot be deleted as it is currently protected against deletion. Disable "
            "deletion protection first.");
}

TEST_F(Tables, TagsAreKeptAndChecked) {
  create();
  const std::string arn = R"("ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/todos")";
  call("TagResource", "{" + arn + R"(,"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]})");
  call("UntagResource", "{" + arn + R"(,"TagKeys":["a"]})");
  EXPECT_EQ(json::to_text(call("ListTagsOfResource", "{" + arn + "}")),
            R"({"Tags":[{"Key":"b","Value":"2"}]})");
  EXPECT_EQ(refusal("ListTagsOfResource",
                    R"({"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/none"})"),
            "ResourceNotFoundException: Requested resource not found: ResourcArn: "
            "arn:aws:dynamodb:us-east-1:123456789012:table/none not found");
  EXPECT_EQ(invalid("TagResource", "{" + arn + R"(,"Tags":[{"Key":"aws:x","Value":"1"}]})"),
            "Tag Key cannot be prefixed with aws:, Key: aws:x");
  EXPECT_EQ(invalid("TagResource",
                    "{" + arn + R"(,"Tags":[{"Key":"c","Value":"1"},{"Key":"c","Value":"2"}]})"),
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found c");
  // [measured: Tables] What else is given for an ARN.
  const auto of = [this](std::string_view wrong) {
    return invalid("ListTagsOfResource", R"({"ResourceArn":")" + std::string(wrong) + "\"}");
  };
  const std::string invalid_value = "One or more parameter values were invalid: ";
  EXPECT_EQ(of("todos"), invalid_value + "ARNs must start with 'arn:': todos");
  EXPECT_EQ(of("arn:aws:s3:::todos"),
            invalid_value + "Provided Arn is not a DynamoDB resource arn: arn:aws:s3:::todos");
  const std::string index = "arn:aws:dynamodb:us-east-1:123456789012:table/todos/index/i";
  EXPECT_EQ(of(index), invalid_value +
                           "Invalid resource arn provided, only table or stream is accepted. "
                           "Provided resource arn: " +
                           index);
  const std::string elsewhere = "arn:aws:dynamodb:us-west-2:123456789012:table/todos";
  EXPECT_EQ(of(elsewhere), "Invalid TableArn: Invalid ResourceArn provided as input " + elsewhere);
}

TEST_F(Tables, AReplicaIsMadeFilledAndShownFromBothSides) {
  create();
  put("us-east-1", R"({"id":{"S":"1"}})");
  ASSERT_EQ(refusal("UpdateTable", replica_update("Create", "us-west-2")), "(none)");
  ASSERT_TRUE(until([&] { return status("us-west-2") == "ACTIVE" && status() == "ACTIVE"; }));
  EXPECT_EQ(items("us-west-2"), 1);
  EXPECT_EQ(replicas(), R"([{"RegionName":"us-west-2","ReplicaStatus":"ACTIVE"}])");
  EXPECT_EQ(replicas("us-west-2"), R"([{"RegionName":"us-east-1","ReplicaStatus":"ACTIVE"}])");
  const json::object table = describe("us-west-2");
  EXPECT_EQ(json::string_or(table, "GlobalTableVersion"), "2019.11.21");
  EXPECT_EQ(json::string_or(table, "GlobalTableSettingsReplicationMode"), "ENABLED_WITH_OVERRIDES");
  EXPECT_EQ(json::string_or(table, "TableArn"),
            "arn:aws:dynamodb:us-west-2:123456789012:table/todos");
  EXPECT_EQ(json::string_or(table.at("StreamSpecification").as_object(), "StreamViewType"),
            "NEW_AND_OLD_IMAGES");
  put("us-west-2", R"({"id":{"S":"2"}})");
  EXPECT_TRUE(until([&] { return items("us-east-1") == 2; }));
}

TEST_F(Tables, ReplicaUpdatesAreRefusedInDynamoDbsWords) {
  create();
  EXPECT_EQ(invalid("UpdateTable", replica_update("Create", "us-east-1")),
            "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
            "DeleteTable, or UpdateTable as required.");
  EXPECT_EQ(invalid("UpdateTable", replica_update("Create", "xx-east-9")),
            "Region xx-east-9 is not supported. The latest version of global tables are only "
            "supported in the following regions: [us-east-1, us-west-2]");
  EXPECT_EQ(invalid("UpdateTable", replica_update("Delete", "us-west-2")),
            "Update global table operation failed because one or more replicas were not part of "
            "the global table. Please retry the request without these replicas: [us-west-2].");
  EXPECT_EQ(invalid("UpdateTable", R"({"TableName":"todos","ReplicaUpdates":[{}]})"),
            "There are no actions specified in the Replica Update Action of the request.");
  EXPECT_EQ(invalid("UpdateTable",
                    R"({"TableName":"todos","BillingMode":"PAY_PER_REQUEST","ReplicaUpdates":)"
                    R"([{"Create":{"RegionName":"us-west-2"}}]})"),
            "One or more parameter values were invalid: Replica modification must be the only "
            "operation in the request");
  // An ordinary table of that name is in the way over there.
  const std::string other =
      R"({"TableName":"todos","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id",)"
      R"("KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]})";
  call("CreateTable", other, "us-west-2");
  ASSERT_TRUE(until([&] {
    return json::to_text(processes_.at("us-east-1")->dynamodb.links()).find("\"Connected\":true") !=
           std::string::npos;
  }));
  EXPECT_EQ(invalid("UpdateTable", replica_update("Create", "us-west-2")),
            "Failed to create a the new replica of table with name: ‘todos’ because one or more "
            "replicas already existed as tables.");
  EXPECT_EQ(replicas(), "");
}

TEST_F(Tables, ProvisionedTablesGetNoReplica) {
  create(R"("ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5})");
  EXPECT_EQ(invalid("UpdateTable", replica_update("Create", "us-west-2")),
            "Table write capacity should either be Pay-Per-Request or AutoScaled.");
}

TEST_F(Tables, ProvisionedTablesAreGlobalWhereTheirWritesAreScaled) {
  const auto units = [this](std::string region) {
    const json::object table = describe(std::move(region));
    const json::object* throughput = json::find_object(table, "ProvisionedThroughput");
    if (throughput == nullptr) return std::string("none");
    return fmt::format("{} {}", json::int_or(*throughput, "ReadCapacityUnits", 0),
                       json::int_or(*throughput, "WriteCapacityUnits", 0));
  };
  for (auto& [region, process] : processes_) {
    process->dynamodb.set_scaled([](std::string_view table) { return table == "todos"; });
  }
  create(R"("ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":6})");
  ASSERT_EQ(refusal("UpdateTable", replica_update("Create", "us-west-2")), "(none)");
  EXPECT_TRUE(until([&] { return status("us-west-2") == "ACTIVE" && status() == "ACTIVE"; }));
  EXPECT_EQ(units("us-west-2"), "5 6");
  const auto set = [this](int read, int write, std::string region) {
    return refusal("UpdateTable",
                   fmt::format(R"({{"TableName":"todos","ProvisionedThroughput":)"
                               R"({{"ReadCapacityUnits":{},"WriteCapacityUnits":{}}}}})",
                               read, write),
                   std::move(region));
  };
  ASSERT_EQ(set(5, 60, "us-west-2"), "(none)");
  EXPECT_TRUE(until([&] { return units("us-east-1") == "5 60"; }));
  // Reads are each region's own.
  ASSERT_EQ(set(9, 70, "us-east-1"), "(none)");
  EXPECT_TRUE(until([&] { return units("us-west-2") == "5 70"; }));
  EXPECT_EQ(units("us-east-1"), "9 70");
}

TEST_F(Tables, AnUnreachableRegionGetsItsReplicaOnceItIsBack) {
  stop("us-west-2");
  create();
  ASSERT_EQ(refusal("UpdateTable", replica_update("Create", "us-west-2")), "(none)");
  EXPECT_EQ(replicas(), R"([{"RegionName":"us-west-2","ReplicaStatus":"CREATING"}])");
  EXPECT_EQ(refusal("UpdateTable", R"({"TableName":"todos","DeletionProtectionEnabled":true})"),
            "ResourceInUseException: The resource which you are attempting to change is in use.");
  put("us-east-1", R"({"id":{"S":"while it waits"}})");
  start("us-west-2");
  EXPECT_TRUE(until([&] { return status("us-west-2") == "ACTIVE" && status() == "ACTIVE"; }));
  EXPECT_EQ(items("us-west-2"), 1);
}

TEST_F(Tables, TheSourceOfAReplicaIsKeptForADayUnlessTheReplicaIsGone) {
  make_global();
  const std::string rule =
      "ValidationException: Replica cannot be deleted because it has acted as a source region for "
      "new replica(s) being added to the table in the last 24 hours.";
  EXPECT_EQ(refusal("DeleteTable", R"({"TableName":"todos"})"), rule);
  EXPECT_EQ(refusal("UpdateTable", replica_update("Delete", "us-east-1"), "us-west-2"), rule);
  EXPECT_EQ(refusal("UpdateTable", replica_update("Delete", "us-west-2")), "(none)");
  EXPECT_TRUE(until([&] { return replicas().empty() && status("us-west-2") == "(none)"; }));
  EXPECT_EQ(status(), "ACTIVE");
  EXPECT_FALSE(describe().contains("GlobalTableVersion"));
  EXPECT_EQ(refusal("DeleteTable", R"({"TableName":"todos"})"), "(none)");
}

TEST_F(Tables, TellsBeforehandWhichReplicaIsBoundAsASource) {
  make_global();
  for (const std::string asked : {"us-east-1", "us-west-2"}) {
    const json::object all = processes_.at(asked)->dynamodb.replicas();
    const json::object& members = all.at("todos").as_object();
    EXPECT_EQ(json::string_or(members.at("us-west-2").as_object(), "AddedBy"), "us-east-1");
    EXPECT_TRUE(members.at("us-east-1").as_object().contains("SourceUntil"));
    EXPECT_FALSE(members.at("us-west-2").as_object().contains("SourceUntil"));
  }
}

TEST_F(Tables, AReplicaRegionMayDeleteItsOwnTable) {
  make_global();
  EXPECT_EQ(refusal("DeleteTable", R"({"TableName":"todos"})", "us-west-2"), "(none)");
  EXPECT_TRUE(until([&] { return replicas().empty() && status("us-west-2") == "(none)"; }));
  add_replica();
}

TEST_F(Tables, AProtectedReplicaIsNotDeletedFromAfar) {
  make_global();
  call("UpdateTable", R"({"TableName":"todos","DeletionProtectionEnabled":true})", "us-west-2");
  EXPECT_EQ(invalid("UpdateTable", replica_update("Delete", "us-west-2")),
            "Cannot delete table todos in region us-west-2 because it has deletion protection "
            "enabled. Disable deletion protection first.");
  EXPECT_EQ(replicas(), R"([{"RegionName":"us-west-2","ReplicaStatus":"ACTIVE"}])");
}

TEST_F(Tables, StreamsOfAGlobalTableStayOn) {
  make_global();
  EXPECT_EQ(invalid("UpdateTable",
                    R"({"TableName":"todos","StreamSpecification":{"StreamEnabled":false}})"),
            "One or more parameter values were invalid: Disabling Stream is not allowed for a "
            "Global Table replica.");
}

TEST_F(Tables, AResetRegionIsNoReplicaAnyMore) {
  make_global();
  bool done = false;
  asio::co_spawn(loop_, processes_.at("us-west-2")->dynamodb.reset(),
                 [&](const std::exception_ptr&) { done = true; });
  EXPECT_TRUE(until([&] { return done; }));
  EXPECT_EQ(json::to_text(call("ListTables", "{}", "us-west-2")), R"({"TableNames":[]})");
  EXPECT_TRUE(until([&] { return replicas().empty(); }));
  EXPECT_EQ(status(), "ACTIVE");
}

TEST_F(Tables, BothSidesSurviveARestart) {
  make_global();
  put("us-east-1", R"({"id":{"S":"1"}})");
  ASSERT_TRUE(until([&] { return items("us-west-2") == 1; }));
  stop("us-east-1");
  put("us-west-2", R"({"id":{"S":"2"}})");
  stop("us-west-2");
  start("us-east-1");
  start("us-west-2");
  EXPECT_TRUE(until([&] { return items("us-east-1") == 2; }));
  EXPECT_EQ(replicas(), R"([{"RegionName":"us-west-2","ReplicaStatus":"ACTIVE"}])");
}

// Global tables 2017.11.29, as AWS answers in 2026.
TEST_F(Tables, LegacyGlobalTablesAreRefused) {
  EXPECT_EQ(
      invalid("CreateGlobalTable",
              R"({"GlobalTableName":"todos","ReplicationGroup":[{"RegionName":"us-west-2"}]})"),
      "One or more parameter values were invalid: DynamoDB global tables version 2017.11.29 "
      "is not supported. We recommend using DynamoDB global tables version 2019.11.21, "
      "instead of version 2017.11.29 (Legacy).");
  EXPECT_EQ(refusal("DescribeGlobalTable", R"({"GlobalTableName":"todos"})"),
            "GlobalTableNotFoundException: Global table not found: Global table with name: 'todos' "
            "does not exist.");
  EXPECT_EQ(json::to_text(call("ListGlobalTables", "{}")), R"({"GlobalTables":[]})");
}

// The same where the configuration has them served: API Reference, CreateGlobalTable and its
// siblings.
class LegacyTables : public Tables {
 protected:
  LegacyTables() { config_.legacy_global_tables = service::LegacyGlobalTables::kServed; }
  void create_in(const std::string& region,
                 std::string_view more = R"("StreamSpecification":{"StreamEnabled":true,)"
                                         R"("StreamViewType":"NEW_AND_OLD_IMAGES"})",
                 std::string_view type = "S") {
    EXPECT_EQ(refusal("CreateTable",
                      R"({"TableName":"todos","BillingMode":"PAY_PER_REQUEST","KeySchema":[)"
                      R"({"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[)"
                      R"({"AttributeName":"id","AttributeType":")" +
                          std::string(type) + R"("}],)" + std::string(more) + "}",
                      region),
              "(none)");
  }
  void join() {
    create_in("us-east-1");
    create_in("us-west-2");
    put("us-east-1", R"({"id":{"S":"east"}})");
    put("us-east-1", R"({"id":{"S":"both"},"by":{"S":"east"}})");
    put("us-west-2", R"({"id":{"S":"both"},"by":{"S":"west"}})");
    put("us-west-2", R"({"id":{"S":"west"}})");
    EXPECT_EQ(refusal("CreateGlobalTable", kBoth), "(none)");
    EXPECT_TRUE(until([&] { return items("us-east-1") == 3 && items("us-west-2") == 3; }));
  }
  static std::string update(std::string_view action, std::string_view region) {
    return R"({"GlobalTableName":"todos","ReplicaUpdates":[{")" + std::string(action) +
           R"(":{"RegionName":")" + std::string(region) + R"("}}]})";
  }
  std::string get(const std::string& region, std::string_view id) {
    service::RequestContext context;
    for (const auto& row : processes_.at(region)->dynamodb.operations()) {
      if (row.name != "GetItem") continue;
      auto answer = row.raw(
          context, R"({"TableName":"todos","Key":{"id":{"S":")" + std::string(id) + R"("}}})");
      return answer.reply.body;
    }
    return "";
  }
  std::string members(const std::string& region = "us-east-1") {
    json::object answer = call("DescribeGlobalTable", R"({"GlobalTableName":"todos"})", region);
    const json::object* found = json::find_object(answer, "GlobalTableDescription");
    if (found == nullptr) return json::string_or(answer, "Error");
    return json::string_or(*found, "GlobalTableStatus") + " " +
           json::to_text(found->at("ReplicationGroup"));
  }
  static constexpr std::string_view kBoth =
      R"({"GlobalTableName":"todos","ReplicationGroup":[{"RegionName":"us-east-1"},)"
      R"({"RegionName":"us-west-2"}]})";
  static constexpr std::string_view kMembers =
      R"(ACTIVE [{"RegionName":"us-east-1","ReplicaStatus":"ACTIVE"},)"
      R"({"RegionName":"us-west-2","ReplicaStatus":"ACTIVE"}])";
  static constexpr std::string_view kNone =
      "GlobalTableNotFoundException: Global table not found: Global table with name: 'todos' does "
      "not exist.";
};

TEST_F(LegacyTables, TablesWithItemsAreJoined) {
  join();
  for (const std::string region : {"us-east-1", "us-west-2"}) {
    EXPECT_EQ(members(region), kMembers);
    EXPECT_NE(get(region, "both").find("west"), std::string::npos);
    EXPECT_EQ(json::to_text(call("ListGlobalTables", "{}", region)),
              R"({"GlobalTables":[{"GlobalTableName":"todos","ReplicationGroup":)"
              R"([{"RegionName":"us-east-1"},{"RegionName":"us-west-2"}]}]})");
    EXPECT_TRUE(replicas(region).empty());
  }
  // The loser's region lists what gave way.
  const json::object lost = processes_.at("us-east-1")->dynamodb.conflicts();
  ASSERT_EQ(lost.at("Conflicts").as_array().size(), 1U);
  EXPECT_EQ(json::to_text(lost.at("Conflicts").as_array()[0].at("Key")), R"({"id":{"S":"both"}})");
  EXPECT_EQ(json::int_or(processes_.at("us-west-2")->dynamodb.conflicts(), "Total", -1), 0);
  EXPECT_TRUE(refusal("CreateGlobalTable", kBoth).starts_with("GlobalTableAlreadyExistsException"));
}

TEST_F(LegacyTables, WritesBearTheAttributesOf2017) {
  join();
  EXPECT_EQ(get("us-east-1", "west").find("aws:rep"), std::string::npos);
  put("us-west-2", R"({"id":{"S":"new"},"aws:rep:updateregion":{"S":"spoilt"}})");
  ASSERT_TRUE(until([&] { return items("us-east-1") == 4; }));
  const std::string item = get("us-east-1", "new");
  EXPECT_NE(item.find(R"("aws:rep:deleting":{"BOOL":false})"), std::string::npos) << item;
  EXPECT_NE(item.find(R"("aws:rep:updateregion":{"S":"us-west-2"})"), std::string::npos) << item;
  EXPECT_NE(item.find(R"("aws:rep:updatetime":{"N":"1)"), std::string::npos) << item;
}

TEST_F(LegacyTables, WhatCannotBeJoinedIsLeftAsItIs) {
  EXPECT_EQ(refusal("CreateGlobalTable", kBoth),
            "TableNotFoundException: Table not found: todos in region 'us-west-2'");
  create_in("us-west-2");
  EXPECT_EQ(refusal("CreateGlobalTable", kBoth),
            "TableNotFoundException: Table not found: todos in region 'us-east-1'");
  create_in("us-east-1", R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":)"
                         R"("KEYS_ONLY"})");
  EXPECT_NE(
      invalid("CreateGlobalTable", kBoth).find("stream with the view type NEW_AND_OLD_IMAGES"),
      std::string::npos);
  call("DeleteTable", R"({"TableName":"todos"})");
  create_in("us-east-1",
            R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":)"
            R"("NEW_AND_OLD_IMAGES"})",
            "N");
  EXPECT_NE(invalid("CreateGlobalTable", kBoth).find("same key schema"), std::string::npos);
  EXPECT_EQ(members(), kNone);
  EXPECT_EQ(members("us-west-2"), kNone);
  stop("us-west-2");
  EXPECT_TRUE(refusal("CreateGlobalTable", kBoth).starts_with("InternalServerError"));
  EXPECT_EQ(members(), kNone);
}

TEST_F(LegacyTables, ARegionThatLeavesKeepsItsItemsAndMayComeBack) {
  join();
  EXPECT_TRUE(refusal("DeleteTable", R"({"TableName":"todos"})").starts_with("ResourceInUse"));
  EXPECT_TRUE(refusal("UpdateGlobalTable", update("Create", "us-west-2"))
                  .starts_with("ReplicaAlreadyExistsException"));
  EXPECT_EQ(refusal("UpdateGlobalTable", update("Delete", "us-west-2")), "(none)");
  EXPECT_TRUE(until([&] { return members("us-west-2") == kNone; }));
  EXPECT_EQ(members(), R"(ACTIVE [{"RegionName":"us-east-1","ReplicaStatus":"ACTIVE"}])");
  EXPECT_EQ(items("us-west-2"), 3);
  EXPECT_EQ(status("us-west-2"), "ACTIVE");
  EXPECT_TRUE(refusal("UpdateGlobalTable", update("Delete", "us-west-2"))
                  .starts_with("ReplicaNotFoundException"));
  put("us-west-2", R"({"id":{"S":"apart"}})");
  put("us-east-1", R"({"id":{"S":"alone"}})");
  EXPECT_EQ(refusal("UpdateGlobalTable", update("Create", "us-west-2")), "(none)");
  EXPECT_TRUE(until([&] { return items("us-east-1") == 5 && items("us-west-2") == 5; }));
  EXPECT_EQ(members(), kMembers);
  // The last one leaves, and what is left is two ordinary tables.
  EXPECT_EQ(refusal("UpdateGlobalTable", update("Delete", "us-west-2")), "(none)");
  EXPECT_EQ(refusal("UpdateGlobalTable", update("Delete", "us-east-1")), "(none)");
  EXPECT_EQ(members(), kNone);
  EXPECT_EQ(items("us-east-1"), 5);
  EXPECT_EQ(refusal("DeleteTable", R"({"TableName":"todos"})"), "(none)");
}

TEST_F(LegacyTables, BothSidesSurviveARestart) {
  join();
  stop("us-east-1");
  put("us-west-2", R"({"id":{"S":"2"}})");
  stop("us-west-2");
  start("us-east-1");
  start("us-west-2");
  EXPECT_TRUE(until([&] { return items("us-east-1") == 4; }));
  EXPECT_EQ(members(), kMembers);
  const json::object settings =
      call("DescribeGlobalTableSettings", R"({"GlobalTableName":"todos"})", "us-west-2");
  ASSERT_EQ(settings.at("ReplicaSettings").as_array().size(), 2U);
  EXPECT_EQ(
      json::to_text(
          settings.at("ReplicaSettings").as_array()[0].at("ReplicaProvisionedWriteCapacityUnits")),
      "0");
}

}  // namespace
}  // namespace tandem::dynamodb
