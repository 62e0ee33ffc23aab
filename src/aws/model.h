// AWS's API models as compiled-in tables: what operations a service has, how they are bound to
// HTTP, and what shapes go in and out.
//
// Everything here is a small value that points into constant data: copy freely, compare freely,
// valid for the life of the program, usable from any thread. Text is a view into the same data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "aws/model_tables.h"

namespace tandem::aws::model {

/// kCbor is no model's own: services speak it beside (aws/spoken.h).
enum class Protocol : std::uint8_t { kJson, kRestJson, kRestXml, kQuery, kCbor };
enum class Type : std::uint8_t {
  kStructure,
  kList,
  kMap,
  kString,
  kBlob,
  kBoolean,
  kInteger,
  kLong,
  kFloat,
  kDouble,
  kTimestamp
};
enum class Location : std::uint8_t { kBody, kUri, kQuery, kHeader, kHeaders, kStatusCode };
enum class TimestampFormat : std::uint8_t { kDefault, kIso8601, kRfc822, kUnix };

class Shape;

/// A structure's member, a list's element, a map's key or value: a reference to a shape.
class Member {
 public:
  Member(const Tables* tables, const MemberRow* row) : tables_(tables), row_(row) {}
  std::string_view name() const;       ///< boto3's name
  std::string_view wire_name() const;  ///< locationName, or name()
  bool has_wire_name() const { return (row_->flags & kNamed) != 0; }
  std::string_view xml_namespace() const;
  std::string_view xml_prefix() const;
  Shape shape() const;
  Location location() const { return static_cast<Location>(row_->location); }
  /// Of the reference, else of the shape, else kDefault.
  TimestampFormat timestamp_format() const;
  bool required() const { return (row_->flags & kRequired) != 0; }
  bool xml_attribute() const { return (row_->flags & kXmlAttribute) != 0; }
  bool streaming() const;
  bool idempotency_token() const { return (row_->flags & kIdempotencyToken) != 0; }
  bool flattened() const;
  /// AWS has added it since the installed botocore was published.
  bool younger() const { return (row_->flags & kYounger) != 0; }

 private:
  const Tables* tables_;
  const MemberRow* row_;
};

/// Iterates rows as values of type T.
template <class T, class Row>
class Range {
 public:
  Range(const Tables* tables, const Row* first, std::size_t count)
      : tables_(tables), first_(first), count_(count) {}
  struct Iterator {
    const Tables* tables;
    const Row* row;
    T operator*() const { return T(tables, row); }
    Iterator& operator++() {
      ++row;
      return *this;
    }
    bool operator==(const Iterator& other) const { return row == other.row; }
  };
  Iterator begin() const { return {tables_, first_}; }
  Iterator end() const { return {tables_, first_ + count_}; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T operator[](std::size_t index) const { return T(tables_, first_ + index); }

 private:
  const Tables* tables_;
  const Row* first_;
  std::size_t count_;
};
using Members = Range<Member, MemberRow>;

class Shape {
 public:
  Shape(const Tables* tables, const ShapeRow* row) : tables_(tables), row_(row) {}
  std::string_view name() const;
  Type type() const { return static_cast<Type>(row_->type); }
  bool is(Type type) const { return this->type() == type; }
  bool is_scalar() const { return row_->type > static_cast<std::uint8_t>(Type::kMap); }

  /// Structures only. Model order, which is also XML order.
  Members members() const;
  std::optional<Member> member(std::string_view name) const;
  /// By name on the wire.
  std::optional<Member> wire_member(std::string_view wire_name) const;
  /// The member that is the HTTP body, when one is.
  std::optional<Member> payload() const;

  Member element() const;  ///< lists only
  Member key() const;      ///< maps only
  Member value() const;    ///< maps only

