#include "services/dynamodb/api/item_request.h"

#include <array>
#include <utility>

#include "aws/error.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {
namespace {

constexpr std::array<std::string_view, 30> kMemberNames = {
    "TableName",
    "Key",
    "Item",
    "ConditionExpression",
    "UpdateExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
    "ReturnValues",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics",
    "ReturnValuesOnConditionCheckFailure",
    "ConsistentRead",
    "ExclusiveStartKey",
    "ScanIndexForward",
    "Limit",
    "Select",
    "IndexName",
    "Segment",
    "TotalSegments",
    "RequestItems",
    "Expected",
    "ConditionalOperator",
    "AttributeUpdates",
    "AttributesToGet",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
};
static_assert(kMemberNames.size() == static_cast<std::size_t>(Member::kScanFilter) + 1);

std::optional<Member> find_member(std::string_view name) {
  for (std::size_t i = 0; i < kMemberNames.size(); ++i) {
    if (kMemberNames[i] == name) return static_cast<Member>(i);
  }
  return std::nullopt;
}

/// The string member's place in the request; nullptr for members of other types.
std::optional<std::string>* string_member(ItemRequest& request, Member member) {
  switch (member) {
    case Member::kTableName:
      return &request.table_name;
    case Member::kConditionExpression:
      return &request.condition;
    case Member::kUpdateExpression:
      return &request.update;
    case Member::kKeyConditionExpression:
      return &request.key_condition;
    case Member::kFilterExpression:
      return &request.filter;
    case Member::kProjectionExpression:
      return &request.projection;
    case Member::kReturnValues:
      return &request.return_values;
    case Member::kReturnConsumedCapacity:
      return &request.return_consumed_capacity;
    case Member::kReturnItemCollectionMetrics:
      return &request.return_item_collection_metrics;
    case Member::kReturnValuesOnConditionCheckFailure:
      return &request.return_values_on_condition_check_failure;
    case Member::kSelect:
      return &request.select;
    case Member::kIndexName:
      return &request.index_name;
    default:
      return nullptr;
  }
}

class RequestReader {
 public:
  RequestReader(const Shape& shape, std::string_view body)
      : shape_(shape), body_(body), reader_(body) {}

  ItemRequest read() {
    reader_.require_object("class com.amazonaws.dynamodb.v20120810." +
                           std::string(shape_.operation) + "Input");
    reader_.object([this](std::string_view name) { read_named(name); });
    reader_.finish();
    return std::move(request_);
  }

 private:
  void read_named(std::string_view name) {
    const auto member = find_member(name);
    if (reader_.peek() == JsonReader::Kind::kNull) return reader_.skip();
    if (!member) return skip_unknown(name);
    if (shape_.legacy.has(*member)) {
      throw aws::ApiError::validation_exception(
          std::string(name) +
          " is a legacy parameter that is not supported here; use the expression parameters");
    }
    if (!shape_.accepted.has(*member)) return skip_unknown(name);
    if (auto* text = string_member(request_, *member)) {
      *text = reader_.string();
      return;
    }
    read_typed(*member);
  }

  void skip_unknown(std::string_view name) {
    aws::MemberPath(&request_.unknown).add(name);
    reader_.skip();
  }

  aws::MemberPath below(std::string_view member) const { return {top_, member}; }

  void read_typed(Member member) {
    switch (member) {
      case Member::kKey:
        request_.key = read_attributes(reader_, below("Key"));
        break;
      case Member::kItem:
        request_.item = read_attributes(reader_, below("Item"));
        break;
      case Member::kExclusiveStartKey:
        request_.exclusive_start_key = read_attributes(reader_, below("ExclusiveStartKey"));
        break;
      case Member::kExpressionAttributeNames:
        request_.substitutions.read_names(reader_);
        break;
      case Member::kExpressionAttributeValues:
        request_.substitutions.read_values(reader_);
        if (const std::string& type = request_.substitutions.unknown_type(); !type.empty()) {
          below("ExpressionAttributeValues").add(type);
        }
        break;
      case Member::kConsistentRead:
        request_.consistent_read = reader_.boolean();
        break;
      case Member::kScanIndexForward:
        request_.scan_index_forward = reader_.boolean();
        break;
      case Member::kLimit:
        request_.limit = reader_.integer();
        break;
      case Member::kSegment:
        request_.segment = reader_.integer();
        break;
      case Member::kTotalSegments:
        request_.total_segments = reader_.integer();
        break;
      default:
        request_.request_items =
            read_request_items(reader_, body_, shape_.operation == "BatchGetItem",
                               {aws::MemberPath(&request_.unknown), "RequestItems"});
        break;
    }
  }

  const Shape& shape_;
  std::string_view body_;
  JsonReader reader_;
  ItemRequest request_;
  aws::MemberPath top_{&request_.unknown};
};

void prepare(std::optional<AttributeMap>& item) {
  if (!item) return;
  item->measured = item_size(item->map);
  if (!item->problem && *item->measured <= kMaxItemSize) {
    item->encoded = encode_item(item->map, *item->measured);
  }
}

}  // namespace

std::string_view member_name(Member member) {
  return kMemberNames[static_cast<std::size_t>(member)];
}

std::vector<std::string_view> Members::names() const {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < kMemberNames.size(); ++i) {
    if (has(static_cast<Member>(i))) out.push_back(kMemberNames[i]);
  }
  return out;
}

AttributeMap read_attributes(JsonReader& reader, const aws::MemberPath& path) {
  AttributeMap out;
  // An empty member of a set counts nothing, but the list it stands in counts it.
  out.problem.values_left = 2 * kMaxItemSize;
  out.map = read_map(reader, out.problem);
  if (!out.problem.unknown.empty()) path.add(out.problem.unknown);
  return out;
}

ItemRequest read_request(const Shape& shape, std::string_view body) {
  return RequestReader(shape, body).read();
}

void prepare(ItemRequest& request) {
  prepare(request.item);
  request.substitutions.judge();
  if (!request.request_items) return;
  for (BatchTable& table : *request.request_items) {
    table.substitutions.judge();
    for (BatchWrite& write : table.writes) prepare(write.put);
  }
}

}  // namespace tandem::dynamodb
