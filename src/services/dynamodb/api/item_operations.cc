#include "services/dynamodb/api/item_operations.h"

#include <array>
#include <memory>

#include "core/discard.h"
#include "core/task.h"
#include "service/unknown_members.h"
#include "services/dynamodb/api/item_handlers.h"

namespace tandem::dynamodb {
namespace {

using M = Member;

struct Row {
  Shape shape;
  ItemHandler handler;
};

constexpr std::array<Row, 8> kRows = {{
    {{"PutItem",
      {M::kTableName, M::kItem, M::kConditionExpression, M::kExpressionAttributeNames,
       M::kExpressionAttributeValues, M::kReturnValues, M::kReturnConsumedCapacity,
       M::kReturnItemCollectionMetrics, M::kReturnValuesOnConditionCheckFailure},
      {M::kExpected, M::kConditionalOperator}},
     put_item},
    {{"GetItem",
      {M::kTableName, M::kKey, M::kProjectionExpression, M::kExpressionAttributeNames,
       M::kConsistentRead, M::kReturnConsumedCapacity},
      {M::kAttributesToGet}},
     get_item},
    {{"UpdateItem",
      {M::kTableName, M::kKey, M::kUpdateExpression, M::kConditionExpression,
       M::kExpressionAttributeNames, M::kExpressionAttributeValues, M::kReturnValues,
       M::kReturnConsumedCapacity, M::kReturnItemCollectionMetrics,
       M::kReturnValuesOnConditionCheckFailure},
      {M::kAttributeUpdates, M::kExpected, M::kConditionalOperator}},
     update_item},
    {{"DeleteItem",
      {M::kTableName, M::kKey, M::kConditionExpression, M::kExpressionAttributeNames,
       M::kExpressionAttributeValues, M::kReturnValues, M::kReturnConsumedCapacity,
       M::kReturnItemCollectionMetrics, M::kReturnValuesOnConditionCheckFailure},
      {M::kExpected, M::kConditionalOperator}},
     delete_item},
    {{"Query",
      {M::kTableName, M::kIndexName, M::kSelect, M::kLimit, M::kConsistentRead,
       M::kScanIndexForward, M::kExclusiveStartKey, M::kReturnConsumedCapacity,
       M::kKeyConditionExpression, M::kFilterExpression, M::kProjectionExpression,
       M::kExpressionAttributeNames, M::kExpressionAttributeValues},
      {M::kAttributesToGet, M::kKeyConditions, M::kQueryFilter, M::kConditionalOperator}},
     query},
    {{"Scan",
      {M::kTableName, M::kIndexName, M::kSelect, M::kLimit, M::kConsistentRead,
       M::kExclusiveStartKey, M::kReturnConsumedCapacity, M::kSegment, M::kTotalSegments,
       M::kFilterExpression, M::kProjectionExpression, M::kExpressionAttributeNames,
       M::kExpressionAttributeValues},
      {M::kAttributesToGet, M::kScanFilter, M::kConditionalOperator}},
     scan},
    {{"BatchGetItem", {M::kRequestItems, M::kReturnConsumedCapacity}, {}}, batch_get_item},
    {{"BatchWriteItem",
      {M::kRequestItems, M::kReturnConsumedCapacity, M::kReturnItemCollectionMetrics},
      {}},
     batch_write_item},
}};

/// Bodies up to this size are read where they are handled, in a few milliseconds at most.
constexpr std::size_t kReadAtOnce = 128 * 1024;

/// unknown may be null: then what nobody knows is refused.
ItemRequest read(const Row& row, service::UnknownPolicy* unknown, std::string_view body) {
  ItemRequest request = read_request(row.shape, body);
  service::UnknownPolicy refusing(service::UnknownMembers::kRefuse);
  (unknown != nullptr ? *unknown : refusing).judge(row.shape.operation, request.unknown);
  return request;
}

std::unique_ptr<ItemRequest> read_prepared(const Row& row, service::UnknownPolicy* unknown,
                                           std::string_view body) {
  auto request = std::make_unique<ItemRequest>(read(row, unknown, body));
  prepare(*request);
  return request;
}

/// 16 MB can be millions of values, which take a second to be read, measured, written as stored and
/// freed. All of that is done on the pool, and on the loop what has to do with the region's state.
/// body outlives this, also when the client goes: run_blocking waits.
Task<service::RawReply> carry_out(ItemPlane plane, const Row* row, service::UnknownPolicy* unknown,
                                  std::string_view body) {
  core::Discarded<ItemRequest> request(plane.workers);
  request.set(co_await core::run_blocking(
      plane.workers, [row, unknown, body] { return read_prepared(*row, unknown, body); }));
  service::RawAnswer answer = row->handler(plane, *request);
  if (answer.pending) answer.reply = co_await std::move(*answer.pending);
  co_return std::move(answer.reply);
}

}  // namespace

void add_item_operations(std::vector<service::Operation>& operations, ItemPlane plane) {
  for (const Row& row : kRows) {
    service::Operation operation;
    operation.name = row.shape.operation;
    operation.accepts = row.shape.accepted.names();
    operation.raw = [plane, &row](service::RequestContext& context,
                                  std::string_view body) mutable -> service::RawAnswer {
      if (body.size() > kReadAtOnce) return carry_out(plane, &row, context.unknown, body);
      ItemRequest request = read(row, context.unknown, body);
      return row.handler(plane, request);
    };
    operations.push_back(std::move(operation));
  }
}

}  // namespace tandem::dynamodb
