#include "aws/model.h"

#include "core/check.h"

namespace tandem::aws::model {
namespace {

std::string_view text(const Tables* tables, Text reference) {
  return {tables->pool + (reference >> 12), reference & 0xFFFu};
}

/// Rows are in order of name.
template <class Row>
const Row* find_row(const Tables* tables, const Row* rows, std::size_t count,
                    std::string_view name) {
  std::size_t low = 0;
  std::size_t high = count;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = text(tables, rows[middle].name).compare(name);
    if (order == 0) return rows + middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view Member::name() const { return text(tables_, row_->name); }
std::string_view Member::wire_name() const { return text(tables_, row_->wire_name); }
std::string_view Member::xml_namespace() const { return text(tables_, row_->xml_namespace); }
std::string_view Member::xml_prefix() const { return text(tables_, row_->xml_prefix); }
Shape Member::shape() const { return {tables_, tables_->shapes + row_->shape}; }
TimestampFormat Member::timestamp_format() const {
  if (row_->timestamp != 0) return static_cast<TimestampFormat>(row_->timestamp);
  return shape().timestamp_format();
}
bool Member::streaming() const {
  return (row_->flags & kMemberStreaming) != 0 || shape().streaming();
}
bool Member::flattened() const {
  return (row_->flags & kMemberFlattened) != 0 || shape().flattened();
}

std::string_view Shape::name() const { return text(tables_, row_->name); }
std::string_view Shape::pattern() const { return text(tables_, row_->pattern); }
std::string_view Shape::wire_name() const { return text(tables_, row_->wire_name); }
std::string_view Shape::error_code() const { return text(tables_, row_->error_code); }

Members Shape::members() const {
  return {tables_, tables_->members + row_->first, is(Type::kStructure) ? row_->count : 0u};
}

std::optional<Member> Shape::member(std::string_view name) const {
  if (!is(Type::kStructure)) return std::nullopt;
  const MemberRow* row = tables_->members + row_->first;
  for (const MemberRow* end = row + row_->count; row != end; ++row) {
    if (text(tables_, row->name) == name) return Member(tables_, row);
  }
  return std::nullopt;
}

std::optional<Member> Shape::wire_member(std::string_view wire_name) const {
  if (!is(Type::kStructure)) return std::nullopt;
  const MemberRow* row = tables_->members + row_->first;
  for (const MemberRow* end = row + row_->count; row != end; ++row) {
    if (text(tables_, row->wire_name) == wire_name) return Member(tables_, row);
  }
  return std::nullopt;
}

std::optional<Member> Shape::payload() const {
  if (row_->payload == kNone) return std::nullopt;
  return Member(tables_, tables_->members + row_->first + row_->payload);
}

Member Shape::element() const {
  CHECK(is(Type::kList));
  return {tables_, tables_->members + row_->first};
}
Member Shape::key() const {
  CHECK(is(Type::kMap));
  return {tables_, tables_->members + row_->first};
}
Member Shape::value() const {
  CHECK(is(Type::kMap));
  return {tables_, tables_->members + row_->first + 1};
}

std::optional<std::int64_t> Shape::min() const {
  if ((row_->flags & kHasMin) == 0) return std::nullopt;
  return row_->min;
}
std::optional<std::int64_t> Shape::max() const {
  if ((row_->flags & kHasMax) == 0) return std::nullopt;
  return row_->max;
}
std::string_view Shape::enum_value(std::size_t index) const {
  CHECK(index < enum_size());
  return text(tables_, tables_->values[row_->first + index]);
}

std::string_view Operation::name() const { return text(tables_, row_->name); }
std::string_view Operation::method() const { return text(tables_, row_->method); }
std::string_view Operation::uri() const { return text(tables_, row_->uri); }
std::string_view Operation::root_name() const { return text(tables_, row_->root_name); }
std::string_view Operation::root_namespace() const { return text(tables_, row_->root_namespace); }
std::string_view Operation::result_wrapper() const { return text(tables_, row_->result_wrapper); }
std::optional<Shape> Operation::input() const {
  if (row_->input == kNone) return std::nullopt;
  return Shape(tables_, tables_->shapes + row_->input);
}
std::optional<Shape> Operation::output() const {
  if (row_->output == kNone) return std::nullopt;
  return Shape(tables_, tables_->shapes + row_->output);
}
Service Operation::service() const { return Service(tables_); }

std::string_view Service::head(Head which) const { return text(tables_, tables_->heads[which]); }

std::optional<Operation> Service::operation(std::string_view name) const {
  const auto* row = find_row(tables_, tables_->operations, tables_->operation_count, name);
  if (row == nullptr) return std::nullopt;
  return Operation(tables_, row);
}

std::optional<Shape> Service::shape(std::string_view name) const {
  const auto* row = find_row(tables_, tables_->shapes, tables_->shape_count, name);
  if (row == nullptr) return std::nullopt;
  return Shape(tables_, row);
}

std::optional<Shape> Service::error(std::string_view code) const {
  if (const auto named = shape(code); named && named->is_error()) return named;
  for (std::size_t i = 0; i < tables_->shape_count; ++i) {
    const Shape shape(tables_, tables_->shapes + i);
    if (shape.is_error() && shape.error_code() == code) return shape;
  }
  return std::nullopt;
}

std::size_t service_count() { return generated::kServiceCount; }

Service service_at(std::size_t index) {
  CHECK(index < service_count());
  return Service(generated::kServices[index]);
}

std::optional<Service> find_service(std::string_view name) {
  for (std::size_t i = 0; i < service_count(); ++i) {
    const Service service = service_at(i);
    if (service.name() == name) return service;
  }
  return std::nullopt;
}

}  // namespace tandem::aws::model
