// What comes to Lambda from outside and is read here: answers of functions through their URLs and
// what stands before streamed ones, the requests that become their events, names of layers,
// payloads in what destinations are told, keys of packages. The first byte chooses.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc src/core/ids.cc
// sources: src/core/random.cc src/core/clock.cc src/core/utf8.cc src/net/http.cc src/aws/arn.cc
// sources: src/services/lambda/url/event.cc src/services/lambda/url/result.cc
// sources: src/services/lambda/url/cors.cc src/services/lambda/model/layer_name.cc
// sources: src/services/lambda/model/async_settings.cc src/services/lambda/model/snapshot.cc
// libraries: -lz
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/text.h"
#include "services/lambda/model/async_settings.h"
#include "services/lambda/model/layer_name.h"
#include "services/lambda/model/snapshot.h"
#include "services/lambda/url/cors.h"
#include "services/lambda/url/event.h"
#include "services/lambda/url/result.h"

namespace {

using namespace tandem;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_answer(std::string_view text) {
  const auto response = lambda::make_url_response(text);
  if (!response) return;
  require(response->status >= 200 && response->status <= 599);
  // No value ends its field.
  for (const auto& [name, value] : response->headers) {
    require(name.find_first_of("\r\n: ") == std::string::npos);
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
}

/// In slices of the first byte's length.
void read_prelude(std::string_view text) {
  if (text.empty()) return;
  const std::size_t step = static_cast<unsigned char>(text.front()) + 1;
  text.remove_prefix(1);
  lambda::PreludeReader reader;
  while (!text.empty()) {
    const std::string_view slice = text.substr(0, step);
    text.remove_prefix(slice.size());
    const auto state = reader.feed(slice);
    if (state == lambda::PreludeReader::State::kBad) return;
    if (state == lambda::PreludeReader::State::kMore) continue;
    const net::HttpResponse response = reader.take();
    require(response.status >= 200 && response.status <= 599);
    require(response.body.size() <= slice.size());
    for (const auto& [name, value] : response.headers) {
      require(name.find_first_of("\r\n: ") == std::string::npos);
      require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    }
    return;
  }
}

/// A method, a target, a header's name and value, a body: lines.
void read_request(std::string_view text) {
  net::HttpRequest request;
  const auto take = [&text] {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return std::string(line);
  };
  request.method = take();
  request.target = take();
  const std::string name = take();
  request.headers.add(name, take());
  request.headers.add("Content-Type", take());
  request.headers.add("Cookie", take());
  request.body = text;
  const std::string event = lambda::build_url_event(
      {.request = request, .host = "h", .url_id = "u", .request_id = "r", .trace_id = "t"});
  require(core::is_utf8(event));
  require(json::parse_text(event).ok());
  const json::object cors = {{"AllowOrigins", json::array{"*"}}};
  static_cast<void>(lambda::answer_preflight(cors, request));
}

void read_layer(std::string_view text) {
  const auto layer = lambda::parse_layer_name(text);
  if (layer && layer->version) require(*layer->version >= 0);
}

void read_payload(std::string_view text) {
  lambda::InvocationRecord record;
  record.request_payload = text;
  record.executed_version = "1";
  record.response_payload = text;
  require(core::is_utf8(json::to_text(json::value(lambda::to_json(record)))));
}

void read_snapshot(std::string_view text) {
  const auto snapshot = lambda::Snapshot::parse(text);
  if (snapshot) require(snapshot->key() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kReaders[])(std::string_view) = {read_answer,  read_request,  read_layer,
                                                    read_payload, read_snapshot, read_prelude};
  kReaders[data[0] % std::size(kReaders)](text);
  return 0;
}
