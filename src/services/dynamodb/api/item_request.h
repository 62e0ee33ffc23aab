// Requests of the item operations, read from bytes in one pass. All share one set of members; each
// operation says which of them are its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/unknown.h"
#include "services/dynamodb/model/substitutions.h"
#include "services/dynamodb/model/value_codec.h"

namespace tandem::dynamodb {

enum class Member : std::uint8_t {
  kTableName,
  kKey,
  kItem,
  kConditionExpression,
  kUpdateExpression,
  kExpressionAttributeNames,
  kExpressionAttributeValues,
  kKeyConditionExpression,
  kFilterExpression,
  kProjectionExpression,
  kReturnValues,
  kReturnConsumedCapacity,
  kReturnItemCollectionMetrics,
  kReturnValuesOnConditionCheckFailure,
  kConsistentRead,
  kExclusiveStartKey,
  kScanIndexForward,
  kLimit,
  kSelect,
  kIndexName,
  kSegment,
  kTotalSegments,
  kRequestItems,
  // Legacy parameters, which predate expressions. Refused by name.
  kExpected,
  kConditionalOperator,
  kAttributeUpdates,
  kAttributesToGet,
  kKeyConditions,
  kQueryFilter,
  kScanFilter,
};
std::string_view member_name(Member member);

/// A set of members.
class Members {
 public:
  constexpr Members(std::initializer_list<Member> members) {
    for (const Member member : members) bits_ |= bit(member);
  }
  constexpr bool has(Member member) const { return (bits_ & bit(member)) != 0; }
  /// For the coverage manifest.
  std::vector<std::string_view> names() const;

 private:
  static constexpr std::uint64_t bit(Member member) {
    return std::uint64_t{1} << static_cast<int>(member);
  }
  std::uint64_t bits_ = 0;
};

/// An item or a key, and what is wrong with its values.
struct AttributeMap {
  Map map;
  Problem problem;
  // Of a prepared request.
  std::optional<std::size_t> measured = std::nullopt;  ///< item_size(map)
  std::string encoded = {};  ///< encode_item(map), unless it is larger than an item may be

  std::size_t size() const { return measured ? *measured : item_size(map); }
};

/// Reads an item or a key, which stands at path. No more of it is kept than shows that it is too
/// large.
AttributeMap read_attributes(JsonReader& reader, const aws::MemberPath& path);

/// API reference, BatchGetItem and BatchWriteItem. Of what is more, one is read.
inline constexpr std::size_t kMaxBatchKeys = 100;
inline constexpr std::size_t kMaxBatchWrites = 25;

/// One table's part of a batch request.
struct BatchWrite {
  std::optional<AttributeMap> put;
  std::optional<AttributeMap> erase;
  bool null = false;  ///< the member PutRequest.Item or DeleteRequest.Key is missing
};
struct BatchTable {
  std::string name;
  // BatchGetItem.
  std::optional<std::vector<AttributeMap>> keys;
  std::optional<std::string> projection;
  std::optional<bool> consistent_read;
  Substitutions substitutions;
  std::string names_json;  ///< ExpressionAttributeNames as sent, to be sent back
  // BatchWriteItem.
  std::vector<BatchWrite> writes;
};

struct ItemRequest {
  std::optional<std::string> table_name;
  std::optional<AttributeMap> key;
  std::optional<AttributeMap> item;
  std::optional<AttributeMap> exclusive_start_key;
  std::optional<std::string> condition;
  std::optional<std::string> update;
  std::optional<std::string> key_condition;
  std::optional<std::string> filter;
  std::optional<std::string> projection;
  Substitutions substitutions;
  std::optional<std::string> return_values;
  std::optional<std::string> return_consumed_capacity;
  std::optional<std::string> return_item_collection_metrics;
  std::optional<std::string> return_values_on_condition_check_failure;
  std::optional<bool> consistent_read;
  std::optional<bool> scan_index_forward;
  std::optional<std::int64_t> limit;
  std::optional<std::string> select;
  std::optional<std::string> index_name;
  std::optional<std::int64_t> segment;
  std::optional<std::int64_t> total_segments;
  std::optional<std::vector<BatchTable>> request_items;
  aws::UnknownNames unknown;  ///< members that the operation does not have
};

/// What an operation takes. Members in neither set are not in its model.
struct Shape {
  std::string_view operation;
  Members accepted;
  Members legacy;
};

/// Throws SerializationException for what is no JSON or of a wrong type, ValidationException for a
/// legacy parameter. Values are not validated yet.
ItemRequest read_request(const Shape& shape, std::string_view body);

/// Does beforehand what takes long with a large request and needs nothing but the request: measures
/// and encodes its items, judges its substitutions. What is wrong is said when its turn comes.
void prepare(ItemRequest& request);

/// The RequestItems of the batch operations.
std::vector<BatchTable> read_request_items(JsonReader& reader, std::string_view body, bool get,
                                           const aws::MemberPath& path);

}  // namespace tandem::dynamodb
