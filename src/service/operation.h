// The one visible table per service: a row an operation, nothing registers itself.
//
// The frame parses the request over the API model, validates it with AWS's constraint messages,
// refuses members the row does not accept, calls the handler and renders what it returns. Documents
// use the model's member names (boto3's names). In documents
//   timestamps are numbers: epoch seconds, fractions allowed;
//   blobs are base64 strings, except the payload member of an operation (Lambda's Payload, S3's
//   Body), which travels as raw bytes beside the document;
//   absent members are absent, never null.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "core/json.h"
#include "core/task.h"
#include "net/http.h"

namespace tandem::aws {
class PayloadStream;  // aws/payload_stream.h
}

namespace tandem::service {

class UnknownPolicy;  // service/unknown_members.h

/// Who calls.
struct Caller {
  std::string access_key_id;  ///< empty for in-process and unsigned requests
  std::string arn;            ///< "arn:aws:iam::123456789012:root"
  bool verified = false;      ///< the signature was checked against a known key
  std::string source_arn;     ///< of the resource for which a service calls; else empty
};

struct RequestContext {
  std::string region;
  std::string account;
  std::string request_id;
  Caller caller;
  std::string payload;                     ///< raw payload member of the input
  const net::HttpRequest* http = nullptr;  ///< null for in-process calls
  UnknownPolicy* unknown = nullptr;        ///< for raw handlers; null for in-process calls
  /// Instead of payload, when the operation takes it as it comes and it is not small.
  std::shared_ptr<aws::PayloadStream> stream = nullptr;
};

struct Reply {
  Reply() = default;
  Reply(json::object given_output)
      : output(std::move(given_output)) {}  // NOLINT: implicit by design
  json::object output;
  std::string payload;   ///< raw payload member of the output
  int status = 0;        ///< 0: the model's
  net::Headers headers;  ///< beside those the protocol renders from output members
  /// Instead of payload: pulled while the answer is sent.
  std::shared_ptr<net::BodySource> source = nullptr;
};

using Handler = std::function<Task<Reply>(RequestContext& context, json::object input)>;
/// What a raw handler answers with.
struct RawReply {
  RawReply() = default;
  RawReply(std::string given_body) : body(std::move(given_body)) {}  // NOLINT
  RawReply(std::shared_ptr<net::BodySource> given_source)
      : source(std::move(given_source)) {}  // NOLINT
  std::string body;
  /// Instead of body: pulled while the answer is sent, so that a long one is never whole in memory.
  std::shared_ptr<net::BodySource> source = nullptr;
};
/// It is there at once, or later when it waits for something or is long work, which is done on the
/// pool, or in slices that let others pass in between.
struct RawAnswer {
  RawAnswer(std::string body) : reply(std::move(body)) {}                           // NOLINT
  RawAnswer(std::shared_ptr<net::BodySource> source) : reply(std::move(source)) {}  // NOLINT
  RawAnswer(Task<RawReply> given_pending) : pending(std::move(given_pending)) {}    // NOLINT
  RawReply reply;
  std::optional<Task<RawReply>> pending;
};
/// From body bytes to body bytes without documents: DynamoDB's data plane. The handler does all of
/// the parsing and validation itself and throws ApiError. context and body live until the answer is
/// there.
using RawHandler = std::function<RawAnswer(RequestContext& context, std::string_view body)>;

struct Operation {
  std::string_view name;
  Handler handler;
  /// Top-level input members this operation honours. A request that carries any other member of the
  /// model is refused by name. The coverage manifest says "partial" and lists the difference to the
  /// model, so it can never be forgotten.
  std::vector<std::string_view> accepts;
  RawHandler raw;  ///< instead of handler; accepts still feeds the manifest
  /// kAsItComes: RequestContext::stream instead of payload for all but small bodies.
  enum class Payload { kWhole, kAsItComes };
  Payload takes = Payload::kWhole;
};

/// Wraps an ordinary function.
inline Handler sync_handler(std::function<Reply(RequestContext&, const json::object&)> function) {
  return [function = std::move(function)](RequestContext& context, json::object input) {
    // A coroutine's parameters are copied into its frame; a capture would not be.
    constexpr auto body = [](const std::function<Reply(RequestContext&, const json::object&)>* call,
                             RequestContext* at, json::object document) -> Task<Reply> {
      co_return (*call)(*at, document);
    };
    return body(&function, &context, std::move(input));
  };
}

/// A nested member that is not implemented: refused by name, wherever it stands in the input.
/// path such as "StreamSpecification.StreamEnabled". Throws the service-neutral error that dispatch
/// renders in the service's own shape.
[[noreturn]] void refuse_member(std::string_view path, std::string_view why = "");

}  // namespace tandem::service
