#include "services/dynamodb/model/item_codec.h"

#include "core/check.h"
#include "services/dynamodb/model/value_codec.h"

namespace tandem::dynamodb {
namespace {
constexpr std::size_t kHeader = 4;
}  // namespace

std::size_t stored_size(std::string_view stored) {
  if (stored.size() < kHeader) return stored.size();
  std::size_t size = 0;
  for (std::size_t i = 0; i < kHeader; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(stored[i])) << (8 * i);
  }
  return size;
}

std::string encode_item(const Map& item, std::size_t size) {
  CHECK(size <= kMaxItemSize);
  std::string out;
  // JSON's quotes, type names and braces cost about as much again as small values do.
  out.reserve(kHeader + 2 * size + 16 * item.size());
  for (std::size_t i = 0; i < kHeader; ++i) out += static_cast<char>(size >> (8 * i) & 0xff);
  append_map(out, item);
  return out;
}

std::string encode_item(const Map& item) { return encode_item(item, item_size(item)); }

StoredItem::StoredItem(std::string_view stored) {
  CHECK(stored.size() > kHeader);
  size_ = stored_size(stored);
  json_ = stored.substr(kHeader);
}

Map StoredItem::decode() const {
  JsonReader reader(json_, JsonReader::Trust::kTrusted);
  return read_stored_map(reader);
}

}  // namespace tandem::dynamodb
