// Request bodies and signatures from anyone: JSON, CBOR, XML and query documents along a shape that
// contains itself, aws-chunked bodies, Authorization headers, timestamps.
// clang-format off
// sources: src/core/bytes.cc src/core/check.cc src/core/clock.cc src/core/json.cc
// sources: src/core/digest.cc
// sources: src/core/text.cc src/aws/model.cc src/aws/scalar.cc src/aws/json_codec.cc
// sources: src/aws/query_codec.cc src/aws/xml_*.cc src/aws/sigv4*.cc src/aws/aws_chunked.cc
// sources: src/aws/cbor.cc src/aws/checksum.cc src/aws/validate*.cc src/net/http.cc src/aws/dialect.cc src/aws/unknown.cc
// sources: build/release/generated/models/dialects.cc
// libraries: -lpugixml -lz
// clang-format on
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/aws_chunked.h"
#include "aws/cbor.h"
#include "aws/json_codec.h"
#include "aws/model.h"
#include "aws/query_codec.h"
#include "aws/validate.h"
#include "aws/xml_codec.h"
#include "net/http.h"

namespace tandem::aws::model::generated {

// One structure S {l: [S], m: {string: S}, t: timestamp, i: integer, b: blob, s: string, v:
// boolean} in the tables' own form: pool offsets are (offset << 12 | 1).
constexpr char kPool[] = "SlmtibsvLMTIBVkx";
constexpr Text at(std::uint32_t offset) { return offset << 12 | 1; }
constexpr MemberRow kMembers[] = {
    {at(1), at(1), 0, 0, 1, 0, 0, 0},   {at(2), at(2), 0, 0, 2, 0, 0, 0},
    {at(3), at(3), 0, 0, 3, 0, 0, 0},   {at(4), at(4), 0, 0, 4, 0, 0, 0},
    {at(5), at(5), 0, 0, 5, 0, 0, 0},   {at(6), at(6), 0, 0, 6, 0, 0, kRequired},
    {at(7), at(7), 0, 0, 7, 0, 0, 0},   {at(15), at(15), 0, 0, 0, 0, 0, 0},
    {at(14), at(14), 0, 0, 6, 0, 0, 0}, {at(15), at(15), 0, 0, 0, 0, 0, 0},
};
constexpr ShapeRow kShapes[] = {
    {0, 0, at(0), 0, 0, 0, 0, 7, kNone, 0, 0, 0, 0},
    {1, 4, at(8), 0, 0, 0, 7, 1, kNone, 0, 1, 0, kHasMin | kHasMax},
    {0, 2, at(9), 0, 0, 0, 8, 2, kNone, 0, 2, 0, kHasMax},
    {0, 0, at(10), 0, 0, 0, 0, 0, kNone, 0, 10, 0, 0},
    {1, 9, at(11), 0, 0, 0, 0, 0, kNone, 0, 6, 0, kHasMin | kHasMax},
    {0, 5, at(12), 0, 0, 0, 0, 0, kNone, 0, 4, 0, kHasMax},
    {1, 5, at(0), 0, 0, 0, 0, 0, kNone, 0, 3, 0, kHasMin | kHasMax},
    {0, 0, at(13), 0, 0, 0, 0, 0, kNone, 0, 5, 0, 0},
};
extern const Tables kFuzzTables;
constexpr Tables kFuzzTables = {kPool, kMembers, kShapes, nullptr, nullptr, nullptr, 8, 0, 0, {}};
const Tables* const kServices[] = {&kFuzzTables};
const std::uint16_t kServiceCount = 1;

}  // namespace tandem::aws::model::generated

namespace {

using namespace tandem;  // NOLINT: one file

const aws::model::Shape& shape() {
  static const aws::model::Shape kShape(&aws::model::generated::kFuzzTables,
                                        aws::model::generated::kShapes);
  return kShape;
}

void require(bool holds) {
  if (!holds) std::abort();
}

/// Whatever was decoded can be validated, and encoded so that it reads back the same.
void check(const json::object& document) {
  aws::Validator validator;
  validator.check(shape(), document);
  const auto wire = aws::encode_json(shape(), document);
  require(aws::encode_json(shape(), aws::decode_json(shape(), wire)) == wire);
  std::string xml;
  aws::encode_xml(shape(), document, "S", "", {}, xml);
}

void fuzz_documents(std::string_view bytes) {
  try {
    aws::UnknownNames unknown;
    const auto document = aws::decode_json(shape(), aws::parse_json_body(bytes), &unknown);
    aws::Validator().check(shape(), document);
    (void)aws::encode_json(shape(), document);
  } catch (const aws::ApiError&) {
  }
  try {
    aws::UnknownNames unknown;
    check(aws::decode_xml(shape(), bytes, "S", "", aws::UnknownElements::kLeftOut, &unknown));
  } catch (const aws::XmlError&) {
  }
  try {
    aws::UnknownNames unknown;
    check(aws::decode_query(shape(), net::parse_query(bytes), &unknown));
  } catch (const aws::ApiError&) {
  }
}

/// What was read is written so that it reads back the same, along a shape and without one.
void fuzz_cbor(std::string_view bytes) {
  try {
    const json::value read = aws::decode_cbor(bytes);
    if (!read.is_object()) return;
    const std::string plain = aws::encode_cbor(read.get_object());
    require(aws::encode_cbor(aws::decode_cbor(plain).as_object()) == plain);
    const auto document = aws::decode_json(shape(), read.get_object());
    const std::string shaped = aws::encode_cbor(shape(), document);
    require(aws::decode_cbor(shaped).is_object());
  } catch (const aws::CborError&) {
  } catch (const aws::ApiError&) {
  }
}

/// Pieces must not matter. Empty when the body is refused.
std::string decode_in_pieces(const net::HttpRequest& request, std::size_t piece) {
  std::string content;
  try {
    aws::AwsChunkedDecoder decoder(request.headers, std::nullopt);
    for (std::size_t at = 0; at < request.body.size(); at += piece) {
      decoder.feed(std::string_view(request.body).substr(at, piece), content);
    }
    (void)decoder.finish();
  } catch (const aws::ApiError& error) {
    return error.code();
  }
  require(content.size() <= request.body.size());
  return "=" + content;
}

void fuzz_chunked(const net::HttpRequest& request) {
  const std::string whole = decode_in_pieces(request, request.body.size() + 1);
  require(decode_in_pieces(request, 1) == whole);
  require(decode_in_pieces(request, 7) == whole);
  auto chunked = request;
  try {
    aws::decode_aws_chunked(chunked, std::nullopt);
    require("=" + chunked.body == whole);
  } catch (const aws::ApiError& error) {
    require(error.code() == whole);
  }
}

void fuzz_signatures(std::string_view bytes) {
  net::HttpRequest request;
  const auto line = bytes.find('\n');
  request.method = "PUT";
  request.target = "/" + std::string(bytes.substr(0, line));
  request.headers.add("Authorization", bytes.substr(0, line));
  if (line != std::string_view::npos) request.body = std::string(bytes.substr(line + 1));
  aws::SigningKeys keys;
  for (const bool header : {true, false}) {
    if (!header) request.headers.erase("Authorization");
    (void)aws::peek_scope(request);
    try {
      const auto authorization = aws::parse_authorization(request);
      if (authorization) aws::verify_signature(request, *authorization, "secret", keys, 0);
    } catch (const aws::ApiError&) {
    }
  }
  fuzz_chunked(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 3) == 2) {
    fuzz_cbor(bytes);
  } else if ((data[0] & 1) == 0) {
    fuzz_documents(bytes);
  } else {
    fuzz_signatures(bytes);
  }
  return 0;
}
