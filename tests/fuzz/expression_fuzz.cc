// Any bytes as each kind of expression, parsed and evaluated against a fixed item. The input's
// first byte chooses the kind.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/decimal.cc
// sources: src/core/json.cc src/services/dynamodb/model/*.cc
#include <cstdint>
#include <string_view>

#include "services/dynamodb/model/condition.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_condition.h"
#include "services/dynamodb/model/projection.h"
#include "services/dynamodb/model/update.h"

using namespace tandem;            // NOLINT: one file
using namespace tandem::dynamodb;  // NOLINT: one file

namespace {

constexpr std::string_view kItem =
    R"({"a":{"S":"text"},"b":{"N":"12.5"},"c":{"L":[{"N":"1"},{"M":{"d":{"BOOL":true}}}]},)"
    R"("d":{"SS":["x","y"]},"e":{"M":{"f":{"NS":["1","2"]},"g":{"B":"AAE="}}},"h":{"NULL":true}})";
constexpr std::string_view kNames = R"({"#a":"a","#n":"name","#c":"c"})";
constexpr std::string_view kValues =
    R"({":s":{"S":"te"},":n":{"N":"1"},":l":{"L":[{"N":"3"}]},":ss":{"SS":["x"]},)"
    R"(":t":{"S":"SS"},":ns":{"NS":["2"]},":b":{"B":"AA=="}})";

Map item() {
  JsonReader reader(kItem);
  Problem problem;
  return read_map(reader, problem);
}

Substitutions given() {
  Substitutions out;
  JsonReader names(kNames);
  out.read_names(names);
  JsonReader values(kValues);
  out.read_values(values);
  out.validate();
  return out;
}

void run(unsigned char kind, std::string_view text) {
  Substitutions substitutions = given();
  Map target = item();
  switch (kind % 5) {
    case 0:
      (void)matches(parse_condition(ExpressionKind::kCondition, text, substitutions), target);
      break;
    case 1:
      (void)matches(parse_condition(ExpressionKind::kFilter, text, substitutions), Map());
      break;
    case 2:
      for (const auto& predicate : parse_key_condition(text, substitutions)) {
        if (predicate.value->bytes() != nullptr) (void)matches(predicate, *predicate.value);
      }
      break;
    case 3:
      (void)parse_projection(text, substitutions).projection.apply(target);
      break;
    default:
      apply(parse_update(text, substitutions), target, ItemExists::kYes);
      (void)StoredItem(encode_item(target)).decode();
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    run(data[0], text);
  } catch (const aws::ApiError&) {
    // Refused, which is what most inputs deserve.
  }
  return 0;
}
