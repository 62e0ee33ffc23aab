#include "services/dynamodb/api/page.h"

#include "services/dynamodb/api/answer.h"
#include "services/dynamodb/model/item_codec.h"

namespace tandem::dynamodb {
namespace {

aws::ApiError invalid(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}

constexpr std::string_view kInvalid = "One or more parameter values were invalid: ";

/// The items of one answer, as they come in.
class Page {
 public:
  explicit Page(const PagePlan& plan) : plan_(plan) {}

  bool has_room_for(const StoredItem& item) const {
    return scanned_ == 0 || bytes_ + item.size() <= kPageBytes;
  }

  void take(const StoredItem& item) {
    bytes_ += item.size();
    ++scanned_;
    if (!plan_.filter && (plan_.count_only || !plan_.projection)) {
      accept(item.json());
      return;
    }
    const Map decoded = item.decode();
    if (plan_.filter && !matches(*plan_.filter, decoded)) return;
    if (plan_.projection) {
      accept(plan_.count_only ? "" : to_json(plan_.projection->projection.apply(decoded)));
    } else {
      accept(item.json());
    }
  }

  std::size_t scanned() const { return scanned_; }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }
  std::string items() && { return std::move(items_) + "]"; }

 private:
  void accept(std::string_view json) {
    ++count_;
    if (plan_.count_only) return;
    if (items_.size() > 1) items_ += ',';
    items_ += json;
  }

  const PagePlan& plan_;
  std::string items_ = "[";
  std::size_t scanned_ = 0;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void check_select(const ItemRequest& request, std::string_view operation) {
  if (!request.select) return;
  const std::string& select = *request.select;
  if (select == "ALL_PROJECTED_ATTRIBUTES" && !request.index_name) {
    throw invalid(std::string(kInvalid)
                      .append("ALL_PROJECTED_ATTRIBUTES can be used only when ")
                      .append(operation == "Query" ? "Querying" : "Scanning")
                      .append(" using an IndexName"));
  }
  if (select == "SPECIFIC_ATTRIBUTES") {
    if (request.projection) return;
    throw invalid(std::string(kInvalid).append(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
        "SPECIFIC_ATTRIBUTES"));
  }
  if (request.projection) {
    throw invalid(std::string(kInvalid)
                      .append("Cannot specify the ProjectionExpression when choosing to get ")
                      .append(select));
  }
}

void refuse_index(const ItemRequest& request) {
  if (!request.index_name) return;
  if (request.exclusive_start_key) throw invalid("The provided starting key is invalid");
  throw invalid("The table does not have the specified index: " + *request.index_name);
}

void check_start_values(const ItemRequest& request) {
  if (!request.exclusive_start_key || !request.exclusive_start_key->problem) return;
  throw invalid("The provided starting key is invalid: " +
                request.exclusive_start_key->problem.message);
}

std::string start_key(const Table& table, const ItemRequest& request) {
  if (!request.exclusive_start_key) return "";
  try {
    return key_of(table, request.exclusive_start_key->map);
  } catch (const aws::ApiError& error) {
    throw invalid("The provided starting key is invalid: " + error.message());
  }
}

std::string answer_page(ItemPlane& plane, const Table& table, const ItemRequest& request,
                        const PagePlan& plan, const ItemRange& range) {
  plane.capacity.admit(table, Access::kRead, plan.operation, plan.partition);
  Page page(plan);
  const auto limit = static_cast<std::size_t>(request.limit.value_or(INT64_MAX));
  std::string last;  // JSON of the last item looked at, when there may be more
  std::string previous;
  ItemCursor cursor = plane.items.cursor(table, range);
  while (cursor.valid()) {
    const StoredItem item(cursor.item());
    if (!page.has_room_for(item)) {
      last = std::move(previous);
      break;
    }
    page.take(item);
    previous = cursor.item();
    if (page.scanned() >= limit) {
      // As the service: a page cut by Limit always names where it ended, even at the very end.
      last = std::move(previous);
      break;
    }
    cursor.next();
  }

  Answer answer;
  const std::size_t count = page.count();
  const std::size_t scanned = page.scanned();
  const HalfUnits units = read_units(page.bytes(), consistency_of(request.consistent_read));
  plane.capacity.take(table, Access::kRead, plan.partition, units);
  if (!plan.count_only) answer.add("Items", std::move(page).items());
  answer.add_count("Count", count);
  answer.add_count("ScannedCount", scanned);
  if (!last.empty() && !plan.at_most_one) {
    answer.add("LastEvaluatedKey", to_json(key_attributes(table, StoredItem(last).decode())));
  }
  answer.add_capacity(table, units, capacity_report(request.return_consumed_capacity));
  return std::move(answer).take();
}

}  // namespace tandem::dynamodb
