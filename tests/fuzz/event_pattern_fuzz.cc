// Event patterns, targets' paths and templates: any bytes given as a pattern end in a pattern or in
// a refusal, and a pattern that compiles answers for any event, the same for the event's two
// spellings. The input is a pattern, a zero byte and an event; the event's bytes are a path and a
// template, too.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc src/core/clock.cc
// sources: src/services/events/model/event.cc src/services/events/model/event_pattern.cc
// sources: src/services/events/model/json_tokens.cc src/services/events/model/pattern_compiler.cc
// sources: src/services/events/model/target_input.cc src/services/events/model/value_pattern.cc
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/events/model/event.h"
#include "services/events/model/event_pattern.h"
#include "services/events/model/json_tokens.h"
#include "services/events/model/target_input.h"

namespace {

using namespace tandem;
using namespace tandem::events;

void render(std::string_view text, const json::object& event) {
  json::object target{
      {"Id", "t"},
      {"InputTransformer",
       {{"InputPathsMap", {{"d", "$.detail"}, {"p", text}}}, {"InputTemplate", text}}}};
  for (int round = 0; round < 2; ++round) {
    try {
      check_input(target);
    } catch (const aws::ApiError&) {
      // A path that is none leaves the template without one of its variables.
    }
    const auto made = input_of(target, event, {"rule", "arn"}, "now");
    if (made && made.value().size() > kInputBytes + text.size()) std::abort();
    target["InputTransformer"].as_object()["InputPathsMap"] = json::object{{"d", "$.detail"}};
  }
  const json::object path{{"Id", "t"}, {"InputPath", text}};
  if (input_of(path, event, {}, "") && !EventPath::parse(text)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const std::string_view pattern = input.substr(0, end);
  const std::string_view text = end == input.npos ? "{}" : input.substr(end + 1);
  auto parsed = json::parse_text(text, kEventDepth);
  json::object event{{"detail", std::string(text)}};
  if (parsed && parsed.value().is_object()) event = parsed.value().as_object();
  render(text, event);
  try {
    const EventPattern compiled = EventPattern::compile(pattern);
    json::object room, again;
    const json::object& stepped = with_steps(event, room);
    if (compiled.matches(stepped) != compiled.matches(with_steps(stepped, again))) std::abort();
  } catch (const PatternError&) {
    // The answer a caller gets.
  }
  return 0;
}