  /// Length for strings, blobs, lists and maps; value for numbers.
  std::optional<std::int64_t> min() const;
  std::optional<std::int64_t> max() const;
  std::string_view pattern() const;  ///< a Java regular expression; empty: none
  std::size_t enum_size() const { return is(Type::kString) ? row_->count : 0; }
  std::string_view enum_value(std::size_t index) const;

  std::string_view wire_name() const;  ///< a structure's own XML name; empty: none
  bool flattened() const { return (row_->flags & kShapeFlattened) != 0; }
  bool sensitive() const { return (row_->flags & kSensitive) != 0; }
  bool streaming() const { return (row_->flags & kShapeStreaming) != 0; }
  TimestampFormat timestamp_format() const { return static_cast<TimestampFormat>(row_->timestamp); }

  bool is_error() const { return (row_->flags & kException) != 0; }
  std::string_view error_code() const;  ///< on the wire: "NoSuchEntity"
  int error_status() const { return row_->error_status; }

  bool operator==(const Shape& other) const { return row_ == other.row_; }

 private:
  const Tables* tables_;
  const ShapeRow* row_;
};

class Service;

class Operation {
 public:
  Operation(const Tables* tables, const OperationRow* row) : tables_(tables), row_(row) {}
  std::string_view name() const;
  std::string_view method() const;
  std::string_view uri() const;  ///< "/{Bucket}/{Key+}?uploads"
  int status() const { return row_->status; }
  std::optional<Shape> input() const;
  std::optional<Shape> output() const;
  /// rest-xml: the body's root when the whole input is the body.
  std::string_view root_name() const;
  std::string_view root_namespace() const;
  std::string_view result_wrapper() const;  ///< query: "AssumeRoleResult"; empty: none
  bool no_auth() const { return (row_->flags & kNoAuth) != 0; }
  bool deprecated() const { return (row_->flags & kDeprecated) != 0; }
  bool checksum_required() const { return (row_->flags & kChecksumRequired) != 0; }
  Service service() const;

  bool operator==(const Operation& other) const { return row_ == other.row_; }

 private:
  const Tables* tables_;
  const OperationRow* row_;
};
using Operations = Range<Operation, OperationRow>;

class Service {
 public:
  explicit Service(const Tables* tables) : tables_(tables) {}
  std::string_view name() const { return head(kHeadName); }  ///< botocore's: "dynamodb"
  std::string_view endpoint_prefix() const { return head(kHeadEndpointPrefix); }
  std::string_view signing_name() const { return head(kHeadSigningName); }
  std::string_view api_version() const { return head(kHeadApiVersion); }
  std::string_view json_version() const { return head(kHeadJsonVersion); }
  std::string_view target_prefix() const { return head(kHeadTargetPrefix); }
  std::string_view xml_namespace() const { return head(kHeadXmlNamespace); }
  std::string_view global_endpoint() const { return head(kHeadGlobalEndpoint); }
  Protocol protocol() const { return static_cast<Protocol>(tables_->protocol); }

  Operations operations() const { return {tables_, tables_->operations, tables_->operation_count}; }
  Range<Shape, ShapeRow> shapes() const { return {tables_, tables_->shapes, tables_->shape_count}; }
  std::optional<Operation> operation(std::string_view name) const;
  std::optional<Shape> shape(std::string_view name) const;
  /// The error shape with this code on the wire, or with this shape name.
  std::optional<Shape> error(std::string_view code) const;

  bool operator==(const Service& other) const { return tables_ == other.tables_; }

 private:
  std::string_view head(Head which) const;
  const Tables* tables_;
};

std::size_t service_count();
Service service_at(std::size_t index);
/// By botocore's name.
std::optional<Service> find_service(std::string_view name);

/// A signing name or endpoint prefix of AWS's whose requests cannot be told by their looks alone.
struct UnusualProtocol {
  std::string_view service;
  std::string_view protocol;  ///< "rest-xml" or "ec2"
};
/// Of all services of AWS, those that have no model here too.
std::span<const UnusualProtocol> unusual_protocols();

}  // namespace tandem::aws::model
