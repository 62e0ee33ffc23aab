#include "services/dynamodb/api/item_operations.h"

#include <array>

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

}  // namespace

void add_item_operations(std::vector<service::Operation>& operations, ItemPlane plane) {
  for (const Row& row : kRows) {
    service::Operation operation;
    operation.name = row.shape.operation;
    operation.accepts = row.shape.accepted.names();
    operation.raw = [plane, &row](service::RequestContext& context, std::string_view body) mutable {
      ItemRequest request = read_request(row.shape, body);
      service::UnknownPolicy refusing(service::UnknownMembers::kRefuse);
      (context.unknown != nullptr ? *context.unknown : refusing)
          .judge(row.shape.operation, request.unknown);
      return row.handler(plane, request);
    };
    operations.push_back(std::move(operation));
  }
}

}  // namespace tandem::dynamodb
