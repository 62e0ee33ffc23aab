#include "services/dynamodb/api/item_plan.h"

#include <gtest/gtest.h>

#include "core/clock.h"
#include "replication/record_store.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"
#include "store/engines.h"

namespace tandem::dynamodb {
namespace {

/// Plans over a table "t" (id: S) whose key "k" they all write.
class ItemPlans : public ::testing::Test {
 protected:
  ItemPlans() {
    Table table;
    table.name = "t";
    table.hash = {"id", KeyType::kString};
    table_ = &tables_.add(table);
  }

  ItemPlan plan(ItemPlan::Kind kind) const {
    ItemPlan made{.kind = kind, .table = table_, .key = key_};
    if (kind != ItemPlan::Kind::kDelete) made.attributes.set("id", Value::string("k"));
    made.size = item_size(made.attributes);
    return made;
  }
  ItemPlan put() const { return plan(ItemPlan::Kind::kPut); }
  ItemPlan erase() const { return plan(ItemPlan::Kind::kDelete); }
  ItemPlan update(std::string_view expression) {
    ItemPlan made = plan(ItemPlan::Kind::kUpdate);
    made.update = parse_update(expression, substitutions_);
    return made;
  }
  ItemPlan only_if(std::string_view expression, ItemPlan made) {
    made.condition = parse_condition(ExpressionKind::kCondition, expression, substitutions_);
    return made;
  }
  std::string stored() const {
    const auto item = items_.get(*table_, key_);
    return item ? std::string(StoredItem(*item).json()) : "";
  }

  core::ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  store::ScopedStore table_store_{*store_, "t/"};
  store::ScopedStore record_store_{*store_, "r/"};
  replication::RecordStore records_{{.region = "us-east-1"}, clock_, record_store_};
  TableCatalog tables_{table_store_};
  ItemStore items_{records_};
  CapacityMeter capacity_{service::CapacityMode::kOff, core::Pace(), clock_, tables_};
  std::string key_ = encode_partition(Value::string("k"));
  const Table* table_ = nullptr;
  Substitutions substitutions_;
};

TEST_F(ItemPlans, APlanFindsWhatEarlierOnesHaveStaged) {
  substitutions_.add_value(":n", core::Decimal(1));
  ItemExecutor executor(items_, capacity_);
  executor.stage(only_if("attribute_not_exists(id)", put()));
  EXPECT_EQ(executor.stage(update("ADD n :n")).size, 6U);
  const ItemOutcome outcome = executor.stage(only_if("n = :n", update("ADD n :n")));
  EXPECT_EQ(outcome.old.json(), R"({"id":{"S":"k"},"n":{"N":"1"}})");
  EXPECT_EQ(stored(), "") << "nothing is written before all is";
  executor.commit();
  EXPECT_EQ(stored(), R"({"id":{"S":"k"},"n":{"N":"2"}})");
  EXPECT_EQ(items_.statistics(*table_).item_count, 1);

  executor.stage(erase());
  EXPECT_THROW(executor.stage(only_if("attribute_exists(id)", put())), aws::ApiError);
  EXPECT_FALSE(executor.stage(update("REMOVE n")).old.exists());
  executor.commit();
  EXPECT_EQ(stored(), "");
  EXPECT_EQ(items_.statistics(*table_).item_count, 0);
}

TEST_F(ItemPlans, WhoDoesNotAskIsNotReadFor) {
  execute(items_, capacity_, put());
  EXPECT_FALSE(execute(items_, capacity_, put()).old.exists());
  ItemPlan asks = put();
  asks.wants_old = true;
  EXPECT_TRUE(execute(items_, capacity_, std::move(asks)).old.exists());
  EXPECT_EQ(items_.statistics(*table_).item_count, 1);
}

}  // namespace
}  // namespace tandem::dynamodb
