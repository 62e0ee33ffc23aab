// Any bytes as an item in DynamoDB's JSON: whatever is read writes back to the same item.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/decimal.cc
// sources: src/core/json.cc src/services/dynamodb/model/*.cc
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"
#include "services/dynamodb/model/value_codec.h"

using namespace tandem;            // NOLINT: one file
using namespace tandem::dynamodb;  // NOLINT: one file

namespace {

/// Keys order as values do, for whatever two key values an item has.
void check_keys(const Map& item) {
  const Value* first = nullptr;
  for (const auto& [name, value] : item.attributes()) {
    const bool key = value.bytes() != nullptr || value.get<core::Decimal>() != nullptr;
    if (!key || value_size(value) > 1024) continue;
    if (first != nullptr && first->type() == value.type()) {
      const int order = compare(*first, value).sign;
      const int bytes = encode_key(*first, first).compare(encode_key(*first, &value));
      CHECK((order < 0) == (bytes < 0) && (order > 0) == (bytes > 0));
    }
    first = &value;
  }
}

void check_round_trip(const Map& item) {
  const std::string stored = encode_item(item);
  const StoredItem view(stored);
  CHECK(view.size() == item_size(item));
  const Map again = view.decode();
  CHECK(again == item);
  CHECK(to_json(again) == view.json());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    JsonReader reader(text);
    Problem problem;
    const Map item = read_map(reader, problem);
    reader.finish();
    if (problem || item_size(item) > kMaxItemSize || item.empty()) return 0;
    check_round_trip(item);
    check_keys(item);
  } catch (const aws::ApiError&) {
    // Refused, which is what most inputs deserve.
  }
  return 0;
}
