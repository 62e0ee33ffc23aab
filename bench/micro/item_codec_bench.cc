// What one item operation costs this process apart from network and disk: reading its request,
// writing its answer, its key and its conditions.
#include <benchmark/benchmark.h>

#include "services/dynamodb/api/item_request.h"
#include "services/dynamodb/model/condition.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"
#include "services/dynamodb/model/update.h"

namespace tandem::dynamodb {
namespace {

constexpr std::string_view kTodo =
    R"({"id":{"S":"0b5c1a8e-3c1f-4d3e-9f57-7f2f1a8c9d10"},"text":{"S":"Buy milk and honey"},)"
    R"("checked":{"BOOL":false},"createdAt":{"N":"1700000000000"},"updatedAt":{"N":"1700000000000"}})";

Map todo() {
  JsonReader reader(kTodo);
  Problem problem;
  return read_map(reader, problem);
}

void BM_ReadItem(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(todo());
}
BENCHMARK(BM_ReadItem);

void BM_EncodeItem(benchmark::State& state) {
  const Map item = todo();
  for (auto _ : state) benchmark::DoNotOptimize(encode_item(item));
}
BENCHMARK(BM_EncodeItem);

void BM_DecodeStoredItem(benchmark::State& state) {
  const std::string stored = encode_item(todo());
  for (auto _ : state) benchmark::DoNotOptimize(StoredItem(stored).decode());
}
BENCHMARK(BM_DecodeStoredItem);

void BM_ReadPutItemRequest(benchmark::State& state) {
  const Shape shape{"PutItem", {Member::kTableName, Member::kItem}, {}};
  const std::string body = R"({"TableName":"todos","Item":)" + std::string(kTodo) + "}";
  for (auto _ : state) benchmark::DoNotOptimize(read_request(shape, body));
}
BENCHMARK(BM_ReadPutItemRequest);

void BM_EncodeKey(benchmark::State& state) {
  const Map item = todo();
  const Value* id = item.find("id");
  for (auto _ : state) benchmark::DoNotOptimize(encode_key(*id, nullptr));
}
BENCHMARK(BM_EncodeKey);

Substitutions given() {
  Substitutions out;
  out.add_name("#t", "text");
  out.add_value(":t", Value::string("Buy milk"));
  out.add_value(":one", core::Decimal(1));
  out.validate();
  return out;
}

void BM_ParseAndMatchCondition(benchmark::State& state) {
  const Map item = todo();
  for (auto _ : state) {
    Substitutions substitutions = given();
    const Condition condition = parse_condition(
        ExpressionKind::kCondition,
        "attribute_exists(id) AND begins_with(#t, :t) AND createdAt > :one", substitutions);
    benchmark::DoNotOptimize(matches(condition, item));
  }
}
BENCHMARK(BM_ParseAndMatchCondition);

void BM_ParseAndApplyUpdate(benchmark::State& state) {
  const Map item = todo();
  for (auto _ : state) {
    Substitutions substitutions = given();
    Map target = item;
    apply(parse_update("SET #t = :t, updatedAt = updatedAt + :one", substitutions), target,
          ItemExists::kYes);
    benchmark::DoNotOptimize(target);
  }
}
BENCHMARK(BM_ParseAndApplyUpdate);

}  // namespace
}  // namespace tandem::dynamodb
