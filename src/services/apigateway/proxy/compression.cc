#include "services/apigateway/proxy/compression.h"

#include "services/apigateway/model/content_coding.h"
#include "services/apigateway/model/limits.h"

namespace tandem::apigateway {
namespace {

/// Deflating is a tenth of a second for some megabytes.
constexpr std::size_t kPackedOnLoop = 32 * 1024;

}  // namespace

bool is_packed(const net::HttpRequest& request) {
  return !request.body.empty() && request.headers.contains("Content-Encoding");
}

bool may_pack(const CompiledStage& stage, const net::HttpResponse& response) {
  return stage.minimum_compression && !response.body.empty() &&
         response.body.size() >= *stage.minimum_compression &&
         !response.headers.contains("Content-Encoding");
}

Task<std::optional<Refusal>> unpack_request(core::Workers* workers, const CompiledStage* stage,
                                            net::HttpRequest* request) {
  const BodyCoding coding = body_coding(request->headers.get_or("Content-Encoding"));
  if (coding.kind == BodyCoding::Kind::kPlain) co_return std::nullopt;
  if (coding.kind == BodyCoding::Kind::kUnsupported) {
    co_return Refusal(GatewayResponse::kUnsupportedMediaType);
  }
  // "If the payload size is smaller than this value, compression or decompression are not applied."
  if (request->body.size() < stage->minimum_compression.value_or(0)) co_return std::nullopt;
  // Of a compressed body nobody knows how large it is.
  const auto unpack = [request, coding] {
    return net::decompress(request->body, coding.coding, kPayloadBytes);
  };
  core::Parsed<std::string> plain = co_await core::run_blocking(*workers, unpack);
  if (plain) {
    request->body = std::move(plain).value();
    co_return std::nullopt;
  }
  const bool large = plain.error().message == net::kContentTooLarge;
  co_return Refusal(large ? GatewayResponse::kRequestTooLarge
                          : GatewayResponse::kUnsupportedMediaType);
}

Task<void> pack_response(core::Workers* workers, const CompiledStage* stage,
                         const net::HttpRequest* request, net::HttpResponse* response) {
  if (!may_pack(*stage, *response)) co_return;
  const auto coding = preferred_coding(request->headers.get_or("Accept-Encoding"));
  if (!coding) co_return;
  std::string packed;
  if (response->body.size() <= kPackedOnLoop) {
    packed = net::compress(response->body, *coding);
  } else {
    const auto pack = [response, with = *coding] { return net::compress(response->body, with); };
    packed = co_await core::run_blocking(*workers, pack);
  }
  response->body = std::move(packed);
  response->headers.set("Content-Encoding",
                        *coding == net::ContentCoding::kGzip ? "gzip" : "deflate");
}

}  // namespace tandem::apigateway
