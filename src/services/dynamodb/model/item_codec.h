// Items as they are stored.
//
//   stored item = item size (4 bytes, little endian) · item as DynamoDB JSON, numbers canonical
//
// GetItem without a projection copies the JSON into its answer unparsed, and pages are cut and
// capacity is charged by the size alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "services/dynamodb/model/value.h"

namespace tandem::dynamodb {

/// 400 KB (Developer Guide, "Quotas").
inline constexpr std::size_t kMaxItemSize = 409'600;

std::string encode_item(const Map& item);
/// When the size is known already.
std::string encode_item(const Map& item, std::size_t size);

/// The item's size as DynamoDB counts it, of bytes that may be anything.
std::size_t stored_size(std::string_view stored);

/// A view of a stored item. Bytes that encode_item did not make are a broken store: CHECK.
class StoredItem {
 public:
  explicit StoredItem(std::string_view stored);
  std::size_t size() const { return size_; }
  std::string_view json() const { return json_; }
  Map decode() const;

 private:
  std::size_t size_ = 0;
  std::string_view json_;
};

}  // namespace tandem::dynamodb
